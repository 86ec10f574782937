/**
 * Preparing a job: its whole manifest is read, judged and cut into chunks before the first task.
 *
 * I1. A prepare unit may die at any point; the next lease resumes at the last checkpoint.
 * I2. Chunks and checkpoint are saved together, so no row is cut twice and none is left out.
 * I3. The operation is opened before the first task: what cannot work at all fails here.
 */
import type { Readable } from 'node:stream';
import {
  type ChunkRange,
  type CutterCheckpoint,
  ManifestCutter,
  ManifestDefect,
} from '../manifest/index.ts';
import type { Job } from '../model/job.ts';
import { failed } from '../model/outcome.ts';
import type { LeasedUnit } from '../store/index.ts';
import type { EngineContext, RunUnit } from './context.ts';
import { JobFailed } from './unit-errors.ts';
import type { HeldLease } from './held-lease.ts';
import { openManifest } from './manifest-source.ts';
import { Patience } from './patience.ts';

/** Chunks saved in one transaction: large enough that the ledger is not what takes the time. */
const CHUNKS_PER_SAVE = 500;

export const runPrepare: RunUnit = async (unit, held, context) => {
  const { store, clock } = context;
  if (unit.job.status === 'New') {
    await store.apply(unit.job.id, 'PreparationStarted', { at: clock.now() });
  }
  const cut = await cutManifest(unit, held, context);
  if (!cut?.bucket) return; // Cancelled, or the lease is lost.
  await context.operations.of(unit.job, cut.bucket, held.left); // I3
  const facts = { tasks: cut.rows, bucket: cut.bucket };
  await store.finishPreparing(held.lease, facts, clock.now());
};

/** Resolves to where the manifest ended, or undefined when there is no reason to go on. */
async function cutManifest(
  unit: LeasedUnit,
  held: HeldLease,
  context: EngineContext,
): Promise<CutterCheckpoint | undefined> {
  const patience = Patience.ofJob(context);
  // Written by `save` only.
  let checkpoint = unit.work.checkpoint as CutterCheckpoint | undefined;
  for (;;) {
    const cutter = new ManifestCutter({
      fields: fieldsOf(unit.job),
      chunkRows: context.options.chunkRows,
      ...(checkpoint ? { resume: checkpoint } : {}),
    });
    let pending: ChunkRange[] = [];
    const save = async (): Promise<boolean> => {
      if (pending.length === 0) return true;
      const saved = await context.store.addChunks(held.lease, pending, cutter.checkpoint());
      checkpoint = cutter.checkpoint();
      pending = [];
      return saved;
    };
    const body = await openManifest(unit.job, { start: checkpoint?.offset ?? 0 }, held, context);
    try {
      for await (const bytes of body ? reading(body) : []) {
        if (!held.mayStart() && !(await held.ready())) return undefined;
        pending.push(...cutter.push(bytes));
        if (pending.length >= CHUNKS_PER_SAVE && !(await save())) return undefined;
      }
      pending.push(...cutter.end());
      return (await save()) ? cutter.checkpoint() : undefined;
    } catch (error) {
      if (error instanceof ManifestDefect) {
        throw new JobFailed({ code: error.code, reason: error.message });
      }
      // Only a connection that broke in the middle goes on from here; if the store did not answer,
      // nobody knows what it saved, and the next lease asks it.
      if (!(error instanceof Interrupted)) throw error;
      const failure = failed(0, 'IncompleteBody', String(error), 'later');
      context.log.warn({ jobId: unit.job.id, error }, 'Reading the manifest was interrupted.');
      if (!(await patience.next(failure, held.left)) || held.course !== 'run') throw error;
    } finally {
      body?.destroy();
    }
  }
}

export function fieldsOf(job: Job) {
  return job.request.Manifest?.Spec?.Fields ?? [];
}

class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

async function* reading(body: Readable): AsyncIterable<Uint8Array> {
  try {
    // What undici hands out are Buffers.
    for await (const bytes of body) yield bytes as Uint8Array;
  } catch (error) {
    throw new Interrupted('The manifest ended early.', { cause: error });
  }
}
