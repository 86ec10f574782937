/**
 * One version, or one delete marker, at one destination.
 *
 * I1. What the store has replicated itself is not copied again: its replica has the same version id.
 *     So a replica is not sent back to where it is from.
 *     Where the destination may not be looked at, the store's COMPLETED is believed.
 * I2. A replica has the metadata, tags, ACL, locks and class of its source, except for what the rule
 *     says instead.
 * I3. Nothing is deleted: a delete marker is only written where versioning is known to be on.
 */
import type { S3CopyObjectOperation, S3StorageClass } from '@aws-sdk/client-s3-control';
import { failed, type FailedOutcome, type Task } from '../model/outcome.ts';
import { elements, elementText, type S3, toOutcome } from '../s3/index.ts';
import { copier, type CopyRoom } from './copy-object.ts';
import { type Headers, locksOf } from './copy-source.ts';
import { replicationFailure, toReplicationFailure } from './replication-codes.ts';
import type { ReplicationRule } from './replication-config.ts';
import type { Version } from './replication-source.ts';
import { aclOfSource, keepingAll, putAcl } from './whole-copy.ts';

/** What `open` found out about a destination. Undefined: it may not be looked at. */
export interface DestinationState {
  readonly isVersioned: boolean | undefined;
  readonly hasLock: boolean | undefined;
}

export interface ReplicaOrder {
  readonly task: Task;
  readonly version: Version;
  readonly rule: ReplicationRule;
  readonly state: DestinationState;
}

const PENDING = failed(
  500,
  'ReplicationPending',
  'The store is still replicating the version itself',
  'later',
);

/** `isWritten` false: it was there already. */
export type Replicated = { readonly ok: true; readonly isWritten: boolean } | FailedOutcome;

export async function replicate(
  order: ReplicaOrder,
  room: CopyRoom,
  stopping: AbortSignal,
): Promise<Replicated> {
  const { task, version, rule, state } = order;
  if (version.kind === 'marker') return markDeleted(room.place.s3, task, rule, state);
  const status = version.head['x-amz-replication-status'] ?? '';
  const isCompleted = status.startsWith('COMPLETE');
  if (isCompleted || status === 'PENDING' || status === 'REPLICA') {
    const there = await hasVersion(room.place.s3, task, rule);
    if (there === 'yes' || (there === 'unknown' && isCompleted)) {
      return { ok: true, isWritten: false }; // I1
    }
    if (status === 'PENDING') return PENDING;
  }
  const { nowMs, head } = { nowMs: room.place.clock.now(), head: version.head };
  const isLocked = Object.keys(locksOf(head, nowMs)).length > 0;
  if (isLocked && state.hasLock === false) {
    return replicationFailure('DstBucketObjectLockConfigMissing', rule.destination.bucket);
  }
  return copyTo(order, replicaOf(head, rule, nowMs), room, stopping);
}

/** The parameters of the copy (I2). */
function replicaOf(head: Headers, rule: ReplicationRule, nowMs: number): S3CopyObjectOperation {
  const { storageClass, kmsKeyId, isOwnerOverridden } = rule.destination;
  const isKms = head['x-amz-server-side-encryption']?.startsWith('aws:kms') === true;
  return {
    ...keepingAll(head, nowMs),
    // As the rule spells it: stores have classes of their own.
    ...(storageClass === undefined ? {} : { StorageClass: storageClass as S3StorageClass }),
    ...(isKms ? { NewObjectMetadata: { SSEAlgorithm: 'KMS' } } : {}),
    ...(isKms && kmsKeyId !== undefined ? { SSEAwsKmsKeyId: kmsKeyId } : {}),
    ...(isOwnerOverridden ? { CannedAccessControlList: 'bucket-owner-full-control' } : {}),
  };
}

async function copyTo(
  { task, rule }: ReplicaOrder,
  copy: S3CopyObjectOperation,
  room: CopyRoom,
  stopping: AbortSignal,
): Promise<Replicated> {
  const { s3 } = room.place;
  const { bucket, isOwnerOverridden } = rule.destination;
  const acl = isOwnerOverridden
    ? ({ ok: true, xml: undefined } as const)
    : await aclOfSource(s3, task);
  if (!acl.ok) return toReplicationFailure(acl, 'SrcGetAclNotPermitted');
  const copied = await copier(copy, bucket, room)(task, stopping);
  if (!copied.ok) return toReplicationFailure(copied, 'DstPutObjectNotPermitted');
  const failure = await putAcl(s3, copied.copied, acl.xml);
  // A bucket whose owner owns everything has no ACLs, and needs none.
  if (failure === undefined || NO_ACL.includes(failure.code)) return { ok: true, isWritten: true };
  return toReplicationFailure(failure, 'DstPutAclNotPermitted');
}

const NO_ACL = ['AccessControlListNotSupported', 'NotImplemented'];

async function hasVersion(
  s3: S3,
  { key, versionId }: Task,
  { destination }: ReplicationRule,
): Promise<'yes' | 'no' | 'unknown'> {
  if (versionId === undefined) return 'unknown';
  const { bucket } = destination;
  const answer = await s3.send({ method: 'HEAD', bucket, key, query: { versionId } });
  if (toOutcome(answer).ok) return 'yes';
  return answer.status === 404 || answer.status === 400 ? 'no' : 'unknown';
}

async function markDeleted(
  s3: S3,
  { key }: Task,
  { destination }: ReplicationRule,
  { isVersioned }: DestinationState,
): Promise<Replicated> {
  const { bucket } = destination;
  if (isVersioned !== true) {
    const about = isVersioned === undefined ? `${bucket}, as far as can be seen` : bucket;
    return replicationFailure('DstBucketUnversioned', about); // I3
  }
  const outcome = toOutcome(await s3.send({ method: 'DELETE', bucket, key }));
  if (outcome.ok) return { ok: true, isWritten: true };
  return toReplicationFailure(outcome, 'DstDelObjNotPermitted');
}

/**
 * Whether a destination holds a replica of the source's current version that is no longer its own
 * current one. Compared by ETag and size; the ETag of an object in parts may change with a copy.
 */
export async function isCovered(
  s3: S3,
  key: string,
  bucket: string,
  current: Version,
): Promise<boolean> {
  const query = { versions: '', prefix: key };
  const xml = (await s3.send({ method: 'GET', bucket, query })).body.toString('utf8');
  const name = current.kind === 'marker' ? 'DeleteMarker' : 'Version';
  const own = elements(xml, name).filter((one) => elementText(one, 'Key') === key);
  const alike = own.filter((one) => current.kind === 'marker' || isAlike(one, current.head));
  return alike.length > 0 && !alike.some((one) => elementText(one, 'IsLatest') === 'true');
}

function isAlike(version: string, head: Headers): boolean {
  const [etag, other] = [elementText(version, 'ETag'), head['etag']];
  const isInParts = etag?.includes('-') === true || other?.includes('-') === true;
  return elementText(version, 'Size') === head['content-length'] && (isInParts || etag === other);
}
