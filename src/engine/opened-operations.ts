/** The operation of each job that runs here, opened once (operations I2) and kept while it is used. */
import type { TaskTrace } from '../events/index.ts';
import { jobOptionsOf } from '../model/job-options.ts';
import type { Job } from '../model/job.ts';
import { openDryRun, OPERATIONS, type Place, type RunTask } from '../operations/index.ts';
import type { Staging } from '../staging/index.ts';
import { openUploads } from './open-uploads.ts';
import { JobFailed, TryLater } from './unit-errors.ts';

/** More jobs than are ever Active at once; the oldest is forgotten and opened again if needed. */
const KEPT_MAX = 64;

/** What is the same for every job. */
type Surroundings = Omit<Place, 's3' | 'bucket' | 'job' | 'uploads'> & {
  readonly staging: Staging;
  readonly taskTrace?: TaskTrace | undefined;
};

export class OpenedOperations {
  readonly #surroundings: Surroundings;
  readonly #opened = new Map<string, Promise<RunTask>>();

  constructor({ functions, staging, taskTrace, clock, random, log }: Surroundings) {
    this.#surroundings = { functions, staging, taskTrace, clock, random, log };
  }

  /** `on`: the one bucket of the job's tasks, and the store as its role sees it. Throws JobFailed or TryLater. */
  of(job: Job, on: Pick<Place, 'bucket' | 's3'>, signal: AbortSignal): Promise<RunTask> {
    const known = this.#opened.get(job.id);
    if (known) return known;
    const opening = this.#open(job, on, signal);
    this.#opened.set(job.id, opening);
    opening.catch(() => this.#opened.delete(job.id));
    if (this.#opened.size > KEPT_MAX) {
      const [oldest = job.id] = this.#opened.keys();
      this.#opened.delete(oldest);
    }
    return opening;
  }

  async #open(job: Job, on: Pick<Place, 'bucket' | 's3'>, signal: AbortSignal): Promise<RunTask> {
    const { staging, taskTrace, ...around } = this.#surroundings;
    const uploads = openUploads({ staging, log: around.log }, job.id);
    const { bucket } = on;
    const s3 = taskTrace?.around(job, on.s3) ?? on.s3;
    const place: Place = { ...around, s3, bucket, job, uploads };
    // What the job was created with: nobody turns a dry run into a real one.
    const opened = jobOptionsOf(job.request.Tags).dryRun
      ? await openDryRun(place, signal)
      : await OPERATIONS[job.operation].open(job.request, place, signal);
    if (opened.ok) {
      if (opened.note !== undefined) place.log.info({ jobId: job.id }, opened.note);
      return opened.run;
    }
    if (opened.again) throw new TryLater(opened.reason);
    const { code = 'OperationNotPossible', reason } = opened;
    throw new JobFailed({ code, reason });
  }
}
