/** What Ceph RGW lacks and moto has: restores, encryption that shows, a replication configuration. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { JobOperation } from '@aws-sdk/client-s3-control';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import type { Task } from '../../src/model/outcome.ts';
import { createS3, type S3Client as Thin } from '../../src/s3/index.ts';
import { requestOf } from '../operations/scene.ts';
import { each, keysOf, runAll, tally } from './many.ts';
import { startMoto } from './moto.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** moto answers some hundred requests a second. */
const COUNT = 200;
const KEYS = keysOf(COUNT);

let moto: Awaited<ReturnType<typeof startMoto>>;
let sdk: S3Client;
let thin: Thin;

before(async () => {
  moto = await startMoto();
  const { endpoint, region, credentials } = moto;
  sdk = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  thin = createS3({ endpoint, region, credentials, clock: systemClock, random: systemRandom });
  for (const Bucket of ['cold', 'keys', 'src', 'dst']) {
    await sdk.send(new CreateBucketCommand({ Bucket }));
  }
});

after(async () => {
  sdk.destroy();
  await thin.close();
  await moto.stop();
});

function run(
  operation: JobOperation,
  tasks: readonly Task[],
  Tags?: { Key: string; Value: string }[],
) {
  return runAll({ ...requestOf(operation), Tags }, tasks, thin);
}

function tasksIn(bucket: string): Task[] {
  return KEYS.map((key) => ({ bucket, key, manifestKey: key }));
}

test('archived objects are restored, and a second job moves their expiry', async () => {
  await each(KEYS, async (Key) => {
    const object = { Bucket: 'cold', Key, Body: Key, StorageClass: 'GLACIER' } as const;
    await sdk.send(new PutObjectCommand(object));
  });
  for (const days of [3, 7]) {
    const restore = { ExpirationInDays: days, GlacierJobTier: 'BULK' } as const;
    const outcomes = await run({ S3InitiateRestoreObject: restore }, tasksIn('cold'));
    assert.deepEqual(tally(outcomes), { Successful: COUNT });
    await each(KEYS, async (Key) => {
      const { Restore: said = '' } = await sdk.send(new HeadObjectCommand({ Bucket: 'cold', Key }));
      const expiry = Date.parse(/expiry-date="([^"]+)"/.exec(said)?.[1] ?? '');
      assert.ok(Math.abs(expiry - Date.now() - days * DAY_MS) < DAY_MS / 2, said);
      const { Body } = await sdk.send(new GetObjectCommand({ Bucket: 'cold', Key }));
      assert.equal(await Body?.transformToString(), Key);
    });
  }
});

test('objects that are not archived, or not there, fail with the code of the store', async () => {
  await sdk.send(new PutObjectCommand({ Bucket: 'cold', Key: 'warm', Body: 'x' }));
  const tasks = ['warm', 'nowhere'].map((key) => ({ bucket: 'cold', key, manifestKey: key }));
  const outcomes = await run({ S3InitiateRestoreObject: { ExpirationInDays: 1 } }, tasks);
  assert.deepEqual(
    outcomes.map((outcome) => !outcome.ok && [outcome.httpStatus, outcome.code, outcome.again]),
    [
      [403, 'InvalidObjectState', 'never'],
      [404, 'NoSuchKey', 'never'],
    ],
  );
});

test('objects are encrypted by copies in place, once', async () => {
  const KMSKeyArn = 'arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  await each(KEYS, async (Key, i) => {
    const more = { Metadata: { i: `${i}` }, StorageClass: 'STANDARD_IA', Tagging: 'a=b' } as const;
    await sdk.send(new PutObjectCommand({ Bucket: 'keys', Key, Body: Key, ...more }));
  });
  const operation = { S3UpdateObjectEncryption: { ObjectEncryption: { SSEKMS: { KMSKeyArn } } } };
  await assert.rejects(run(operation, tasksIn('keys')), /copy-in-place/);
  const tags = [{ Key: 'brigade:encryption', Value: 'copy-in-place' }];
  const first = await run(operation, tasksIn('keys'), tags);
  assert.deepEqual(tally(first), {
    'Encrypted by a copy in place; LastModified has changed': COUNT,
  });
  await each(KEYS, async (Key, i) => {
    const object = await sdk.send(new GetObjectCommand({ Bucket: 'keys', Key }));
    assert.equal(await object.Body?.transformToString(), Key);
    assert.deepEqual(object.Metadata, { i: `${i}` });
    assert.equal(object.StorageClass, 'STANDARD_IA');
    assert.equal(object.TagCount, 1);
    assert.deepEqual([object.ServerSideEncryption, object.SSEKMSKeyId], ['aws:kms', KMSKeyArn]);
  });
  const second = await run(operation, tasksIn('keys'), tags);
  assert.deepEqual(tally(second), { 'Encrypted with this key already': COUNT });
});

test('a replication follows the configuration that the store keeps', async () => {
  for (const Bucket of ['src', 'dst']) {
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    await sdk.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  }
  const tasks: Task[] = [];
  await each(KEYS, async (key, index) => {
    const object = { Bucket: 'src', Key: key, Body: key };
    const { VersionId: versionId } = await sdk.send(new PutObjectCommand(object));
    assert.ok(versionId);
    tasks[index] = { bucket: 'src', key, manifestKey: key, versionId };
  });
  await assert.rejects(run({ S3ReplicateObject: {} }, tasks), /has no replication configuration/);
  await sdk.send(
    new PutBucketReplicationCommand({
      Bucket: 'src',
      ReplicationConfiguration: {
        Role: 'arn:aws:iam::123456789012:role/r',
        Rules: [
          {
            ID: 'one',
            Status: 'Enabled',
            // moto forgets whatever filter stands here.
            Prefix: '',
            Destination: { Bucket: 'arn:aws:s3:::dst', StorageClass: 'STANDARD_IA' },
          },
        ],
      },
    }),
  );
  const outcomes = await run({ S3ReplicateObject: {} }, tasks);
  assert.deepEqual(tally(outcomes), { success: COUNT });
  await each(KEYS, async (Key) => {
    const replica = await sdk.send(new GetObjectCommand({ Bucket: 'dst', Key }));
    assert.equal(await replica.Body?.transformToString(), Key);
    assert.equal(replica.StorageClass, 'STANDARD_IA');
  });
});
