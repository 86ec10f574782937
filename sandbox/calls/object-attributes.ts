/** GetObjectAttributes. */
import { GetObjectAttributesOutput$ } from '@aws-sdk/client-s3';
import type { GetObjectAttributesParts } from '@aws-sdk/client-s3';
import { checksumElement } from '../body/checksums.ts';
import type { Answer, Exchange } from '../call.ts';
import { invalidArgument, S3Error } from '../errors.ts';
import { parseChecksum, versionHeader } from '../object-headers.ts';
import type { VersionRow } from '../storage/versions.ts';
import { httpDate, writeXml } from '../wire.ts';
import { partsOf } from './complete-multipart-upload.ts';

const ASKED = 'x-amz-object-attributes';
const MAX_PARTS = 'x-amz-max-parts';
const PART_MARKER = 'x-amz-part-number-marker';
export const ATTRIBUTES_HEADERS: readonly string[] = [ASKED, MAX_PARTS, PART_MARKER];
const PARTS_MAX = 1000;

type Attribute = (exchange: Exchange, row: VersionRow) => unknown;

const ATTRIBUTES: Readonly<Record<string, Attribute>> = {
  ETag: (_exchange, row) => row.etag,
  Checksum: (_exchange, row) => checksumOf(row),
  ObjectParts: objectPartsOf,
  StorageClass: (_exchange, row) => row.storageClass,
  ObjectSize: (_exchange, row) => row.size,
};

export function getObjectAttributes(exchange: Exchange): Answer {
  const asked = (exchange.request.header(ASKED) ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (asked.length === 0) {
    throw new S3Error('InvalidRequest', {
      message: `The ${ASKED} header specifying the attributes to be retrieved is either missing or empty`,
    });
  }
  const row = exchange.target();
  const output: Record<string, unknown> = {};
  for (const name of asked) {
    const attribute = Object.hasOwn(ATTRIBUTES, name) ? ATTRIBUTES[name] : undefined;
    if (attribute === undefined) {
      throw invalidArgument('Invalid attribute name specified.', ASKED, name);
    }
    const value = attribute(exchange, row);
    if (value !== undefined) output[name] = value;
  }
  const headers = {
    'last-modified': httpDate(row.modifiedMs),
    ...versionHeader(exchange.bucket, row.versionId),
  };
  return { status: 200, headers, body: writeXml(GetObjectAttributesOutput$, output) };
}

/** Here S3 tells a composite checksum without the number of its parts. */
function checksumOf(row: VersionRow): Readonly<Record<string, string>> | undefined {
  const checksum = parseChecksum(row.checksum);
  if (checksum === undefined) return undefined;
  const { algorithm, type, value } = checksum;
  return { [checksumElement(algorithm)]: value.replace(/-\d+$/, ''), ChecksumType: type };
}

/** S3 lists the parts only where they have checksums that make up the object's. */
function objectPartsOf({ request }: Exchange, row: VersionRow): object | undefined {
  const parts = partsOf(row);
  if (parts.length === 0) return undefined;
  const checksum = parseChecksum(row.checksum);
  if (checksum?.type !== 'COMPOSITE') return { TotalPartsCount: parts.length };
  const marker = countOf(request.header(PART_MARKER), PART_MARKER, 0);
  const max = Math.min(countOf(request.header(MAX_PARTS), MAX_PARTS, PARTS_MAX), PARTS_MAX);
  const left = parts.filter((part) => part.number > marker);
  const page = left.slice(0, max);
  const listed: GetObjectAttributesParts = {
    TotalPartsCount: parts.length,
    PartNumberMarker: String(marker),
    NextPartNumberMarker: String(page.at(-1)?.number ?? 0),
    MaxParts: max,
    IsTruncated: max > 0 && left.length > max,
    Parts: page.map((part) => ({
      PartNumber: part.number,
      Size: part.size,
      [checksumElement(checksum.algorithm)]: part.checksum,
    })),
  };
  return listed;
}

function countOf(text: string | undefined, name: string, fallback: number): number {
  if (text === undefined) return fallback;
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw invalidArgument(`Provided ${name} not an integer or within integer range`, name, text);
}
