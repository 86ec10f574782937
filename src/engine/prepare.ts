/**
 * Preparing a job: its whole list is read, judged and cut into chunks before the first task. A plain
 * CSV manifest is cut where it lies; every other list goes through staging first (stage-list.ts).
 *
 * I1. A prepare unit may die at any point; the next lease resumes at the last checkpoint.
 * I2. Chunks and checkpoint are saved together, so no row is cut twice and none is left out. If the
 *     store did not answer, nobody knows what it saved: this lease ends, and the next one asks it.
 * I3. The operation is opened before the first task: what cannot work at all fails here.
 */
import {
  type ChunkRange,
  type CutterCheckpoint,
  ManifestCutter,
  ManifestDefect,
} from '../manifest/index.ts';
import type { LeasedUnit, ManifestFacts } from '../store/index.ts';
import { checkOwners } from './bucket-owners.ts';
import type { EngineContext, RunUnit } from './context.ts';
import type { HeldLease } from './held-lease.ts';
import { ListObject } from './list-object.ts';
import { openList } from './list-open.ts';
import { fieldsOf, manifestName } from './manifest-source.ts';
import { saveChunks } from './save-chunks.ts';
import { stageList } from './stage-list.ts';
import { JobFailed } from './unit-errors.ts';

/** Chunks saved in one transaction: large enough that the ledger is not what takes the time. */
const CHUNKS_PER_SAVE = 500;

export const runPrepare: RunUnit = async (unit, held, context) => {
  const { store, clock } = context;
  if (unit.job.status === 'New') {
    await store.apply(unit.job.id, 'PreparationStarted', { at: clock.now() });
  }
  await checkOwners({ job: unit.job, held, context });
  const facts = await readList(unit, held, context);
  if (!facts) return; // Cancelled, or the lease is lost.
  await context.operations.of(unit.job, { bucket: facts.bucket, s3: context.s3 }, held.left); // I3
  await held.closing(() => store.finishPreparing(held.lease, facts, clock.now()));
};

/** Resolves to undefined when there is no reason to go on. */
async function readList(
  unit: LeasedUnit,
  held: HeldLease,
  context: EngineContext,
): Promise<ManifestFacts | undefined> {
  try {
    const list = await openList({ job: unit.job, held, context });
    return await (list ? stageList(list, unit, held, context) : cutManifest(unit, held, context));
  } catch (error) {
    if (!(error instanceof ManifestDefect)) throw error;
    throw new JobFailed({ code: error.code, reason: error.message });
  }
}

async function cutManifest(
  unit: LeasedUnit,
  held: HeldLease,
  context: EngineContext,
): Promise<ManifestFacts | undefined> {
  // Written by `save` only.
  const checkpoint = unit.work.checkpoint as CutterCheckpoint | undefined;
  const manifest = new ListObject(manifestName(unit.job), held, context);
  const cutter = new ManifestCutter({
    fields: fieldsOf(unit.job),
    chunkRows: context.options.chunkRows,
    chunkRowsMax: context.options.chunkRowsMax,
    size: () => manifest.size,
    ...(checkpoint ? { resume: checkpoint } : {}),
  });
  let pending: ChunkRange[] = [];
  const save = async (): Promise<boolean> => {
    if (pending.length === 0) return true;
    const saved = await saveChunks(pending, cutter.checkpoint(), held, context);
    pending = [];
    return saved;
  };
  for await (const bytes of manifest.bytes(checkpoint?.offset)) {
    pending.push(...cutter.push(bytes));
    manifest.giveBack(bytes);
    if (pending.length >= CHUNKS_PER_SAVE && !(await save())) return undefined;
  }
  pending.push(...cutter.end());
  if (!(await save())) return undefined;
  const { rows, bucket = '' } = cutter.checkpoint();
  return { tasks: rows, bucket };
}
