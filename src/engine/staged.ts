/**
 * Staging as units use it.
 *
 * I1. Staging that is full or away is waited for, however long: without it nothing can be recorded,
 *     and what has run would have to run again. Only a lost lease, a pause or the end of this
 *     process ends the waiting; the unit is then given back.
 * I2. A file that is lost fails the job with the file's name: waiting does not bring it back, and a
 *     report without its rows would be a lie.
 */
import { backoffMs } from '../base/backoff.ts';
import type { JobFailureCode } from '../model/job.ts';
import { StagedFileLost, type StagedName, StagingUnavailable } from '../staging/index.ts';
import type { EngineContext } from './context.ts';
import type { HeldLease } from './held-lease.ts';
import { JobFailed, TryLater } from './unit-errors.ts';

/** Short against the time in which somebody frees a disk, long against what asking costs. */
const BACKOFF = { baseMs: 500, capMs: 10_000 };

export async function writeStaged(
  name: StagedName,
  bytes: Uint8Array,
  held: HeldLease,
  context: EngineContext,
): Promise<void> {
  await withStaging(held, context, () => context.staging.write(name, bytes));
  context.meters.stagingBytes.add(bytes.length);
}

/** Bytes [start, end) of a file that the ledger knows, in memory. */
export async function readStaged(
  name: StagedName,
  { start, end }: { readonly start: number; readonly end: number },
  held: HeldLease,
  context: EngineContext,
): Promise<Buffer> {
  const whole = async (): Promise<Buffer> => {
    const pieces: Uint8Array[] = [];
    for await (const piece of context.staging.read(name, start, end)) pieces.push(piece);
    return Buffer.concat(pieces);
  };
  return failingJob('ManifestReadFailed', () => withStaging(held, context, whole));
}

/** Does `work`, which uses staging, again and again until staging lets it (I1). */
export async function withStaging<T>(
  held: HeldLease,
  { clock, random, log, meters }: EngineContext,
  work: () => Promise<T>,
): Promise<T> {
  const { jobId, kind, seq } = held.lease;
  const { stagingWaiting } = meters;
  let attempt = 0;
  try {
    for (; ; attempt++) {
      try {
        const done = await work();
        if (attempt > 0) log.warn({ jobId, kind, seq, attempt }, 'Staging works again.');
        return done;
      } catch (error) {
        if (!(error instanceof StagingUnavailable)) throw error;
        if (attempt === 0) log.warn({ jobId, kind, seq, error }, 'A unit waits for staging.');
        if (held.course === 'lost' || held.course === 'pause') throw new TryLater(error.message);
        if (attempt === 0) stagingWaiting.add(1);
        // A job that was stopped waits as well, to record what ran; its signal would not let it sleep.
        const signal = held.left.aborted ? undefined : held.left;
        await clock.sleep(backoffMs(attempt, BACKOFF, random), signal);
      }
    }
  } finally {
    if (attempt > 0) stagingWaiting.add(-1);
  }
}

/** I2. */
export async function failingJob<T>(code: JobFailureCode, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StagedFileLost) throw new JobFailed({ code, reason: error.message });
    throw error;
  }
}
