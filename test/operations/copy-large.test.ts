/**
 * Multipart copies over the sandbox: small objects, CopyObject refused as if they were large. What
 * 5 GB cannot be moved for is shown with parts of 5 MiB, the smallest that S3 takes.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { S3CopyObjectOperation } from '@aws-sdk/client-s3-control';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { copier, copyRoom } from '../../src/operations/copy-object.ts';
import type { OpenUpload } from '../../src/operations/index.ts';
import { createS3, type S3Client as Thin, type StoreTraits } from '../../src/s3/index.ts';
import { startTestSandbox } from '../sandbox/start.ts';
import { isAbort, isComplete, isCopyObject, isPart, Meddling } from './meddling.ts';
import { notedUploads, placeOn } from './place.ts';
import { answer, SIGNAL } from './scene.ts';

const MIB = 1024 * 1024;
/** With parts of 5 to 7.5 MiB: three or four of them. */
const LARGE = Buffer.alloc(17 * MIB + 12_345, 'The quick brown fox jumps over the lazy dog. ');
const LOST = { ...answer(0), failure: 'The connection was reset.' };

let sandbox: Awaited<ReturnType<typeof startTestSandbox>>;
let sdk: S3Client;
let thin: Thin;
let s3: Meddling;
/** What a process that dies leaves behind of its notes. */
let noted: OpenUpload[];

before(async () => {
  sandbox = await startTestSandbox();
  const { endpoint, region } = sandbox;
  const { accessKeyId, secretAccessKey } = sandbox;
  const credentials = { accessKeyId, secretAccessKey };
  sdk = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  thin = createS3({ endpoint, region, credentials, clock: systemClock, random: systemRandom });
  for (const Bucket of ['source', 'target', 'versions']) {
    await sdk.send(new CreateBucketCommand({ Bucket }));
  }
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await sdk.send(new PutBucketVersioningCommand({ Bucket: 'versions', VersioningConfiguration }));
  await put('large', LARGE, {
    ContentType: 'text/css',
    CacheControl: 'no-cache',
    ContentLanguage: 'de',
    Metadata: { colour: 'dark blue', 'x-y': '1' },
    Tagging: 'a=b&c=d%20e',
  });
});

after(async () => {
  sdk.destroy();
  await thin.close();
  await sandbox.stop();
});

beforeEach(() => {
  s3 = new Meddling(thin);
  noted = [];
});

async function put(
  Key: string,
  Body: Buffer | string,
  more: Partial<PutObjectCommandInput> = {},
): Promise<string | undefined> {
  const { Bucket = 'source' } = more;
  return (await sdk.send(new PutObjectCommand({ Bucket, Key, Body, ...more }))).VersionId;
}

interface Run {
  readonly copy?: S3CopyObjectOperation;
  readonly stopping?: AbortSignal;
  readonly key?: string;
  readonly bucket?: string;
  readonly versionId?: string;
  readonly traits?: Partial<StoreTraits>;
}

async function run({ copy = {}, stopping = SIGNAL, ...more }: Run = {}) {
  const { key = 'large', bucket = 'source', versionId, traits = {} } = more;
  const known = await thin.traits();
  assert.ok(known);
  // A clock that does not wait: backoff is not what is shown here.
  const clock = { ...systemClock, sleep: () => Promise.resolve() };
  const place = placeOn(s3, { clock, uploads: notedUploads(noted) });
  const room = copyRoom(place, { ...known, ...traits }, 5 * MIB);
  const task = { bucket, key, manifestKey: key, ...(versionId === undefined ? {} : { versionId }) };
  return copier(copy, 'target', room)(task, stopping);
}

async function contentOf(Key: string): Promise<string> {
  const { Body } = await sdk.send(new GetObjectCommand({ Bucket: 'target', Key }));
  return hash('sha256', (await Body?.transformToByteArray()) ?? Buffer.alloc(0));
}

async function uploads(): Promise<string[]> {
  const { Uploads: all = [] } = await sdk.send(
    new ListMultipartUploadsCommand({ Bucket: 'target' }),
  );
  return all.map(({ Key, UploadId }) => `${Key} ${UploadId}`);
}

async function isWhole(key = 'large'): Promise<void> {
  assert.equal(await contentOf(key), hash('sha256', LARGE));
  assert.deepEqual(await uploads(), []);
}

test('a large copy has the content, metadata and tags of its source', async () => {
  const result = await run({ copy: { TargetKeyPrefix: 'kept' } });
  assert.ok(result.ok, JSON.stringify(result));
  await isWhole('kept/large');
  const object = { Bucket: 'target', Key: 'kept/large', ChecksumMode: 'ENABLED' } as const;
  const head = await sdk.send(new HeadObjectCommand(object));
  assert.equal(head.ContentType, 'text/css');
  assert.equal(head.CacheControl, 'no-cache');
  assert.equal(head.ContentLanguage, 'de');
  assert.deepEqual(head.Metadata, { colour: 'dark blue', 'x-y': '1' });
  const source = await sdk.send(
    new HeadObjectCommand({ ...object, Bucket: 'source', Key: 'large' }),
  );
  assert.ok(source.ChecksumCRC32);
  assert.equal(head.ChecksumCRC32, source.ChecksumCRC32);
  const { TagSet: tags } = await sdk.send(new GetObjectTaggingCommand(object));
  assert.deepEqual(tags, [
    { Key: 'a', Value: 'b' },
    { Key: 'c', Value: 'd e' },
  ]);
  const parts = s3.requests.filter(isPart);
  assert.ok(parts.length >= 3);
  for (const { headers } of parts) {
    assert.equal(headers?.['x-amz-copy-source'], '/source/large');
    assert.equal(headers['x-amz-copy-source-if-match'], source.ETag);
  }
});

test('what the job asks for replaces what the source has', async () => {
  const result = await run({
    copy: {
      NewObjectMetadata: { ContentType: 'text/html', UserMetadata: { New: 'yes' } },
      NewObjectTagging: [{ Key: 'new', Value: 'x y' }],
      StorageClass: 'STANDARD_IA',
      CannedAccessControlList: 'public-read',
      ChecksumAlgorithm: 'SHA256',
    },
  });
  assert.ok(result.ok, JSON.stringify(result));
  await isWhole();
  const object = { Bucket: 'target', Key: 'large', ChecksumMode: 'ENABLED' } as const;
  const head = await sdk.send(new HeadObjectCommand(object));
  assert.equal(head.ContentType, 'text/html');
  assert.equal(head.CacheControl, undefined);
  assert.deepEqual(head.Metadata, { new: 'yes' });
  assert.equal(head.StorageClass, 'STANDARD_IA');
  assert.match(head.ChecksumSHA256 ?? '', /-\d$/);
  const { TagSet: tags } = await sdk.send(new GetObjectTaggingCommand(object));
  assert.deepEqual(tags, [{ Key: 'new', Value: 'x y' }]);
  // Two requests around the upload: HEAD of the source; its tags are not asked for.
  assert.ok(!s3.requests.some(({ query }) => query?.['tagging'] !== undefined));
});

test('tags that a store leaves out of uploads are set afterwards', async () => {
  const traits = { uploadIgnoresTagging: true, uploadIgnoresLock: true };
  assert.ok((await run({ traits })).ok);
  const last = s3.requests.at(-1);
  assert.deepEqual(last?.query, { tagging: '' });
  assert.match(last.body?.toString() ?? '', /<Key>a<\/Key><Value>b<\/Value>/);
});

test('a version is copied, whatever has become of its key', async () => {
  const versionId = await put('v', LARGE, { Bucket: 'versions' });
  await put('v', 'newer', { Bucket: 'versions' });
  assert.ok(versionId);
  assert.ok((await run({ bucket: 'versions', key: 'v', versionId })).ok);
  await isWhole('v');
  for (const { headers } of s3.requests.filter(isPart)) {
    assert.equal(headers?.['x-amz-copy-source'], `/versions/v?versionId=${versionId}`);
  }
});

test('a source without a version in the list is pinned to the one that was looked at', async () => {
  await put('w', LARGE, { Bucket: 'versions' });
  s3.meddle = (request) => {
    const isSecond = request.query?.['partNumber'] === '2';
    if (!isSecond) return undefined;
    s3.meddle = () => undefined;
    return put('w', 'newer', { Bucket: 'versions' }).then(() => s3.send(request));
  };
  assert.ok((await run({ bucket: 'versions', key: 'w' })).ok);
  await isWhole('w');
});

test('a source that changes meanwhile is copied later, not half', async () => {
  const other = Buffer.alloc(LARGE.length, 'something else');
  for (const copyIgnoresConditions of [false, true]) {
    await put('changing', LARGE);
    s3.meddle = (request) => {
      if (!isPart(request)) return undefined;
      const { 'x-amz-copy-source-if-match': condition, ...headers } = request.headers ?? {};
      assert.ok(condition);
      // Only the second part comes after the change.
      const isLate = request.query?.['partNumber'] === '2';
      const changed = isLate ? put('changing', other) : Promise.resolve();
      return changed.then(() =>
        thin.send(copyIgnoresConditions ? { ...request, headers } : request),
      );
    };
    const result = await run({ key: 'changing', traits: { copyIgnoresConditions } });
    assert.deepEqual(result, {
      ok: false,
      httpStatus: 412,
      code: 'PreconditionFailed',
      message: 'The source changed while it was copied.',
      again: 'later',
    });
    assert.deepEqual(await uploads(), []);
    await assert.rejects(contentOf('changing'));
  }
});

test('a source outside of the dates is not copied', async () => {
  const copy = { UnModifiedSinceConstraint: new Date(0), TargetKeyPrefix: 'dated' };
  const result = await run({ copy });
  assert.equal(!result.ok && result.code, 'PreconditionFailed');
  assert.deepEqual(s3.requests.filter(isPart), []);
});

test('a store that would read a key with a percent sign wrongly is not asked to', async () => {
  const traits = { partCopyDecodesTwice: true };
  const result = await run({ key: 'a%20b', traits });
  assert.ok(!result.ok && result.code === 'NotImplemented' && result.again === 'never');
  assert.ok((await run({ key: 'large', traits })).ok);
});

test('an object of one part takes no range', async () => {
  await put('small', 'content');
  assert.ok((await run({ key: 'small' })).ok);
  const [part, ...more] = s3.requests.filter(isPart);
  assert.deepEqual(more, []);
  assert.equal(part?.headers?.['x-amz-copy-source-range'], undefined);
  assert.equal(await contentOf('small'), hash('sha256', 'content'));
});

test('a part that fails is tried again, and one that keeps failing ends the upload', async () => {
  let failures = 3;
  s3.meddle = (request) =>
    isPart(request) && failures-- > 0 ? Promise.resolve(answer(503)) : undefined;
  assert.ok((await run()).ok);
  await isWhole();
  s3.meddle = (request) =>
    request.query?.['partNumber'] === '2' ? Promise.resolve(answer(500)) : undefined;
  const result = await run();
  assert.equal(!result.ok && result.again, 'later');
  assert.equal(s3.requests.filter(isAbort).length, 1);
  assert.deepEqual(await uploads(), []);
});

test('when the job stops, parts in flight are awaited, no more are begun, and nothing stays', async () => {
  const stopping = new AbortController();
  let inFlight = 0;
  s3.meddle = (request, pass) => {
    if (isAbort(request)) assert.equal(inFlight, 0);
    if (!isPart(request)) return undefined;
    inFlight += 1;
    stopping.abort();
    return pass().finally(() => (inFlight -= 1));
  };
  const result = await run({ stopping: stopping.signal, copy: { TargetKeyPrefix: 'stopped' } });
  assert.equal(!result.ok && result.code, 'JobStopped');
  assert.equal(!result.ok && result.again, 'later');
  assert.equal(s3.requests.filter(isPart).length, 1);
  assert.deepEqual(await uploads(), []);
  await assert.rejects(contentOf('stopped/large'));
});

test('what a crash leaves behind is removed by the next try, and nobody else’s upload is', async () => {
  // A process that dies: nothing of it reaches the store any more, not even an abort.
  const copy = { TargetKeyPrefix: 'crashed' };
  let isDead = false;
  s3.meddle = (request) => {
    if (isDead) return Promise.resolve(answer(400));
    isDead = request.query?.['partNumber'] === '1';
    return undefined;
  };
  assert.equal((await run({ copy })).ok, false);
  const left = await uploads();
  assert.equal(left.length, 1);
  assert.deepEqual(
    left,
    noted.map(({ key, uploadId }) => `${key} ${uploadId}`),
  );

  const foreign = { Bucket: 'target', Key: 'crashed/large' };
  const { UploadId } = await sdk.send(new CreateMultipartUploadCommand(foreign));
  const body = LARGE.subarray(0, 5 * MIB);
  await sdk.send(new UploadPartCommand({ ...foreign, UploadId, PartNumber: 1, Body: body }));
  const { UploadId: empty } = await sdk.send(new CreateMultipartUploadCommand(foreign));
  assert.equal((await uploads()).length, 3);

  s3.meddle = () => undefined;
  assert.ok((await run({ copy })).ok);
  assert.equal(await contentOf('crashed/large'), hash('sha256', LARGE));
  assert.deepEqual(noted, []);
  const stayed = await uploads();
  assert.deepEqual(stayed.sort(), [`crashed/large ${UploadId}`, `crashed/large ${empty}`].sort());
  for (const one of stayed) {
    const [bucket, key, uploadId] = ['target', 'crashed/large', one.split(' ')[1] ?? ''];
    await thin.send({ method: 'DELETE', bucket, key, query: { uploadId } });
  }
});

test('the same row twice in one worker: neither takes the other’s upload for stale', async () => {
  const known = await thin.traits();
  assert.ok(known);
  const room = copyRoom(placeOn(s3), known, 5 * MIB);
  const copyTask = copier({ TargetKeyPrefix: 'twice' }, 'target', room);
  const task = { bucket: 'source', key: 'large', manifestKey: 'large' };
  const results = await Promise.all([copyTask(task, SIGNAL), copyTask({ ...task }, SIGNAL)]);
  assert.ok(
    results.every(({ ok }) => ok),
    JSON.stringify(results),
  );
  assert.deepEqual(s3.requests.filter(isAbort), []);
  await isWhole('twice/large');
});

test('an answer to the completion that gets lost is found out by the ETag', async () => {
  s3.meddle = (request, pass) => {
    if (!isComplete(request)) return undefined;
    s3.meddle = () => undefined;
    return pass().then(() => LOST);
  };
  const result = await run({ copy: { TargetKeyPrefix: 'lost' } });
  assert.ok(result.ok, JSON.stringify(result));
  await isWhole('lost/large');
});

test('an upload that is gone is begun again, not taken for done', async () => {
  await put('large', 'an older object', { Bucket: 'target' });
  s3.meddle = (request) =>
    isComplete(request)
      ? Promise.resolve(answer(404, '<Error><Code>NoSuchUpload</Code></Error>'))
      : undefined;
  const result = await run();
  assert.deepEqual(!result.ok && [result.code, result.again], ['NoSuchUpload', 'later']);
  assert.deepEqual(await uploads(), []);
  assert.equal(await contentOf('large'), hash('sha256', 'an older object'));
});

test('a copy that is not what its source is fails its task', async () => {
  s3.meddle = (request, pass) =>
    request.method === 'HEAD' && request.bucket === 'target'
      ? pass().then((head) => ({
          ...head,
          headers: { ...head.headers, 'content-length': '17' },
        }))
      : undefined;
  const result = await run();
  assert.equal(!result.ok && result.code, 'CopyDiffers');
});

test('an upload is noted before its first part, and no longer when it is done', async () => {
  const seen: number[] = [];
  s3.meddle = (request) => {
    if (isPart(request) || isComplete(request)) seen.push(noted.length);
    return undefined;
  };
  assert.ok((await run()).ok);
  assert.ok(seen.length > 2 && seen.every((count) => count === 1));
  assert.deepEqual(noted, []);
});

test('a stale upload that may not be aborted keeps its note, and the copy is made', async () => {
  const stale = { bucket: 'target', key: 'large', uploadId: 'stale' };
  noted.push(stale);
  s3.meddle = (request) => (isAbort(request) ? Promise.resolve(answer(403)) : undefined);
  assert.ok((await run()).ok);
  assert.deepEqual(noted, [stale]);
});

test('metadata that cannot be read fails the task before anything is begun', async () => {
  s3.meddle = (request, pass) =>
    request.method === 'HEAD'
      ? pass().then((head) => ({
          ...head,
          headers: { ...head.headers, 'x-amz-missing-meta': '2' },
        }))
      : undefined;
  const result = await run();
  assert.equal(!result.ok && result.code, 'MetadataNotReadable');
  assert.ok(!s3.requests.some(({ method }) => method === 'POST'));
});

test('metadata outside of ASCII goes the way it came', async () => {
  await put('umlaut', 'x');
  const headers = { 'x-amz-meta-name': 'Grüße 日本', 'content-type': 'text/plain' };
  const object = { bucket: 'source', key: 'umlaut' };
  assert.equal((await thin.send({ method: 'PUT', ...object, headers, body: 'x' })).status, 200);
  assert.ok((await run({ key: 'umlaut' })).ok);
  const [from, to] = await Promise.all(
    ['source', 'target'].map((bucket) => thin.send({ method: 'HEAD', bucket, key: 'umlaut' })),
  );
  assert.ok(from?.headers['x-amz-meta-name']);
  assert.equal(to?.headers['x-amz-meta-name'], from.headers['x-amz-meta-name']);
});

test('only what is too large is copied in parts', async () => {
  s3.meddle = (request) =>
    isCopyObject(request)
      ? Promise.resolve(
          answer(400, '<Error><Code>InvalidRequest</Code><Message>Onto itself.</Message></Error>'),
        )
      : undefined;
  const result = await run();
  assert.equal(!result.ok && result.message, 'Onto itself.');
  assert.equal(s3.requests.length, 1);
});
