/** What is done to staging when it can be, and waits for nothing. */
import type { Log } from '../base/log.ts';
import { StagingUnavailable } from '../staging/index.ts';

/** Cleaning up is nobody's errand: what cannot be removed now goes with the job, or with the sweep. */
export async function tidyStaging(
  context: { readonly log: Log },
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof StagingUnavailable)) throw error;
    context.log.warn({ error }, 'Staging could not be tidied up; the next sweep tries again.');
  }
}
