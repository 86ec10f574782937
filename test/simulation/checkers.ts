/** What must hold in every world, whatever happened in it. Each names the promise it checks. */
import assert from 'node:assert/strict';
import { isTerminal } from '../../src/lifecycle/index.ts';
import type { Job } from '../../src/model/job.ts';
import { readReport, reportKeys, type ReportRow } from '../../src/report/index.ts';
import type { FakeS3 } from './fake-s3.ts';
import type { PlannedJob } from './jobs.ts';
import type { Moment } from './witness.ts';

/** D5: no request starts later than this after its job was stopped. */
const STOP_MARGIN_MS = 1000;

/** What one DescribeJob said. */
export interface Sight {
  readonly job: Job;
  /** Progress of current leases, on top of the job's own counters. */
  readonly live: number;
}

/** D2: counters add up at any time, and are final after the end. Returns what does not hold. */
export function checkSight(
  { job, live }: Sight,
  before: Sight | undefined,
  rows: number,
): string[] {
  const problems: string[] = [];
  const { tasksSucceeded: succeeded, tasksFailed: failed, tasksTotal: total = 0 } = job;
  if (succeeded + failed + live > total) {
    problems.push(`${succeeded} + ${failed} + ${live} live of ${total} tasks, ${job.status}`);
  }
  if (total > rows) problems.push(`${total} tasks in a manifest of ${rows} rows`);
  if (isTerminal(job.status) && live > 0) problems.push(`${live} tasks live after the end`);
  if (before) {
    const isBack = succeeded < before.job.tasksSucceeded || failed < before.job.tasksFailed;
    if (isBack) problems.push('counters went backwards');
    const hasMoved = succeeded + failed !== before.job.tasksSucceeded + before.job.tasksFailed;
    if (isTerminal(before.job.status) && (hasMoved || job.status !== before.job.status)) {
      problems.push('a job changed after its end');
    }
  }
  return problems;
}

/** D1, D2: each row once, and the counters are the report. */
export function checkReport(job: Job, planned: PlannedJob, s3: FakeS3, isCalm: boolean): void {
  const { tasksSucceeded, tasksFailed, status } = job;
  if (status === 'Complete') {
    assert.equal(tasksSucceeded + tasksFailed, planned.keys.length, 'rows are not counted');
    assert.equal(tasksFailed >= missing(planned.keys).length, true, 'missing objects succeeded');
  }
  assert.equal(tasksFailed + tasksSucceeded > 0 && planned.isManifestGone, false, 'ran nothing');
  if (planned.report === 'bucket-gone') {
    const isRefused = job.failures.some(({ code }) => code === 'JobReportWriteFailed');
    assert.ok(isRefused || tasksSucceeded + tasksFailed === 0, 'a report was written nowhere');
  }
  if (planned.report === 'all' || planned.report === 'failed') {
    checkRows(job, planned, s3, isCalm);
  }
}

function checkRows(job: Job, planned: PlannedJob, s3: FakeS3, isCalm: boolean): void {
  const rows = reportRows(job, s3);
  const reported = new Set(rows.map((row) => row.manifestKey));
  assert.equal(reported.size, rows.length, 'a row is reported twice');
  const failed = rows.filter((row) => row.status === 'failed');
  assert.equal(failed.length, job.tasksFailed, 'failures counted differ from those reported');
  const succeeded = planned.report === 'all' ? job.tasksSucceeded : 0;
  assert.equal(rows.length - failed.length, succeeded, 'the counters differ from the report');
  const own = new Set(planned.keys);
  const ran = new Set(s3.tasks.map(({ key }) => key).filter((key) => own.has(key)));
  for (const row of rows) {
    assert.ok(ran.has(row.manifestKey), 'a row is reported that never ran');
    if (row.status === 'succeeded') assert.ok(s3.tags.has(`objects/${row.manifestKey}`), 'a lie');
  }
  // D5: the tasks that ran. A worker that died with what it knew is excused, and so is a row that
  // was between two tries when its job was paused: it has not ended.
  if (!isCalm || planned.report !== 'all') return;
  const lost = [...ran].filter((key) => s3.answered.has(key) && !reported.has(key));
  assert.deepEqual(lost, [], `tasks ran and are not in the report of a job that is ${job.status}`);
}

const missing = (keys: readonly string[]): string[] =>
  keys.filter((key) => key.startsWith('missing'));

function reportRows(job: Job, s3: FakeS3): ReportRow[] {
  const manifest = s3.objects.get(`reports/${reportKeys(undefined, job.id).manifest}`);
  if (!manifest) {
    assert.equal(job.tasksSucceeded + job.tasksFailed, 0, 'tasks ran and there is no report');
    return [];
  }
  // Written by the code under test; a wrong shape fails the checks.
  const index = JSON.parse(manifest.toString()) as { Results: { Key: string }[] };
  return index.Results.flatMap(({ Key }) => {
    const file = s3.objects.get(`reports/${Key}`);
    assert.ok(file, 'the report names a file that is not there');
    return readReport(file);
  });
}

/** Lifecycle I1 was checked move by move (W3); here, that the walk ended where the job stands. */
export function checkHistory(job: Job, history: readonly Moment[]): void {
  assert.equal(history.at(-1)?.status, job.status, 'the outbox tells another end than the job');
  assert.ok(isTerminal(job.status), `the job ended ${job.status}`);
}

/** D5: no request starts later than a second after its job ceased to be Active, for whatever reason. */
export function checkStops(planned: PlannedJob, history: readonly Moment[], s3: FakeS3): void {
  const own = new Set(planned.keys);
  for (const { key, at } of s3.tasks) {
    if (!own.has(key)) continue;
    const next = history.findIndex((moment) => moment.at > at);
    const until = next < 0 ? history : history.slice(0, next);
    const active = until.findLastIndex(({ status }) => status === 'Active');
    assert.ok(active >= 0, 'a task began before its job was Active');
    const left = until[active + 1];
    if (!left) continue;
    const late = at - left.at;
    assert.ok(late <= STOP_MARGIN_MS, `a task began ${late} ms after its job was ${left.status}`);
  }
}
