/**
 * Moving jobs on: what no user asked for and no unit does. Every process steers; each step is safe
 * to be taken twice (lifecycle/advance.ts), so nobody has to be elected.
 */
import { nextStep, type LedgerState } from '../lifecycle/index.ts';
import { CONFIRMATION_MS_MAX, JOB_RETENTION_MS, REPORT_CHUNKS_PER_UNIT } from '../model/limits.ts';
import type { NewUnit } from '../store/index.ts';
import type { EngineContext } from './context.ts';

/** Resolves to the number of steps taken: zero means that there is nothing to do right now. */
export async function steer(context: EngineContext): Promise<number> {
  const { store, clock, options } = context;
  let steps = await store.schedule(options.activeJobsMax, clock.now());
  for (const { job, ledger } of await store.movingJobs(clock.now())) {
    const step = nextStep(job, ledger);
    switch (step.kind) {
      case 'wait':
        continue;
      case 'event':
        await store.apply(job.id, step.event, { at: clock.now() });
        break;
      case 'seal':
        await store.seal(job.id);
        break;
      case 'write-report':
        await store.addUnits(job.id, reportUnits(ledger));
        break;
      case 'finish':
        await store.addUnits(job.id, [{ kind: 'finish', seq: 0, work: {} }]);
        break;
    }
    steps += 1;
  }
  return steps;
}

function reportUnits({ chunksTouched }: LedgerState): NewUnit[] {
  const units: NewUnit[] = [];
  for (let first = 0; first < chunksTouched; first += REPORT_CHUNKS_PER_UNIT) {
    const end = Math.min(first + REPORT_CHUNKS_PER_UNIT, chunksTouched);
    units.push({ kind: 'report', seq: units.length, work: { chunks: { first, end } } });
  }
  return units;
}

/** What time alone brings about: unconfirmed jobs fail, old jobs are forgotten, staging is swept. */
export async function sweep(context: EngineContext): Promise<void> {
  const { store, clock } = context;
  const now = clock.now();
  for (const jobId of await store.unconfirmedJobs(now - CONFIRMATION_MS_MAX)) {
    const failure = {
      code: 'ConfirmationTimeout',
      reason: 'Nobody confirmed the job within 30 days. Create it again, or confirm it in time.',
    } as const;
    await store.apply(jobId, 'ConfirmationExpired', { at: now, failure });
  }
  await sweepStaging(context);
  await store.deleteJobs(now - JOB_RETENTION_MS);
}

/**
 * Removes what a crash left of jobs that have ended. A job that this database does not know is left
 * alone: it may live in another one, or in this one before it was restored. And a job is forgotten
 * only after its staging was swept, so nothing of our own becomes unknown.
 */
async function sweepStaging({ store, staging }: EngineContext): Promise<void> {
  const ended = await store.ended(await staging.jobs());
  for (const jobId of ended) await staging.removeJob(jobId);
}
