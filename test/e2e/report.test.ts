/** The completion report at its edges: what it must not hold, and what happens when it cannot be. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DeleteBucketCommand } from '@aws-sdk/client-s3';
import { assertCounts, assertReports, failureOf, manifestTasks, World } from './world.ts';

let world: World;
let bucket: string;
before(async () => {
  world = await World.open();
  bucket = await world.bucket();
  await world.upload(bucket, ['a', 'b', 'c']);
});
after(() => world.close());

const manifestOf = (...keys: string[]): string => keys.map((key) => `${bucket},${key}\n`).join('');

test('A report of failed tasks only, without failures, is an index without results', async () => {
  const manifest = await world.manifest(bucket, manifestOf('a', 'b', 'c'));
  const report = { bucket, prefix: 'none-failed', scope: 'FailedTasksOnly' } as const;
  const job = await world.ended(await world.createJob({ manifest, report }));
  assert.equal(job.Status, 'Complete');
  assert.equal(job.ProgressSummary?.NumberOfTasksSucceeded, 3);
  assert.deepEqual(await world.report(job), []);
  // Nothing but the index and its MD5: no empty results file.
  assert.equal((await world.keys(bucket, `none-failed/job-${job.JobId}/`)).length, 2);
});

test('A report of failed tasks only leaves out what succeeded', async () => {
  const text = manifestOf('a', 'gone-1', 'b', 'gone-2');
  const manifest = await world.manifest(bucket, text);
  const report = { bucket, scope: 'FailedTasksOnly' } as const;
  const job = await world.ended(await world.createJob({ manifest, report }));
  const rows = await world.report(job);
  assertReports(rows, manifestTasks(manifestOf('gone-1', 'gone-2')));
  assert.equal(job.ProgressSummary?.NumberOfTasksSucceeded, 2);
  assert.equal(job.ProgressSummary.NumberOfTasksFailed, 2);
});

test('A job in which nothing ran writes no report at all', async () => {
  const manifest = await world.manifest(bucket, `${bucket},a\n${bucket}\n`);
  const job = await world.ended(
    await world.createJob({ manifest, report: { bucket, prefix: 'nothing-ran' } }),
  );
  assert.equal(job.Status, 'Failed');
  assert.deepEqual(await world.keys(bucket, 'nothing-ran/'), []);
});

test('A job without a report writes nothing, and its tasks are done', async () => {
  const before = await world.keys(bucket, '');
  const manifest = await world.manifest(bucket, manifestOf('a', 'b'));
  const job = await world.ended(await world.createJob({ manifest }));
  assert.equal(job.Status, 'Complete');
  assert.equal(await world.tags(bucket, 'b'), 'e2e=was here');
  const added = (await world.keys(bucket, '')).filter((key) => !before.includes(key));
  assert.deepEqual(
    added.map((key) => `arn:aws:s3:::${bucket}/${key}`),
    [manifest.ObjectArn],
  );
});

test('Every row of the manifest is one row of the report, also those that are there twice', async () => {
  const text = manifestOf('a', 'a', 'b', 'a', 'gone', 'gone');
  const manifest = await world.manifest(bucket, text);
  const job = await world.ended(await world.createJob({ manifest, report: { bucket } }));
  const rows = await world.report(job);
  assertReports(rows, manifestTasks(text));
  assertCounts(job, rows);
});

test("A report that cannot be written fails the job with AWS's text; its tasks stay done", async () => {
  const reportBucket = await world.bucket();
  await world.s3.send(new DeleteBucketCommand({ Bucket: reportBucket }));
  const manifest = await world.manifest(bucket, manifestOf('a', 'c', 'gone'));
  const job = await world.ended(
    await world.createJob({ manifest, report: { bucket: reportBucket } }),
  );
  assert.equal(job.Status, 'Failed');
  assert.match(
    failureOf(job),
    /^JobReportWriteFailed: The job report could not be written to your report bucket\. Please check your permissions\. .*404 NoSuchBucket/,
  );
  assert.equal(job.ProgressSummary?.NumberOfTasksSucceeded, 2);
  assert.equal(job.ProgressSummary.NumberOfTasksFailed, 1);
  assert.equal(await world.tags(bucket, 'c'), 'e2e=was here');
});
