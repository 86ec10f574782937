/** The last step of every call that makes an object. */
import type { Exchange } from './call.ts';
import { refuseFailedWrite } from './conditions.ts';
import { lockOfNewVersion } from './lock.ts';
import type { Bucket } from './storage/buckets.ts';
import type { ObjectContent, ObjectDraft, VersionRow } from './storage/versions.ts';

/**
 * Inside a transaction: a new current version of the request's key, when the request's conditions
 * hold now.
 */
export function putVersion(
  exchange: Exchange,
  draft: ObjectDraft,
  content: ObjectContent,
): { readonly row: VersionRow; readonly bucket: Bucket } {
  const { request, storage, sandbox } = exchange;
  const bucket = exchange.bucketNow;
  refuseFailedWrite(storage.versions.current(bucket, request.key), {
    ifMatch: request.header('if-match'),
    ifNoneMatch: request.header('if-none-match'),
  });
  const now = sandbox.clock.now();
  const locked = { ...draft, lock: lockOfNewVersion(draft.lock, bucket, now) };
  return { row: storage.versions.put(bucket, request.key, locked, content, now), bucket };
}
