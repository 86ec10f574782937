/** The source of CopyObject and UploadPartCopy: which version, and whether it may be copied. */
import { decodePath, encodePath } from '../../src/sigv4/index.ts';
import { type Exchange, findVersion, parseVersionId, requireBucket } from '../call.ts';
import { failedCondition, preconditionFailed } from '../conditions.ts';
import { invalidArgument, S3Error } from '../errors.ts';
import { refuseArchived } from '../restore.ts';
import type { Bucket } from '../storage/buckets.ts';
import type { VersionRow } from '../storage/versions.ts';

export const SOURCE_HEADERS: readonly string[] = [
  'x-amz-copy-source',
  'x-amz-copy-source-if-match',
  'x-amz-copy-source-if-none-match',
  'x-amz-copy-source-if-modified-since',
  'x-amz-copy-source-if-unmodified-since',
  'x-amz-source-expected-bucket-owner',
];

export interface CopySource {
  readonly bucket: Bucket;
  readonly row: VersionRow;
  readonly isExactVersion: boolean;
}

/** Finds the source and checks its owner, its conditions and its storage class. */
export function copySourceOf(exchange: Exchange): CopySource {
  const { request, storage } = exchange;
  const { bucketName, key, versionId } = parseSource(request.header('x-amz-copy-source') ?? '');
  const bucket = requireBucket(storage, bucketName);
  const expectedOwner = request.header('x-amz-source-expected-bucket-owner');
  if (expectedOwner !== undefined && expectedOwner !== bucket.owner) {
    throw new S3Error('AccessDenied');
  }
  const row = findSource(exchange, { bucket, key, versionId });
  exchange.demand(bucket, row, 'object READ');
  const failed = failedCondition(row, {
    ifMatch: request.header('x-amz-copy-source-if-match'),
    ifNoneMatch: request.header('x-amz-copy-source-if-none-match'),
    ifModifiedSince: request.header('x-amz-copy-source-if-modified-since'),
    ifUnmodifiedSince: request.header('x-amz-copy-source-if-unmodified-since'),
  });
  if (failed !== undefined) throw preconditionFailed(`x-amz-copy-source-${failed}`);
  const message = "Operation is not valid for the source object's storage class";
  refuseArchived(row, exchange.sandbox.clock.now(), message);
  return { bucket, row, isExactVersion: versionId !== undefined };
}

function findSource(
  exchange: Exchange,
  place: { bucket: Bucket; key: string; versionId: string | undefined },
): VersionRow {
  try {
    return findVersion(exchange, place);
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    if (error.code === 'MethodNotAllowed') {
      throw new S3Error('InvalidRequest', {
        message:
          'The source of a copy request may not specifically refer to a delete marker by version id.',
      });
    }
    // The headers of a refused read tell of the wrong object here.
    throw new S3Error(error.code, {
      message: error.message,
      elements: error.detail.elements ?? {},
    });
  }
}

/** `[/]bucket/key[?versionId=…]`, URL-encoded; a `?` of the key itself comes encoded. */
function parseSource(header: string): {
  readonly bucketName: string;
  readonly key: string;
  readonly versionId: string | undefined;
} {
  const mark = header.lastIndexOf('?versionId=');
  const path = decodePath(mark < 0 ? header : header.slice(0, mark)).replace(/^\//, '');
  const slash = path.indexOf('/');
  const key = path.slice(slash + 1);
  if (slash < 1 || key === '' || path.includes('\ufffd') || header.startsWith('arn:')) {
    throw invalidArgument(
      'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
      'x-amz-copy-source',
      encodePath(header),
    );
  }
  const versionId = mark < 0 ? undefined : decodePath(header.slice(mark + '?versionId='.length));
  return { bucketName: path.slice(0, slash), key, versionId: parseVersionId(versionId) };
}

/** What an answer says about the version that was copied. */
export function sourceHeaders({ bucket, row }: CopySource): Record<string, string> {
  return bucket.versioning === '' ? {} : { 'x-amz-copy-source-version-id': row.versionId };
}
