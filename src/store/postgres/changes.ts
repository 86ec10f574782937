/**
 * The one place that changes a status (Store I3), inside the caller's transaction.
 *
 * Events are numbered by a row that is locked from the number to the commit: so they become visible
 * in the order of their numbers, and who reads on from the last number seen misses none. A sequence
 * would be faster and hand out 5 before 6 becomes visible, and 6 before 5. Status changes are rare.
 */
import { assert } from '../../base/assert.ts';
import type { EventDetails, JobEvent } from '../../lifecycle/index.ts';
import type { Job } from '../../model/job.ts';
import { STATUSES_WITH_WORK } from '../decide.ts';
import {
  changedBy,
  EVENT_COLUMNS,
  eventValues,
  STATUS_COLUMNS,
  statusValues,
  type Row,
} from '../rows.ts';
import type { Applied, OutboxEvent } from '../store.ts';
import type { Connection } from './database.ts';

/** A job with its progress, for `jobOf`. */
export const SELECT_JOB = 'SELECT j.*, p.* FROM jobs j JOIN progress p ON p.job = j.no';

const WITH_WORK = STATUSES_WITH_WORK.map((status) => `'${status}'`).join(', ');

const SAVE_STATUS = `
  WITH saved AS (
    UPDATE jobs SET ${STATUS_COLUMNS.map((name, index) => `${name} = $${index + 2}`).join(', ')}
    WHERE id = $1 RETURNING no, status
  )
  UPDATE turns t SET has_work = saved.status IN (${WITH_WORK}) FROM saved WHERE t.job = saved.no`;

const INSERT_EVENT = `
  WITH last AS (
    UPDATE brigade SET value = value + 1 WHERE name = 'last_event' RETURNING value
  )
  INSERT INTO events (seq, ${EVENT_COLUMNS})
  SELECT last.value, $1, $2, $3, $4, $5, $6::bigint, $7, $8 FROM last`;

/** `row`: of `SELECT_JOB`, locked by the caller. `eventId`: drawn before the first attempt. */
export async function applyInTransaction(
  connection: Connection,
  eventId: string,
  row: Row | undefined,
  event: JobEvent,
  details: EventDetails,
): Promise<Applied> {
  const applied = changedBy(row, event, details);
  if (!applied.ok) return applied;
  const { job } = applied;
  const saved = await connection.run(SAVE_STATUS, job.id, ...statusValues(job));
  assert(saved === 1, 'A job that was just locked has gone.');
  await insertEvent(connection, eventId, job, 'JobStatusChanged', details.at);
  return applied;
}

export async function insertEvent(
  connection: Connection,
  eventId: string,
  job: Job,
  name: OutboxEvent['name'],
  at: number,
): Promise<void> {
  await connection.run(INSERT_EVENT, ...eventValues(eventId, job, name, at));
}
