/** What a multipart copy says to the store: the headers of its upload, its parts, its end. */
import type { S3CopyObjectOperation, S3Tag } from '@aws-sdk/client-s3-control';
import { failed, type FailedOutcome } from '../model/outcome.ts';
import { elementText, escapeXml, type S3Answer } from '../s3/index.ts';
import type { CopyRequest } from './copy-request.ts';
import { checksumOf, type Headers, metadataOf } from './copy-source.ts';
import { taggingText } from './tags.ts';
import { type PreparedBody, S3_XMLNS, xmlBody } from './task.ts';

/** What CopyObject alone knows; that there must be no target is demanded when the upload ends. */
const NOT_OF_UPLOADS = /^(x-amz-(copy-source|metadata-directive|tagging)|if-none-match$)/;

/**
 * Of CreateMultipartUpload: what the job asks of its copies, as it asks CopyObject, and what
 * CopyObject would have taken from the source: metadata unless it is replaced, tags, the algorithm
 * of the checksum.
 */
export function uploadHeaders(
  put: CopyRequest,
  copy: S3CopyObjectOperation,
  head: Headers,
  tags: readonly S3Tag[],
): { readonly ok: true; readonly headers: Headers } | FailedOutcome {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(put.headers ?? {})) {
    if (!NOT_OF_UPLOADS.test(name)) headers[name] = value;
  }
  if (put.headers?.['x-amz-metadata-directive'] !== 'REPLACE') {
    const taken = metadataOf(head);
    if (!taken.ok) return taken;
    Object.assign(headers, taken.metadata);
  }
  if (tags.length > 0) headers['x-amz-tagging'] = taggingText(tags);
  const stored = checksumOf(head);
  const algorithm = copy.ChecksumAlgorithm ?? stored?.algorithm;
  if (algorithm !== undefined) {
    headers['x-amz-checksum-algorithm'] = algorithm;
    // Only CRCs of parts can be put together to that of the whole.
    const isWhole = stored?.algorithm === algorithm && stored.type === 'FULL_OBJECT';
    if (isWhole && algorithm.startsWith('CRC')) headers['x-amz-checksum-type'] = 'FULL_OBJECT';
  }
  return { ok: true, headers };
}

export interface Part {
  readonly ok: true;
  readonly etag: string;
  /** Its element in the body of CompleteMultipartUpload. */
  readonly xml: string;
}

const CHECKSUM = /<(Checksum(?:CRC32|CRC32C|CRC64NVME|SHA1|SHA256|SHA512|MD5|XXHASH\d+))>([^<]+)</;

/** From a CopyPartResult; a checksum that it tells must be told back. */
export function partOf(answer: S3Answer, number: number): Part | FailedOutcome {
  const xml = answer.body.toString('utf8');
  const etag = elementText(xml, 'ETag');
  if (etag === undefined) {
    return failed(answer.status, 'InternalError', 'The store gave a part no ETag.', 'later');
  }
  const [, name, value] = CHECKSUM.exec(xml) ?? [];
  const checksum = name === undefined ? '' : `<${name}>${value}</${name}>`;
  const inner = `<PartNumber>${number}</PartNumber><ETag>${escapeXml(etag)}</ETag>${checksum}`;
  return { ok: true, etag, xml: `<Part>${inner}</Part>` };
}

export function completeBody(parts: readonly Part[]): PreparedBody {
  const inner = parts.map(({ xml }) => xml).join('');
  return xmlBody(`<CompleteMultipartUpload xmlns="${S3_XMLNS}">${inner}</CompleteMultipartUpload>`);
}
