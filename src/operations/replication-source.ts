/** What a task of a replication is about: an object version or a delete marker, and the current one. */
import type { FailedOutcome, Task } from '../model/outcome.ts';
import { elements, elementText, type S3, type S3Answer, toOutcome } from '../s3/index.ts';
import { type Headers, headSource } from './copy-source.ts';
import { NO_VERSION, NOT_ELIGIBLE, toReplicationFailure } from './replication-codes.ts';

export type Version =
  | { readonly ok: true; readonly kind: 'object'; readonly head: Headers }
  | { readonly ok: true; readonly kind: 'marker' };

export interface ReplicationSource {
  readonly ok: true;
  readonly version: Version;
  readonly isCurrent: boolean;
  /** The current version of the key, where the task's is another and that could be seen. */
  readonly current: Version | undefined;
}

/** One HEAD where the task's version is the current one, two where it is not. */
export async function lookAtSource(s3: S3, task: Task): Promise<ReplicationSource | FailedOutcome> {
  const { versionId, ...unversioned } = task;
  const top = await headSource(s3, unversioned);
  const topVersion = versionOf(top);
  const isTop = versionId === undefined || top.headers['x-amz-version-id'] === versionId;
  if (isTop && topVersion !== undefined) {
    return { ok: true, version: topVersion, isCurrent: true, current: undefined };
  }
  if (versionId === undefined || isUnknown(top)) return refusal(s3, task, top);
  const own = await headSource(s3, task);
  const version = versionOf(own);
  if (version !== undefined) return { ok: true, version, isCurrent: false, current: topVersion };
  // Ceph says of a delete marker no more than that nothing is there.
  if (own.status !== 404) return refusal(s3, task, own);
  const listed = await listedMarker(s3, task);
  if (listed === undefined) return refusal(s3, task, own);
  return {
    ok: true,
    version: { ok: true, kind: 'marker' },
    isCurrent: listed.isLatest,
    current: topVersion,
  };
}

/** Undefined: the answer shows neither an object nor a delete marker. */
function versionOf(head: S3Answer): Version | undefined {
  if (toOutcome(head).ok) return { ok: true, kind: 'object', head: head.headers };
  const isMarker = head.headers['x-amz-delete-marker'] === 'true';
  return isMarker ? { ok: true, kind: 'marker' } : undefined;
}

/** Nothing is known about the current version yet; the order of versions depends on it. */
function isUnknown(head: S3Answer): boolean {
  const outcome = toOutcome(head);
  return !outcome.ok && outcome.again !== 'never';
}

async function listedMarker(
  s3: S3,
  { bucket, key, versionId }: Task,
): Promise<{ readonly isLatest: boolean } | undefined> {
  const query = { versions: '', prefix: key };
  const answer = await s3.send({ method: 'GET', bucket, query });
  const marker = elements(answer.body.toString('utf8'), 'DeleteMarker').find(
    (one) => elementText(one, 'Key') === key && elementText(one, 'VersionId') === versionId,
  );
  if (marker === undefined) return undefined;
  return { isLatest: elementText(marker, 'IsLatest') === 'true' };
}

async function refusal(s3: S3, task: Task, head: S3Answer): Promise<FailedOutcome> {
  const outcome = toOutcome(head);
  if (outcome.ok) return NO_VERSION;
  if (outcome.httpStatus === 404)
    return toReplicationFailure({ ...outcome, code: 'NoSuchVersion' }, 'SrcVersionNotFound');
  if (outcome.httpStatus !== 400) return toReplicationFailure(outcome, 'SrcHeadObjectNotPermitted');
  // HEAD has no body to say it in: a version id that is none, or an object with a key of its own.
  const { bucket, key, versionId } = task;
  const query: Record<string, string> = versionId === undefined ? {} : { versionId };
  const headers = { range: 'bytes=0-0' };
  const told = toOutcome(await s3.send({ method: 'GET', bucket, key, query, headers }));
  return !told.ok && told.code === 'InvalidArgument' ? NO_VERSION : NOT_ELIGIBLE;
}
