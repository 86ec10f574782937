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

/** What is wrong with the options among a job's tags; a misspelt option must not pass for a tag. */
export function checkListOptions(
  tags: readonly JobTag[],
): { readonly field: string; readonly message: string }[] {
  return tags.flatMap(({ Key, Value }, i) => {
    if (!Key.startsWith(PREFIX)) return [];
    if (Key !== RETRY_TAG) {
      return [{ field: `Tags[${i}].Key`, message: `${Key} is no option of this version` }];
    }
    if (retryOf([{ Key, Value }]) !== undefined) return [];
    return [{ field: `Tags[${i}].Value`, message: `must be one of ${RETRIES.join(', ')}` }];
  });
}
