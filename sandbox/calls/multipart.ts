/** Multipart uploads: begin, bring parts, give up. */
import { CopyPartResult$, CreateMultipartUploadOutput$ } from '@aws-sdk/client-s3';
import {
  checksumElement,
  type ChecksumType,
  isCombinable,
  parseAlgorithm,
  type StoredChecksum,
} from '../body/checksums.ts';
import { type Digests, digestStored, PUT_BYTES_MAX } from '../body/receive.ts';
import type { Answer, Exchange } from '../call.ts';
import { invalidArgument, S3Error } from '../errors.ts';
import { refuseUnvouched } from '../lock.ts';
import { checksumHeaders, parseRecord } from '../object-headers.ts';
import { type Segment, sliceSegments } from '../storage/blobs.ts';
import { draftOf, type UploadRow } from '../storage/uploads.ts';
import { segmentsOf, type VersionRow } from '../storage/versions.ts';
import { isoSeconds, writeXml } from '../wire.ts';
import { copySourceOf, sourceHeaders } from './copy-source.ts';
import { draftOfHeaders } from './put-object.ts';

const PART_NUMBER_MAX = 10_000;

export async function createMultipartUpload(exchange: Exchange): Promise<Answer> {
  const { request, storage, sandbox } = exchange;
  await exchange.body.document();
  const checksum = requestedChecksum(exchange);
  const draft = draftOfHeaders(exchange);
  const id = sandbox.random.hex(24);
  storage.write(() => {
    storage.uploads.create({
      id,
      bucket: exchange.bucketNow.id,
      key: request.key,
      startedMs: sandbox.clock.now(),
      owner: exchange.creator,
      draft: JSON.stringify({ object: draft, ...(checksum === undefined ? {} : { checksum }) }),
    });
  });
  return {
    status: 200,
    headers: {
      ...parseRecord(draft.encryption),
      ...(checksum === undefined
        ? {}
        : {
            'x-amz-checksum-algorithm': checksum.algorithm,
            'x-amz-checksum-type': checksum.type,
          }),
    },
    body: writeXml(CreateMultipartUploadOutput$, {
      Bucket: request.bucket,
      Key: request.key,
      UploadId: id,
    }),
  };
}

function requestedChecksum({
  request,
}: Exchange): Pick<StoredChecksum, 'algorithm' | 'type'> | undefined {
  const name = request.header('x-amz-checksum-algorithm');
  const asked = request.header('x-amz-checksum-type');
  if (name === undefined) {
    if (asked === undefined) return undefined;
    throw new S3Error('InvalidRequest', {
      message:
        'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
    });
  }
  const algorithm = parseAlgorithm(name, 'x-amz-checksum-algorithm');
  // CRC-64/NVME is always of the full object, the others are composite unless asked otherwise.
  const type = asked ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  const isPossible: Readonly<Record<ChecksumType, boolean>> = {
    FULL_OBJECT: isCombinable(algorithm),
    COMPOSITE: algorithm !== 'CRC64NVME',
  };
  if ((type !== 'FULL_OBJECT' && type !== 'COMPOSITE') || !isPossible[type]) {
    throw new S3Error('InvalidRequest', {
      message: `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    });
  }
  return { algorithm, type };
}

/** The upload that key and uploadId name. */
export function requireUpload(exchange: Exchange): UploadRow {
  const id = exchange.request.query.get('uploadId') ?? '';
  const upload = exchange.storage.uploads.find(exchange.bucket, exchange.request.key, id);
  if (upload === undefined) throw new S3Error('NoSuchUpload', { elements: { UploadId: id } });
  return upload;
}

function requirePartNumber({ request }: Exchange): number {
  const text = request.query.get('partNumber') ?? '';
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= PART_NUMBER_MAX) return number;
  throw invalidArgument(
    `Part number must be an integer between 1 and ${PART_NUMBER_MAX}, inclusive`,
    'partNumber',
    text,
  );
}

export async function uploadPart(exchange: Exchange): Promise<Answer> {
  const { storage } = exchange;
  const number = requirePartNumber(exchange);
  const { checksum: expected, object } = draftOf(requireUpload(exchange));
  const { isVouchedFor } = exchange.body;
  refuseUnvouched('Part', { lock: object.lock, bucket: exchange.bucket, isVouchedFor });
  const { blob, ...digests } = await exchange.body.store(storage.blobs, expected?.algorithm);
  try {
    const { checksum } = digests;
    if (expected !== undefined && checksum?.algorithm !== expected.algorithm) {
      throw new S3Error('InvalidRequest', {
        message: `Checksum Type mismatch occurred, expected checksum Type: ${expected.algorithm.toLowerCase()}, actual checksum Type: ${checksum?.algorithm.toLowerCase() ?? 'null'}`,
      });
    }
    storage.write(() => {
      putPart(exchange, { number, size: blob.size, digests, body: storage.blobs.commit(blob) });
    });
  } catch (error) {
    await storage.blobs.discard(blob);
    throw error;
  }
  const { 'x-amz-checksum-type': _type, ...checksums } = checksumHeaders(
    storedChecksum(digests.checksum),
  );
  const encryption = parseRecord(object.encryption);
  return { status: 200, headers: { etag: `"${digests.md5}"`, ...encryption, ...checksums } };
}

export async function uploadPartCopy(exchange: Exchange): Promise<Answer> {
  const { storage, sandbox } = exchange;
  await exchange.body.document();
  const number = requirePartNumber(exchange);
  const { checksum: expected } = draftOf(requireUpload(exchange));
  const source = copySourceOf(exchange);
  const { start, length } = requestedRange(exchange, source.row);
  const body = sliceSegments(segmentsOf(source.row), start, length);
  storage.blobs.pin(body);
  try {
    const digests = await digestStored(storage.blobs, body, expected?.algorithm);
    storage.write(() => putPart(exchange, { number, size: length, digests, body }));
    const { md5, checksum } = digests;
    const document = writeXml(CopyPartResult$, {
      ETag: `"${md5}"`,
      LastModified: new Date(isoSeconds(sandbox.clock.now())),
      ...(checksum === undefined ? {} : { [checksumElement(checksum.algorithm)]: checksum.value }),
    });
    return { status: 200, headers: sourceHeaders(source), body: document };
  } finally {
    storage.blobs.unpin(body);
  }
}

/** Inside a transaction, where the upload may have ended meanwhile. */
function putPart(
  exchange: Exchange,
  part: {
    readonly number: number;
    readonly size: number;
    readonly digests: Digests;
    readonly body: readonly Segment[];
  },
): void {
  const { number, size, digests, body } = part;
  exchange.storage.uploads.putPart({
    upload: requireUpload(exchange).id,
    number,
    size,
    etag: digests.md5,
    modifiedMs: exchange.sandbox.clock.now(),
    checksum: storedChecksum(digests.checksum),
    body,
  });
}

function storedChecksum(checksum: StoredChecksum | undefined): string {
  return checksum === undefined ? '' : JSON.stringify(checksum);
}

function requestedRange({ request }: Exchange, row: VersionRow): { start: number; length: number } {
  const header = 'x-amz-copy-source-range';
  const text = request.header(header);
  const range = /^bytes=(\d+)-(\d+)$/.exec(text ?? `bytes=0-${Math.max(0, row.size - 1)}`);
  const [start, end] = [Number(range?.[1] ?? NaN), Number(range?.[2] ?? NaN)];
  if (range === null || end < start) {
    throw invalidArgument(
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
      header,
      text ?? '',
    );
  }
  if (text !== undefined && end >= row.size) {
    throw invalidArgument(
      `Range specified is not valid for source object of size: ${row.size}`,
      header,
      text,
    );
  }
  const length = Math.min(end + 1, row.size) - start;
  if (length > PUT_BYTES_MAX) {
    throw new S3Error('InvalidRequest', {
      message: `The specified copy source is larger than the maximum allowable size for a copy source: ${PUT_BYTES_MAX}`,
    });
  }
  return { start, length };
}

export function abortMultipartUpload(exchange: Exchange): Answer {
  const { storage } = exchange;
  storage.write(() => storage.uploads.remove(requireUpload(exchange)));
  return { status: 204 };
}
