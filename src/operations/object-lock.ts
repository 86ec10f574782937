/** Object Lock: the bodies that set it, and whether a bucket has it at all. */
import type { S3Retention } from '@aws-sdk/client-s3-control';
import { elementText, rootName, toFailure, toOutcome } from '../s3/index.ts';
import type { Opened, Place } from './operation.ts';
import { worthWaiting } from './probe.ts';
import { type PreparedBody, S3_XMLNS, xmlBody } from './task.ts';

/** Without mode and date: the retention that removes one. */
export function retentionBody({ Mode: mode, RetainUntilDate: until }: S3Retention): PreparedBody {
  const inner =
    mode === undefined || until === undefined
      ? ''
      : `<Mode>${mode}</Mode><RetainUntilDate>${until.toISOString()}</RetainUntilDate>`;
  return xmlBody(`<Retention xmlns="${S3_XMLNS}">${inner}</Retention>`);
}

export function legalHoldBody(status: 'ON' | 'OFF'): PreparedBody {
  return xmlBody(`<LegalHold xmlns="${S3_XMLNS}"><Status>${status}</Status></LegalHold>`);
}

/**
 * Why nothing can be locked in the bucket, or undefined. AWS looks before the first task too, and
 * demands s3:GetBucketObjectLockConfiguration for it: a 403 fails the job.
 */
export async function lockObstacle(
  { s3, bucket }: Pick<Place, 's3' | 'bucket'>,
  signal: AbortSignal,
): Promise<Opened | undefined> {
  const answer = await s3.send({ method: 'GET', bucket, query: { 'object-lock': '' } }, signal);
  const xml = answer.body.toString('utf8');
  if (toOutcome(answer).ok) {
    // A store that does not know the sub-resource lists the bucket instead.
    const isEnabled =
      rootName(xml) === 'ObjectLockConfiguration' &&
      elementText(xml, 'ObjectLockEnabled') === 'Enabled';
    return isEnabled ? undefined : notEnabled(bucket);
  }
  const failure = toFailure(answer);
  const waiting = worthWaiting(
    failure,
    `The Object Lock configuration of ${bucket} could not be read`,
  );
  if (waiting !== undefined) return waiting;
  switch (failure.code) {
    case 'ObjectLockConfigurationNotFoundError':
      return notEnabled(bucket);
    case 'NoSuchBucket':
      return { ok: false, reason: `The bucket ${bucket} does not exist.` };
    case 'AccessDenied':
      return {
        ok: false,
        reason: `Reading the Object Lock configuration of ${bucket} is forbidden; it takes s3:GetBucketObjectLockConfiguration.`,
      };
    default:
      return {
        ok: false,
        code: 'ObjectLockNotEnabled',
        reason: `The store does not tell whether ${bucket} has Object Lock: ${failure.code}: ${failure.message}`,
      };
  }
}

function notEnabled(bucket: string): Opened {
  const reason = `Object Lock is not enabled on the bucket ${bucket}.`;
  return { ok: false, code: 'ObjectLockNotEnabled', reason };
}
