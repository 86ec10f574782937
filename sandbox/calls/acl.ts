/** Access control lists of buckets and objects. */
import { aclDocument, aclOfDocument, aclOfHeaders } from '../acl.ts';
import type { Answer, Exchange } from '../call.ts';
import { S3Error } from '../errors.ts';
import { versionHeader } from '../object-headers.ts';

export function getBucketAcl({ bucket }: Exchange): Answer {
  return { status: 200, body: aclDocument(bucket.acl, bucket.owner) };
}

export async function putBucketAcl(exchange: Exchange): Promise<Answer> {
  const document = await exchange.body.document();
  const { storage } = exchange;
  storage.write(() => {
    const bucket = exchange.bucketNow;
    storage.buckets.update(bucket, { acl: requestedAcl(exchange, document, bucket.owner) });
  });
  return { status: 200 };
}

export function getObjectAcl(exchange: Exchange): Answer {
  const row = exchange.target();
  return {
    status: 200,
    headers: versionHeader(exchange.bucket, row.versionId),
    body: aclDocument(row.acl, row.owner),
  };
}

export async function putObjectAcl(exchange: Exchange): Promise<Answer> {
  const document = await exchange.body.document();
  const { storage } = exchange;
  const row = storage.write(() => {
    const target = exchange.target();
    storage.versions.set(target, 'acl', requestedAcl(exchange, document, target.owner));
    return target;
  });
  return { status: 200, headers: versionHeader(exchange.bucket, row.versionId) };
}

/** A list comes in headers or as a document, never in both. */
function requestedAcl({ request, bucket }: Exchange, document: Buffer, owner: string): string {
  const acl = aclOfHeaders(request, { owner, bucketOwner: bucket.owner });
  if (acl === undefined && document.length === 0) throw new S3Error('MissingSecurityHeader');
  if (acl === undefined) return aclOfDocument(document, owner);
  if (document.length > 0) throw new S3Error('UnexpectedContent');
  return acl;
}
