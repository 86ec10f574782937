/** What both stores decide alike while they hold the rows it is about. Pure. */
import { assert } from '../base/assert.ts';
import { UNITS_OF_STATUS, type JobEvent } from '../lifecycle/index.ts';
import type { Job } from '../model/job.ts';
import { JOB_STATUSES, type JobStatus } from '../model/vocabulary.ts';
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

/** A part begins where the one before ended, and counts the rows that it holds. */
export function assertPartFits(mark: number, rows: number, part: PartRecord): void {
  assert(part.to > mark && part.to <= rows, 'A part ends outside the rows that were left.');
  assert(part.succeeded + part.failed === part.to - mark, 'A part counts rows it does not hold.');
}

/** A job that is stopped already is not failed again for its counters. */
export function isStopping(status: JobStatus): boolean {
  return status === 'Cancelling' || status === 'Failing';
}
