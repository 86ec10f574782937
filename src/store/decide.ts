/** What both stores decide alike while they hold the rows it is about. Pure. */
import { assert } from '../base/assert.ts';
import { UNITS_OF_STATUS, type JobEvent } from '../lifecycle/index.ts';
import type { Job } from '../model/job.ts';
import { JOB_STATUSES, type JobStatus } from '../model/vocabulary.ts';
import { holesOf } from './parts.ts';
import type { Row } from './rows.ts';
import type { PartRecord } from './store.ts';

/** Statuses in which a worker may find something to do. */
export const STATUSES_WITH_WORK: readonly JobStatus[] = JOB_STATUSES.filter(
  (status) => UNITS_OF_STATUS[status].length > 0,
);

/** Statuses that the service itself moves on. */
export const MOVING_STATUSES: readonly JobStatus[] = [
  'Active',
  'Pausing',
  'Completing',
  'Cancelling',
  'Failing',
];

/** The event that ends preparing. */
export function preparedEvent(job: Job): JobEvent {
  return job.request.ConfirmationRequired !== false ? 'PreparedForConfirmation' : 'Prepared';
}

/**
 * A part holds rows that were left, from the mark on or from the holes below it, and counts what it
 * holds. Resolves to whether no row of the chunk is left.
 */
export function isLastPart(unit: Row, { to, holes = [], succeeded, failed }: PartRecord): boolean {
  const mark = Number(unit['mark']);
  const rows = Number(unit['row_count']);
  const before = holesOf(unit['parts'] === null ? null : String(unit['parts']));
  assert(to >= mark && to <= rows, 'A part ends outside the rows that were left.');
  const wasLeft = (row: number): boolean => (row >= mark ? row < to : before.includes(row));
  assert(holes.every(wasLeft), 'A part leaves out rows that were recorded before it.');
  const count = to - mark + before.length - holes.length;
  assert(count > 0 && succeeded + failed === count, 'A part counts rows it does not hold.');
  return to === rows && holes.length === 0;
}

/** A job that is stopped already is not failed again for its counters. */
export function isStopping(status: JobStatus): boolean {
  return status === 'Cancelling' || status === 'Failing';
}
