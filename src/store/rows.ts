/**
 * Rows of the tables to what the house knows, and back. Both databases name their columns alike;
 * whatever a driver hands out for a number or a truth value is read here.
 */
import { applyEvent, type EventDetails, type JobEvent, type UnitKind } from '../lifecycle/index.ts';
import type { Job, JobFailure, JobRequest, JobTag, PreparedList } from '../model/job.ts';
import { decodeJson, encodeJson } from '../model/json.ts';
import type { JobStatus, OperationName } from '../model/vocabulary.ts';
import { holesOf } from './parts.ts';
import type {
  Applied,
  LeaseRequest,
  LeasedUnit,
  NewJob,
  OutboxEvent,
  UnitWork,
  WorkerRecord,
} from './store.ts';

export type Row = Readonly<Record<string, unknown>>;
export type Value = string | number | null;

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
    // Written from values of these types only, by `newJobValues` and `statusValues`.
    operation: String(row['operation']) as OperationName,
    request: decodeJson(String(row['request'])) as JobRequest,
    tags: JSON.parse(String(row['tags'])) as JobTag[],
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
    ...(Number(row['user_paused']) === 0 ? {} : { isPausedByUser: true }),
    ...(statusReason === undefined ? {} : { statusReason }),
    ...(tasksTotal === undefined ? {} : { tasksTotal }),
    ...(bucket === undefined ? {} : { bucket }),
    // Written by `finishPreparing` only.
    ...(list === undefined ? {} : { list: JSON.parse(list) as PreparedList }),
    ...(activeSince === undefined ? {} : { activeSince }),
  };
}

export const NEW_JOB_COLUMNS =
  'id, account, token, request_hash, operation, request, tags, status, priority, created_at, failures';

export function newJobValues({ job, token, requestHash }: NewJob): Value[] {
  const request = encodeJson(job.request);
  const failures = encodeJson(job.failures);
  return [
    ...[job.id, job.account, token, requestHash, job.operation, request, JSON.stringify(job.tags)],
    ...[job.status, job.priority, job.createdAt, failures],
  ];
}

/** What an event may change of a job. */
export const STATUS_COLUMNS = [
  'status',
  'terminated_at',
  'suspended_at',
  'suspended_cause',
  'user_paused',
  'status_reason',
  'failures',
  'active_ms',
  'active_since',
] as const;

export function statusValues(job: Job): Value[] {
  return [
    job.status,
    job.terminatedAt ?? null,
    job.suspendedAt ?? null,
    job.suspendedCause ?? null,
    job.isPausedByUser ? 1 : 0,
    job.statusReason ?? null,
    encodeJson(job.failures),
    job.activeMs,
    job.activeSince ?? null,
  ];
}

/** What an event makes of the job of a row; the caller saves it. */
export function changedBy(row: Row | undefined, event: JobEvent, details: EventDetails): Applied {
  if (!row) return { ok: false, why: 'no-such-job' };
  const before = jobOf(row);
  const job = applyEvent(before, event, details);
  return job ? { ok: true, job } : { ok: false, why: 'illegal', status: before.status };
}

export const EVENT_COLUMNS = 'id, job, account, name, status, at, failures, reason';

export function eventValues(id: string, job: Job, name: OutboxEvent['name'], at: number): Value[] {
  const failures = encodeJson(job.failures);
  return [id, job.id, job.account, name, job.status, at, failures, job.statusReason ?? null];
}

export function eventOf(row: Row): OutboxEvent {
  return {
    seq: Number(row['seq']),
    id: String(row['id']),
    jobId: String(row['job']),
    account: String(row['account']),
    // Written by `eventValues` only, from values of these types.
    name: String(row['name']) as OutboxEvent['name'],
    status: String(row['status']) as JobStatus,
    failures: decodeJson(String(row['failures'])) as JobFailure[],
    at: Number(row['at']),
    ...(row['reason'] === null ? {} : { reason: String(row['reason']) }),
  };
}

/** A unit that has just been leased: its row holds the new fence. */
export function leasedUnitOf(
  job: Job,
  kind: UnitKind,
  row: Row,
  { worker, until }: LeaseRequest,
): LeasedUnit {
  const lease = { jobId: job.id, kind, seq: Number(row['seq']), fence: Number(row['fence']) };
  return {
    lease: { ...lease, worker, until },
    job,
    work: workOf(kind, row),
    failures: Number(row['unit_failures']),
  };
}

function workOf(kind: UnitKind, row: Row): UnitWork {
  const work: unknown = row['work'] === null ? undefined : JSON.parse(String(row['work']));
  if (kind === 'prepare') return { checkpoint: work };
  // Written by `addUnits` only.
  if (kind !== 'chunk') return work ?? {};
  const holes = holesOf(row['parts'] === null ? null : String(row['parts']));
  return {
    mark: Number(row['mark']),
    ...(holes.length > 0 ? { holes } : {}),
    range: {
      firstRow: Number(row['first_row']),
      rows: Number(row['row_count']),
      ...(row['segment'] === null ? {} : { segment: Number(row['segment']) }),
      start: Number(row['byte_start']),
      end: Number(row['byte_end']),
    },
  };
}

export const WORKER_COLUMNS =
  'name, host, pid, started_at, seen_at, in_flight, request_limit, rate';

export function workerValues(worker: WorkerRecord): Value[] {
  const { name, host, pid, startedAt, seenAt, inFlight, limit, rate } = worker;
  return [name, host, pid, startedAt, seenAt, inFlight, limit, rate];
}

export function workerOf(row: Row): WorkerRecord {
  return {
    name: String(row['name']),
    host: String(row['host']),
    pid: Number(row['pid']),
    startedAt: Number(row['started_at']),
    seenAt: Number(row['seen_at']),
    inFlight: Number(row['in_flight']),
    limit: Number(row['request_limit']),
    rate: Number(row['rate']),
  };
}
