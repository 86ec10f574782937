/** Encryption of versions: kept and repeated, not carried out. The sandbox encrypts nothing. */
import type { ServerSideEncryptionRule } from '@aws-sdk/client-s3';
import { invalidArgument } from './errors.ts';
import type { S3Request } from './request.ts';
import type { Bucket } from './storage/buckets.ts';

export const SSE = 'x-amz-server-side-encryption';
const KEY = 'x-amz-server-side-encryption-aws-kms-key-id';
const BUCKET_KEY = 'x-amz-server-side-encryption-bucket-key-enabled';

export const ENCRYPTION_HEADERS: readonly string[] = [SSE, KEY, BUCKET_KEY];
export const SSE_ALGORITHMS = ['AES256', 'aws:kms', 'aws:kms:dsse'] as const;

export function isKms(algorithm: string | undefined): boolean {
  return algorithm === 'aws:kms' || algorithm === 'aws:kms:dsse';
}

/** The headers about a version's encryption, as stored JSON. */
export function encryptionText(encryption: {
  readonly algorithm: string | undefined;
  readonly key?: string | undefined;
  readonly hasBucketKey?: boolean | undefined;
}): string {
  const { algorithm, key, hasBucketKey } = encryption;
  return JSON.stringify({
    ...(algorithm === undefined ? {} : { [SSE]: algorithm }),
    ...(key === undefined ? {} : { [KEY]: key }),
    ...(hasBucketKey === true && isKms(algorithm) ? { [BUCKET_KEY]: 'true' } : {}),
  });
}

/** What the request asks for, and where it asks for nothing, what the bucket does by default. */
export function encryptionOf(request: S3Request, bucket: Bucket): string {
  const algorithm = request.header(SSE);
  const key = request.header(KEY);
  if (algorithm !== undefined && !SSE_ALGORITHMS.some((known) => known === algorithm)) {
    throw invalidArgument('The encryption method specified is not supported', SSE, algorithm);
  }
  if (key !== undefined && !isKms(algorithm)) {
    throw invalidArgument(
      'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms',
      SSE,
      algorithm ?? 'null',
    );
  }
  const rule: ServerSideEncryptionRule = bucket.settings.encryption?.Rules?.[0] ?? {};
  const asked = request.header(BUCKET_KEY)?.toLowerCase();
  const hasBucketKey = asked === undefined ? rule.BucketKeyEnabled : asked === 'true';
  if (algorithm !== undefined) return encryptionText({ algorithm, key, hasBucketKey });
  const byDefault = rule.ApplyServerSideEncryptionByDefault;
  return encryptionText({
    algorithm: byDefault?.SSEAlgorithm,
    key: byDefault?.KMSMasterKeyID,
    hasBucketKey,
  });
}
