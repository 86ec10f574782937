/** What must hold in every world, whatever happened in it. Each names the promise it checks. */
import assert from 'node:assert/strict';
import { isTerminal, JOB_EVENTS, nextStatus } from '../../src/lifecycle/index.ts';
import type { Job } from '../../src/model/job.ts';
import { readReport, reportKeys, type ReportRow } from '../../src/report/index.ts';
import type { OutboxEvent } from '../../src/store/index.ts';
import type { FakeS3 } from './fake-s3.ts';

/** D5: one second, and what a request that was let through just before needs to leave. */
const CANCEL_MARGIN_MS = 1000;

export interface PlannedJob {
  readonly id: string;
  /** Manifest spellings; each begins with the job's own prefix, so a request tells its job. */
  readonly keys: readonly string[];
}

export function checkReport(job: Job, planned: PlannedJob, s3: FakeS3): void {
  const rows = reportRows(job, s3);
  const ran = job.tasksSucceeded + job.tasksFailed;
  // D1, D2: each row once, and the counters are the report.
  assert.equal(
    new Set(rows.map((row) => row.manifestKey)).size,
    rows.length,
    'a row is reported twice',
  );
  assert.equal(rows.length, ran, 'the counters differ from the report');
  const failed = rows.filter((row) => row.status === 'failed').length;
  assert.equal(failed, job.tasksFailed, 'failures counted differ from those reported');
  if (job.status === 'Complete') {
    assert.deepEqual(
      rows.map((row) => row.manifestKey).sort(),
      [...planned.keys].sort(),
      'rows are missing',
    );
  }
  const seen = new Set(s3.tasks.map((task) => task.key));
  for (const row of rows) {
    assert.ok(seen.has(row.manifestKey), 'a row is reported that never ran');
    if (row.status === 'succeeded') assert.ok(s3.tags.has(`objects/${row.manifestKey}`), 'a lie');
  }
}

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

/** D10 and lifecycle I1: the events of a job are a walk through the table, and end where it ended. */
export function checkHistory(job: Job, events: readonly OutboxEvent[]): void {
  const history = events.filter((event) => event.jobId === job.id);
  assert.equal(history[0]?.name, 'JobCreated');
  for (const [index, event] of history.slice(1).entries()) {
    const before = history[index]?.status;
    assert.ok(
      before && JOB_EVENTS.some((name) => nextStatus(before, name) === event.status),
      `${before} to ${event.status} is not a move`,
    );
  }
  assert.equal(history.at(-1)?.status, job.status);
  assert.ok(isTerminal(job.status), `the job ended ${job.status}`);
}

/** D5: no new request starts later than a second after the decision reached the store. */
export function checkStop(planned: PlannedJob, events: readonly OutboxEvent[], s3: FakeS3): void {
  // A user's decision carries the world's time; a worker's carries its own, which may be wrong.
  const decided = events.find(
    ({ jobId, status }) => jobId === planned.id && status === 'Cancelling',
  );
  if (!decided) return;
  const own = new Set(planned.keys);
  for (const { key, at } of s3.tasks) {
    if (!own.has(key)) continue;
    assert.ok(
      at <= decided.at + CANCEL_MARGIN_MS,
      `a task began ${at - decided.at} ms after the end`,
    );
  }
}
