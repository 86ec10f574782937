/**
 * Whose turn it is. Pure: jobs in, events out.
 *
 * I1. At most `limit` jobs are Active or Pausing at any time.
 * I2. Higher priority first; among equals, a job that runs keeps running, then the oldest.
 * I3. A job is preempted only when one that ranks higher waits for its slot.
 */
import { assert } from '../base/assert.ts';
import type { Job } from '../model/job.ts';
import type { JobEvent } from './transitions.ts';

export type Schedulable = Pick<Job, 'id' | 'status' | 'priority' | 'createdAt'>;

export interface Scheduled {
  readonly jobId: string;
  readonly event: Extract<JobEvent, 'Scheduled' | 'Preempted'>;
}

/**
 * `jobs`: all that are Active or Pausing, and of those that are Ready or were preempted at least the
 * first `limit` by priority and age. Jobs that their users paused are none of them.
 */
export function schedule(jobs: readonly Schedulable[], limit: number): readonly Scheduled[] {
  assert(limit >= 1, 'The limit on active jobs must leave room for one.');
  const ranked = jobs.filter((job) => job.status !== 'Pausing').sort(byRank);
  const pausing = jobs.length - ranked.length;
  const wanted = ranked.slice(0, limit);
  const surplus = ranked.slice(limit).filter((job) => job.status === 'Active');
  const waiting = wanted.filter((job) => job.status !== 'Active');
  const running = wanted.length - waiting.length;
  const free = Math.max(0, limit - running - surplus.length - pausing); // I1
  // A slot that is being emptied already serves one of those that wait.
  const over = running + surplus.length - limit; // Only after the limit was lowered.
  const evict = Math.max(0, waiting.length - free - pausing, over); // I3
  return [
    ...waiting.slice(0, free).map((job) => ({ jobId: job.id, event: 'Scheduled' as const })),
    ...surplus
      .slice(Math.max(0, surplus.length - evict))
      .map((job) => ({ jobId: job.id, event: 'Preempted' as const })),
  ];
}

function byRank(a: Schedulable, b: Schedulable): number {
  return (
    b.priority - a.priority ||
    Number(b.status === 'Active') - Number(a.status === 'Active') ||
    a.createdAt - b.createdAt ||
    (a.id < b.id ? -1 : 1)
  );
}
