/** The two ways in which a unit ends that are neither success nor a bug. */
import type { JobFailure } from '../model/job.ts';

/** The job cannot go on: recorded once, and the unit ends with its job. */
export class JobFailed extends Error {
  override readonly name = 'JobFailed';
  readonly failure: JobFailure;

  constructor(failure: JobFailure) {
    super(failure.reason);
    this.failure = failure;
  }
}

/** The unit has to wait: it is given back and leased again later. */
export class TryLater extends Error {
  override readonly name = 'TryLater';
}
