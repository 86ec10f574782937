/**
 * Every kind of list on a real Ceph RGW, in jobs that the aws cli and boto3 create from the JSON that
 * users of AWS write. Aim: exactly the objects that a list names are changed, and all of them.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { DeleteObjectsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { CreateJobCommandInput, JobManifest } from '@aws-sdk/client-s3-control';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { openOn } from '../e2e/on-store.ts';
import { assertCounts, atOnce, md5Of, type World } from '../e2e/world.ts';
import { CLIENTS } from './clients.ts';
import { keysOf, THOUSAND } from './many.ts';
import { startRgw } from './rgw.ts';

let scene: Awaited<ReturnType<typeof openOn>>;
before(async () => {
  scene = await openOn(startRgw);
});
after(() => scene.close());

const KEYS = keysOf(THOUSAND);
const LANES = 32;

/** As AWS spells keys in inventories. */
const spelt = (key: string): string => encodeURIComponent(key).replaceAll('%2F', '/');

async function put(world: World, bucket: string, Key: string, Body: Buffer): Promise<string> {
  const { ETag = '' } = await world.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
  return ETag;
}

/** Keeps an inventory of two files, and resolves to what a job says of it. */
async function inventory(
  world: World,
  bucket: string,
  fileFormat: 'CSV' | 'Parquet',
  fileSchema: string,
  fileOf: (keys: readonly string[]) => Buffer,
): Promise<JobManifest> {
  const halves = [KEYS.slice(0, THOUSAND / 2), KEYS.slice(THOUSAND / 2)];
  const files = [];
  for (const [index, keys] of halves.entries()) {
    const [key, body] = [`inventory/daily/data/${fileFormat}-${index}`, fileOf(keys)];
    await put(world, bucket, key, body);
    files.push({ key, size: body.length, MD5checksum: md5Of(body) });
  }
  const envelope = {
    sourceBucket: bucket,
    destinationBucket: `arn:aws:s3:::${bucket}`,
    version: '2016-11-30',
    creationTimestamp: '1514944800000',
    ...{ fileFormat, fileSchema, files },
  };
  const key = `inventory/daily/2026-11-01T00-00Z/${fileFormat}/manifest.json`;
  const ETag = await put(world, bucket, key, Buffer.from(JSON.stringify(envelope)));
  return {
    Spec: { Format: 'S3InventoryReport_CSV_20161130' },
    Location: { ObjectArn: `arn:aws:s3:::${bucket}/${key}`, ETag },
  };
}

const csvInventory = (world: World, bucket: string): Promise<JobManifest> =>
  inventory(world, bucket, 'CSV', 'Bucket, Key, Size, LastModifiedDate', (keys) => {
    const row = (key: string): string =>
      `"${bucket}","${spelt(key)}","7","2026-11-01T01:02:03.000Z"\n`;
    return gzipSync(keys.map(row).join(''));
  });

const parquetInventory = (world: World, bucket: string): Promise<JobManifest> =>
  inventory(world, bucket, 'Parquet', 'message s3.inventory { }', (keys) => {
    const [type, nullable] = ['STRING', false] as const;
    const columnData = [
      { name: 'bucket', data: keys.map(() => bucket), type, nullable },
      { name: 'key', data: [...keys], type, nullable },
    ];
    return Buffer.from(parquetWriteBuffer({ columnData }));
  });

function tagging(world: World, bucket: string, value: string): CreateJobCommandInput {
  const { ClientRequestToken, RoleArn, AccountId } = world.jobRequest({
    manifest: { ObjectArn: undefined, ETag: undefined },
  });
  return {
    ...{ AccountId, ClientRequestToken, RoleArn },
    ConfirmationRequired: false,
    Operation: { S3PutObjectTagging: { TagSet: [{ Key: 'list', Value: value }] } },
    Report: {
      Bucket: `arn:aws:s3:::${bucket}`,
      Format: 'Report_CSV_20180820',
      Enabled: true,
      Prefix: 'reports',
      ReportScope: 'AllTasks',
    },
    Priority: 42,
  };
}

async function assertTagged(world: World, bucket: string, value: string, keys: readonly string[]) {
  const chosen = new Set(keys);
  await atOnce(KEYS, LANES, async (key) => {
    assert.equal((await world.tags(bucket, key)) === `list=${value}`, chosen.has(key), key);
  });
}

/** The job's end: Complete, with a report of as many rows as there are keys, all of them succeeded. */
async function assertDone(world: World, jobId: string, count: number) {
  const job = await world.ended(jobId);
  assert.equal(job.Status, 'Complete', JSON.stringify(job.FailureReasons));
  assert.equal(job.ProgressSummary?.TotalNumberOfTasks, count);
  const rows = await world.report(job);
  assertCounts(job, rows);
  assert.deepEqual([...new Set(rows.map(({ status }) => status))], ['succeeded']);
  return job;
}

for (const { name, create } of CLIENTS) {
  for (const [kind, list] of [
    ['a CSV inventory', csvInventory],
    ['a Parquet inventory', parquetInventory],
  ] as const) {
    test(`a thousand objects of ${kind}, by a job of ${name}`, async () => {
      const { world } = scene;
      const bucket = await world.bucket();
      await world.upload(bucket, KEYS);
      const Manifest = await list(world, bucket);
      const jobId = await create(world, { ...tagging(world, bucket, kind), Manifest });
      await assertDone(world, jobId, THOUSAND);
      await assertTagged(world, bucket, kind, KEYS);
    });
  }

  test(`a generated list with filters takes what passes them, by a job of ${name}`, async () => {
    const { world } = scene;
    const bucket = await world.bucket();
    await world.upload(bucket, KEYS);
    const KeyNameConstraint = { MatchAnyPrefix: ['dir 2/', 'dir 5/'], MatchAnySuffix: ['7'] };
    const request: CreateJobCommandInput = {
      ...tagging(world, bucket, 'generated'),
      ManifestGenerator: {
        S3JobManifestGenerator: {
          SourceBucket: `arn:aws:s3:::${bucket}`,
          EnableManifestOutput: true,
          ManifestOutputLocation: {
            Bucket: `arn:aws:s3:::${bucket}`,
            ManifestPrefix: 'generated',
            ManifestFormat: 'S3InventoryReport_CSV_20211130',
          },
          Filter: { KeyNameConstraint, ObjectSizeGreaterThanBytes: 10 },
        },
      },
    };
    const chosen = KEYS.filter((key) => /^dir [25]\/.*7$/.test(key) && Buffer.byteLength(key) > 10);
    assert.ok(chosen.length > 10 && chosen.length < THOUSAND / 10);
    const job = await assertDone(world, await create(world, request), chosen.length);
    await assertTagged(world, bucket, 'generated', chosen);

    // What was made is described, and a list again.
    const Location = job.GeneratedManifestDescriptor?.Location;
    assert.ok(Location?.ObjectArn?.startsWith(`arn:aws:s3:::${bucket}/generated/`));
    const Manifest = { Spec: { Format: 'S3InventoryReport_CSV_20161130' as const }, Location };
    const again = { ...tagging(world, bucket, 'again'), Manifest };
    await assertDone(world, await create(world, again), chosen.length);
    await assertTagged(world, bucket, 'again', chosen);
  });

  test(`what failed is run again from the report alone, by a job of ${name}`, async () => {
    const { world } = scene;
    const bucket = await world.bucket();
    await world.upload(bucket, KEYS);
    const missing = KEYS.filter((_, index) => index % 3 === 0);
    const Location = await world.manifest(
      bucket,
      KEYS.map((key) => `${bucket},${spelt(key)}\n`).join(''),
    );
    await world.s3.send(
      new DeleteObjectsCommand({
        Bucket: bucket,
        Delete: { Objects: missing.map((Key) => ({ Key })) },
      }),
    );
    const Spec: JobManifest['Spec'] = {
      Format: 'S3BatchOperations_CSV_20180820',
      Fields: ['Bucket', 'Key'],
    };
    const first = { ...tagging(world, bucket, 'first'), Manifest: { Spec, Location } };
    const job = await world.ended(await create(world, first));
    assert.equal(job.Status, 'Complete');
    assert.equal(job.ProgressSummary?.NumberOfTasksFailed, missing.length);

    await world.upload(bucket, missing);
    const index = `reports/job-${job.JobId}/manifest.json`;
    const ETag = md5Of(await world.get(bucket, index));
    const Report = { Spec, Location: { ObjectArn: `arn:aws:s3:::${bucket}/${index}`, ETag } };
    const second = { ...tagging(world, bucket, 'second'), Manifest: Report };
    await assertDone(world, await create(world, second), missing.length);
    await assertTagged(world, bucket, 'second', missing);
  });
}
