import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ManualClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { canonicalUserId, startSandbox } from '../../sandbox/index.ts';
import { createSigner, STREAMING_PAYLOAD, UNSIGNED_PAYLOAD } from '../../src/sigv4/index.ts';
import { Storage } from '../../sandbox/storage/storage.ts';
import { World } from '../contract/s3-harness.ts';
import { CREDENTIALS, startTestSandbox } from './start.ts';

const [FIRST, SECOND] = CREDENTIALS;

test('a source above five gigabytes is not copied at once', async () => {
  // Nobody wants to send 5 GB for this: the row is made by hand.
  const dataDir = await mkdtemp(join(tmpdir(), 'brigade-sandbox-'));
  const storage = new Storage(dataDir, seededRandom(1));
  storage.write(() => {
    const owner = FIRST.accountId;
    storage.buckets.create({ name: 'big', owner, createdMs: 0, location: 'us-east-1', acl: '' });
    const bucket = storage.buckets.find('big');
    assert.ok(bucket);
    const draft = { owner, storageClass: 'STANDARD', headers: '{}', metadata: '{}' };
    const rest = { encryption: '{}', tags: '[]', acl: '', lock: '{}', replication: '' };
    const content = { etag: 'e', checksum: '', parts: '', body: [] };
    const limit = 5 * 1024 ** 3;
    storage.versions.put(
      bucket,
      'above',
      { ...draft, ...rest },
      { ...content, size: limit + 1 },
      0,
    );
    storage.versions.put(bucket, 'at', { ...draft, ...rest }, { ...content, size: limit }, 0);
  });
  storage.close();
  const options = { dataDir, port: 0, region: 'us-east-1', credentials: CREDENTIALS };
  const sandbox = await startSandbox(options);
  const stop = (): Promise<void> => sandbox.close();
  const endpoint = { endpoint: sandbox.url, region: 'us-east-1', ...FIRST, second: SECOND, stop };
  const world = new World(endpoint);
  const copy = (key: string): ReturnType<World['raw']> => {
    const headers = { 'x-amz-copy-source': `big/${key}` };
    return world.raw({ method: 'PUT', bucket: 'big', key: 'copy', headers });
  };
  const refused = await copy('above');
  assert.deepEqual([refused.status, refused.code], [400, 'InvalidRequest']);
  assert.match(refused.body.toString(), /maximum allowable size for a copy source: 5368709120/);
  assert.equal((await copy('at')).status, 200);
  world.close();
  await stop();
  await rm(dataDir, { recursive: true });
});

test('a body that says it is above five gigabytes is refused before it is sent', async () => {
  const world = new World(await startTestSandbox());
  const bucket = await world.bucket();
  const headers = { expect: '100-continue', 'content-length': String(5 * 1024 ** 3 + 1) };
  const answer = await world.raw({ method: 'PUT', bucket, key: 'k', headers });
  assert.deepEqual([answer.status, answer.code], [400, 'EntityTooLarge']);
  world.close();
  await world.endpoint.stop();
});

test('a client that goes away in the middle of its body leaves nothing', async () => {
  const sandbox = await startTestSandbox();
  const world = new World(sandbox);
  const bucket = await world.bucket();
  // Writable by everybody, so that the test needs no signature for a body it will not send.
  const headers = { 'x-amz-acl': 'public-read-write' };
  await world.raw({ method: 'PUT', bucket, query: { acl: '' }, headers });
  const { port } = new URL(sandbox.endpoint);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(`PUT /${bucket}/half HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n`);
  await new Promise((resolve) => socket.write(Buffer.alloc(500_000), resolve));
  socket.destroy();
  await once(socket, 'close');
  const head = await world.raw({ method: 'HEAD', bucket, key: 'half' });
  assert.equal(head.status, 404);
  world.close();
  // Also asserts that no error was taken for a bug.
  await sandbox.stop();
});

test('a refusal in the middle of a body is heard, and the connection serves again', async () => {
  const sandbox = await startTestSandbox();
  const world = new World(sandbox);
  const bucket = await world.bucket();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const path = `/${bucket}/k`;
  const send = async (body: Buffer, extra: Record<string, string>): Promise<number> => {
    const headers: Record<string, string> = { host: world.host, ...extra };
    const payloadHash = extra['x-amz-content-sha256'] ?? UNSIGNED_PAYLOAD;
    const signer = createSigner({ ...sandbox, service: 's3' });
    const signed = { method: 'PUT', path, query: '', headers, payloadHash };
    Object.assign(headers, signer.sign(signed, Date.now()));
    const outgoing = request(sandbox.endpoint, { method: 'PUT', path, headers, agent });
    outgoing.end(body);
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    incoming.resume();
    await once(incoming, 'end');
    return incoming.statusCode ?? 0;
  };
  // The first chunk is wrong, and 20 MB come behind it.
  const wrong = Buffer.alloc(20_000_000, `1;chunk-signature=${'0'.repeat(64)}\r\nx\r\n`);
  const status = await send(wrong, {
    'x-amz-content-sha256': STREAMING_PAYLOAD,
    'x-amz-decoded-content-length': '1000',
    'content-length': String(wrong.length),
  });
  assert.equal(status, 403);
  assert.equal(await send(Buffer.from('right'), { 'content-length': '5' }), 200);
  agent.destroy();
  world.close();
  await sandbox.stop();
});

test('a reader that goes away lets go of the body', async () => {
  const sandbox = await startTestSandbox();
  const world = new World(sandbox);
  const bucket = await world.bucket();
  await world.put(bucket, 'k', Buffer.alloc(30_000_000));
  await world.raw({
    method: 'PUT',
    bucket,
    key: 'k',
    query: { acl: '' },
    headers: { 'x-amz-acl': 'public-read' },
  });
  const outgoing = request(`${sandbox.endpoint}/${bucket}/k`, { agent: false });
  outgoing.end();
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  await once(incoming, 'readable');
  await world.raw({ method: 'DELETE', bucket, key: 'k' });
  const files = (): readonly string[] =>
    readdirSync(join(sandbox.dataDir, 'bodies'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name);
  // Were it let go, the file would be gone after some more answers.
  for (let i = 0; i < 50; i++) await world.raw({ method: 'GET', bucket });
  assert.equal(files().length, 1);
  outgoing.on('error', () => undefined).destroy();
  // The server hears of it by itself; requests to it give it the time.
  for (let i = 0; i < 200 && files().length > 0; i++) await world.raw({ method: 'GET', bucket });
  assert.deepEqual(files(), []);
  world.close();
  await sandbox.stop();
});

test('a clock and a seed make its answers repeatable', async () => {
  const run = async (): Promise<readonly string[]> => {
    const dataDir = await mkdtemp(join(tmpdir(), 'brigade-sandbox-'));
    const clock = new ManualClock(Date.parse('2026-05-04T03:02:01Z'));
    const sandbox = await startSandbox({
      ...{ dataDir, port: 0, region: 'us-east-1', credentials: CREDENTIALS },
      ...{ clock, random: seededRandom(7) },
    });
    const stop = (): Promise<void> => sandbox.close();
    const endpoint = { endpoint: sandbox.url, region: 'us-east-1', ...FIRST, second: SECOND, stop };
    const world = new World(endpoint);
    const signedAtMs = clock.now();
    await world.raw({ method: 'PUT', bucket: 'repeatable', signedAtMs });
    const put = await world.raw({ method: 'PUT', bucket: 'repeatable', key: 'k', signedAtMs });
    const head = await world.raw({ method: 'HEAD', bucket: 'repeatable', key: 'k', signedAtMs });
    world.close();
    await stop();
    await rm(dataDir, { recursive: true });
    return [put.headers['x-amz-request-id'] ?? '', head.headers['last-modified'] ?? ''];
  };
  const first = await run();
  assert.equal(first[1], 'Mon, 04 May 2026 03:02:01 GMT');
  assert.deepEqual(await run(), first);
});

test('an account’s canonical user id is stable', () => {
  assert.match(canonicalUserId('111111111111'), /^[0-9a-f]{64}$/);
  assert.notEqual(canonicalUserId('111111111111'), canonicalUserId('222222222222'));
});
