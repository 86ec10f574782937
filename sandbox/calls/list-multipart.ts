/** ListParts and ListMultipartUploads. */
import { ListPartsOutput$ } from '@aws-sdk/client-s3';
import { canonicalUserId } from '../acl.ts';
import { checksumElement } from '../body/checksums.ts';
import type { Answer, Exchange } from '../call.ts';
import { parseChecksum } from '../object-headers.ts';
import { walk } from '../storage/listing.ts';
import { draftOf, type PartRow, type UploadRow } from '../storage/uploads.ts';
import { documentOf, element, isoSeconds, optionalElement, writeXml } from '../wire.ts';
import { startAfter } from './list-objects.ts';
import { groupElement, type ListQuery, listQueryOf } from './list-query.ts';
import { requireUpload } from './multipart.ts';

/** S3 answers at most 1,000 parts, whatever is asked for. */
const PARTS_MAX = 1000;

export function listParts(exchange: Exchange): Answer {
  const { request, storage } = exchange;
  const upload = requireUpload(exchange);
  const draft = draftOf(upload);
  const marker = request.count('part-number-marker', 0);
  const max = Math.min(request.count('max-parts', PARTS_MAX), PARTS_MAX);
  const left = storage.uploads.parts(upload).filter((part) => part.number > marker);
  const page = left.slice(0, max);
  const body = writeXml(ListPartsOutput$, {
    Bucket: request.bucket,
    Key: request.key,
    UploadId: upload.id,
    PartNumberMarker: String(marker),
    NextPartNumberMarker: String(page.at(-1)?.number ?? 0),
    MaxParts: max,
    IsTruncated: max > 0 && left.length > max,
    Parts: page.map(partOf),
    Initiator: { ID: canonicalUserId(upload.owner) },
    Owner: { ID: canonicalUserId(draft.object.owner) },
    StorageClass: draft.object.storageClass,
    ...(draft.checksum === undefined
      ? {}
      : { ChecksumAlgorithm: draft.checksum.algorithm, ChecksumType: draft.checksum.type }),
  });
  return { status: 200, body };
}

function partOf(part: PartRow): Readonly<Record<string, unknown>> {
  const checksum = parseChecksum(part.checksum);
  return {
    PartNumber: part.number,
    LastModified: new Date(isoSeconds(part.modifiedMs)),
    ETag: `"${part.etag}"`,
    Size: part.size,
    ...(checksum === undefined ? {} : { [checksumElement(checksum.algorithm)]: checksum.value }),
  };
}

export function listMultipartUploads(exchange: Exchange): Answer {
  const { request, storage, bucket } = exchange;
  const query = listQueryOf(exchange, 'max-uploads');
  const keyMarker = request.query.get('key-marker') ?? '';
  // S3 ignores an upload id without a key.
  const idMarker = keyMarker === '' ? '' : (request.query.get('upload-id-marker') ?? '');
  const page = walk<UploadRow>({
    ...query,
    start: idMarker === '' ? startAfter(keyMarker, query) : keyMarker,
    rows: (from) => storage.uploads.from(bucket, from),
    keyOf: (upload) => upload.key,
    isSkipped: (upload) => idMarker !== '' && upload.key === keyMarker && upload.id <= idMarker,
  });
  const last = page.isTruncated ? page.entries.at(-1) : undefined;
  const nextKey = typeof last === 'object' ? last.key : last;
  const { text, delimiter, encoding } = query;
  const body = documentOf(
    'ListMultipartUploadsResult',
    element('Bucket', bucket.name) +
      element('KeyMarker', text(keyMarker)) +
      element('UploadIdMarker', idMarker) +
      optionalElement('NextKeyMarker', nextKey === undefined ? undefined : text(nextKey)) +
      optionalElement('NextUploadIdMarker', typeof last === 'object' ? last.id : undefined) +
      element('Prefix', text(query.prefix)) +
      optionalElement('Delimiter', delimiter === '' ? undefined : text(delimiter)) +
      element('MaxUploads', query.max) +
      element('IsTruncated', page.isTruncated) +
      optionalElement('EncodingType', encoding) +
      page.rows.map((upload) => uploadElement(upload, query)).join('') +
      page.groups.map((group) => groupElement(group, query)).join(''),
  );
  return { status: 200, body };
}

function uploadElement(upload: UploadRow, query: ListQuery): string {
  const { object, checksum } = draftOf(upload);
  return (
    '<Upload>' +
    element('Key', query.text(upload.key)) +
    element('UploadId', upload.id) +
    `<Initiator>${element('ID', canonicalUserId(upload.owner))}</Initiator>` +
    `<Owner>${element('ID', canonicalUserId(object.owner))}</Owner>` +
    element('StorageClass', object.storageClass) +
    element('Initiated', isoSeconds(upload.startedMs)) +
    optionalElement('ChecksumAlgorithm', checksum?.algorithm) +
    optionalElement('ChecksumType', checksum?.type) +
    '</Upload>'
  );
}
