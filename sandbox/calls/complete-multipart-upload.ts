/** CompleteMultipartUpload: the object is its parts' bytes, which are not moved. */
import { createHash } from 'node:crypto';
import { CompletedMultipartUpload$, CompleteMultipartUploadOutput$ } from '@aws-sdk/client-s3';
import type { CompletedMultipartUpload, CompletedPart } from '@aws-sdk/client-s3';
import {
  checksumElement,
  checksumHeader,
  multipartChecksum,
  type StoredChecksum,
} from '../body/checksums.ts';
import type { Answer, Exchange } from '../call.ts';
import { S3Error } from '../errors.ts';
import { putVersion } from '../new-version.ts';
import { parseChecksum, parseRecord, versionHeader } from '../object-headers.ts';
import { draftOf, type PartRow, type UploadDraft } from '../storage/uploads.ts';
import { type ObjectContent, segmentsOf, type VersionRow } from '../storage/versions.ts';
import { readXml, writeXml } from '../wire.ts';
import { requireUpload } from './multipart.ts';

/** S3: every part but the last has at least 5 MiB. */
const PART_BYTES_MIN = 5 * 1024 ** 2;
/** S3 refuses objects above 5 TiB; the same as its documented maximum of an object. */
const OBJECT_BYTES_MAX = 5 * 1024 ** 4;

/** What an object keeps of each of its parts. */
export interface PartRecord {
  readonly number: number;
  readonly size: number;
  readonly checksum: string;
}

/** Of an object that was uploaded in parts; else none. */
export function partsOf(row: VersionRow): readonly PartRecord[] {
  // True because only `contentOf` below writes this text.
  return row.parts === '' ? [] : (JSON.parse(row.parts) as readonly PartRecord[]);
}

export async function completeMultipartUpload(exchange: Exchange): Promise<Answer> {
  const { storage } = exchange;
  const document = await exchange.body.document();
  const given = readXml<CompletedMultipartUpload>(
    CompletedMultipartUpload$,
    'CompleteMultipartUpload',
    document,
  );
  const { row, bucket } = storage.write(() => {
    const upload = requireUpload(exchange);
    const draft = draftOf(upload);
    const parts = chosenParts(given.Parts ?? [], storage.uploads.parts(upload), draft);
    const content = contentOf(exchange, parts, draft);
    const made = putVersion(exchange, draft.object, content);
    storage.uploads.remove(upload);
    return made;
  });
  return {
    status: 200,
    headers: { ...versionHeader(bucket, row.versionId), ...parseRecord(row.encryption) },
    body: resultDocument(exchange, row),
  };
}

function chosenParts(
  given: readonly CompletedPart[],
  stored: readonly PartRow[],
  draft: UploadDraft,
): readonly PartRow[] {
  if (given.length === 0) throw new S3Error('MalformedXML');
  const byNumber = new Map(stored.map((part) => [part.number, part]));
  const numbers = given.map((part) => part.PartNumber ?? 0);
  if (numbers.some((number, i) => number <= (numbers[i - 1] ?? 0))) {
    throw new S3Error('InvalidPartOrder');
  }
  const parts = given.map((asked) => {
    const { PartNumber: number, ETag: etag } = asked;
    if (number === undefined || etag === undefined) throw new S3Error('MalformedXML');
    const part = byNumber.get(number);
    if (part === undefined || etag.replace(/"/g, '') !== part.etag) {
      throw new S3Error('InvalidPart', { elements: { PartNumber: String(number), ETag: etag } });
    }
    refuseWrongChecksum(asked, part, draft);
    return part;
  });
  const small = parts.slice(0, -1).find((part) => part.size < PART_BYTES_MIN);
  if (small === undefined) return parts;
  throw new S3Error('EntityTooSmall', {
    elements: {
      PartNumber: String(small.number),
      ETag: small.etag,
      ProposedSize: String(small.size),
      MinSizeAllowed: String(PART_BYTES_MIN),
    },
  });
}

function refuseWrongChecksum(asked: CompletedPart, part: PartRow, draft: UploadDraft): void {
  if (draft.checksum === undefined) return;
  const { algorithm, type } = draft.checksum;
  const value = asked[checksumElement(algorithm)];
  if (value === undefined && type === 'COMPOSITE') {
    throw new S3Error('InvalidRequest', {
      message: `The upload was created using a ${algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${part.number} in the request.`,
    });
  }
  if (value !== undefined && value !== parseChecksum(part.checksum)?.value) {
    throw new S3Error('InvalidPart', { elements: { PartNumber: String(part.number) } });
  }
}

function contentOf(
  { request }: Exchange,
  parts: readonly PartRow[],
  draft: UploadDraft,
): ObjectContent {
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  if (size > OBJECT_BYTES_MAX) throw new S3Error('EntityTooLarge');
  const promisedSize = request.header('x-amz-mp-object-size');
  if (promisedSize !== undefined && promisedSize !== String(size)) {
    throw new S3Error('InvalidRequest', {
      message: "The provided 'x-amz-mp-object-size' header does not match what was computed.",
    });
  }
  const md5 = createHash('md5');
  for (const part of parts) md5.update(Buffer.from(part.etag, 'hex'));
  const records = parts.map(({ number, size: bytes, checksum }): PartRecord => ({
    number,
    size: bytes,
    checksum: parseChecksum(checksum)?.value ?? '',
  }));
  const checksum = checksumOf(request.headers, records, draft);
  return {
    size,
    etag: `${md5.digest('hex')}-${parts.length}`,
    checksum: checksum === undefined ? '' : JSON.stringify(checksum),
    parts: JSON.stringify(records),
    body: parts.flatMap((part) => segmentsOf(part)),
  };
}

function checksumOf(
  headers: Readonly<Record<string, string>>,
  parts: readonly PartRecord[],
  draft: UploadDraft,
): StoredChecksum | undefined {
  if (draft.checksum === undefined) return undefined;
  const { algorithm, type } = draft.checksum;
  const checksum = multipartChecksum(
    algorithm,
    type,
    parts.map((part) => ({ value: part.checksum, size: part.size })),
  );
  const promised = headers[checksumHeader(algorithm)];
  if (promised !== undefined && promised !== checksum.value) {
    throw new S3Error('BadDigest', {
      message: `The ${algorithm} you specified did not match the calculated checksum.`,
    });
  }
  const promisedType = headers['x-amz-checksum-type'];
  if (promisedType !== undefined && promisedType !== type) {
    throw new S3Error('InvalidRequest', {
      message: `The upload was created using the ${type} checksum mode. The complete request must use the same checksum mode.`,
    });
  }
  return checksum;
}

function resultDocument({ request }: Exchange, row: VersionRow): string {
  const checksum = parseChecksum(row.checksum);
  return writeXml(CompleteMultipartUploadOutput$, {
    Location: `http://${request.header('host') ?? ''}${request.target.replace(/\?.*$/, '')}`,
    Bucket: request.bucket,
    Key: request.key,
    ETag: `"${row.etag}"`,
    ...(checksum === undefined
      ? {}
      : { ChecksumType: checksum.type, [checksumElement(checksum.algorithm)]: checksum.value }),
  });
}
