/** docs/EVENTS.md shows what is really sent: each example is made here, and compared. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ManualClock, systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import type { Random } from '../../src/base/random.ts';
import {
  CallRecorder,
  messageOfEvent,
  messageOfRecord,
  TaskTrace,
  webhookSink,
  type WebhookShape,
} from '../../src/events/index.ts';
import { eventsOf } from '../../src/server/events-config.ts';
import { openSqliteStore } from '../../src/store/index.ts';
import { newJob, T0 } from '../contract/store.contract.ts';

const PAGE = readFileSync(new URL('../../docs/EVENTS.md', import.meta.url), 'utf8');
const ID = '00112233445566778899aabbccddeeff';
const JOB = '5c9ee8a8-23d6-4fc5-a3c1-bb50e6d7bd1b';
const ACCOUNT = '123456789012';
const REGION = 'us-east-1';
const RANDOM: Random = { next: () => 0.5, uuid: () => JOB, hex: () => ID };

const EXAMPLES = new Map(
  [...PAGE.matchAll(/<!-- example: (\w+) -->\s+```json\n(.*?)\n```/gs)].map(
    ([, name = '', text = '']) => [name, JSON.parse(text) as unknown],
  ),
);

const failed = messageOfEvent(
  {
    ...{ seq: 1, id: ID, jobId: JOB, account: ACCOUNT, at: T0 },
    name: 'JobStatusChanged',
    status: 'Failed',
    failures: [{ code: 'ManifestNotFound', reason: 'The manifest is not there.' }],
  },
  REGION,
);

/** Body and headers as a webhook receives them. */
async function posted(shape: WebhookShape, secret = 'whsec_c2VjcmV0') {
  const seen: { body: string; headers: Record<string, unknown> }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (piece: Buffer) => (body += piece.toString()));
    request.on('end', () => {
      seen.push({ body, headers: request.headers });
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Listening on TCP: the address is never a pipe's name.
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const base = { name: 'h', wants: ['jobs'], source: 'aws.s3', timeoutMs: 10_000 } as const;
  const sink = webhookSink({ ...base, url, secret, shape, clock: systemClock });
  await sink.send([failed], null);
  await sink.close();
  server.closeAllConnections();
  server.close();
  const [one] = seen;
  assert.ok(one);
  return one;
}

const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const MADE: Readonly<Record<string, () => Promise<unknown>>> = {
  service: () => Promise.resolve(json(failed.records()[0])),
  eventbridge: async () => JSON.parse((await posted('eventbridge')).body) as unknown,
  cloudevents: async () => JSON.parse((await posted('cloudevents')).body) as unknown,

  async call() {
    const store = openSqliteStore({ path: ':memory:' });
    const facts = { random: RANDOM, log: silentLog, region: REGION, account: ACCOUNT };
    const recorder = new CallRecorder({ store, clock: new ManualClock(T0), ...facts });
    await recorder.record({
      name: 'UpdateJobPriority',
      principal: {
        accessKeyId: 'AKIAEXAMPLE',
        account: ACCOUNT,
        kind: 'user',
        user: 'alice',
        arn: `arn:aws:iam::${ACCOUNT}:user/alice`,
        userId: 'AIDAEXAMPLE',
        groups: [],
        tags: [],
        policies: [],
      },
      claimedKeyId: 'AKIAEXAMPLE',
      sourceIp: '192.0.2.7',
      userAgent: 'aws-cli/2.0',
      requestId: 'B9F2A4E02B614E16',
      hostId: 'abc',
      isTls: false,
      parameters: { Host: 'localhost:9700', jobId: JOB, priority: '7' },
      jobId: JOB,
      createdJobId: undefined,
      error: { code: 'AccessDenied', message: 'Access Denied' },
    });
    const [row] = await store.records(0, 1);
    assert.ok(row);
    return messageOfRecord(row).records()[0];
  },

  async task() {
    const store = openSqliteStore({ path: ':memory:' });
    const facts = { random: RANDOM, log: silentLog, region: REGION, share: 1 };
    const trace = new TaskTrace({ store, clock: new ManualClock(T0), ...facts });
    const { job } = newJob({ id: JOB });
    const body = Buffer.from(
      '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>',
    );
    const headers = { 'x-amz-request-id': 'B9F2A4E02B614E16', 'x-amz-id-2': 'abc' };
    const answer = Promise.resolve({ status: 403, headers, body });
    const s3 = trace.around(job, {
      send: () => answer,
      open: () => answer,
      traits: () => Promise.resolve(undefined),
    });
    await s3.send({ method: 'PUT', bucket: 'photos', key: 'a.jpg', query: { tagging: '' } });
    await trace.flush(JOB);
    const [row] = await store.records(0, 1);
    assert.ok(row);
    return messageOfRecord(row).records()[0];
  },
};

for (const [name, make] of Object.entries(MADE)) {
  test(`the example ${name} is what is sent`, async () => {
    assert.deepEqual(await make(), EXAMPLES.get(name));
  });
}

test('every example of the page is made by these tests', () => {
  assert.deepEqual([...EXAMPLES.keys()].sort(), Object.keys(MADE).sort());
});

test('the page’s function takes genuine webhooks, and no others', async () => {
  const [, code = ''] = /```js\n(.*?)\n```/s.exec(PAGE) ?? [];
  const url = `data:text/javascript,${encodeURIComponent(code)}`;
  // The page's own code: it exports this function.
  const { isGenuine } = (await import(url)) as {
    isGenuine(headers: object, body: string, secret: string, now: number): boolean;
  };
  for (const secret of ['whsec_c2VjcmV0', 'plain']) {
    const { body, headers } = await posted('cloudevents', secret);
    const now = Number(headers['webhook-timestamp']);
    assert.equal(isGenuine(headers, body, secret, now), true);
    assert.equal(isGenuine(headers, `${body} `, secret, now), false);
    assert.equal(isGenuine(headers, body, secret.slice(0, -1), now), false);
    assert.equal(isGenuine(headers, body, secret, now + 301), false);
    assert.equal(isGenuine({ ...headers, 'webhook-id': 'x' }, body, secret, now), false);
    assert.equal(isGenuine({ ...headers, 'webhook-signature': '' }, body, secret, now), false);
    assert.equal(isGenuine({}, body, secret, now), false);
  }
});

test('the page’s configuration is one', () => {
  const [, text = ''] = /```json\n(\{\n {2}"BRIGADE_EVENTS".*?)\n```/s.exec(PAGE) ?? [];
  const { BRIGADE_EVENTS } = JSON.parse(text) as { BRIGADE_EVENTS: unknown };
  const { sinks, dataEvents } = eventsOf(JSON.stringify(BRIGADE_EVENTS), () => 'secret');
  assert.deepEqual(
    [sinks.map(({ name }) => name), dataEvents],
    [['audit', 'bus', 'hook', 'log'], 0.01],
  );
});
