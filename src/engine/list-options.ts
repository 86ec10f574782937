/**
 * Job tags that say something about the list, so that unmodified AWS clients can set them on
 * CreateJob: `brigade:retry` = `failed` (the default) or `all`, which rows of a report to run again.
 */
import type { JobTag } from '../model/job.ts';

const PREFIX = 'brigade:';
const RETRY_TAG = `${PREFIX}retry`;
const RETRIES = ['failed', 'all'] as const;
type Retry = (typeof RETRIES)[number];

/** Which rows of a report become tasks; undefined: the tag says neither. */
export function retryOf(tags: readonly JobTag[]): Retry | undefined {
  const value = tags.find(({ Key }) => Key === RETRY_TAG)?.Value ?? 'failed';
  return RETRIES.find((one) => one === value);
}
