// Aim: functions behind HTTP, both kinds: what is sent, how it is signed, and what every answer means.
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { SignatureV4 } from '@smithy/signature-v4';
import { ManualClock } from '../../src/base/clock.ts';
import { createFunctions, type Invoked, type Invoker } from '../../src/functions/index.ts';
import type { FunctionsOptions } from '../../src/functions/create.ts';

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Answering = (asked: Asked, response: ServerResponse) => void;

async function serve(
  t: TestContext,
  answering: Answering,
): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const one = { method, url, headers, body: Buffer.concat(chunks).toString() };
      asked.push(one);
      answering(one, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  // It listens on TCP, so the address is no path.
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

function reply(status: number, body = '', headers: Record<string, string> = {}): Answering {
  return (_asked, response) => void response.writeHead(status, headers).end(body);
}

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret/with+signs' };

async function invokerOf(
  t: TestContext,
  name: string,
  options: Omit<FunctionsOptions, 'clock'>,
  clock = new ManualClock(Date.parse('2026-01-02T03:04:05Z')),
): Promise<Invoker> {
  const functions = createFunctions({ ...options, clock });
  t.after(() => functions.close());
  const found = await functions.find(name);
  assert.ok(found.ok, found.ok ? '' : found.reason);
  return found.invoker;
}

function viaApi(t: TestContext, endpoint: string, name = 'resize'): Promise<Invoker> {
  const invokeApi = { endpoint, region: 'eu-west-3', credentials: CREDENTIALS };
  return invokerOf(t, name, { invokeApi });
}

function viaUrl(t: TestContext, url: string, headers = {}, clock?: ManualClock): Promise<Invoker> {
  const registered = { f: { kind: 'url', url, timeoutMs: 5000, headers } } as const;
  return invokerOf(t, 'f', { registered }, clock);
}

/** Status, code and class of a failure, and its message. */
function failureOf(invoked: Invoked): unknown[] {
  assert.equal(invoked.kind, 'failed');
  if (invoked.kind !== 'failed') return [];
  const { httpStatus, code, again, message } = invoked.outcome;
  return [httpStatus, code, again, message];
}

test('the Invoke API is asked for the function, its alias and the answer', async (t) => {
  const { url, asked } = await serve(t, reply(200, '{"a":1}'));
  const invoker = await viaApi(
    t,
    url,
    'arn:aws:lambda:us-east-1:999999999999:function:resize:prod',
  );
  const invoked = await invoker.invoke('{"x":"ü"}');
  assert.deepEqual(invoked, { kind: 'answered', payload: Buffer.from('{"a":1}') });
  const [one] = asked;
  assert.equal(one?.method, 'POST');
  assert.equal(
    one?.url,
    '/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A999999999999%3Afunction%3Aresize/invocations?Qualifier=prod',
  );
  assert.equal(one?.body, '{"x":"ü"}');
  assert.equal(one?.headers['x-amz-invocation-type'], 'RequestResponse');
});

/** The hash that the SDK wants handed in, from node:crypto. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }
  update(chunk: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(chunk));
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
  reset(): void {
    throw new Error('The signer does not reset its hashes.');
  }
}

function bytesOf(chunk: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof chunk === 'string') return Buffer.from(chunk);
  return ArrayBuffer.isView(chunk)
    ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    : new Uint8Array(chunk);
}

test('the signature is the one of the AWS SDK, for a name and for an ARN with an alias', async (t) => {
  const { url, asked } = await serve(t, reply(200, '{}'));
  const sdk = new SignatureV4({
    service: 'lambda',
    region: 'eu-west-3',
    credentials: CREDENTIALS,
    sha256: Sha256,
  });
  for (const name of ['resize', 'arn:aws:lambda:us-east-1:999999999999:function:resize:prod']) {
    await (await viaApi(t, url, name)).invoke('{"x":"ü"}');
    const { pathname, searchParams, hostname, port } = new URL(`${url}${asked.at(-1)?.url}`);
    const sent = asked.at(-1);
    const names = /SignedHeaders=([^,]*)/.exec(sent?.headers.authorization ?? '')?.[1] ?? '';
    const headers = Object.fromEntries(
      names.split(';').map((header) => [header, String(sent?.headers[header])]),
    );
    const signed = await sdk.sign(
      {
        method: 'POST',
        protocol: 'http:',
        hostname,
        port: Number(port),
        path: pathname,
        query: Object.fromEntries(searchParams),
        headers,
        body: sent?.body,
      },
      { signingDate: new Date('2026-01-02T03:04:05Z') },
    );
    assert.equal(sent?.headers.authorization, signed.headers['authorization']);
  }
});

test('an error of the function comes with status 200 and a header', async (t) => {
  const error = '{"errorMessage":"boom","errorType":"Error"}';
  const { url } = await serve(t, reply(200, error, { 'X-Amz-Function-Error': 'Unhandled' }));
  const invoked = await (await viaApi(t, url)).invoke('{}');
  assert.deepEqual(invoked, { kind: 'function-error', error });
});

test('refusals of the Invoke API keep its code, and tell what is worth a retry', async (t) => {
  const cases = [
    [429, 'TooManyRequestsException:http://internal', '{"message":"Rate Exceeded."}', 'slow-down'],
    [404, 'ResourceNotFoundException', '{"Type":"User","Message":"Function not found"}', 'never'],
    [403, 'AccessDeniedException', '{"Message":"no"}', 'never'],
    [409, 'ResourceConflictException', '{"message":"being updated"}', 'later'],
    [500, 'ServiceException', '{"message":"oops"}', 'later'],
    [502, '', '<html>bad gateway</html>', 'later'],
    [413, 'RequestTooLargeException', '{"message":"too large"}', 'never'],
  ] as const;
  for (const [status, type, body, again] of cases) {
    const { url } = await serve(t, reply(status, body, type ? { 'x-amzn-errortype': type } : {}));
    const [httpStatus, code, what, message] = failureOf(await (await viaApi(t, url)).invoke('{}'));
    assert.deepEqual([httpStatus, what], [status, again], type);
    assert.equal(code, type === '' ? 'HTTP502' : type.split(':')[0]);
    assert.ok(body.startsWith('<') || body.includes(String(message)), String(message));
  }
});

test('a URL is handed the event with its headers, and its answer is the answer', async (t) => {
  const { url, asked } = await serve(t, reply(201, '{"b":2}'));
  const invoker = await viaUrl(t, `${url}/path?q=1`, { authorization: 'Bearer of news' });
  const invoked = await invoker.invoke('{"x":1}');
  assert.deepEqual(invoked, { kind: 'answered', payload: Buffer.from('{"b":2}') });
  const [one] = asked;
  assert.deepEqual([one?.method, one?.url, one?.body], ['POST', '/path?q=1', '{"x":1}']);
  assert.equal(one?.headers['content-type'], 'application/json');
  assert.equal(one?.headers['authorization'], 'Bearer of news');
});

test('what a URL answers instead of 2xx is a failure; it follows no redirect', async (t) => {
  const cases = [
    [429, 'slow-down'],
    [503, 'slow-down'],
    [500, 'later'],
    [408, 'later'],
    [501, 'never'],
    [404, 'never'],
    [302, 'never'],
  ] as const;
  for (const [status, again] of cases) {
    const headers = { location: '/elsewhere' };
    const { url, asked } = await serve(t, reply(status, 'why not', headers));
    const failure = failureOf(await (await viaUrl(t, url)).invoke('{}'));
    const message = `The function's URL answered HTTP ${status}: why not`;
    assert.deepEqual(failure, [status, `HTTP${status}`, again, message]);
    assert.equal(asked.length, 1);
  }
});

test('nobody there, a broken answer and one that is too large are failures of the call', async (t) => {
  const [status, code, again] = failureOf(
    await (await viaUrl(t, 'http://127.0.0.1:1')).invoke('{}'),
  );
  assert.deepEqual([status, code, again], [0, 'NoAnswer', 'later']);

  const broken = await serve(t, (_asked, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half', () => response.destroy());
  });
  const cut = failureOf(await (await viaUrl(t, broken.url)).invoke('{}'));
  assert.deepEqual(cut.slice(0, 3), [0, 'NoAnswer', 'later']);

  const large = await serve(t, reply(200, 'x'.repeat(1024 * 1024 + 1)));
  const tooLarge = failureOf(await (await viaUrl(t, large.url)).invoke('{}'));
  assert.deepEqual(tooLarge.slice(0, 3), [200, 'PermanentFailure', 'never']);
});

test('a URL that stays silent is given up at its time', async (t) => {
  const clock = new ManualClock();
  // Asked, it lets the whole time pass, and never answers.
  const { url } = await serve(t, () => void clock.advance(5000));
  const failure = failureOf(await (await viaUrl(t, url, {}, clock)).invoke('{}'));
  const message = 'The function did not answer within 5 seconds.';
  assert.deepEqual(failure, [0, 'NoAnswer', 'later', message]);
});

test('a registered name comes before the Invoke API, whatever its ARN says', async (t) => {
  const { url, asked } = await serve(t, reply(200, '{}'));
  const options = {
    registered: {
      mine: { kind: 'url', url: `${url}/mine`, timeoutMs: 5000, headers: {} },
      'mine:prod': { kind: 'url', url: `${url}/prod`, timeoutMs: 5000, headers: {} },
    },
    invokeApi: { endpoint: `${url}/api`, region: 'eu-west-3', credentials: CREDENTIALS },
  } as const;
  const names = [
    'mine',
    'mine:$LATEST',
    'arn:aws:lambda:eu-west-3:111111111111:function:mine',
    '123456789012:function:mine',
    'function:mine',
    'mine:prod',
    'mine:other',
    'eu-west-3:123456789012:function:yours:7',
  ];
  for (const name of names) await (await invokerOf(t, name, options)).invoke('{}');
  const yours = 'eu-west-3%3A123456789012%3Afunction%3Ayours';
  assert.deepEqual(
    asked.map((one) => one.url),
    [
      ...Array.from({ length: 5 }, () => '/mine'),
      '/prod',
      '/api/2015-03-31/functions/mine/invocations?Qualifier=other',
      `/api/2015-03-31/functions/${yours}/invocations?Qualifier=7`,
    ],
  );
});

test('what is no function at all is refused in a sentence', async (t) => {
  const functions = createFunctions({ clock: new ManualClock() });
  t.after(() => functions.close());
  for (const name of ['', 'a b', 'arn:aws:s3:::bucket', 'a:b:c', 'x'.repeat(65)]) {
    const found = await functions.find(name);
    assert.ok(!found.ok && / is not the ARN or the name of a function\.$/.test(found.reason), name);
  }
});
