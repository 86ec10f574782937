/**
 * Manifests as people write them. Aim: what can be meant is understood, and what cannot be is said
 * with its line, before any task has run.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { JobManifestFieldName, JobManifestLocation } from '@aws-sdk/client-s3-control';
import { assertCounts, assertReports, failureOf, manifestTasks, World } from './world.ts';

let world: World;
let bucket: string;
before(async () => {
  world = await World.open();
  bucket = await world.bucket({ versioned: true });
});
after(() => world.close());

const LONGEST = 'k'.repeat(1024);

interface Good {
  readonly name: string;
  /** `B` stands for the bucket, at the start of a line or after a comma. */
  readonly text: string;
  readonly fields?: readonly JobManifestFieldName[];
  /** The objects it names. */
  readonly keys: readonly string[];
}

const GOOD: readonly Good[] = [
  { name: 'two columns', text: 'B,one\nB,two\n', keys: ['one', 'two'] },
  { name: 'no line break at the end', text: 'B,one\nB,two', keys: ['one', 'two'] },
  { name: 'lines that end in CRLF', text: 'B,crlf-1\r\nB,crlf-2\r\n', keys: ['crlf-1', 'crlf-2'] },
  {
    name: 'ignored columns, in an order of its own',
    text: 'x,one,2026-01-01,B\n"a,b",two,,B\n',
    fields: ['Ignore', 'Key', 'Ignore', 'Bucket'],
    keys: ['one', 'two'],
  },
  { name: '%2520, a percent sign that was meant', text: 'B,a%2520b\n', keys: ['a%20b'] },
  { name: '+ for a space', text: 'B,a+b\nB,a+%20+c\n', keys: ['a b', 'a   c'] },
  { name: '%2B for a plus', text: 'B,a%2Bb\n', keys: ['a+b'] },
  {
    name: 'letters of the world, encoded and as they are',
    text: 'B,%C3%BC/%e6%97%a5\nB,ü/本\nB,🪣\n',
    keys: ['ü/日', 'ü/本', '🪣'],
  },
  {
    name: 'commas and quotes inside quotes',
    text: 'B,"one,two"\n"B","say ""hi"""\nB,one%2Ctwo%2Cthree\n',
    keys: ['one,two', 'say "hi"', 'one,two,three'],
  },
  {
    name: 'keys of 1,024 bytes, also when their spelling is longer',
    text: `B,${LONGEST}\nB,${'%C3%BC'.repeat(512)}\n`,
    keys: [LONGEST, 'ü'.repeat(512)],
  },
];

const TWO_COLUMNS: readonly JobManifestFieldName[] = ['Bucket', 'Key'];

for (const { name, text, fields = TWO_COLUMNS, keys } of GOOD) {
  test(`A manifest may have: ${name}`, async () => {
    const mine = await world.bucket();
    await world.upload(mine, [...keys, 'bystander']);
    const written = text.replaceAll(/(^|,)("?)B(?=\2?(,|\r?\n|$))/gm, `$1$2${mine}`);
    const job = await world.ended(
      await world.createJob({
        manifest: await world.manifest(mine, written),
        fields,
        report: { bucket: mine },
      }),
    );
    assert.equal(job.Status, 'Complete', JSON.stringify(job.FailureReasons));
    const rows = await world.report(job);
    assertReports(rows, manifestTasks(written, fields));
    assertCounts(job, rows);
    assert.equal(job.ProgressSummary?.NumberOfTasksSucceeded, keys.length);
    for (const key of keys) assert.equal(await world.tags(mine, key), 'e2e=was here', key);
    assert.equal(await world.tags(mine, 'bystander'), '');
  });
}

test('Three columns name versions; a row without one fails alone', async () => {
  const [first = ''] = await world.upload(bucket, ['v']);
  await world.upload(bucket, ['v']);
  const fields = ['Bucket', 'Key', 'VersionId'] as const;
  const text = `${bucket},v,${first}\n${bucket},v,\n`;
  const manifest = await world.manifest(bucket, text);
  const job = await world.ended(await world.createJob({ manifest, fields, report: { bucket } }));
  assert.equal(job.Status, 'Complete');
  const rows = await world.report(job);
  assertReports(rows, manifestTasks(text, fields));
  assertCounts(job, rows);
  const [failed, ...others] = rows.filter(({ versionId }) => versionId === '');
  assert.equal(others.length, 0);
  assert.deepEqual(
    [failed?.status, failed?.httpStatus, failed?.errorCode, failed?.message],
    ['failed', '400', 'InvalidRequest', 'Task failed due to missing VersionId'],
  );
  assert.equal(await world.tags(bucket, 'v', first), 'e2e=was here');
  assert.equal(await world.tags(bucket, 'v'), '', 'the row without a version met the current one');
});

test('The ETag may be given with and without quotes', async () => {
  await world.upload(bucket, ['quoted']);
  for (const quote of ['', '"']) {
    const manifest = await world.manifest(bucket, `${bucket},quoted\n`);
    const ETag = `${quote}${manifest.ETag?.replaceAll('"', '')}${quote}`;
    const job = await world.ended(await world.createJob({ manifest: { ...manifest, ETag } }));
    assert.equal(job.Status, 'Complete', JSON.stringify(job.FailureReasons));
    assert.equal(job.ProgressSummary?.NumberOfTasksSucceeded, 1);
  }
});

test('ObjectVersionId reads that version of the manifest, also after it was replaced', async () => {
  await world.upload(bucket, ['in-old', 'in-new']);
  const old = await world.manifest(bucket, `${bucket},in-old\n`);
  const key = old.ObjectArn?.slice(`arn:aws:s3:::${bucket}/`.length) ?? '';
  await world.upload(bucket, [key], { body: () => `${bucket},in-new\n` });
  assert.ok(old.ObjectVersionId);
  const job = await world.ended(await world.createJob({ manifest: old }));
  assert.equal(job.Status, 'Complete', JSON.stringify(job.FailureReasons));
  assert.equal(await world.tags(bucket, 'in-old'), 'e2e=was here');
  assert.equal(await world.tags(bucket, 'in-new'), '');

  const { ObjectVersionId: _, ...current } = old;
  const replaced = await world.ended(await world.createJob({ manifest: current }));
  assert.match(failureOf(replaced), /^ManifestETagMismatch: The manifest .* is not the object/);
});

interface Bad {
  readonly name: string;
  readonly text?: string;
  readonly bytes?: Buffer;
  readonly fields?: readonly JobManifestFieldName[];
  readonly failure: RegExp;
}

const CONTENT = 'InvalidManifestContent';
const MALFORMED = `${CONTENT}: Manifest file is not properly formatted`;
const BAD: readonly Bad[] = [
  {
    name: 'a header row',
    text: 'Bucket,Key\nB,a\n',
    failure: RegExp(`^${MALFORMED}: line 1 .*header row`),
  },
  {
    name: 'a short row',
    text: 'B,a\nB,b\nB\nB,c\n',
    failure: RegExp(`^${CONTENT}: Unexpected number of task fields: line 3 has 1 field,`),
  },
  {
    name: 'a long row',
    text: 'B,a\nB,b,c\n',
    failure: RegExp(`^${CONTENT}: Unexpected number of task fields: line 2 has 3 fields,`),
  },
  {
    name: 'a byte order mark',
    text: '\uFEFFB,a\n',
    failure: RegExp(`^${MALFORMED}: line 1 begins with a UTF-8 byte order mark`),
  },
  { name: 'nothing in it', text: '', failure: RegExp(`^${MALFORMED}: it has no rows`) },
  {
    name: 'an empty line',
    text: 'B,a\n\nB,b\n',
    failure: RegExp(`^${MALFORMED}: line 2 is empty`),
  },
  {
    name: 'two buckets',
    text: 'B,a\nB,b\nother-bucket,c\n',
    failure: RegExp(`^${MALFORMED}: line 3 names "other-bucket", the lines before "bucket-1"`),
  },
  {
    name: 'an ARN for a bucket',
    text: 'arn:aws:s3:::some-bucket,a\n',
    failure: RegExp(`^${MALFORMED}: line 1 has "arn:aws:s3:::some-bucket" where a bucket name`),
  },
  {
    name: 'bytes that are not UTF-8',
    bytes: Buffer.from([0xff, 0xfe]),
    failure: RegExp(`^${MALFORMED}: line 2 is not UTF-8`),
  },
  {
    name: 'a quote that is never closed',
    text: 'B,a\nB,"b\nB,c\n',
    failure: RegExp(`^${MALFORMED}: line [23] `),
  },
  {
    name: 'a semicolon for a comma',
    text: 'B;a\nB;b\n',
    failure: RegExp(`^${CONTENT}: Unexpected number of task fields: line 1 has 1 field,`),
  },
  {
    name: 'a percent sign that escapes nothing',
    text: 'B,a\nB,100%\n',
    failure: RegExp(`^${CONTENT}: Invalid object key format: line 2 has a %`),
  },
  {
    name: 'no key',
    text: 'B,a\nB,\n',
    failure: RegExp(`^${CONTENT}: Invalid object key format: line 2 has no key`),
  },
  {
    name: 'a key of 1,025 bytes',
    text: `B,a\nB,${LONGEST}k\n`,
    failure: RegExp(`^${CONTENT}: Invalid object key format: line 2 decodes to 1025 bytes`),
  },
  {
    name: 'a version id of 1,025 characters',
    text: `B,a,v\nB,b,${'v'.repeat(1025)}\n`,
    fields: ['Bucket', 'Key', 'VersionId'],
    failure: RegExp(`^${CONTENT}: Invalid version ID format: line 2 has 1025 characters`),
  },
  {
    name: 'a defect in its last line only, after a thousand good ones',
    text: `${'B,a\n'.repeat(2345)}B\n`,
    failure: RegExp(`^${CONTENT}: Unexpected number of task fields: line 2346 `),
  },
];

for (const { name, text = '', bytes, fields, failure } of BAD) {
  test(`A manifest must not have: ${name}`, async () => {
    const written = text.replaceAll(/^(\uFEFF?)B(?=[,;\n])/gm, `$1${bucket}`);
    const body = bytes ? Buffer.concat([Buffer.from(`${bucket},a\n${bucket},`), bytes]) : written;
    await refused(
      { manifest: await world.manifest(bucket, body), ...(fields && { fields }) },
      failure,
    );
  });
}

const LOST: readonly {
  readonly name: string;
  readonly lose: (manifest: JobManifestLocation) => JobManifestLocation;
  readonly failure: RegExp;
}[] = [
  {
    name: 'with another ETag',
    lose: (manifest) => ({ ...manifest, ETag: '"00000000000000000000000000000000"' }),
    failure: /^ManifestETagMismatch: The manifest bucket-1\/manifests\/.*"0{32}"/,
  },
  {
    name: 'that does not exist',
    lose: ({ ETag }) => ({ ETag, ObjectArn: 'arn:aws:s3:::bucket-1/no/such manifest.csv' }),
    failure:
      /^ManifestNotFound: The manifest bucket-1\/no\/such manifest.csv does not exist: NoSuchKey/,
  },
  {
    name: 'in a bucket that does not exist',
    lose: ({ ETag }) => ({ ETag, ObjectArn: 'arn:aws:s3:::no-such-bucket/m.csv' }),
    failure: /^ManifestNotFound: The manifest no-such-bucket\/m.csv does not exist: NoSuchBucket/,
  },
  {
    name: 'in a version that does not exist',
    lose: (manifest) => ({ ...manifest, ObjectVersionId: 'f'.repeat(32) }),
    failure: /^ManifestNotFound: .* does not exist: NoSuchVersion/,
  },
];

for (const { name, lose, failure } of LOST) {
  test(`A manifest ${name} fails the job`, async () => {
    await world.upload(bucket, ['a']);
    const manifest = lose(await world.manifest(bucket, `${bucket},a\n`));
    await refused({ manifest }, failure);
  });
}

/** The job fails with this, without a task, a report, or a touched object. */
async function refused(
  options: {
    readonly manifest: JobManifestLocation;
    readonly fields?: readonly JobManifestFieldName[];
  },
  failure: RegExp,
): Promise<void> {
  await world.upload(bucket, ['a']);
  const report = { bucket, prefix: world.name('report-of-nothing') };
  const job = await world.ended(await world.createJob({ ...options, report }));
  assert.equal(job.Status, 'Failed');
  assert.match(failureOf(job), failure);
  assert.ok(job.TerminationDate);
  assert.equal(job.ProgressSummary?.NumberOfTasksSucceeded, 0);
  assert.equal(job.ProgressSummary.NumberOfTasksFailed, 0);
  assert.equal(await world.tags(bucket, 'a'), '', 'a task ran');
  assert.deepEqual(await world.keys(bucket, report.prefix), [], 'a report was written');
}
