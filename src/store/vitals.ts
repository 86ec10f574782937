/** What both databases share of how the whole stands. */
import { UNITS_OF_STATUS } from '../lifecycle/index.ts';
import { JOB_STATUSES, type JobStatus } from '../model/vocabulary.ts';
import type { Row } from './rows.ts';
import type { Vitals } from './store.ts';

/** Which kinds of units wait in which statuses. */
export const WAITING_KINDS = JOB_STATUSES.flatMap((status) =>
  UNITS_OF_STATUS[status].map((kind) => ({ status, kind })),
);
/** Of each status the oldest jobs are looked at: whoever waits longest is among them. */
export const WAITING_JOBS_MAX = 100;

/** `counts` and `leases` are one row each; `since` is the time of the unit that waits longest. */
export function vitalsOf(found: {
  readonly jobs: readonly Row[];
  readonly counts: Row | undefined;
  readonly leases: Row | undefined;
  readonly since: unknown;
}): Vitals {
  const { jobs, counts, leases, since } = found;
  const number = (value: unknown): number => Number(value ?? 0);
  const leased = number(leases?.['chunks']);
  const done = number(counts?.['done']);
  return {
    // The column holds nothing else.
    jobs: new Map(jobs.map((row) => [row['status'] as JobStatus, number(row['jobs'])])),
    chunks: { waiting: Math.max(0, number(counts?.['chunks']) - done - leased), leased, done },
    tasksLeft: number(counts?.['tasks_left']),
    leases: { live: number(leases?.['live']), expired: number(leases?.['expired']) },
    waitingSince: since === null || since === undefined ? undefined : Number(since),
  };
}
