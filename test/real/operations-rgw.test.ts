/**
 * Object Lock and copies in parts on Ceph RGW, a thousand objects each, read back one by one with
 * the AWS SDK; and what RGW lacks, refused before the first task.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { after, before, test } from 'node:test';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectLegalHoldCommand,
  GetObjectRetentionCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { JobOperation } from '@aws-sdk/client-s3-control';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import type { Task } from '../../src/model/outcome.ts';
import { OPERATIONS } from '../../src/operations/index.ts';
import { copier, copyRoom } from '../../src/operations/copy-object.ts';
import { createS3, type S3Client as Thin } from '../../src/s3/index.ts';
import type { S3Endpoint } from '../contract/s3-harness.ts';
import { isPart, Meddling } from '../operations/meddling.ts';
import { placeOn } from '../operations/place.ts';
import { requestOf, SIGNAL } from '../operations/scene.ts';
import { each, keysOf, runAll, tally, THOUSAND } from './many.ts';
import { startRgw } from './rgw.ts';

const HOUR_MS = 60 * 60 * 1000;
const MIB = 1024 * 1024;

let rgw: S3Endpoint;
let sdk: S3Client;
let thin: Thin;

before(async () => {
  rgw = await startRgw();
  const { endpoint, region, accessKeyId, secretAccessKey } = rgw;
  const credentials = { accessKeyId, secretAccessKey };
  sdk = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  thin = createS3({ endpoint, region, credentials, clock: systemClock, random: systemRandom });
  await sdk.send(new CreateBucketCommand({ Bucket: 'lock', ObjectLockEnabledForBucket: true }));
  for (const Bucket of ['source', 'target']) await sdk.send(new CreateBucketCommand({ Bucket }));
});

after(async () => {
  sdk.destroy();
  await thin.close();
  await rgw.stop();
});

const KEYS = keysOf(THOUSAND);

/** A version of every key, and the task that names it. */
async function locked(prefix: string, count = THOUSAND): Promise<Task[]> {
  const tasks: Task[] = [];
  await each(KEYS.slice(0, count), async (name, index) => {
    const object = { bucket: 'lock', key: prefix + name };
    const { headers } = await thin.send({ method: 'PUT', ...object, body: name });
    const versionId = headers['x-amz-version-id'];
    assert.ok(versionId);
    tasks[index] = { ...object, manifestKey: name, versionId };
  });
  return tasks;
}

function run(operation: JobOperation, tasks: readonly Task[]) {
  return runAll(requestOf(operation), tasks, thin);
}

function retention(Mode: 'GOVERNANCE' | 'COMPLIANCE', RetainUntilDate: Date, bypass = false) {
  const Retention = { Mode, RetainUntilDate };
  return { S3PutObjectRetention: { Retention, BypassGovernanceRetention: bypass } };
}

/** Whole seconds: that is how exactly every store keeps a date. */
function inHours(hours: number): Date {
  return new Date(Math.floor(Date.now() / 1000) * 1000 + hours * HOUR_MS);
}

async function retained(tasks: readonly Task[], mode: string, until: Date): Promise<void> {
  await each(tasks, async ({ bucket: Bucket, key: Key, versionId: VersionId }) => {
    const object = { Bucket, Key, VersionId };
    const { Retention: found } = await sdk.send(new GetObjectRetentionCommand(object));
    assert.deepEqual([found?.Mode, found?.RetainUntilDate], [mode, until], Key);
  });
}

test('a thousand versions are retained, extended, and shortened only by bypass', async () => {
  const tasks = await locked('r/');
  const [far, farther, near] = [inHours(2), inHours(3), inHours(1)];
  const successful = { Successful: THOUSAND };
  assert.deepEqual(tally(await run(retention('GOVERNANCE', far), tasks)), successful);
  assert.deepEqual(tally(await run(retention('GOVERNANCE', farther), tasks)), successful);
  const some = tasks.slice(0, 100);
  const denied = { AccessDenied: some.length };
  assert.deepEqual(tally(await run(retention('GOVERNANCE', near), some)), denied);
  await retained(some, 'GOVERNANCE', farther);
  const bypassed = await run(retention('GOVERNANCE', near, true), some);
  assert.deepEqual(tally(bypassed), { Successful: some.length });
  await retained(some, 'GOVERNANCE', near);
  await retained(tasks.slice(100), 'GOVERNANCE', farther);
});

test('compliance is only extended, by bypass or not, and a date in the past is refused', async () => {
  const tasks = await locked('c/', 50);
  const until = inHours(2);
  const count = tasks.length;
  assert.deepEqual(tally(await run(retention('COMPLIANCE', until), tasks)), { Successful: count });
  for (const bypass of [false, true]) {
    const shorter = await run(retention('COMPLIANCE', inHours(1), bypass), tasks);
    assert.deepEqual(tally(shorter), { AccessDenied: count });
  }
  await retained(tasks, 'COMPLIANCE', until);
  const past = await run(retention('COMPLIANCE', inHours(-1), true), tasks);
  assert.deepEqual(tally(past), { InvalidArgument: count });
  assert.deepEqual(tally(await run(retention('COMPLIANCE', inHours(3)), tasks)), {
    Successful: count,
  });
});

test('a thousand versions are held, and let go again', async () => {
  const tasks = await locked('h/');
  for (const Status of ['ON', 'OFF'] as const) {
    const operation = { S3PutObjectLegalHold: { LegalHold: { Status } } };
    assert.deepEqual(tally(await run(operation, tasks)), { Successful: THOUSAND });
    await each(tasks, async ({ bucket: Bucket, key: Key, versionId: VersionId }) => {
      const object = { Bucket, Key, VersionId };
      const { LegalHold: found } = await sdk.send(new GetObjectLegalHoldCommand(object));
      assert.equal(found?.Status, Status, Key);
    });
    const [first] = tasks;
    const object = { Bucket: 'lock', Key: first?.key, VersionId: first?.versionId };
    const deletion = sdk.send(new DeleteObjectCommand(object));
    if (Status === 'ON') await assert.rejects(deletion, { name: 'AccessDenied' });
    else await deletion;
  }
});

test('a bucket without Object Lock fails the job before the first task', async () => {
  for (const operation of [
    retention('GOVERNANCE', inHours(1)),
    { S3PutObjectLegalHold: { LegalHold: { Status: 'ON' } } } satisfies JobOperation,
  ]) {
    const name = Object.keys(operation)[0] as keyof typeof OPERATIONS;
    const place = placeOn(thin, { bucket: 'source' });
    const opened = await OPERATIONS[name].open(requestOf(operation), place, SIGNAL);
    assert.deepEqual(opened, {
      ok: false,
      code: 'ObjectLockNotEnabled',
      reason: 'Object Lock is not enabled on the bucket source.',
    });
  }
});

test('what RGW lacks is refused before the first task, by name', async () => {
  const KMSKeyArn = 'arn:aws:kms:us-east-1:123456789012:key/1234';
  const encryption = { ObjectEncryption: { SSEKMS: { KMSKeyArn } } };
  const cases = [
    [{ S3InitiateRestoreObject: { ExpirationInDays: 1 } }, /^Ceph RGW has no RestoreObject\.$/],
    [{ S3UpdateObjectEncryption: encryption }, /^Ceph RGW is not known to have UpdateObject/],
    [{ S3ReplicateObject: {} }, /no replication rule/],
  ] as const;
  for (const [operation, reason] of cases) {
    const name = Object.keys(operation)[0] as keyof typeof OPERATIONS;
    const place = placeOn(thin, { bucket: 'lock' });
    const opened = await OPERATIONS[name].open(requestOf(operation), place, SIGNAL);
    assert.ok(!opened.ok && opened.again === undefined);
    assert.match(opened.reason, reason);
  }
});

/** Copies in parts, CopyObject refused as if every object were too large. */
async function copyLarge(tasks: readonly Task[]) {
  const s3 = new Meddling(thin);
  const traits = await thin.traits();
  assert.equal(traits?.name, 'Ceph RGW');
  const place = placeOn(s3, { clock: systemClock, random: systemRandom });
  const room = copyRoom(place, traits, 5 * MIB);
  const copyTask = copier({ TargetKeyPrefix: 'copy', StorageClass: 'STANDARD_IA' }, 'target', room);
  await each(tasks, async (task) => {
    const result = await copyTask(task, SIGNAL);
    assert.ok(result.ok, JSON.stringify(result));
  });
  const input = { Bucket: 'target' };
  const { Uploads: left = [] } = await sdk.send(new ListMultipartUploadsCommand(input));
  assert.deepEqual(left, []);
  return s3.requests;
}

test('a thousand objects are copied as uploads of parts, whole', async () => {
  const tasks = KEYS.map((key) => ({ bucket: 'source', key, manifestKey: key }));
  await each(KEYS, async (Key, i) => {
    const more = { ContentType: `text/x-${i}`, Metadata: { i: `${i}` }, Tagging: `i=${i}` };
    await sdk.send(new PutObjectCommand({ Bucket: 'source', Key, Body: `body ${i}`, ...more }));
  });
  await copyLarge(tasks);
  await each(KEYS, async (key, i) => {
    const object = { Bucket: 'target', Key: `copy/${key}` };
    const copy = await sdk.send(new GetObjectCommand(object));
    assert.equal(await copy.Body?.transformToString(), `body ${i}`);
    assert.equal(copy.ContentType, `text/x-${i}`);
    assert.deepEqual(copy.Metadata, { i: `${i}` });
    assert.equal(copy.StorageClass, 'STANDARD_IA');
    const { TagSet: tags } = await sdk.send(new GetObjectTaggingCommand(object));
    assert.deepEqual(tags, [{ Key: 'i', Value: `${i}` }]);
  });
});

test('objects of several parts are copied whole, and metadata outside of ASCII with them', async () => {
  const keys = ['several/a', 'several/ü b'];
  const body = Buffer.alloc(23 * MIB + 1, 'All that glitters is not gold. ');
  for (const key of keys) {
    const headers = { 'x-amz-meta-name': 'Grüße 日本' };
    const put = { method: 'PUT', bucket: 'source', key, headers, body } as const;
    assert.equal((await thin.send(put)).status, 200);
  }
  const requests = await copyLarge(
    keys.map((key) => ({ bucket: 'source', key, manifestKey: key })),
  );
  assert.ok(requests.filter(isPart).length >= 6);
  for (const key of keys) {
    const object = { Bucket: 'target', Key: `copy/${key}` };
    const { Body } = await sdk.send(new GetObjectCommand(object));
    const copy = (await Body?.transformToByteArray()) ?? Buffer.alloc(0);
    assert.equal(hash('sha256', copy), hash('sha256', body));
    assert.match((await sdk.send(new HeadObjectCommand(object))).ETag ?? '', /-\d"$/);
    const [from, to] = await Promise.all([
      thin.send({ method: 'HEAD', bucket: 'source', key }),
      thin.send({ method: 'HEAD', bucket: 'target', key: `copy/${key}` }),
    ]);
    assert.ok(from.headers['x-amz-meta-name']);
    assert.equal(to.headers['x-amz-meta-name'], from.headers['x-amz-meta-name']);
  }
});
