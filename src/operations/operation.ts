/**
 * What an operation is. Adding one: write a file like its neighbours, add its line to index.ts.
 *
 * I1. `check` is pure and settles everything about the parameters, for CreateJob, field by field.
 * I2. `open` runs once per job and worker: every `if` about the job ends there.
 * I3. A RunTask makes one attempt and never throws for an answer of S3; retries are the engine's.
 */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Functions } from '../functions/index.ts';
import type { Job, JobFailureCode, JobRequest } from '../model/job.ts';
import type { FailedOutcome, Outcome, Task } from '../model/outcome.ts';
import type { OperationName } from '../model/vocabulary.ts';
import type { S3 } from '../s3/index.ts';

/** A parameter that cannot be accepted: `Operation.S3PutObjectTagging.TagSet[3].Key`, and why. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

export interface OpenUpload {
  readonly bucket: string;
  readonly key: string;
  readonly uploadId: string;
}

/**
 * The uploads that a job has open, noted where a crash does not reach. Best effort, and never throws:
 * an upload of which there is no note stays open when its process dies.
 */
export interface OpenUploads {
  /** Resolves when it is noted. */
  opened(upload: OpenUpload): Promise<void>;
  closed(upload: OpenUpload): Promise<void>;
  /** The ids of those of one object that nobody has closed. */
  of(bucket: string, key: string): Promise<readonly string[]>;
}

/** Where a job runs, and with what. */
export interface Place {
  readonly s3: S3;
  /** The one bucket of all tasks. */
  readonly bucket: string;
  readonly job: Pick<Job, 'id' | 'account'>;
  readonly functions: Functions;
  readonly uploads: OpenUploads;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/**
 * One attempt at one task. `stopping` aborts when the job has stopped: a task of several requests
 * begins no further one that it can leave out, and ends as a failure worth a retry. A request in
 * flight is never cut off (so `stopping` is not what `send` is given): what it did must be in the
 * report.
 */
export type RunTask = (task: Task, stopping: AbortSignal) => Promise<Outcome>;

export type Opened =
  /** `note`: a sentence for the log about how the job will be done here. */
  | { readonly ok: true; readonly run: RunTask; readonly note?: string }
  /** The operation cannot work at all here: the job fails up front. Default: OperationNotPossible. */
  | {
      readonly ok: false;
      readonly reason: string;
      readonly code?: JobFailureCode;
      readonly again?: never;
    }
  /** The store could not be asked: wait and open again. Nothing is known against the job. */
  | { readonly ok: false; readonly reason: string; readonly again: true };

export interface Operation {
  readonly name: OperationName;
  /** What a row with an empty VersionId column ends as, where it is not what AWS says in general. */
  readonly missingVersion?: FailedOutcome;
  /** Tasks may ask somebody else than the store: that the store answers says nothing about them. */
  readonly isElsewhere?: true;
  /** Problems of the parameters; the shapes (ranges, enums, patterns) have been checked already. */
  check(request: JobRequest): readonly FieldProblem[];
  open(request: JobRequest, place: Place, signal: AbortSignal): Promise<Opened>;
}
