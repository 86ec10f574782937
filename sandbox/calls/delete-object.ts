/** DeleteObject and DeleteObjects. */
import { Delete$, DeleteObjectsOutput$ } from '@aws-sdk/client-s3';
import type { Delete, DeletedObject, _Error as DeleteError } from '@aws-sdk/client-s3';
import { type Answer, type Exchange, parseVersionId } from '../call.ts';
import { matches, preconditionFailed } from '../conditions.ts';
import { S3Error } from '../errors.ts';
import { isBypassing, refuseLocked } from '../lock.ts';
import { versionHeader } from '../object-headers.ts';
import type { Bucket } from '../storage/buckets.ts';
import { NULL_VERSION } from '../storage/versions.ts';
import { readXml, writeXml } from '../wire.ts';

/** S3 deletes at most 1,000 keys with one request. */
const KEYS_MAX = 1000;

interface ToDelete {
  readonly key: string;
  readonly versionId: string | undefined;
  readonly ifMatch: string | undefined;
  /** Of GOVERNANCE. */
  readonly isBypassing: boolean;
}

interface Deleted {
  /** Whether a delete marker was made or removed. */
  readonly isMarker: boolean;
  /** Of the marker that was made, or of the version that was asked for. */
  readonly versionId: string | undefined;
}

export function deleteObject(exchange: Exchange): Answer {
  const { request, storage, bucket } = exchange;
  const versionId = parseVersionId(request.query.get('versionId'));
  const toDelete = {
    ...{ key: request.key, versionId, ifMatch: request.header('if-match') },
    isBypassing: isBypassing(request, bucket),
  };
  const deleted = storage.write(() => deleteOne(exchange, bucket, toDelete));
  return {
    status: 204,
    headers: {
      ...(deleted.isMarker ? { 'x-amz-delete-marker': 'true' } : {}),
      ...(deleted.versionId === undefined ? {} : versionHeader(bucket, deleted.versionId)),
    },
  };
}

/** Inside a transaction. */
function deleteOne(exchange: Exchange, bucket: Bucket, toDelete: ToDelete): Deleted {
  const { storage, sandbox, creator } = exchange;
  const { key, versionId, ifMatch } = toDelete;
  const { versions } = storage;
  const isExact = versionId !== undefined;
  const row = isExact ? versions.exact(bucket, key, versionId) : versions.current(bucket, key);
  if (
    ifMatch !== undefined &&
    (row === undefined || row.marker === 1 || !matches(ifMatch, row.etag))
  ) {
    throw preconditionFailed('If-Match');
  }
  if (isExact) {
    if (exchange.account !== bucket.owner) throw new S3Error('AccessDenied');
    if (row !== undefined) {
      refuseLocked(row, sandbox.clock.now(), toDelete.isBypassing);
      versions.remove(row);
    }
    return { isMarker: row?.marker === 1, versionId };
  }
  if (bucket.versioning === '') {
    if (row !== undefined) versions.remove(row);
    return { isMarker: false, versionId: undefined };
  }
  const marker = versions.putMarker(bucket, key, creator, sandbox.clock.now());
  return { isMarker: true, versionId: marker.versionId };
}

export async function deleteObjects(exchange: Exchange): Promise<Answer> {
  const given = readXml<Delete>(Delete$, 'Delete', await exchange.body.vouchedDocument());
  const bypasses = isBypassing(exchange.request, exchange.bucket);
  const objects = given.Objects ?? [];
  if (objects.length === 0 || objects.length > KEYS_MAX) throw new S3Error('MalformedXML');
  const deleted: DeletedObject[] = [];
  const errors: DeleteError[] = [];
  exchange.storage.write(() => {
    const bucket = exchange.bucketNow;
    for (const object of objects) {
      if (typeof object.Key !== 'string' || object.Key === '') throw new S3Error('MalformedXML');
      try {
        if (object.LastModifiedTime !== undefined || object.Size !== undefined) {
          throw new S3Error('NotImplemented');
        }
        const toDelete = {
          key: object.Key,
          versionId: parseVersionId(object.VersionId),
          ifMatch: object.ETag,
          isBypassing: bypasses,
        };
        deleted.push(describeDeleted(toDelete, deleteOne(exchange, bucket, toDelete)));
      } catch (error) {
        if (!(error instanceof S3Error)) throw error;
        const { Key, VersionId } = object;
        const version = VersionId === undefined ? {} : { VersionId };
        errors.push({ Key, ...version, Code: error.code, Message: error.message });
      }
    }
  });
  const body = writeXml(DeleteObjectsOutput$, {
    ...(given.Quiet === true ? {} : { Deleted: deleted }),
    Errors: errors,
  });
  return { status: 200, body };
}

function describeDeleted(asked: ToDelete, deleted: Deleted): DeletedObject {
  const marker = { DeleteMarker: true, DeleteMarkerVersionId: deleted.versionId ?? NULL_VERSION };
  return {
    Key: asked.key,
    ...(asked.versionId === undefined ? {} : { VersionId: asked.versionId }),
    ...(deleted.isMarker ? marker : {}),
  };
}
