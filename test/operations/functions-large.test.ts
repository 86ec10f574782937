/**
 * Built-in functions that copy, on objects that CopyObject refuses as too large: over the sandbox,
 * with small objects that are refused as if they were (meddling.ts).
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import {
  CreateBucketCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import { OPERATIONS } from '../../src/operations/index.ts';
import { createS3, type S3Client as Thin } from '../../src/s3/index.ts';
import { startTestSandbox } from '../sandbox/start.ts';
import { isComplete, isCopyObject, isPart, Meddling, TOO_LARGE } from './meddling.ts';
import { placeOn } from './place.ts';
import { answer, requestOf, SIGNAL } from './scene.ts';

const Bucket = 'large';
const CONTENT = 'as large as you like';

let sandbox: Awaited<ReturnType<typeof startTestSandbox>>;
let sdk: S3Client;
let thin: Thin;
let s3: Meddling;

before(async () => {
  sandbox = await startTestSandbox();
  const { endpoint, region, accessKeyId, secretAccessKey } = sandbox;
  const credentials = { accessKeyId, secretAccessKey };
  sdk = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  thin = createS3({ endpoint, region, credentials, clock: systemClock, random: systemRandom });
  await sdk.send(new CreateBucketCommand({ Bucket }));
});

after(async () => {
  sdk.destroy();
  await thin.close();
  await sandbox.stop();
});

beforeEach(async () => {
  s3 = new Meddling(thin);
  await put('big', CONTENT);
});

afterEach(async () => {
  const { Uploads } = await sdk.send(new ListMultipartUploadsCommand({ Bucket }));
  assert.equal(Uploads, undefined, 'an upload was left open');
});

async function put(Key: string, Body: string): Promise<void> {
  const kept = { ContentType: 'text/css', Metadata: { colour: 'blue' }, Tagging: 'a=b' };
  await sdk.send(new PutObjectCommand({ Bucket, Key, Body, ...kept }));
}

async function call(
  name: string,
  UserArguments: Record<string, string>,
  stopping = SIGNAL,
): Promise<Outcome> {
  const LambdaInvoke = { FunctionArn: name, UserArguments, InvocationSchemaVersion: '2.0' };
  // A clock that does not wait: backoff is not what is shown here.
  const clock = { ...systemClock, sleep: () => Promise.resolve() };
  const place = placeOn(s3, { clock });
  const opened = await OPERATIONS.LambdaInvoke.open(requestOf({ LambdaInvoke }), place, SIGNAL);
  assert.ok(opened.ok);
  return opened.run({ bucket: Bucket, key: 'big', manifestKey: 'big' }, stopping);
}

async function contentOf(Key: string): Promise<string | undefined> {
  const { Body } = await sdk.send(new GetObjectCommand({ Bucket, Key }));
  return Body?.transformToString();
}

/** The metadata and the tags that `put` gave. */
async function assertKept(Key: string): Promise<void> {
  assert.equal(await contentOf(Key), CONTENT);
  const { ContentType, Metadata } = await sdk.send(new HeadObjectCommand({ Bucket, Key }));
  assert.deepEqual([ContentType, Metadata], ['text/css', { colour: 'blue' }]);
  const { TagSet } = await sdk.send(new GetObjectTaggingCommand({ Bucket, Key }));
  assert.deepEqual(TagSet, [{ Key: 'a', Value: 'b' }]);
}

test('a large object changes its class in parts, and keeps the rest', async () => {
  const outcome = await call('brigade-change-storage-class', { 'storage-class': 'STANDARD_IA' });
  assert.ok(outcome.ok, outcome.message);
  assert.equal(s3.requests.filter(isPart).length, 1);
  const { StorageClass } = await sdk.send(new HeadObjectCommand({ Bucket, Key: 'big' }));
  assert.equal(StorageClass, 'STANDARD_IA');
  await assertKept('big');
});

test('a large object is renamed in parts', async () => {
  const outcome = await call('brigade-rename', { key: 'renamed-{key}' });
  assert.ok(outcome.ok, outcome.message);
  await assertKept('renamed-big');
  await assert.rejects(contentOf('big'), { name: 'NoSuchKey' });
});

test('a target that appears while a large object is copied stays as it is', async () => {
  for (const when of [isPart, isComplete]) {
    let isThere = false;
    s3.meddle = (request, pass) => {
      if (!when(request) || isThere) return undefined;
      isThere = true;
      return put('taken', 'mine').then(pass);
    };
    const outcome = await call('brigade-rename', { key: 'taken' });
    assert.ok(!outcome.ok && outcome.code === 'PreconditionFailed', outcome.message);
    assert.match(outcome.message, /both are as they were/);
    // A store that does not heed the condition is not asked to complete.
    if (when === isPart) assert.ok(!s3.requests.some(isComplete));
    assert.deepEqual([await contentOf('taken'), await contentOf('big')], ['mine', CONTENT]);
    await thin.send({ method: 'DELETE', bucket: Bucket, key: 'taken' });
  }
});

test('where CopyObject is refused and parts are too, the source is as it was', async () => {
  s3.meddle = (request) => {
    if (isCopyObject(request)) return Promise.resolve(TOO_LARGE);
    return isPart(request) ? Promise.resolve(answer(403)) : undefined;
  };
  const outcome = await call('brigade-rename', { key: 'refused' });
  assert.ok(!outcome.ok && outcome.httpStatus === 403, outcome.message);
  assert.equal(await contentOf('big'), CONTENT);
  await assert.rejects(contentOf('refused'), { name: 'NoSuchKey' });
});

test('when the job stops in the middle of a large copy, nothing stays of it', async () => {
  const stop = new AbortController();
  s3.meddle = (request, pass) => {
    if (!isPart(request)) return undefined;
    stop.abort();
    return pass().then(() => answer(503));
  };
  const outcome = await call('brigade-rename', { key: 'stopped' }, stop.signal);
  assert.ok(!outcome.ok && outcome.again !== 'never', outcome.message);
  assert.equal(await contentOf('big'), CONTENT);
  await assert.rejects(contentOf('stopped'), { name: 'NoSuchKey' });
});
