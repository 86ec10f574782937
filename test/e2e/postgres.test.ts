/**
 * Whole jobs with BRIGADE_DATABASE_URL, through a kill -9 of the service.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startPostgres } from '../lib/postgres.ts';
import { startService } from '../lib/service.ts';
import { assertCounts, assertReports, manifestTasks, World } from './world.ts';

const postgres = await startPostgres();
after(() => postgres.stop());

const rows = (bucket: string, keys: readonly string[]): string =>
  keys.map((key) => `${bucket},${key}\n`).join('');
const keysOf = (count: number): string[] => Array.from({ length: count }, (_, i) => `o/${i}`);

test('a job runs from CreateJob to its report on PostgreSQL, and survives the service', async () => {
  const world = await World.open({
    env: { BRIGADE_DATABASE_URL: await postgres.createDatabase() },
  });
  try {
    const bucket = await world.bucket();
    const keys = keysOf(2000);
    await world.upload(bucket, keys.slice(0, 1900));
    const text = rows(bucket, keys);
    const manifest = await world.manifest(bucket, text);
    const jobId = await world.createJob({ manifest, report: { bucket, scope: 'AllTasks' } });
    await world.until(jobId, (job) => (job.ProgressSummary?.NumberOfTasksSucceeded ?? 0) > 0);
    await world.service.kill9();
    await world.service.restart();
    const job = await world.ended(jobId);
    assert.equal(job.Status, 'Complete');
    const report = await world.report(job);
    assertReports(report, manifestTasks(text));
    assertCounts(job, report);
    assert.equal(report.filter(({ status }) => status === 'failed').length, 100);
  } finally {
    await world.close();
  }
});

test('a URL that cannot be used is refused in a sentence, without its password', async () => {
  for (const [url, says] of [
    ['mysql://user:secret@127.0.0.1/x', /BRIGADE_DATABASE_URL: must be a URL such as postgres:/],
    [
      'postgres://user:secret@127.0.0.1:1/x',
      /BRIGADE_DATABASE_URL: 127\.0\.0\.1:1\/x cannot be used/,
    ],
  ] as const) {
    await assert.rejects(startService({ env: { BRIGADE_DATABASE_URL: url } }), (error: Error) => {
      assert.match(error.message, says);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  }
});
