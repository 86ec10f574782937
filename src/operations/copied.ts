/** A finished CopyObject, and what is done about it before the task is. */
import type { FailedOutcome } from '../model/outcome.ts';
import type { S3Answer, S3Request } from '../s3/index.ts';

export interface Copied {
  readonly bucket: string;
  readonly key: string;
  readonly answer: S3Answer;
}

/** Undefined: go on. */
export type AfterCopy = (copied: Copied) => Promise<FailedOutcome | undefined>;

/** Names the copy, by its version where the store tells it. */
export function copyOf(
  { bucket, key, answer }: Copied,
  query: Readonly<Record<string, string>>,
): Pick<S3Request, 'bucket' | 'key' | 'query'> {
  const versionId = answer.headers['x-amz-version-id'];
  return { bucket, key, query: versionId === undefined ? query : { ...query, versionId } };
}

/** A failure after the copy was made: its code and class stay, the message says where it stopped. */
export function unfinished(outcome: FailedOutcome, what: string): FailedOutcome {
  return { ...outcome, message: `The object was copied, but ${what}: ${outcome.message}` };
}
