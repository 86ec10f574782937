/**
 * Writing a list into staging as plain CSV segments, once (D7); from there on chunks are byte ranges
 * of segments, and nothing knows any more what the list was.
 *
 * I1. A segment is on the disk before the ledger knows it, and is written once, whole. The ledger
 *     learns of its chunks and of the source's position in one transaction, so that whoever resumes
 *     finds every row once, whatever died in between.
 * I2. The bytes that are staged are the bytes that were judged and cut: they go through the same
 *     ManifestCutter as a plain manifest.
 * I3. What a lost lease wrote has that lease's fence in its name; nobody reads it, and it goes with
 *     the job.
 * I4. Memory is one segment (D6). TotalNumberOfTasks grows with every segment, which is saved when
 *     it is full or SAVE_MS old.
 */
import { assert } from '../base/assert.ts';
import {
  type ChunkRange,
  type CutterCheckpoint,
  ManifestCutter,
  ManifestDefect,
} from '../manifest/index.ts';
import { segmentNumber } from '../staging/index.ts';
import type { LeasedUnit, ManifestFacts } from '../store/index.ts';
import type { EngineContext } from './context.ts';
import type { HeldLease } from './held-lease.ts';
import type { ListBatch, ListSource } from './list-source.ts';
import { saveChunks } from './save-chunks.ts';
import { readStaged, writeStaged } from './staged.ts';
import { tidyStaging } from './tidy-staging.ts';
import { JobFailed } from './unit-errors.ts';

/** Some 200,000 rows: their fsync and their transaction cost little beside reading them. */
const SEGMENT_BYTES = 16 * 1024 * 1024;
/** A slow source shows that it goes on, and a crash costs it no more than this. */
const SAVE_MS = 2000;
const LINE_FEED = 10;

interface Checkpoint {
  readonly cut: CutterCheckpoint;
  /** The source's. */
  readonly position: unknown;
  /** Segments that hold the rows, in order: runs of [first number, count]. */
  readonly segments: readonly (readonly [first: number, count: number])[];
}

/** Resolves to undefined when there is no reason to go on. Throws ManifestDefect and JobFailed. */
export async function stageList(
  source: ListSource,
  unit: LeasedUnit,
  held: HeldLease,
  context: EngineContext,
): Promise<ManifestFacts | undefined> {
  const stage = new Stage(source, unit, held, context);
  for await (const batch of source.batches(stage.position, held.left)) {
    if (!held.mayStart() && !(await held.ready())) return undefined;
    stage.add(batch);
    if (stage.isDue() && !(await stage.save())) return undefined;
  }
  if (!(await stage.save())) return undefined;
  const { tasks, bucket } = stage.end();
  const staged = { tasks, bucket, position: stage.position, read: () => stage.read() };
  const facts = await source.finish?.(staged, held.left);
  return { tasks, bucket, list: { fields: source.fields, ...facts } };
}

class Stage {
  readonly #source: ListSource;
  readonly #held: HeldLease;
  readonly #context: EngineContext;
  readonly #cutter: ManifestCutter;
  #segments: Checkpoint['segments'];
  #position: unknown;
  /** Of this lease, so far. */
  #written = 0;
  /** Offset of the first pending byte among all staged bytes. */
  #base: number;
  /** The segment in the making; grows when a batch does not fit, and serves for all of them. */
  #pending = new Uint8Array(SEGMENT_BYTES);
  #pendingBytes = 0;
  #chunks: ChunkRange[] = [];
  /** A batch came since the last save, if only with a position. */
  #isDirty = false;
  #savedAt: number;

  constructor(source: ListSource, unit: LeasedUnit, held: HeldLease, context: EngineContext) {
    // Written by `save` only.
    const saved = unit.work.checkpoint as Checkpoint | undefined;
    this.#source = source;
    this.#held = held;
    this.#context = context;
    this.#cutter = new ManifestCutter({
      fields: source.fields,
      chunkRows: context.options.chunkRows,
      chunkRowsMax: context.options.chunkRowsMax,
      ...(saved ? { resume: saved.cut } : {}),
    });
    this.#base = saved?.cut.offset ?? 0;
    this.#segments = saved?.segments ?? [];
    this.#position = saved?.position;
    this.#savedAt = context.clock.monotonic();
  }

  /** Of the last batch that was taken. */
  get position(): unknown {
    return this.#position;
  }

  add({ csv, position, origin }: ListBatch): void {
    this.#isDirty = true;
    this.#position = position;
    if (csv.length === 0) return;
    assert(csv.at(-1) === LINE_FEED, 'A batch of a list ends inside a row.');
    try {
      if (origin) this.#cutter.at(origin.line);
      this.#chunks.push(...this.#cutter.push(csv), ...this.#cutter.settle()); // I2
    } catch (error) {
      throw error instanceof ManifestDefect && origin ? error.inFile(origin.file) : error;
    }
    const end = this.#pendingBytes + csv.length;
    if (end > this.#pending.length) {
      const larger = new Uint8Array(end + csv.length);
      larger.set(this.#pending.subarray(0, this.#pendingBytes));
      this.#pending = larger;
    }
    this.#pending.set(csv, this.#pendingBytes);
    this.#pendingBytes = end;
  }

  isDue(): boolean {
    return (
      this.#pendingBytes >= SEGMENT_BYTES ||
      this.#context.clock.monotonic() - this.#savedAt >= SAVE_MS
    );
  }

  /** False: the lease is lost, or an earlier save whose answer was lost has happened (I1). */
  async save(): Promise<boolean> {
    if (!this.#isDirty) return true;
    const { staging, clock } = this.#context;
    const { jobId, fence } = this.#held.lease;
    this.#chunks.push(...this.#cutter.close());
    const segment = segmentNumber(fence, this.#written);
    const chunks = this.#chunks.map(({ firstRow, rows, start, end }) => ({
      firstRow,
      rows,
      segment,
      start: start - this.#base,
      end: end - this.#base,
    }));
    if (chunks.length > 0) {
      const rows = this.#pending.subarray(0, this.#pendingBytes);
      await writeStaged({ jobId, segment }, rows, this.#held, this.#context);
      this.#segments = appended(this.#segments, segment);
      this.#written += 1;
    }
    const checkpoint: Checkpoint = {
      cut: this.#cutter.checkpoint(),
      position: this.#position,
      segments: this.#segments,
    };
    if (!(await saveChunks(chunks, checkpoint, this.#held, this.#context))) {
      const drop = (): Promise<void> => staging.remove({ jobId, segment });
      if (chunks.length > 0) await tidyStaging(this.#context, drop);
      return false;
    }
    this.#base = checkpoint.cut.offset;
    this.#chunks = [];
    this.#pendingBytes = 0;
    this.#isDirty = false;
    this.#savedAt = clock.monotonic();
    return true;
  }

  /** Everything is saved. Refuses a list without rows. */
  end(): { readonly tasks: number; readonly bucket: string } {
    const { rows, bucket } = this.#cutter.checkpoint();
    if (rows === 0 && this.#source.whenEmpty) throw new JobFailed(this.#source.whenEmpty);
    this.#cutter.end();
    assert(bucket !== undefined, 'A staged list has rows and no bucket.');
    return { tasks: rows, bucket };
  }

  /** The staged rows, in order. */
  async *read(): AsyncGenerator<Uint8Array> {
    const { jobId } = this.#held.lease;
    for (const [first, count] of this.#segments) {
      for (let segment = first; segment < first + count; segment++) {
        const whole = { start: 0, end: Infinity };
        yield await readStaged({ jobId, segment }, whole, this.#held, this.#context);
      }
    }
  }
}

function appended(runs: Checkpoint['segments'], segment: number): Checkpoint['segments'] {
  const [first, count] = runs.at(-1) ?? [-1, 0];
  return first + count === segment && count > 0
    ? [...runs.slice(0, -1), [first, count + 1]]
    : [...runs, [segment, 1]];
}
