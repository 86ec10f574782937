/**
 * The operations that jobs-rgw.test.ts leaves out, in jobs that the aws cli and boto3 create from the
 * JSON that users of AWS write: on Ceph RGW where it can, on the sandbox where RGW cannot. Aim: every
 * row of the report succeeded, and every object is as the operation makes it.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateBucketCommand,
  GetObjectLegalHoldCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
} from '@aws-sdk/client-s3';
import type { JobOperation } from '@aws-sdk/client-s3-control';
import { openOn } from '../e2e/on-store.ts';
import { assertCounts, atOnce, type ReportRow, World } from '../e2e/world.ts';
import { CLIENTS } from './clients.ts';
import { keysOf, THOUSAND } from './many.ts';
import { startRgw } from './rgw.ts';

const LANES = 32;
const KEYS = keysOf(THOUSAND);
const UNTIL = new Date(Math.ceil(Date.now() / 1000) * 1000 + 60 * 60 * 1000);

interface Target {
  readonly Bucket: string;
  readonly Key: string;
}

interface Case {
  readonly name: string;
  readonly on: 'RGW' | 'the sandbox';
  /** Of the objects before the job. */
  readonly headers?: Readonly<Record<string, string>>;
  operation(world: World, bucket: string): JobOperation | Promise<JobOperation>;
  check(world: World, target: Target, row: ReportRow | undefined): Promise<void>;
}

const builtIn = (name: string, UserArguments: Record<string, string> = {}) => ({
  LambdaInvoke: {
    FunctionArn: `arn:aws:lambda:us-east-1:123456789012:function:brigade-${name}`,
    InvocationSchemaVersion: '2.0',
    UserArguments,
  },
});

const CASES: readonly Case[] = [
  {
    name: 'S3PutObjectRetention',
    on: 'RGW',
    operation: () => ({
      S3PutObjectRetention: { Retention: { Mode: 'GOVERNANCE', RetainUntilDate: UNTIL } },
    }),
    async check({ s3 }, target) {
      const { Retention } = await s3.send(new GetObjectRetentionCommand(target));
      assert.deepEqual(Retention, { Mode: 'GOVERNANCE', RetainUntilDate: UNTIL });
    },
  },
  {
    name: 'S3PutObjectLegalHold',
    on: 'RGW',
    operation: () => ({ S3PutObjectLegalHold: { LegalHold: { Status: 'ON' } } }),
    async check({ s3 }, target) {
      const { LegalHold } = await s3.send(new GetObjectLegalHoldCommand(target));
      assert.equal(LegalHold?.Status, 'ON');
    },
  },
  {
    name: 'S3ComputeObjectChecksum',
    on: 'RGW',
    operation: () => ({
      S3ComputeObjectChecksum: { ChecksumAlgorithm: 'MD5', ChecksumType: 'FULL_OBJECT' },
    }),
    async check({ s3 }, target, row) {
      const { ETag = '' } = await s3.send(new HeadObjectCommand(target));
      assert.ok(row?.message.includes(ETag.replaceAll('"', '').toUpperCase()), row?.message);
    },
  },
  {
    name: 'LambdaInvoke',
    on: 'RGW',
    operation: () => builtIn('merge-tags', { set: 'by=a%20function' }),
    async check(world, { Bucket, Key }) {
      assert.equal(await world.tags(Bucket, Key), 'by=a function');
    },
  },
  {
    name: 'S3InitiateRestoreObject',
    on: 'the sandbox',
    headers: { 'x-amz-storage-class': 'GLACIER' },
    operation: () => ({
      S3InitiateRestoreObject: { ExpirationInDays: 3, GlacierJobTier: 'BULK' },
    }),
    async check({ s3 }, target) {
      const { Restore } = await s3.send(new HeadObjectCommand(target));
      assert.match(Restore ?? '', /ongoing-request="(true|false)"/);
    },
  },
  {
    name: 'S3UpdateObjectEncryption',
    on: 'the sandbox',
    headers: { 'x-amz-server-side-encryption': 'AES256' },
    operation: ({ service }) => ({
      S3UpdateObjectEncryption: {
        ObjectEncryption: { SSEKMS: { KMSKeyArn: keyOf(service.account) } },
      },
    }),
    async check({ s3, service }, target) {
      const { SSEKMSKeyId } = await s3.send(new HeadObjectCommand(target));
      assert.equal(SSEKMSKeyId, keyOf(service.account));
    },
  },
  {
    name: 'S3ReplicateObject',
    on: 'the sandbox',
    async operation({ s3 }, Bucket) {
      const VersioningConfiguration = { Status: 'Enabled' } as const;
      await s3.send(new CreateBucketCommand({ Bucket: `${Bucket}-replicas` }));
      await s3.send(
        new PutBucketVersioningCommand({ Bucket: `${Bucket}-replicas`, VersioningConfiguration }),
      );
      const Destination = { Bucket: `arn:aws:s3:::${Bucket}-replicas` };
      const rule = { ID: 'all', Status: 'Enabled', Priority: 1, Filter: { Prefix: '' } } as const;
      const DeleteMarkerReplication = { Status: 'Disabled' } as const;
      const Rules = [{ ...rule, DeleteMarkerReplication, Destination }];
      const ReplicationConfiguration = { Role: 'arn:aws:iam::123456789012:role/r', Rules };
      await s3.send(new PutBucketReplicationCommand({ Bucket, ReplicationConfiguration }));
      return { S3ReplicateObject: {} };
    },
    async check(world, { Bucket, Key }) {
      assert.equal((await world.get(`${Bucket}-replicas`, Key)).toString(), Key);
    },
  },
];

const keyOf = (account: string): string =>
  `arn:aws:kms:us-east-1:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;

let rgw: Awaited<ReturnType<typeof openOn>>;
let sandbox: World;
before(async () => {
  rgw = await openOn(startRgw);
  sandbox = await World.open();
});
after(async () => {
  await rgw.close();
  await sandbox.close();
});

for (const one of CASES) {
  for (const { name, create } of CLIENTS) {
    test(`${one.name} on a thousand objects of ${one.on}, by a job of ${name}`, async () => {
      const world = one.on === 'RGW' ? rgw.world : sandbox;
      const bucket = world.name('operations');
      // With Object Lock there are versions, too.
      const lock = { Bucket: bucket, ObjectLockEnabledForBucket: true };
      await world.s3.send(new CreateBucketCommand(lock));
      const lists = await world.bucket();
      const versions = await uploaded(world, bucket, one.headers);
      const spelt = (key: string): string => encodeURIComponent(key).replaceAll('%2F', '/');
      const rows = KEYS.map((key, i) => `${bucket},${spelt(key)},${versions[i]}\n`);
      const { Operation: _, ...request } = world.jobRequest({
        manifest: await world.manifest(lists, rows.join('')),
        fields: ['Bucket', 'Key', 'VersionId'],
        report: { bucket: lists, prefix: 'reports' },
        more: { Report: undefined },
      });
      const Operation = await one.operation(world, bucket);
      const Report = {
        Enabled: true,
        Bucket: `arn:aws:s3:::${lists}`,
        Prefix: 'reports',
        Format: 'Report_CSV_20180820' as const,
        ReportScope: 'AllTasks' as const,
        ExpectedBucketOwner: world.service.account,
      };
      const job = await world.ended(await create(world, { ...request, Operation, Report }));
      assert.equal(job.Status, 'Complete', JSON.stringify(job.FailureReasons));
      const report = await world.report(job);
      assertCounts(job, report);
      assert.equal(report.length, THOUSAND);
      const failed = report.filter(({ status }) => status !== 'succeeded');
      assert.deepEqual(failed.slice(0, 3), []);
      const told = new Map(report.map((row) => [row.key, row]));
      await atOnce(KEYS, LANES, async (Key) => {
        await one.check(world, { Bucket: bucket, Key }, told.get(spelt(Key)));
      });
    });
  }
}

async function uploaded(
  world: World,
  bucket: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const versions: string[] = [];
  await atOnce(KEYS, LANES, async (key, index) => {
    const answer = await world.thin.send({ method: 'PUT', bucket, key, headers, body: key });
    assert.equal(answer.status, 200, answer.body.toString());
    versions[index] = answer.headers['x-amz-version-id'] ?? '';
  });
  return versions;
}
