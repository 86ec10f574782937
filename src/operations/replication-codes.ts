/**
 * AWS's codes for what goes wrong in a replication. Rows of AWS's own reports show them with status
 * 500, also for what will never work, and these two texts; the other sentences are ours.
 *
 * A failure that is worth a retry keeps the store's code: what it ends as is not known yet.
 */
import { failed, type FailedOutcome } from '../model/outcome.ts';

const STATUS = 500;

export const NOT_ELIGIBLE = failed(
  STATUS,
  'SrcObjectNotEligible',
  'Object is not eligible for replication',
);
export const NO_VERSION = failed(STATUS, 'SrcObjectNotFound', 'Object versionID is invalid');

const SENTENCES = {
  SrcVersionNotFound: 'The version is not in the source bucket',
  SrcHeadObjectNotPermitted: 'The source may not be read',
  SrcGetTaggingNotPermitted: 'The tags of the source may not be read',
  SrcGetAclNotPermitted: 'The ACL of the source may not be read',
  DstBucketNotFound: 'The destination bucket does not exist',
  DstBucketUnversioned: 'Versioning is not enabled on the destination bucket',
  DstBucketObjectLockConfigMissing: 'The destination bucket has no Object Lock',
  DstPutObjectNotPermitted: 'The replica may not be written',
  DstPutAclNotPermitted: 'The ACL of the replica may not be written',
  DstDelObjNotPermitted: 'The delete marker may not be written',
  DstKmsKeyNotFound: 'The KMS key of the destination was not found',
  DstKmsKeyInvalidState: 'The KMS key of the destination cannot be used',
} as const;
export type ReplicationCode = keyof typeof SENTENCES;

/** `about`: the destination bucket, or what the store said. */
export function replicationFailure(code: ReplicationCode, about: string): FailedOutcome {
  return failed(STATUS, code, `${SENTENCES[code]}: ${about}`);
}

const BY_CODE: Readonly<Record<string, ReplicationCode>> = {
  NoSuchBucket: 'DstBucketNotFound',
  NoSuchKey: 'SrcVersionNotFound',
  NoSuchVersion: 'SrcVersionNotFound',
  ObjectLockConfigurationNotFoundError: 'DstBucketObjectLockConfigMissing',
  'KMS.NotFoundException': 'DstKmsKeyNotFound',
  'KMS.DisabledException': 'DstKmsKeyInvalidState',
  'KMS.KMSInvalidStateException': 'DstKmsKeyInvalidState',
};

/** `whenForbidden`: what was being done. What has no code of AWS's keeps the store's. */
export function toReplicationFailure(
  failure: FailedOutcome,
  whenForbidden: ReplicationCode,
): FailedOutcome {
  if (failure.again !== 'never') return failure;
  const { code, message, httpStatus } = failure;
  if (code === 'InvalidObjectState' || code === 'ObjectNotInActiveTierError') return NOT_ELIGIBLE;
  const known = Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
  if (known !== undefined) return replicationFailure(known, message);
  return httpStatus === 403 ? replicationFailure(whenForbidden, message) : failure;
}
