/**
 * Jobs whose list is generated, through the API of a running service with its sandbox. Aim: the tasks
 * are exactly the objects that the filters mean, and the manifest that is written is a list again.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import {
  DeleteObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import {
  CreateJobCommand,
  type CreateJobCommandInput,
  type JobDescriptor,
  type JobManifestGeneratorFilter,
  type S3JobManifestGenerator,
} from '@aws-sdk/client-s3-control';
import { parse } from 'csv-parse/sync';
import { NASTY_KEYS } from '../e2e/keys.ts';
import { assertCounts, failureOf, md5Of, type ReportRow, TAGGING, World } from '../e2e/world.ts';

let world: World;
let reports: string;
before(async () => {
  world = await World.open();
  reports = await world.bucket();
});
after(() => world.close());

function jobOf(
  bucket: string,
  generator: Partial<S3JobManifestGenerator>,
  more: Partial<CreateJobCommandInput> = {},
): CreateJobCommandInput {
  return {
    AccountId: world.service.account,
    ConfirmationRequired: false,
    Operation: TAGGING,
    ManifestGenerator: {
      S3JobManifestGenerator: {
        SourceBucket: `arn:aws:s3:::${bucket}`,
        EnableManifestOutput: false,
        ...generator,
      },
    },
    Report: {
      Enabled: true,
      Bucket: `arn:aws:s3:::${reports}`,
      Format: 'Report_CSV_20180820',
      ReportScope: 'AllTasks',
    },
    Priority: 1,
    RoleArn: `arn:aws:iam::${world.service.account}:role/e2e`,
    ClientRequestToken: randomUUID(),
    ...more,
  };
}

async function ended(input: CreateJobCommandInput): Promise<JobDescriptor> {
  const { JobId = '' } = await world.control.send(new CreateJobCommand(input));
  return world.ended(JobId);
}

async function selected(bucket: string, Filter: JobManifestGeneratorFilter): Promise<string[]> {
  const job = await ended(jobOf(bucket, { Filter }));
  if (job.Status === 'Failed') {
    assert.equal(
      failureOf(job),
      'ManifestGenerationNoKeys: Manifest generation found no keys matching the filter criteria.',
    );
    assert.equal(job.ProgressSummary?.TotalNumberOfTasks, 0);
    return [];
  }
  assert.equal(job.Status, 'Complete', JSON.stringify(job.FailureReasons));
  const rows = await world.report(job);
  assertCounts(job, rows);
  assert.ok(rows.every(({ status }) => status === 'succeeded'));
  assert.equal(job.GeneratedManifestDescriptor, undefined);
  return keysOf(rows);
}

function keysOf(rows: readonly ReportRow[]): string[] {
  return rows.map(({ key }) => decodeURIComponent(key)).sort();
}

const isEven = (n: number): boolean => n % 2 === 0;

test('a generator without filters takes every object once, whatever its key is', async () => {
  const bucket = await world.bucket();
  const keys = [...NASTY_KEYS, ...Array.from({ length: 3000 }, (_, n) => `many/${n}`)];
  await world.upload(bucket, keys);
  assert.deepEqual(await selected(bucket, {}), [...keys].sort());
});

test('filters of names: several prefixes, suffixes, substrings, each any of them', async () => {
  const bucket = await world.bucket();
  const keys = ['logs/a.gz', 'logs/b.txt', 'lo', 'data/x-a.gz', 'data/ümlaut.gz', 'logs/+ %.gz'];
  await world.upload(bucket, keys);
  const of = (KeyNameConstraint: JobManifestGeneratorFilter['KeyNameConstraint']) =>
    selected(bucket, { KeyNameConstraint });
  assert.deepEqual(await of({ MatchAnyPrefix: ['logs/'] }), [
    'logs/+ %.gz',
    'logs/a.gz',
    'logs/b.txt',
  ]);
  assert.deepEqual(await of({ MatchAnyPrefix: ['data/x', 'logs/a', 'logs/', 'data/x-'] }), [
    'data/x-a.gz',
    'logs/+ %.gz',
    'logs/a.gz',
    'logs/b.txt',
  ]);
  assert.deepEqual(await of({ MatchAnySuffix: ['.txt', 'o'] }), ['lo', 'logs/b.txt']);
  assert.deepEqual(await of({ MatchAnySubstring: ['+ %', 'ü'] }), [
    'data/ümlaut.gz',
    'logs/+ %.gz',
  ]);
  assert.deepEqual(
    await of({
      MatchAnyPrefix: ['logs/'],
      MatchAnySuffix: ['.gz'],
      MatchAnySubstring: ['/a', '%'],
    }),
    ['logs/+ %.gz', 'logs/a.gz'],
  );
  assert.deepEqual(await of({ MatchAnyPrefix: ['nothing'] }), []);
});

test('filters of sizes are strict, and all filters must pass', async () => {
  const bucket = await world.bucket();
  const sized = Array.from({ length: 20 }, (_, n) => `size-${String(n).padStart(2, '0')}`);
  await world.upload(bucket, sized, { body: (key) => 'x'.repeat(Number(key.slice(5))) });
  assert.deepEqual(
    await selected(bucket, { ObjectSizeGreaterThanBytes: 3, ObjectSizeLessThanBytes: 7 }),
    ['size-04', 'size-05', 'size-06'],
  );
  assert.deepEqual(
    await selected(bucket, {
      ObjectSizeGreaterThanBytes: 3,
      KeyNameConstraint: { MatchAnySuffix: ['4', '3', '9'] },
    }),
    ['size-04', 'size-09', 'size-13', 'size-14', 'size-19'],
  );
  assert.deepEqual(await selected(bucket, { ObjectSizeLessThanBytes: 0 }), []);
});

test('filters of dates take what lies between them', async () => {
  const bucket = await world.bucket();
  await world.upload(bucket, ['old', 'new']);
  const hourAgo = new Date(Date.now() - 3_600_000);
  const inAnHour = new Date(Date.now() + 3_600_000);
  assert.deepEqual(await selected(bucket, { CreatedAfter: hourAgo, CreatedBefore: inAnHour }), [
    'new',
    'old',
  ]);
  assert.deepEqual(await selected(bucket, { CreatedAfter: inAnHour }), []);
  assert.deepEqual(await selected(bucket, { CreatedBefore: hourAgo }), []);
});

test('filters of storage classes take any of those', async () => {
  const bucket = await world.bucket();
  const put = (Key: string, more: Partial<PutObjectCommandInput>) =>
    world.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Key, ...more }));
  await put('standard', {});
  await put('rare', { StorageClass: 'STANDARD_IA' });
  await put('one', { StorageClass: 'ONEZONE_IA' });
  assert.deepEqual(await selected(bucket, { MatchAnyStorageClass: ['STANDARD'] }), ['standard']);
  assert.deepEqual(
    await selected(bucket, { MatchAnyStorageClass: ['STANDARD_IA', 'ONEZONE_IA', 'GLACIER_IR'] }),
    ['one', 'rare'],
  );
});

test('a store that says nothing of replication and encryption has neither', async () => {
  const bucket = await world.bucket();
  await world.upload(bucket, ['a', 'b']);
  const all = ['a', 'b'];
  assert.deepEqual(await selected(bucket, { ObjectReplicationStatuses: ['NONE', 'FAILED'] }), all);
  assert.deepEqual(await selected(bucket, { ObjectReplicationStatuses: ['COMPLETED'] }), []);
});

test('in a bucket with versions the current ones are taken, by their ids, and no markers', async () => {
  const bucket = await world.bucket({ versioned: true });
  await world.upload(bucket, ['twice', 'gone', 'once']);
  const [current = '', once = ''] = await world.upload(bucket, ['twice', 'other']);
  await world.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'gone' }));
  const job = await ended(jobOf(bucket, {}));
  assert.equal(job.Status, 'Complete', JSON.stringify(job.FailureReasons));
  const rows = await world.report(job);
  assert.deepEqual(keysOf(rows), ['once', 'other', 'twice']);
  const versions = new Map(rows.map(({ key, versionId }) => [key, versionId]));
  assert.equal(versions.get('twice'), current);
  assert.equal(versions.get('other'), once);
  assert.ok(rows.every(({ versionId }) => versionId !== ''));
});

for (const versioned of [false, true]) {
  const kind = versioned ? 'with' : 'without';
  test(`the manifest of a bucket ${kind} versions is written, described, and is a list again`, async () => {
    const bucket = await world.bucket({ versioned });
    const output = await world.bucket();
    const keys = [...NASTY_KEYS, ...Array.from({ length: 500 }, (_, n) => `n/${n}`)];
    await world.upload(bucket, keys);
    const job = await ended(
      jobOf(bucket, {
        EnableManifestOutput: true,
        ManifestOutputLocation: {
          Bucket: `arn:aws:s3:::${output}`,
          ManifestPrefix: 'lists/of mine',
          ManifestFormat: 'S3InventoryReport_CSV_20211130',
          ExpectedManifestBucketOwner: world.service.account,
        },
        ExpectedBucketOwner: world.service.account,
      }),
    );
    assert.equal(job.Status, 'Complete', JSON.stringify(job.FailureReasons));
    assert.equal(job.ProgressSummary?.NumberOfTasksSucceeded, keys.length);

    const folder = `lists/of mine/${bucket}/job-${job.JobId}`;
    const text = await world.get(output, `${folder}/manifest.json`);
    assert.equal((await world.get(output, `${folder}/manifest.json.md5`)).toString(), md5Of(text));
    const descriptor = job.GeneratedManifestDescriptor;
    assert.deepEqual(descriptor, {
      Format: 'S3InventoryReport_CSV_20211130',
      Location: { ObjectArn: `arn:aws:s3:::${output}/${folder}/manifest.json`, ETag: md5Of(text) },
    });

    // The shape is asserted line by line right below.
    const { files, creationTimestamp, ...rest } = JSON.parse(text.toString()) as {
      files: { key: string; size: number; MD5checksum: string }[];
      creationTimestamp: string;
    };
    assert.match(creationTimestamp, /^\d{13}$/);
    const details = 'Size, LastModifiedDate, ETag, StorageClass';
    assert.deepEqual(rest, {
      sourceBucket: bucket,
      destinationBucket: `arn:aws:s3:::${output}`,
      version: '2021-11-30',
      fileFormat: 'CSV',
      fileSchema: `Bucket, Key, ${versioned ? 'VersionId, IsLatest, IsDeleteMarker, ' : ''}${details}`,
    });
    assert.deepEqual(
      (await world.keys(output, '')).sort(),
      [
        `${folder}/manifest.json`,
        `${folder}/manifest.json.md5`,
        ...files.map(({ key }) => key),
      ].sort(),
    );
    const found: string[] = [];
    for (const { key, size, MD5checksum } of files) {
      assert.match(
        key.slice(folder.length),
        /^\/data\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.csv\.gz$/,
      );
      const body = await world.get(output, key);
      assert.equal(body.length, size);
      assert.equal(md5Of(body), MD5checksum);
      for (const record of parse(gunzipSync(body))) {
        assert.equal(record[0], bucket);
        const name = decodeURIComponent(record[1] ?? '');
        found.push(name);
        const [size = '', date = '', etag = '', storageClass = ''] = record.slice(
          versioned ? 5 : 2,
        );
        assert.equal(Number(size), Buffer.byteLength(name));
        assert.match(date, /^\d{4}-\d\d-\d\dT/);
        assert.equal(etag, md5Of(Buffer.from(name)));
        assert.equal(storageClass, 'STANDARD');
        if (versioned) assert.deepEqual(record.slice(3, 5), ['true', 'false']);
      }
    }
    assert.deepEqual(found.sort(), [...keys].sort());

    const again = await ended({
      ...jobOf(bucket, {}),
      ManifestGenerator: undefined,
      Manifest: {
        Spec: { Format: 'S3InventoryReport_CSV_20161130' },
        Location: descriptor?.Location,
      },
    });
    assert.equal(again.Status, 'Complete', JSON.stringify(again.FailureReasons));
    assert.equal(again.GeneratedManifestDescriptor, undefined);
    assert.deepEqual(keysOf(await world.report(again)), [...keys].sort());
  });
}

test('a bucket of another owner, or none at all, fails the job with a sentence', async () => {
  const bucket = await world.bucket();
  await world.upload(bucket, ['a']);
  const other = await ended(jobOf(bucket, { ExpectedBucketOwner: '999999999999' }));
  assert.equal(
    failureOf(other),
    `BucketOwnerMismatch: The bucket ${bucket} does not belong to 999999999999.`,
  );
  const none = await ended(jobOf('no-such-bucket-here', {}));
  assert.match(
    failureOf(none),
    /^ManifestGenerationFailed: Listing the bucket no-such-bucket-here failed: 404 NoSuchBucket: /,
  );
});

test('a manifest that cannot be written fails the job with the text of AWS', async () => {
  const bucket = await world.bucket();
  await world.upload(bucket, ['a']);
  const location = (name: string, owner?: string) => ({
    EnableManifestOutput: true,
    ManifestOutputLocation: {
      Bucket: `arn:aws:s3:::${name}`,
      ManifestFormat: 'S3InventoryReport_CSV_20211130' as const,
      ExpectedManifestBucketOwner: owner,
    },
  });
  assert.match(
    failureOf(await ended(jobOf(bucket, location('no-such-bucket-here')))),
    /^ManifestGenerationFailed: Error occurred when preparing manifest: Failed to write manifest \(404 NoSuchBucket: /,
  );
  assert.equal(
    failureOf(await ended(jobOf(bucket, location(reports, '999999999999')))),
    `BucketOwnerMismatch: The bucket ${reports} does not belong to 999999999999.`,
  );
});

test('a job that is to write its manifest and does not say where is refused', async () => {
  const input = jobOf('some-bucket', { EnableManifestOutput: true });
  await assert.rejects(
    world.control.send(new CreateJobCommand(input)),
    /ManifestOutputLocation: is required when EnableManifestOutput is true/,
  );
});

test('a job that waits for its confirmation says how many objects it found', async () => {
  const bucket = await world.bucket();
  await world.upload(
    bucket,
    Array.from({ length: 120 }, (_, n) => `k${n}`).filter((_, n) => isEven(n)),
  );
  const input = jobOf(bucket, {}, { ConfirmationRequired: true });
  const { JobId = '' } = await world.control.send(new CreateJobCommand(input));
  const job = await world.inStatus(JobId, 'Suspended');
  assert.equal(job.ProgressSummary?.TotalNumberOfTasks, 60);
});

test('a service that is killed while it makes a list finishes it, each object and file once', async () => {
  const own = await World.open();
  try {
    const bucket = await own.bucket();
    const output = await own.bucket();
    const keys = Array.from({ length: 2500 }, (_, n) => `k/${n}`);
    await own.upload(bucket, keys);
    const input = jobOf(bucket, {
      EnableManifestOutput: true,
      ManifestOutputLocation: {
        Bucket: `arn:aws:s3:::${output}`,
        ManifestFormat: 'S3InventoryReport_CSV_20211130',
      },
    });
    const Report = { ...input.Report, Enabled: true, Bucket: `arn:aws:s3:::${bucket}` };
    const { JobId = '' } = await own.control.send(
      new CreateJobCommand({ ...input, Report, ConfirmationRequired: true }),
    );
    await own.inStatus(JobId, 'Preparing', 'Suspended');
    await own.service.kill9();
    await own.service.restart();
    const job = await own.inStatus(JobId, 'Suspended');
    assert.equal(job.ProgressSummary?.TotalNumberOfTasks, keys.length);
    const folder = `${bucket}/job-${JobId}`;
    // Written by the service itself; its shape is the subject of the tests above.
    const { files } = JSON.parse((await own.get(output, `${folder}/manifest.json`)).toString()) as {
      files: { key: string }[];
    };
    const names = files.map(({ key }) => key);
    const written = [`${folder}/manifest.json`, `${folder}/manifest.json.md5`, ...names];
    assert.deepEqual((await own.keys(output, '')).sort(), written.sort());
    const found: string[] = [];
    for (const name of names) {
      for (const [, key = ''] of parse(gunzipSync(await own.get(output, name)))) found.push(key);
    }
    assert.deepEqual(found.sort(), [...keys].sort());
  } finally {
    await own.close();
  }
});
