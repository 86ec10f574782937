/** Webhooks against servers that answer in every way: what is signed, tried again, refused, bounded. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ManualClock, systemClock, type Clock } from '../../src/base/clock.ts';
import {
  type Delivery,
  type Sink,
  type WebhookShape,
  webhookSink,
} from '../../src/events/index.ts';
import { T0 } from '../contract/store.contract.ts';
import { sample } from './samples.ts';
import { settle } from './world.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

interface Options {
  readonly shape?: WebhookShape;
  readonly secret?: string;
  readonly clock?: Clock;
}

async function withHook(
  listener: RequestListener,
  use: (sink: Sink, port: number) => Promise<void>,
  { shape = 'cloudevents', secret = SECRET, clock = systemClock }: Options = {},
): Promise<void> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Listening on TCP: the address is never a pipe's name.
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/hook?tenant=1`;
  const base = { name: 'hook', wants: ['jobs'], source: 'aws.s3', timeoutMs: 10_000 } as const;
  const sink = webhookSink({ ...base, url, secret, shape, clock });
  try {
    await use(sink, port);
  } finally {
    await sink.close();
    server.closeAllConnections();
    server.close();
  }
}

async function deliver(sink: Sink): Promise<Delivery> {
  const { deliveries } = await sink.send([sample('j')], null);
  const [delivery] = deliveries;
  assert.ok(delivery);
  return delivery;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  // Requests are streams of bytes.
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

test('a webhook is signed as Standard Webhooks has it, whatever form its secret has', async () => {
  for (const [secret, key] of [
    [SECRET, Buffer.from(SECRET.slice(6), 'base64')],
    ['any text', Buffer.from('any text')],
  ] as const) {
    const seen: { request: IncomingMessage; body: string }[] = [];
    const listener: RequestListener = (request, response) => {
      void bodyOf(request).then((body) => {
        seen.push({ request, body });
        response.end();
      });
    };
    await withHook(
      listener,
      async (sink) => assert.deepEqual(await deliver(sink), { kind: 'delivered' }),
      { secret, clock: new ManualClock(T0 + 999) },
    );
    const [{ request, body } = {}] = seen;
    assert.ok(request && body !== undefined);
    assert.equal(request.url, '/hook?tenant=1');
    const { headers } = request;
    assert.equal(headers['webhook-timestamp'], String(T0 / 1000));
    const signed = `${String(headers['webhook-id'])}.${T0 / 1000}.${body}`;
    const signature = createHmac('sha256', key).update(signed).digest('base64');
    assert.equal(headers['webhook-signature'], `v1,${signature}`);
    const event = JSON.parse(body) as {
      id: string;
      specversion: string;
      data: { eventID: string };
    };
    assert.equal(event.id, headers['webhook-id']);
    assert.equal(event.specversion, '1.0');
    assert.equal(event.data.eventID, event.id);
  }
});

test('a webhook in the shape of EventBridge is matched by the pattern that everybody uses', async () => {
  const bodies: string[] = [];
  await withHook(
    (request, response) => {
      void bodyOf(request).then((body) => {
        bodies.push(body);
        response.end();
      });
    },
    async (sink) => void (await deliver(sink)),
    { shape: 'eventbridge' },
  );
  const event = JSON.parse(bodies[0] ?? '') as Record<string, unknown> & {
    detail: Record<string, unknown>;
  };
  assert.equal(event['source'], 'aws.s3');
  assert.equal(event['detail-type'], 'AWS Service Event via CloudTrail');
  assert.equal(event.detail['eventSource'], 's3.amazonaws.com');
  assert.equal(event.detail['eventName'], 'JobStatusChanged');
  for (const left of ['requestParameters', 'responseElements', 'recipientAccountId']) {
    assert.ok(!(left in event.detail), left);
  }
});

test('answers that may pass are tried again, as late as they ask for; others are refused', async () => {
  const clock = new ManualClock(T0);
  const date = new Date(T0 + 90_000).toUTCString();
  const cases: readonly (readonly [number, Record<string, string>, Delivery['kind'], number?])[] = [
    [200, {}, 'delivered'],
    [204, {}, 'delivered'],
    [301, { location: '/elsewhere' }, 'refused'],
    [307, { location: '/elsewhere' }, 'refused'],
    [400, {}, 'refused'],
    [401, {}, 'refused'],
    [404, { 'retry-after': '1' }, 'refused'],
    [410, {}, 'refused'],
    [408, {}, 'later'],
    [425, {}, 'later'],
    [429, { 'retry-after': '7' }, 'later', 7000],
    [429, { 'retry-after': date }, 'later', 90_000],
    [500, { 'retry-after': 'soon' }, 'later'],
    [503, { 'retry-after': '0' }, 'later', 0],
  ];
  for (const [status, headers, kind, afterMs] of cases) {
    const paths: (string | undefined)[] = [];
    await withHook(
      (request, response) => {
        paths.push(request.url);
        response.writeHead(status, headers).end('because');
      },
      async (sink) => {
        const delivery = await deliver(sink);
        assert.equal(delivery.kind, kind, String(status));
        if (delivery.kind !== 'delivered') assert.equal(delivery.reason, `HTTP ${status}: because`);
        const asked = delivery.kind === 'later' ? delivery.afterMs : undefined;
        assert.equal(asked, afterMs, String(status));
        assert.deepEqual(paths, ['/hook?tenant=1'], 'one request, and no redirect is followed');
      },
      { clock },
    );
  }
});

test('an answer without an end, or without a limit, costs a bounded time and memory', async () => {
  let written = 0;
  await withHook(
    (_request, response) => {
      response.writeHead(500);
      const more = (): void => {
        while (response.write(Buffer.alloc(65_536, 'x'))) written += 65_536;
      };
      response.on('drain', more);
      response.on('error', () => undefined);
      more();
    },
    async (sink) => {
      const delivery = await deliver(sink);
      assert.ok(delivery.kind === 'later' && delivery.reason.length < 300);
    },
  );
  assert.ok(written < 50 * 1024 * 1024);

  const clock = new ManualClock(T0);
  const asked = Promise.withResolvers<void>();
  await withHook(
    () => asked.resolve(),
    async (sink) => {
      const delivering = deliver(sink);
      await asked.promise;
      clock.advance(10_000);
      await settle();
      const delivery = await delivering;
      assert.deepEqual(delivery, { kind: 'later', reason: 'no answer within 10 seconds' });
    },
    { clock },
  );
});

test('nobody listening, and a connection that is cut, are worth another try', async () => {
  await withHook(
    (request) => request.socket.destroy(),
    async (sink) => assert.equal((await deliver(sink)).kind, 'later'),
  );
  let closed: Sink | undefined;
  await withHook(
    () => undefined,
    (_sink, port) => {
      const url = `http://127.0.0.1:${port}/`;
      const base = { name: 'n', wants: ['jobs'], source: 's', timeoutMs: 5000 } as const;
      closed = webhookSink({ ...base, url, secret: 's', shape: 'cloudevents', clock: systemClock });
      return Promise.resolve();
    },
  );
  assert.ok(closed);
  assert.equal((await deliver(closed)).kind, 'later');
  await closed.close();
});
