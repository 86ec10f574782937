/** PutObject. */
import { aclOfHeaders } from '../acl.ts';
import type { Answer, Exchange } from '../call.ts';
import { refuseFailedWrite } from '../conditions.ts';
import { encryptionOf } from '../encryption.ts';
import { lockOfHeaders, refuseUnvouched } from '../lock.ts';
import { putVersion } from '../new-version.ts';
import {
  checksumHeaders,
  metadataOf,
  parseRecord,
  replicationOf,
  storageClassOf,
  versionHeader,
  withRedirect,
} from '../object-headers.ts';
import type { ObjectDraft } from '../storage/versions.ts';
import { tagsOfHeader } from '../tags.ts';

export async function putObject(exchange: Exchange): Promise<Answer> {
  const { request, storage, bucket } = exchange;
  const draft = draftOfHeaders(exchange);
  refuseUnvouched('Object', { ...draft, bucket, isVouchedFor: exchange.body.isVouchedFor });
  // Asked twice: before the body, to spare its transfer, and with the write, to be true then.
  refuseFailedWrite(storage.versions.current(bucket, request.key), {
    ifMatch: request.header('if-match'),
    ifNoneMatch: request.header('if-none-match'),
  });
  const { blob, md5, checksum } = await exchange.body.store(storage.blobs);
  try {
    const { row, bucket } = storage.write(() => {
      const content = {
        size: blob.size,
        etag: md5,
        checksum: checksum === undefined ? '' : JSON.stringify(checksum),
        parts: '',
        body: storage.blobs.commit(blob),
      };
      return putVersion(exchange, draft, content);
    });
    return {
      status: 200,
      headers: {
        etag: `"${row.etag}"`,
        ...versionHeader(bucket, row.versionId),
        ...parseRecord(row.encryption),
        ...checksumHeaders(row.checksum),
      },
    };
  } catch (error) {
    await storage.blobs.discard(blob);
    throw error;
  }
}

/** What the headers of PutObject and CreateMultipartUpload say about the object. */
export function draftOfHeaders({ request, creator, bucket, sandbox }: Exchange): ObjectDraft {
  const { headers, metadata } = metadataOf(request);
  return {
    owner: creator,
    storageClass: storageClassOf(request),
    headers: withRedirect(headers, request),
    metadata,
    encryption: encryptionOf(request, bucket),
    tags: tagsOfHeader(request.header('x-amz-tagging')),
    acl: aclOfHeaders(request, { owner: creator, bucketOwner: bucket.owner }) ?? '',
    lock: lockOfHeaders(request, bucket, sandbox.clock.now()),
    replication: replicationOf(request),
  };
}
