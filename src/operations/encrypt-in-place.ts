/**
 * Encrypting an object by copying it onto itself, for stores without UpdateObjectEncryption.
 *
 * I1. Only the current version can be encrypted so: a copy of an older one would become current.
 * I2. All else stays (whole-copy.ts), and the store must show the encryption on the copy.
 */
import type { S3CopyObjectOperation } from '@aws-sdk/client-s3-control';
import { failed, type FailedOutcome, type Task } from '../model/outcome.ts';
import { type StoreTraits, toOutcome } from '../s3/index.ts';
import { unfinished } from './copied.ts';
import { copier, copyRoom } from './copy-object.ts';
import { type Headers, headSource, locksOf } from './copy-source.ts';
import type { Place, RunTask } from './operation.ts';
import { aclOfSource, keepingAll, putAcl } from './whole-copy.ts';

export interface NewKey {
  readonly keyArn: string;
  readonly bucketKey: boolean;
}

export function encryptInPlace(key: NewKey, place: Place, traits: StoreTraits): RunTask {
  const { s3, clock } = place;
  const room = copyRoom(place, traits);
  return async (task, stopping) => {
    // Of the current version, whichever the row names.
    const { versionId, ...current } = task;
    const answer = await headSource(s3, current);
    const outcome = toOutcome(answer);
    if (!outcome.ok) return outcome;
    const head = answer.headers;
    const refusal = refusalOf(head, versionId, clock.now());
    if (refusal !== undefined) return refusal;
    if (isEncryptedWith(head, key)) return { ok: true, message: 'Encrypted with this key already' };
    const acl = await aclOfSource(s3, current);
    if (!acl.ok) return acl;
    const copy: S3CopyObjectOperation = {
      ...keepingAll(head, clock.now()),
      NewObjectMetadata: { SSEAlgorithm: 'KMS' },
      SSEAwsKmsKeyId: key.keyArn,
      BucketKeyEnabled: key.bucketKey,
    };
    const source: Task = versionId === undefined ? current : task;
    const copied = await copier(copy, task.bucket, room)(source, stopping);
    if (!copied.ok) return copied;
    const failure = await putAcl(s3, copied.copied, acl.xml);
    if (failure !== undefined) return unfinished(failure, 'its ACL could not be set');
    return { ok: true, message: 'Encrypted by a copy in place; LastModified has changed' };
  };
}

function refusalOf(
  head: Headers,
  versionId: string | undefined,
  nowMs: number,
): FailedOutcome | undefined {
  if (versionId !== undefined && versionId !== (head['x-amz-version-id'] ?? 'null')) {
    const message = 'A copy in place can encrypt the current version only; the row names another.';
    return failed(400, 'InvalidRequest', message); // I1
  }
  if (head['x-amz-server-side-encryption'] === 'aws:kms:dsse') {
    const message = 'Objects encrypted with DSSE-KMS are not supported.';
    return failed(400, 'InvalidRequest', message);
  }
  if (Object.keys(locksOf(head, nowMs)).length === 0) return undefined;
  const message = 'The object is protected by Object Lock; its encryption cannot be updated.';
  return failed(403, 'AccessDenied', message);
}

function isEncryptedWith(head: Headers, { keyArn, bucketKey }: NewKey): boolean {
  const SSE = 'x-amz-server-side-encryption';
  return (
    head[SSE] === 'aws:kms' &&
    head[`${SSE}-aws-kms-key-id`] === keyArn &&
    (head[`${SSE}-bucket-key-enabled`] === 'true') === bucketKey
  );
}
