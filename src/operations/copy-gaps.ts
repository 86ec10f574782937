/**
 * What a store leaves out of CopyObject without saying so, done by explicit calls instead.
 *
 * I1. Settled once per job: a store without gaps and a job that asks for nothing of the kind cost
 *     no request more.
 * I2. A copy is reported as succeeded only when all that was asked for is known to hold: what the
 *     store does not confirm fails the task, though the copy exists.
 */
import type { S3CopyObjectOperation } from '@aws-sdk/client-s3-control';
import { failed, type FailedOutcome, type Task } from '../model/outcome.ts';
import {
  type S3,
  type S3Answer,
  type S3Request,
  type StoreTraits,
  toOutcome,
} from '../s3/index.ts';
import { encryptionAsked } from './copy-request.ts';
import { taggingBody } from './tags.ts';
import { S3_XMLNS, xmlBody } from './task.ts';

/** A finished CopyObject. */
export interface Copied {
  readonly bucket: string;
  readonly key: string;
  readonly answer: S3Answer;
}

/** Undefined: go on. */
export type BeforeCopy = (task: Task, signal: AbortSignal) => Promise<FailedOutcome | undefined>;
export type AfterCopy = (copied: Copied, signal: AbortSignal) => Promise<FailedOutcome | undefined>;

export interface GapFillers {
  readonly before: readonly BeforeCopy[];
  readonly after: readonly AfterCopy[];
}

export function gapFillers(copy: S3CopyObjectOperation, traits: StoreTraits, s3: S3): GapFillers {
  const before: BeforeCopy[] = [];
  const after: AfterCopy[] = [];
  const encryption = encryptionAsked(copy);
  if (traits.copyIgnoresConditions && hasConditions(copy)) before.push(checkDates(copy, s3));
  // First of all what may fail the task for good.
  if (encryption !== undefined) after.push(confirmEncryption(encryption, s3));
  if (traits.copyIgnoresTagging && copy.NewObjectTagging !== undefined) {
    after.push(setTags(copy.NewObjectTagging, s3));
  }
  if (traits.copyIgnoresLock) after.push(...setLocks(copy, s3));
  return { before, after };
}

function hasConditions(copy: S3CopyObjectOperation): boolean {
  return copy.ModifiedSinceConstraint !== undefined || copy.UnModifiedSinceConstraint !== undefined;
}

/** x-amz-copy-source-if-(un)modified-since, in whole seconds as HTTP has them. */
function checkDates(copy: S3CopyObjectOperation, s3: S3): BeforeCopy {
  const after = wholeSecond(copy.ModifiedSinceConstraint) ?? -Infinity;
  const until = wholeSecond(copy.UnModifiedSinceConstraint) ?? Infinity;
  const headers: Record<string, string> =
    copy.RequesterPays === true ? { 'x-amz-request-payer': 'requester' } : {};
  return async ({ bucket, key, versionId }, signal) => {
    const query = versionId === undefined ? {} : { versionId };
    const answer = await s3.send({ method: 'HEAD', bucket, key, query, headers }, signal);
    const outcome = toOutcome(answer);
    if (!outcome.ok) return outcome;
    const modified = Date.parse(answer.headers['last-modified'] ?? '');
    if (modified > after && modified <= until) return undefined;
    return failed(
      412,
      'PreconditionFailed',
      'At least one of the pre-conditions you specified did not hold',
    );
  };
}

function wholeSecond(date: Date | undefined): number | undefined {
  return date === undefined ? undefined : Math.floor(date.getTime() / 1000) * 1000;
}

/** By the answer, or by asking for the copy's headers where the answer does not say. */
function confirmEncryption(asked: string, s3: S3): AfterCopy {
  const name = 'x-amz-server-side-encryption';
  return async (copied, signal) => {
    if (copied.answer.headers[name] === asked) return undefined;
    const answer = await s3.send({ method: 'HEAD', ...copyOf(copied, {}) }, signal);
    const outcome = toOutcome(answer);
    if (!outcome.ok) return unfinished(outcome, 'its encryption could not be looked up');
    if (answer.headers[name] === asked) return undefined;
    return failed(
      copied.answer.status,
      'EncryptionNotApplied',
      `The object was copied, but the store did not encrypt it with ${asked}.`,
    );
  };
}

function setTags(tags: NonNullable<S3CopyObjectOperation['NewObjectTagging']>, s3: S3): AfterCopy {
  const request: Pick<S3Request, 'method' | 'headers' | 'body' | 'bodySha256'> =
    tags.length === 0 ? { method: 'DELETE' } : { method: 'PUT', ...taggingBody(tags) };
  return send(s3, request, { subresource: 'tagging', what: 'its tags could not be set' });
}

function setLocks(copy: S3CopyObjectOperation, s3: S3): AfterCopy[] {
  const steps: AfterCopy[] = [];
  const { ObjectLockLegalHoldStatus: hold, ObjectLockMode: mode } = copy;
  if (mode !== undefined) {
    const until = copy.ObjectLockRetainUntilDate?.toISOString() ?? '';
    const xml = `<Retention xmlns="${S3_XMLNS}"><Mode>${mode}</Mode><RetainUntilDate>${until}</RetainUntilDate></Retention>`;
    steps.push(
      send(
        s3,
        { method: 'PUT', ...xmlBody(xml) },
        { subresource: 'retention', what: 'its retention could not be set' },
      ),
    );
  }
  if (hold !== undefined) {
    const xml = `<LegalHold xmlns="${S3_XMLNS}"><Status>${hold}</Status></LegalHold>`;
    steps.push(
      send(
        s3,
        { method: 'PUT', ...xmlBody(xml) },
        { subresource: 'legal-hold', what: 'its legal hold could not be set' },
      ),
    );
  }
  return steps;
}

function send(
  s3: S3,
  request: Pick<S3Request, 'method' | 'headers' | 'body' | 'bodySha256'>,
  { subresource, what }: { readonly subresource: string; readonly what: string },
): AfterCopy {
  return async (copied, signal) => {
    const answer = await s3.send({ ...request, ...copyOf(copied, { [subresource]: '' }) }, signal);
    const outcome = toOutcome(answer);
    return outcome.ok ? undefined : unfinished(outcome, what);
  };
}

/** The copy itself, by its version where the store tells it. */
function copyOf(
  { bucket, key, answer }: Copied,
  query: Readonly<Record<string, string>>,
): Pick<S3Request, 'bucket' | 'key' | 'query'> {
  const versionId = answer.headers['x-amz-version-id'];
  return { bucket, key, query: versionId === undefined ? query : { ...query, versionId } };
}

function unfinished(outcome: FailedOutcome, what: string): FailedOutcome {
  return { ...outcome, message: `The object was copied, but ${what}: ${outcome.message}` };
}
