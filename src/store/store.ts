/**
 * The one interface to the truth: jobs, the ledger of leased units, the outbox of events, and the
 * book of who may do what (model/access.ts).
 *
 * I1. What a method resolves to has been committed durably; what rejects has not happened, or the
 *     caller must ask (a lost connection).
 * I2. A worker that lost its lease cannot commit: the fence is compared in the same statement (D4).
 * I3. Every change of status writes its event row in the same transaction (D10).
 * I4. Counters of a job are changed only together with the unit they count (D1, D2).
 * I5. Times are handed in by the caller, so tests decide what time it is.
 */
import type { AccessBook } from '../model/access.ts';
import type { Job, JobFailure, JobTag, PreparedList } from '../model/job.ts';
import type { JobStatus, OperationName } from '../model/vocabulary.ts';
import type { EventDetails, JobEvent, LedgerState, UnitKind } from '../lifecycle/index.ts';
import type { ChunkRange } from '../manifest/index.ts';
import type { StoreOutbox } from './outbox.ts';
import type { JobSort } from './views.ts';

export interface NewJob {
  readonly job: Job;
  readonly token: string;
  /** Hash of the canonical request: the same token with another hash is a different request. */
  readonly requestHash: string;
}

export type Created =
  | { readonly kind: 'created' }
  /** The token was used before for the same request, which made this job. */
  | { readonly kind: 'repeated'; readonly jobId: string }
  | { readonly kind: 'conflict' };

export interface JobsQuery {
  readonly account: string;
  /** Empty: all. */
  readonly statuses: readonly JobStatus[];
  readonly limit: number;
  /** Where the page before ended (exclusive). */
  readonly after?: ListPosition;
}

/** Newest first: creation time, then job id, both descending. */
export interface ListPosition {
  readonly createdAt: number;
  readonly id: string;
}

export type Applied =
  | { readonly ok: true; readonly job: Job }
  | { readonly ok: false; readonly why: 'no-such-job' }
  | { readonly ok: false; readonly why: 'illegal'; readonly status: JobStatus };

/** The right of one worker to one unit of work until a time. */
export interface Lease {
  readonly jobId: string;
  readonly kind: UnitKind;
  /** Position among the job's units of this kind. */
  readonly seq: number;
  /** Grows with every lease of this unit. */
  readonly fence: number;
  readonly worker: string;
  readonly until: number;
}

export interface LeasedUnit {
  readonly lease: Lease;
  readonly job: Job;
  /** What this unit is about, and how far an earlier lease came. */
  readonly work: UnitWork;
  /** How often an earlier lease of this unit ended in an unexpected error. */
  readonly failures: number;
}

export interface UnitWork {
  /** chunk: its rows in the manifest. */
  readonly range?: ChunkRange;
  /** chunk: rows from its start that are recorded, but for `holes`: its low-water mark (D3). */
  readonly mark?: number;
  /** chunk: rows below the mark that are left to run, in order. */
  readonly holes?: readonly number[];
  /** prepare: the last checkpoint. */
  readonly checkpoint?: unknown;
  /** report: chunks [first, end) that it compacts. */
  readonly chunks?: { readonly first: number; readonly end: number };
}

/**
 * What a lease of a chunk recorded, as one part in staging: its rows below `to` that no part before
 * it holds, but for `holes`.
 */
export interface PartRecord {
  readonly to: number;
  /** Rows of the chunk below `to` that nobody has recorded, in order: as many as were in flight. */
  readonly holes?: readonly number[];
  readonly succeeded: number;
  readonly failed: number;
  /** Bytes of succeeded rows at the head of the part file; the failed rows follow. */
  readonly succeededBytes: number;
  readonly failedBytes: number;
}

/** A part as the ledger knows it; its file name follows from seq and fence. */
export interface Part extends PartRecord {
  readonly seq: number;
  readonly fence: number;
  readonly from: number;
}

export interface Progress {
  readonly lease: Lease;
  readonly succeeded: number;
  readonly failed: number;
}

/** What a renewal says of one lease. */
export interface Standing {
  readonly lease: Lease;
  /** False: the lease is lost; stop, and do not commit. */
  readonly held: boolean;
  readonly status: JobStatus;
  /** Of the job: its options may have changed. */
  readonly tags: readonly JobTag[];
  /** Workers that hold live leases of the job's chunks: its limits are split over them. */
  readonly workers: readonly string[];
}

/** A worker as it last described itself. */
export interface WorkerRecord {
  /** As in its leases; unique among those that are alive. */
  readonly name: string;
  readonly host: string;
  readonly pid: number;
  readonly startedAt: number;
  readonly seenAt: number;
  /** Requests in flight, and how many there may be. */
  readonly inFlight: number;
  readonly limit: number;
  /** Tasks ended per second, lately. */
  readonly rate: number;
}

export interface JobCounts {
  readonly succeeded: number;
  readonly failed: number;
}

export interface OutboxEvent {
  readonly seq: number;
  /** 32 hex characters, stable over every delivery. */
  readonly id: string;
  readonly jobId: string;
  readonly account: string;
  readonly name: 'JobCreated' | 'JobStatusChanged';
  readonly status: JobStatus;
  readonly at: number;
  readonly failures: readonly JobFailure[];
  readonly reason?: string;
}

export interface JobSearch {
  readonly account: string;
  /** Empty: all. */
  readonly statuses: readonly JobStatus[];
  /** Empty: all. */
  readonly operations: readonly OperationName[];
  /** When they were created, in milliseconds: not before. */
  readonly createdFrom?: number | undefined;
  /** And earlier than this. */
  readonly createdBefore?: number | undefined;
  /** Part of the job id or of the description, in any case; empty: all. */
  readonly text: string;
  /** Jobs without a value come last; equal ones are ordered by creation. */
  readonly sort: JobSort;
  readonly isDescending: boolean;
  readonly offset: number;
  readonly limit: number;
}

export interface FoundJobs {
  readonly jobs: readonly Job[];
  /** Of all pages. */
  readonly total: number;
}

export interface Vitals {
  /** Statuses that no job has are left out. */
  readonly jobs: ReadonlyMap<JobStatus, number>;
  /** Of jobs that have not ended. */
  readonly chunks: { readonly waiting: number; readonly leased: number; readonly done: number };
  /** Not recorded yet, of prepared jobs that have not ended. */
  readonly tasksLeft: number;
  /** Of units of every kind. */
  readonly leases: { readonly live: number; readonly expired: number };
  /** Since when the unit that has waited longest could have been leased; undefined: none waits. */
  readonly waitingSince: number | undefined;
}

/** What people look at. Nothing here changes anything, and no worker asks. */
export interface StoreViews {
  findJobs(search: JobSearch): Promise<FoundJobs>;
  /** The first events of a job (JOB_EVENTS_MAX), oldest first. */
  jobEvents(account: string, jobId: string): Promise<readonly OutboxEvent[]>;
  /** Names of workers that hold live leases of the job's units. */
  jobWorkers(jobId: string, now: number): Promise<readonly string[]>;
  /** Tasks that have ended, recorded or live, of jobs in whose status tasks may end. */
  runningCounts(now: number): Promise<ReadonlyMap<string, JobCounts>>;
  /** How the whole stands, over all accounts, in a few small questions. */
  vitals(now: number): Promise<Vitals>;
}

export interface Store extends StoreViews, AccessBook, StoreOutbox {
  // Jobs, for the API.
  createJob(job: NewJob): Promise<Created>;
  job(account: string, jobId: string): Promise<Job | undefined>;
  /** Live progress of current leases, on top of the job's committed counters (D2). */
  liveCounts(jobIds: readonly string[], now: number): Promise<ReadonlyMap<string, JobCounts>>;
  jobs(query: JobsQuery): Promise<readonly Job[]>;
  setPriority(account: string, jobId: string, priority: number): Promise<Job | undefined>;
  tags(account: string, jobId: string): Promise<readonly JobTag[] | undefined>;
  /** False: no such job. */
  setTags(account: string, jobId: string, tags: readonly JobTag[]): Promise<boolean>;
  /** The one way to change a status: load, decide (pure), save, with its event row. */
  apply(jobId: string, event: JobEvent, details: EventDetails): Promise<Applied>;
  /** As `apply`, for a job of this account only. */
  applyByUser(
    account: string,
    jobId: string,
    event: JobEvent,
    details: EventDetails,
  ): Promise<Applied>;

  // The ledger, for workers.
  /** Leases up to `limit` units, jobs of higher priority first, then by turns. */
  lease(request: LeaseRequest): Promise<readonly LeasedUnit[]>;
  /** Prolongs leases, records live progress, and tells what became of their jobs. */
  renew(progress: readonly Progress[], until: number, now: number): Promise<readonly Standing[]>;
  /**
   * Preparing: adds chunks and moves the checkpoint. False: the lease is lost (I2), or the chunks do
   * not follow on the last one, because an earlier call whose answer was lost has saved them.
   */
  addChunks(lease: Lease, chunks: readonly ChunkRange[], checkpoint: unknown): Promise<boolean>;
  /** Preparing has read everything: closes the unit and applies the event. */
  finishPreparing(lease: Lease, manifest: ManifestFacts, now: number): Promise<boolean>;
  /** Records a part and gives the chunk back, done when `to` is its last row. */
  commitPart(lease: Lease, part: PartRecord, now: number): Promise<boolean>;
  /** Closes the finish unit and ends the job, as one: Complete, Cancelled or Failed. */
  finishJob(lease: Lease, now: number): Promise<boolean>;
  /** Closes a report unit; `result` is kept for the finish unit. */
  complete(lease: Lease, result: unknown): Promise<boolean>;
  /** Gives a unit back unfinished, not to be leased before `notBefore`. */
  release(lease: Lease, notBefore: number, failed: boolean): Promise<boolean>;

  // Reports.
  /** Parts of chunks [first, end), in the order of the manifest. */
  parts(jobId: string, first: number, end: number): Promise<readonly Part[]>;
  reportResults(jobId: string): Promise<readonly unknown[]>;

  // Steering.
  /**
   * Lets the pure scheduler decide over the jobs that may run, and applies what it says, as one. Of
   * those that wait only the first `limit` are read; the others have no say.
   */
  schedule(limit: number, now: number): Promise<number>;
  /** Jobs in a status that the service itself moves on, with their ledger. */
  movingJobs(now: number): Promise<readonly MovingJob[]>;
  /** From here on a part that comes late is refused, so that the report stays equal to the counters. */
  seal(jobId: string): Promise<void>;
  /** Makes report or finish units; ones that exist already stay as they are. */
  addUnits(jobId: string, units: readonly NewUnit[]): Promise<void>;
  /** Jobs that wait for confirmation since before `suspendedBefore`. */
  unconfirmedJobs(suspendedBefore: number): Promise<readonly string[]>;
  /** Forgets jobs that ended before `terminatedBefore`; resolves to their ids. */
  deleteJobs(terminatedBefore: number): Promise<readonly string[]>;
  /** Of these job ids, those of jobs that are known here and have ended. */
  ended(jobIds: readonly string[]): Promise<ReadonlySet<string>>;
  // Workers.
  /** Writes the worker's row, and forgets those not seen since `forgetBefore`. */
  checkIn(worker: WorkerRecord, forgetBefore: number): Promise<void>;
  checkOut(name: string): Promise<void>;
  /** The database's own time; undefined: it has none but this machine's. */
  clock(): Promise<number | undefined>;
  /** Those seen since then, by name. */
  workers(seenSince: number): Promise<readonly WorkerRecord[]>;
  /** Gives back what this worker held before it died; for a worker that knows it is alone. */
  voidLeases(worker: string): Promise<number>;

  // Events.
  events(after: number, limit: number): Promise<readonly OutboxEvent[]>;

  close(): Promise<void>;
}

/** What preparing learnt of a manifest. */
export interface ManifestFacts {
  readonly tasks: number;
  /** The one bucket that all rows name. */
  readonly bucket: string;
  /** Of a list that was rewritten into staging. */
  readonly list?: PreparedList;
}

export interface LeaseRequest {
  readonly worker: string;
  readonly now: number;
  readonly until: number;
  readonly limit: number;
  readonly kinds: readonly UnitKind[];
  /** Jobs that are to be passed over. */
  readonly except?: readonly string[];
}

export interface MovingJob {
  readonly job: Job;
  readonly ledger: LedgerState;
}

export interface NewUnit {
  readonly kind: 'report' | 'finish';
  readonly seq: number;
  readonly work: UnitWork;
}
