/**
 * The seam between lists that have to be rewritten (compressed, columnar, generated, a report) and
 * the one way on from there (D7): a source yields rows of plain CSV, stage-list.ts writes them into
 * staging and cuts them into chunks.
 *
 * I1. What was yielded up to a batch, and what a source yields when it resumes at the position of that
 *     batch, is the whole list, each row once. In which order is the source's business.
 * I2. A source keeps no state between leases but `position`; it may die between any two batches.
 * I3. What is wrong with the list is a ManifestDefect or JobFailed that names file and line.
 */
import type { Job, JobFailure, PreparedList } from '../model/job.ts';
import type { ManifestField } from '../model/vocabulary.ts';
import type { EngineContext } from './context.ts';
import type { HeldLease } from './held-lease.ts';

/** A list that has to be rewritten. */
export interface ListSource {
  /** The columns of the rows that `batches` yields. */
  readonly fields: readonly ManifestField[];
  /** What the job fails with when there is not one row; absent: that the manifest has no rows. */
  readonly whenEmpty?: JobFailure;
  /**
   * `from`: the position of the last batch that was saved, as JSON gave it back; undefined at the
   * start. `signal` aborts when the lease has no future: throw or end, nothing is saved any more.
   */
  batches(from: unknown, signal: AbortSignal): AsyncIterable<ListBatch>;
  /**
   * Called once all batches are staged, before the job becomes ready; for example to write the
   * generated manifest. Safe to be called again: a lease may die right behind it.
   */
  finish?(staged: StagedList, signal: AbortSignal): Promise<Partial<PreparedList>>;
}

export interface ListBatch {
  /**
   * Whole manifest rows: `fields`, keys in manifest spelling, LF. May be empty, to move the position.
   * Copied by the stager before it asks for the next one. A few MiB at most.
   */
  readonly csv: Uint8Array;
  /** JSON: where to resume after this batch. */
  readonly position: unknown;
  /** Where its first row stands in a file of the user's, for the reason of a defect. */
  readonly origin?: ListOrigin;
}

export interface ListOrigin {
  /** Key of the object. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

export interface StagedList {
  readonly tasks: number;
  /** The one bucket of all rows. */
  readonly bucket: string;
  /** Of the last batch. */
  readonly position: unknown;
  /** The rows, in order, as they were staged. */
  read(): AsyncIterable<Uint8Array>;
}

/** What a source may use. `held.left` is the signal of its lease. */
export interface ListRequest {
  readonly job: Job;
  readonly held: HeldLease;
  readonly context: EngineContext;
}

/** Opens the list of a job: reads what has to be known before the first row. */
export type OpenList = (request: ListRequest) => Promise<ListSource>;
