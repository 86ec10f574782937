// Aim: a request is signed with what is good when it goes out; a session that the store refuses is
// replaced once, and nothing but such a refusal costs a second request.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { verifySigV4 } from '../../src/sigv4/index.ts';
import type { Identity, NoCredentials, S3Credentials } from '../../src/s3/index.ts';
import { toOutcome } from '../../src/s3/index.ts';
import { type Answering, badServer, type Received } from './bad-server.ts';

const KEY = { method: 'GET', bucket: 'b', key: 'k' } as const;
const NONE: NoCredentials = { reason: 'no more', isFinal: true };

function session(n: number, expiresAt = Infinity): S3Credentials {
  return {
    accessKeyId: `ASIA${n}`,
    secretAccessKey: `s${n}`,
    sessionToken: `tok/${n}+=`,
    expiresAt,
  };
}

/** Hands out the sessions one after the other. */
function identityOf(sessions: readonly S3Credentials[]): Identity & { readonly asked: unknown[] } {
  const asked: unknown[] = [];
  let at = 0;
  return {
    asked,
    current: () => sessions[at],
    next(spent) {
      asked.push(spent);
      at += 1;
      return Promise.resolve(sessions[at] ?? NONE);
    },
  };
}

async function withServer(t: TestContext, answer: Answering) {
  const server = await badServer(answer);
  t.after(() => server.close());
  return server;
}

function signerOf({ method, url, headers }: Received): string {
  const secret = (id: string): string => id.replace('ASIA', 's');
  const verdict = verifySigV4({ method, target: url, headers }, secret, Date.now());
  assert.ok(verdict.ok, JSON.stringify(verdict));
  assert.equal(verdict.sessionToken, `tok/${verdict.accessKeyId.slice(4)}+=`);
  assert.match(headers['authorization'] ?? '', /SignedHeaders=[^,]*x-amz-security-token/);
  return verdict.accessKeyId;
}

const refuse =
  (status: number, code: string): Answering =>
  (received, response) => {
    const isFirst = received.headers['x-amz-security-token'] === 'tok/1+=';
    response.writeHead(isFirst ? status : 200);
    const body = isFirst && code !== '' ? `<Error><Code>${code}</Code></Error>` : '';
    response.end(received.method === 'HEAD' ? undefined : body);
  };

test('a session signs its token, in small requests and in streams', async (t) => {
  const server = await withServer(t, (_, response) => response.end('x'));
  const s3 = server.client().as(identityOf([session(1)]));
  assert.equal((await s3.send({ ...KEY, method: 'PUT', body: 'hello' })).status, 200);
  const stream = await s3.open(KEY);
  assert.equal(stream.status, 200);
  assert.ok('pipe' in stream.body);
  stream.body.destroy();
  assert.deepEqual(server.received.map(signerOf), ['ASIA1', 'ASIA1']);
});

for (const [method, status, code] of [
  ['GET', 400, 'ExpiredToken'],
  ['PUT', 403, 'InvalidAccessKeyId'],
  ['HEAD', 400, ''],
] as const) {
  test(`a session that is refused (${method} ${status} ${code}) is replaced, and the request made again`, async (t) => {
    const server = await withServer(t, refuse(status, code));
    const identity = identityOf([session(1), session(2)]);
    const s3 = server.client().as(identity);
    assert.equal((await s3.send({ ...KEY, method })).status, 200);
    assert.deepEqual(server.received.map(signerOf), ['ASIA1', 'ASIA2']);
    assert.deepEqual(identity.asked, [session(1)]);
  });
}

test('a refusal of a session in a stream is replaced as well', async (t) => {
  const server = await withServer(t, refuse(400, 'ExpiredToken'));
  const answer = await server
    .client()
    .as(identityOf([session(1), session(2)]))
    .open(KEY);
  assert.equal(answer.status, 200);
  if ('pipe' in answer.body) answer.body.destroy();
  assert.deepEqual(server.received.map(signerOf), ['ASIA1', 'ASIA2']);
});

test('AccessDenied is an answer, unless the session was over by then', async (t) => {
  const server = await withServer(t, refuse(403, 'AccessDenied'));
  const good = identityOf([session(1, Date.now() + 60_000), session(2)]);
  assert.equal((await server.client().as(good).send(KEY)).status, 403);
  assert.deepEqual(good.asked, []);
  const over = identityOf([session(1, Date.now() - 1), session(2)]);
  assert.equal((await server.client().as(over).send(KEY)).status, 200);
});

test('a second refusal is the answer, and so is one when there is no other session', async (t) => {
  const server = await withServer(t, (_, response) => {
    response.writeHead(400).end('<Error><Code>ExpiredToken</Code></Error>');
  });
  for (const sessions of [[session(1), session(2), session(3)], [session(1)]]) {
    server.received.length = 0;
    const answer = await server.client().as(identityOf(sessions)).send(KEY);
    assert.equal(answer.status, 400);
    assert.equal(server.received.length, Math.min(2, sessions.length));
  }
});

test('the key of a client has no session to replace', async (t) => {
  const server = await withServer(t, (_, response) => {
    response.writeHead(400).end('<Error><Code>ExpiredToken</Code></Error>');
  });
  assert.equal((await server.client().send(KEY)).status, 400);
  assert.equal(server.received.length, 1);
  assert.equal(server.received[0]?.headers['x-amz-security-token'], undefined);
});

test('without credentials nothing is sent: a refusal when that is final, else an outage', async (t) => {
  const server = await withServer(t, (_, response) => response.end());
  const none = (isFinal: boolean): Identity => ({
    current: () => undefined,
    next: () => Promise.resolve({ reason: 'The role <r> cannot be assumed.', isFinal }),
  });
  const final = toOutcome(await server.client().as(none(true)).send(KEY));
  assert.deepEqual(final, {
    ok: false,
    httpStatus: 403,
    code: 'AccessDenied',
    message: 'The role <r> cannot be assumed.',
    again: 'never',
  });
  const passing = toOutcome(await server.client().as(none(false)).send(KEY));
  assert.deepEqual(passing, {
    ok: false,
    httpStatus: 0,
    code: 'NoAnswer',
    message: 'The role <r> cannot be assumed.',
    again: 'later',
    isOutage: true,
  });
  assert.equal((await server.client().as(none(true)).open(KEY)).status, 403);
  assert.equal(server.received.length, 0);
});
