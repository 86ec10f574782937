/** The one place that changes a status (Store I3). */
import { assert } from '../../base/assert.ts';
import type { Random } from '../../base/random.ts';
import type { EventDetails, JobEvent } from '../../lifecycle/index.ts';
import type { Job } from '../../model/job.ts';
import { changedBy, EVENT_COLUMNS, eventValues, STATUS_COLUMNS, statusValues } from '../rows.ts';
import type { Applied, OutboxEvent } from '../store.ts';
import type { Database, Row } from './database.ts';

const SAVE_STATUS = `UPDATE jobs SET ${STATUS_COLUMNS.map((name) => `${name} = ?`).join(', ')} WHERE id = ?`;

/** Applies an event inside the caller's transaction. */
export function applyInTransaction(
  db: Database,
  random: Random,
  row: Row | undefined,
  event: JobEvent,
  details: EventDetails,
): Applied {
  const applied = changedBy(row, event, details);
  if (!applied.ok) return applied;
  const changed = db.run(SAVE_STATUS, ...statusValues(applied.job), applied.job.id);
  assert(changed === 1, 'A job that was just read has gone.');
  insertEvent(db, random, applied.job, 'JobStatusChanged', details.at);
  return applied;
}

export function insertEvent(
  db: Database,
  random: Random,
  job: Job,
  name: OutboxEvent['name'],
  at: number,
): void {
  db.run(
    `INSERT INTO events (${EVENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ...eventValues(random.hex(16), job, name, at),
  );
}
