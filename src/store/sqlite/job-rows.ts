/** Rows of `jobs` to Job and back, and the one place that changes a status (Store I3). */
import { assert } from '../../base/assert.ts';
import type { Random } from '../../base/random.ts';
import { applyEvent, type EventDetails, type JobEvent } from '../../lifecycle/index.ts';
import type { Job, JobFailure, JobRequest, PreparedList } from '../../model/job.ts';
import { decodeJson, encodeJson } from '../../model/json.ts';
import type { JobStatus, OperationName } from '../../model/vocabulary.ts';
import type { Applied, OutboxEvent } from '../store.ts';
import type { Database, Row } from './database.ts';

export function jobOf(row: Row): Job {
  const optional = (column: string): number | undefined =>
    row[column] === null ? undefined : Number(row[column]);
  const text = (column: string): string | undefined =>
    row[column] === null ? undefined : String(row[column]);
  const terminatedAt = optional('terminated_at');
  const suspendedAt = optional('suspended_at');
  const suspendedCause = text('suspended_cause');
  const statusReason = text('status_reason');
  const tasksTotal = optional('tasks_total');
  const bucket = text('bucket');
  const list = text('list');
  const activeSince = optional('active_since');
  return {
    id: String(row['id']),
    account: String(row['account']),
    // Written by `insertJob` and `saveJob` only, from values of these types.
    operation: String(row['operation']) as OperationName,
    request: decodeJson(String(row['request'])) as JobRequest,
    status: String(row['status']) as JobStatus,
    failures: decodeJson(String(row['failures'])) as JobFailure[],
    priority: Number(row['priority']),
    createdAt: Number(row['created_at']),
    tasksSucceeded: Number(row['succeeded']),
    tasksFailed: Number(row['failed']),
    activeMs: Number(row['active_ms']),
    ...(terminatedAt === undefined ? {} : { terminatedAt }),
    ...(suspendedAt === undefined ? {} : { suspendedAt }),
    ...(suspendedCause === undefined ? {} : { suspendedCause }),
    ...(statusReason === undefined ? {} : { statusReason }),
    ...(tasksTotal === undefined ? {} : { tasksTotal }),
    ...(bucket === undefined ? {} : { bucket }),
    // Written by `finishPreparing` only.
    ...(list === undefined ? {} : { list: JSON.parse(list) as PreparedList }),
    ...(activeSince === undefined ? {} : { activeSince }),
  };
}

/** Applies an event inside the caller's transaction. */
export function applyInTransaction(
  db: Database,
  random: Random,
  row: Row | undefined,
  event: JobEvent,
  details: EventDetails,
): Applied {
  if (!row) return { ok: false, why: 'no-such-job' };
  const before = jobOf(row);
  const job = applyEvent(before, event, details);
  if (!job) return { ok: false, why: 'illegal', status: before.status };
  saveJob(db, job);
  insertEvent(db, random, job, 'JobStatusChanged', details.at);
  return { ok: true, job };
}

function saveJob(db: Database, job: Job): void {
  const changed = db.run(
    `UPDATE jobs SET status = ?, terminated_at = ?, suspended_at = ?, suspended_cause = ?,
       status_reason = ?, failures = ?, active_ms = ?, active_since = ? WHERE id = ?`,
    job.status,
    job.terminatedAt ?? null,
    job.suspendedAt ?? null,
    job.suspendedCause ?? null,
    job.statusReason ?? null,
    encodeJson(job.failures),
    job.activeMs,
    job.activeSince ?? null,
    job.id,
  );
  assert(changed === 1, 'A job that was just read has gone.');
}

export function insertEvent(
  db: Database,
  random: Random,
  job: Job,
  name: OutboxEvent['name'],
  at: number,
): void {
  db.run(
    `INSERT INTO events (id, job, account, name, status, at, failures, reason)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    random.hex(16),
    job.id,
    job.account,
    name,
    job.status,
    at,
    encodeJson(job.failures),
    job.statusReason ?? null,
  );
}

export function eventOf(row: Row): OutboxEvent {
  return {
    seq: Number(row['seq']),
    id: String(row['id']),
    jobId: String(row['job']),
    account: String(row['account']),
    // Written by `insertEvent` only, from values of these types.
    name: String(row['name']) as OutboxEvent['name'],
    status: String(row['status']) as JobStatus,
    failures: decodeJson(String(row['failures'])) as JobFailure[],
    at: Number(row['at']),
    ...(row['reason'] === null ? {} : { reason: String(row['reason']) }),
  };
}
