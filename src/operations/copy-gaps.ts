/**
 * What a store is known to leave out of CopyObject without saying so, done by explicit calls.
 *
 * I1. Settled once per job: a store without gaps and a job that asks for nothing of the kind cost
 *     no request more.
 * I2. A copy is reported as succeeded only when all of it was done.
 */
import type { S3CopyObjectOperation } from '@aws-sdk/client-s3-control';
import { failed, type FailedOutcome, type Task } from '../model/outcome.ts';
import { type S3, type S3Request, type StoreTraits, toOutcome } from '../s3/index.ts';
import { type AfterCopy, copyOf, unfinished } from './copied.ts';
import { legalHoldBody, retentionBody } from './object-lock.ts';
import { taggingBody } from './tags.ts';

/** Undefined: go on. */
export type BeforeCopy = (task: Task) => Promise<FailedOutcome | undefined>;

/** The dates that a source must lie between, checked by us where the store does not. */
export function conditionCheck(
  copy: S3CopyObjectOperation,
  traits: StoreTraits,
  s3: S3,
): BeforeCopy | undefined {
  const { ModifiedSinceConstraint: since, UnModifiedSinceConstraint: until } = copy;
  if (!traits.copyIgnoresConditions) return undefined;
  return since === undefined && until === undefined ? undefined : checkDates(copy, s3);
}

function checkDates(copy: S3CopyObjectOperation, s3: S3): BeforeCopy {
  const headers: Record<string, string> =
    copy.RequesterPays === true ? { 'x-amz-request-payer': 'requester' } : {};
  return async ({ bucket, key, versionId }) => {
    const query: Record<string, string> = versionId === undefined ? {} : { versionId };
    const answer = await s3.send({ method: 'HEAD', bucket, key, query, headers });
    const outcome = toOutcome(answer);
    if (!outcome.ok) return outcome;
    return isWithinDates(copy, answer.headers['last-modified']) ? undefined : OUTSIDE_OF_DATES;
  };
}

export const OUTSIDE_OF_DATES = failed(
  412,
  'PreconditionFailed',
  'At least one of the pre-conditions you specified did not hold',
);

/** Whether a source of that date is to be copied. In whole seconds, as HTTP has them. */
export function isWithinDates(
  copy: S3CopyObjectOperation,
  lastModified: string | undefined,
): boolean {
  const since = wholeSecond(copy.ModifiedSinceConstraint);
  const until = wholeSecond(copy.UnModifiedSinceConstraint);
  // A date that is missing or no date compares as false: nothing unproven is copied.
  const modified = Date.parse(lastModified ?? '');
  return (since === undefined || modified > since) && (until === undefined || modified <= until);
}

function wholeSecond(date: Date | undefined): number | undefined {
  return date === undefined ? undefined : Math.floor(date.getTime() / 1000) * 1000;
}

/** Calls on the finished copy for what CopyObject left out. */
export function gapFillers(copy: S3CopyObjectOperation, traits: StoreTraits, s3: S3): AfterCopy[] {
  const fillers: AfterCopy[] = [];
  if (traits.copyIgnoresTagging && copy.NewObjectTagging !== undefined) {
    fillers.push(tagsFiller(copy.NewObjectTagging, s3));
  }
  if (!traits.copyIgnoresLock) return fillers;
  if (copy.ObjectLockMode !== undefined) fillers.push(retentionFiller(copy, s3));
  const hold = copy.ObjectLockLegalHoldStatus;
  if (hold !== undefined) fillers.push(holdFiller(hold, s3));
  return fillers;
}

function tagsFiller(
  tags: NonNullable<S3CopyObjectOperation['NewObjectTagging']>,
  s3: S3,
): AfterCopy {
  const request: CallOnCopy =
    tags.length === 0 ? { method: 'DELETE' } : { method: 'PUT', ...taggingBody(tags) };
  return filler(s3, request, { subresource: 'tagging', what: 'its tags could not be set' });
}

function retentionFiller(copy: S3CopyObjectOperation, s3: S3): AfterCopy {
  const body = retentionBody({
    Mode: copy.ObjectLockMode,
    RetainUntilDate: copy.ObjectLockRetainUntilDate,
  });
  return filler(
    s3,
    { method: 'PUT', ...body },
    { subresource: 'retention', what: 'its retention could not be set' },
  );
}

function holdFiller(status: 'ON' | 'OFF', s3: S3): AfterCopy {
  return filler(
    s3,
    { method: 'PUT', ...legalHoldBody(status) },
    { subresource: 'legal-hold', what: 'its legal hold could not be set' },
  );
}

type CallOnCopy = Pick<S3Request, 'method' | 'headers' | 'body' | 'bodySha256'>;

function filler(
  s3: S3,
  request: CallOnCopy,
  { subresource, what }: { readonly subresource: string; readonly what: string },
): AfterCopy {
  return async (copied) => {
    const answer = await s3.send({ ...request, ...copyOf(copied, { [subresource]: '' }) });
    const outcome = toOutcome(answer);
    return outcome.ok ? undefined : unfinished(outcome, what); // I2
  };
}
