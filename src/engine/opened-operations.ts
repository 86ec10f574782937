/** The operation of each job that runs here, opened once (operations I2) and kept while it is used. */
import type { Job } from '../model/job.ts';
import { OPERATIONS, type RunTask } from '../operations/index.ts';
import type { S3 } from '../s3/index.ts';
import { JobFailed, TryLater } from './unit-errors.ts';

/** More jobs than are ever Active at once; the oldest is forgotten and opened again if needed. */
const KEPT_MAX = 64;

export class OpenedOperations {
  readonly #s3: S3;
  readonly #opened = new Map<string, Promise<RunTask>>();

  constructor(s3: S3) {
    this.#s3 = s3;
  }

  /** `bucket`: the one bucket of the job's tasks. Throws JobFailed or TryLater. */
  of(job: Job, bucket: string, signal: AbortSignal): Promise<RunTask> {
    const known = this.#opened.get(job.id);
    if (known) return known;
    const opening = this.#open(job, bucket, signal);
    this.#opened.set(job.id, opening);
    opening.catch(() => this.#opened.delete(job.id));
    if (this.#opened.size > KEPT_MAX) {
      const [oldest = job.id] = this.#opened.keys();
      this.#opened.delete(oldest);
    }
    return opening;
  }

  async #open(job: Job, _bucket: string, signal: AbortSignal): Promise<RunTask> {
    const opened = await OPERATIONS[job.operation].open(job.request, this.#s3, signal);
    if (opened.ok) return opened.run;
    if (opened.again) throw new TryLater(opened.reason);
    throw new JobFailed({ code: 'OperationNotPossible', reason: opened.reason });
  }
}
