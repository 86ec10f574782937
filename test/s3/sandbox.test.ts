/** The client against the embedded store, which verifies every signature and every digest. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startSandbox, type RunningSandbox } from '../../sandbox/index.ts';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import {
  abortStaleUploads,
  createS3,
  putObjectStream,
  type S3Client,
  toOutcome,
} from '../../src/s3/index.ts';

const MIB = 1024 * 1024;
const CREDENTIALS = { accessKeyId: 'AKIDCLIENT', secretAccessKey: 'secret' };
const options = { clock: systemClock, random: systemRandom };

let dataDir: string;
let sandbox: RunningSandbox;
let s3: S3Client;

function client(credentials = CREDENTIALS): S3Client {
  return createS3({ endpoint: sandbox.url, region: 'us-east-1', credentials, ...options });
}

before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'bb-s3-'));
  const credentials = [{ ...CREDENTIALS, accountId: '123456789012' }];
  sandbox = await startSandbox({ dataDir, port: 0, region: 'us-east-1', credentials });
  s3 = client();
  assert.equal((await s3.send({ method: 'PUT', bucket: 'bucket' })).status, 200);
});

after(async () => {
  await s3.close();
  await sandbox.close();
  await rm(dataDir, { recursive: true, force: true });
});

test('signatures of strange keys, queries and headers are accepted', async () => {
  const keys = [
    ' ',
    'a b+c',
    'ü/日本語/😀',
    'a//b/',
    '%20%2F%zz',
    `'"<>&;=?#@!$()*,:[]{}|^~`,
    '../.',
  ];
  for (const key of keys) {
    const put = await s3.send({
      method: 'PUT',
      bucket: 'bucket',
      key,
      headers: { 'x-amz-meta-spaced': '  a   b  ', 'content-type': 'text/plain' },
      body: key,
    });
    assert.deepEqual(toOutcome(put), { ok: true, message: 'Successful' }, key);
    const query = { 'response-content-type': 'a/b; c="d&e=f+g"' };
    const got = await s3.open({ method: 'GET', bucket: 'bucket', key, query });
    assert.ok(got.status === 200 && !Buffer.isBuffer(got.body));
    assert.equal(Buffer.concat(await got.body.toArray()).toString(), key);
    assert.equal(got.headers['content-type'], query['response-content-type']);
  }
});

test('a wrong secret and a wrong hash of the body are refused', async (t) => {
  const stranger = client({ ...CREDENTIALS, secretAccessKey: 'other' });
  t.after(() => stranger.close());
  const put = { method: 'PUT', bucket: 'bucket', key: 'k', body: 'body' } as const;
  const strange = toOutcome(await stranger.send(put));
  assert.equal(!strange.ok && strange.code, 'SignatureDoesNotMatch');
  const bodySha256 = hash('sha256', 'another body');
  const damaged = toOutcome(await s3.send({ ...put, bodySha256 }));
  assert.equal(!damaged.ok && damaged.code, 'XAmzContentSHA256Mismatch');
});

test('streams of every size arrive whole', async () => {
  for (const bytes of [0, 1, 8 * MIB, 8 * MIB + 1, 17 * MIB]) {
    const whole = Buffer.alloc(bytes, 'bucket-brigade-1');
    const source = async function* (): AsyncGenerator<Buffer> {
      for (let at = 0; at < bytes; at += 700_001) {
        await Promise.resolve();
        yield whole.subarray(at, at + 700_001);
      }
    };
    const target = { bucket: 'bucket', key: `upload/${bytes}`, contentType: 'text/csv' };
    const uploaded = await putObjectStream(s3, target, source(), options);
    assert.deepEqual(uploaded, { ok: true, md5: hash('md5', whole), bytes });
    const got = await s3.open({ method: 'GET', bucket: 'bucket', key: target.key });
    assert.ok(got.status === 200 && !Buffer.isBuffer(got.body));
    assert.equal(got.headers['content-type'], 'text/csv');
    assert.ok(Buffer.concat(await got.body.toArray()).equals(whole));
  }
});

test('stale uploads of a key are aborted, those of its neighbours are not', async () => {
  for (const key of ['st&le/ü', 'st&le/ü', 'st&le/üx']) {
    await s3.send({ method: 'POST', bucket: 'bucket', key, query: { uploads: '' } });
  }
  const abort = (key: string) => abortStaleUploads(s3, { bucket: 'bucket', key }, options);
  assert.deepEqual(await abort('st&le/ü'), { ok: true, aborted: 2 });
  assert.deepEqual(await abort('st&le/ü'), { ok: true, aborted: 0 });
  assert.deepEqual(await abort('st&le/üx'), { ok: true, aborted: 1 });
});

test('the sandbox is a store without gaps', async () => {
  assert.equal((await s3.traits())?.name, 'the sandbox');
});
