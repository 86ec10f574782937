/**
 * CopyObject requests of a job: everything that all tasks share is built once.
 *
 * What AWS does where its documents are silent, chosen here and unverified:
 * - NewObjectMetadata without MetadataDirective replaces the metadata, except when it holds nothing
 *   but SSEAlgorithm, which is no metadata: asking for encryption must not wipe a Content-Type.
 * - SSEAwsKmsKeyId without SSEAlgorithm means KMS.
 * - With MetadataDirective COPY, new metadata is not used, as S3 itself has it.
 */
import type { S3CopyObjectOperation, S3ObjectMetadata } from '@aws-sdk/client-s3-control';
import type { Task } from '../model/outcome.ts';
import type { S3Request } from '../s3/index.ts';
import { encodeComponent, encodePath } from '../sigv4/index.ts';
import { grantHeaders } from './acl.ts';
import type { ObjectName } from './copy-source.ts';
import { taggingText } from './tags.ts';

/** A store reads and writes up to 5 GB before it answers. */
const SILENCE_MS = 15 * 60 * 1000;

export type CopyRequest = S3Request & { readonly bucket: string; readonly key: string };

export function copyRequests(
  copy: S3CopyObjectOperation,
  targetBucket: string,
): (task: Task) => CopyRequest {
  const shared = copyHeaders(copy);
  const prefix = targetPrefix(copy.TargetKeyPrefix);
  return (task) => ({
    method: 'PUT',
    bucket: targetBucket,
    key: prefix === '' ? task.key : prefix + task.key,
    headers: { ...shared, 'x-amz-copy-source': copySource(task) },
    silenceMs: SILENCE_MS,
  });
}

/** `x-amz-server-side-encryption` that the copies must have, if the job asks for one. */
export function encryptionAsked(copy: S3CopyObjectOperation): 'AES256' | 'aws:kms' | undefined {
  const algorithm = copy.NewObjectMetadata?.SSEAlgorithm;
  if (algorithm === 'AES256') return 'AES256';
  return algorithm === 'KMS' || copy.SSEAwsKmsKeyId !== undefined ? 'aws:kms' : undefined;
}

/** Headers of a job, without the source. */
function copyHeaders(copy: S3CopyObjectOperation): Readonly<Record<string, string>> {
  const tags = copy.NewObjectTagging;
  return present({
    'x-amz-acl': copy.CannedAccessControlList,
    ...grantHeaders(copy.AccessControlGrants ?? []),
    ...metadataHeaders(copy),
    'x-amz-tagging-directive': tags === undefined ? undefined : 'REPLACE',
    // No header: no tags.
    'x-amz-tagging': tags?.length ? taggingText(tags) : undefined,
    'x-amz-copy-source-if-modified-since': copy.ModifiedSinceConstraint?.toUTCString(),
    'x-amz-copy-source-if-unmodified-since': copy.UnModifiedSinceConstraint?.toUTCString(),
    'x-amz-website-redirect-location': copy.RedirectLocation,
    'x-amz-request-payer': copy.RequesterPays === true ? 'requester' : undefined,
    'x-amz-storage-class': copy.StorageClass,
    'x-amz-server-side-encryption': encryptionAsked(copy),
    'x-amz-server-side-encryption-aws-kms-key-id': copy.SSEAwsKmsKeyId,
    'x-amz-server-side-encryption-bucket-key-enabled': copy.BucketKeyEnabled?.toString(),
    'x-amz-object-lock-legal-hold': copy.ObjectLockLegalHoldStatus,
    'x-amz-object-lock-mode': copy.ObjectLockMode,
    'x-amz-object-lock-retain-until-date': copy.ObjectLockRetainUntilDate?.toISOString(),
    // Ten names exist; a store that does not know one refuses, and that is the task's outcome.
    'x-amz-checksum-algorithm': copy.ChecksumAlgorithm,
  });
}

function metadataHeaders(copy: S3CopyObjectOperation): Record<string, string | undefined> {
  const metadata = copy.NewObjectMetadata;
  const directive = copy.MetadataDirective ?? (isReplacing(metadata) ? 'REPLACE' : undefined);
  if (directive !== 'REPLACE') return { 'x-amz-metadata-directive': directive };
  // ContentLength, ContentMD5 and RequesterCharged are deprecated; AWS ignores them too.
  const headers: Record<string, string | undefined> = {
    'x-amz-metadata-directive': directive,
    'cache-control': metadata?.CacheControl,
    'content-disposition': metadata?.ContentDisposition,
    'content-encoding': metadata?.ContentEncoding,
    'content-language': metadata?.ContentLanguage,
    'content-type': metadata?.ContentType,
    expires: metadata?.HttpExpiresDate?.toUTCString(),
  };
  for (const [key, value] of Object.entries(metadata?.UserMetadata ?? {})) {
    headers[`x-amz-meta-${key.toLowerCase()}`] = value;
  }
  return headers;
}

/** An empty NewObjectMetadata replaces; one of SSEAlgorithm alone does not. */
function isReplacing(metadata: S3ObjectMetadata | undefined): boolean {
  if (metadata === undefined) return false;
  const { SSEAlgorithm: algorithm, ...rest } = metadata;
  const hasMore = Object.values(rest).some((value) => value !== undefined);
  return algorithm === undefined || hasMore;
}

/** `Folder1` and `Folder1/` both copy into that folder; the source's key is never touched. */
function targetPrefix(prefix: string | undefined): string {
  return !prefix || prefix.endsWith('/') ? (prefix ?? '') : `${prefix}/`;
}

/** As x-amz-copy-source wants it. */
export function copySource({ bucket, key, versionId }: ObjectName): string {
  const source = `/${encodeComponent(bucket)}/${encodePath(key)}`;
  return versionId === undefined ? source : `${source}?versionId=${encodeComponent(versionId)}`;
}

function present(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) given[name] = value;
  }
  return given;
}
