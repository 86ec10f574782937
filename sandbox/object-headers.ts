/**
 * What the headers of a write say about the object, and what the headers of an answer say back.
 *
 * I1. Text outside ASCII in user metadata is stored decoded and answered as RFC 2047 words, as S3
 *     does; both raw UTF-8 and such words are read.
 */
import type { StoredChecksum } from './body/checksums.ts';
import { checksumHeader } from './body/checksums.ts';
import { ENCRYPTION_HEADERS, SSE } from './encryption.ts';
import { invalidArgument, S3Error } from './errors.ts';
import { LOCK_HEADERS, lockHeaders } from './lock.ts';
import type { S3Request } from './request.ts';
import { restoreHeaders } from './restore.ts';
import type { Bucket } from './storage/buckets.ts';
import type { ObjectDraft, VersionRow } from './storage/versions.ts';
import { storedTags } from './tags.ts';
import { httpDate } from './wire.ts';

const PLAIN_HEADERS = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
] as const;
const REDIRECT = 'x-amz-website-redirect-location';
const REPLICATION = 'x-amz-replication-status';
const META = 'x-amz-meta-';
/** S3: user metadata has at most 2 KB, names and values together. */
const METADATA_BYTES_MAX = 2048;
const DEFAULT_CONTENT_TYPE = 'binary/octet-stream';

/** Headers about the object that PutObject, CreateMultipartUpload and CopyObject share. */
export const WRITE_HEADERS: readonly string[] = [
  `${META}*`,
  'x-amz-storage-class',
  'x-amz-tagging',
  REDIRECT,
  REPLICATION,
  ...ENCRYPTION_HEADERS,
  ...LOCK_HEADERS,
];

const STORAGE_CLASSES: readonly string[] = [
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
  'GLACIER',
  'DEEP_ARCHIVE',
];
/** S3 says COMPLETED in answers, and COMPLETE in one place of its model. */
const REPLICATION_STATUSES: readonly string[] = ['PENDING', 'COMPLETED', 'FAILED', 'REPLICA'];
export function storageClassOf(request: S3Request): string {
  const name = request.header('x-amz-storage-class') ?? 'STANDARD';
  if (!STORAGE_CLASSES.includes(name)) throw new S3Error('InvalidStorageClass');
  return name;
}

/**
 * The sandbox replicates nothing by itself. Whoever does it says with this header what a version
 * is to show; in S3 only S3 itself can.
 */
export function replicationOf(request: S3Request): string {
  const status = request.header(REPLICATION);
  if (status === undefined || REPLICATION_STATUSES.includes(status)) return status ?? '';
  throw invalidArgument('Unknown replication status.', REPLICATION, status);
}

/** The system headers and user metadata of a write, as stored JSON. */
export function metadataOf(request: S3Request): Pick<ObjectDraft, 'headers' | 'metadata'> {
  const headers: Record<string, string> = {};
  for (const name of PLAIN_HEADERS) {
    const value = name === 'content-encoding' ? contentEncoding(request) : request.header(name);
    if (value !== undefined) headers[name] = value;
  }
  const metadata = new Map<string, string>();
  let bytes = 0;
  for (const [name, value] of Object.entries(request.headers)) {
    if (!name.startsWith(META)) continue;
    const text = decodeWords(value);
    metadata.set(name.slice(META.length), text);
    bytes += name.length - META.length + Buffer.byteLength(text);
  }
  if (bytes > METADATA_BYTES_MAX) {
    throw new S3Error('MetadataTooLarge', {
      elements: { Size: String(bytes), MaxSizeAllowed: String(METADATA_BYTES_MAX) },
    });
  }
  return {
    headers: JSON.stringify(headers),
    metadata: JSON.stringify(Object.fromEntries(metadata)),
  };
}

/** `aws-chunked` says how the request travelled, not what the object is. */
function contentEncoding(request: S3Request): string | undefined {
  const codings = (request.header('content-encoding') ?? '')
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'aws-chunked');
  return codings.length === 0 ? undefined : codings.join(',');
}

/** The redirect lives among the system headers, but a copy does not take it along. */
export function withRedirect(headers: string, request: S3Request): string {
  const { [REDIRECT]: _source, ...others } = parseRecord(headers);
  const redirect = request.header(REDIRECT);
  if (redirect === undefined) return JSON.stringify(others);
  if (!/^(?:\/|https?:\/\/)/.test(redirect)) {
    throw new S3Error('InvalidRequest', {
      message:
        "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
    });
  }
  return JSON.stringify({ ...others, [REDIRECT]: redirect });
}

/** Whether a self-copy would change something that S3 counts as a change of the object. */
export function namesNewAttributes(request: S3Request): boolean {
  return ['x-amz-storage-class', REDIRECT, SSE].some((name) => request.header(name) !== undefined);
}

/** `x-amz-version-id`, in buckets that have or had versions. */
export function versionHeader(bucket: Bucket, versionId: string): Record<string, string> {
  return bucket.versioning === '' ? {} : { 'x-amz-version-id': versionId };
}

/** The headers that GET and HEAD answer about an object. */
export function objectHeaders(
  bucket: Bucket,
  row: VersionRow,
  nowMs: number,
): Record<string, string> {
  const tagCount = storedTags(row.tags).length;
  const headers: Record<string, string> = {
    'accept-ranges': 'bytes',
    'content-type': DEFAULT_CONTENT_TYPE,
    'last-modified': httpDate(row.modifiedMs),
    etag: `"${row.etag}"`,
    ...versionHeader(bucket, row.versionId),
    ...(row.storageClass === 'STANDARD' ? {} : { 'x-amz-storage-class': row.storageClass }),
    ...(tagCount === 0 ? {} : { 'x-amz-tagging-count': String(tagCount) }),
    ...parseRecord(row.headers),
    ...parseRecord(row.encryption),
    ...lockHeaders(row.lock),
    ...restoreHeaders(row, nowMs),
    ...(row.replication === '' ? {} : { [REPLICATION]: row.replication }),
  };
  for (const [name, value] of Object.entries(parseRecord(row.metadata))) {
    headers[`${META}${name}`] = encodeWords(value);
  }
  return headers;
}

export function checksumHeaders(stored: string): Record<string, string> {
  const checksum = parseChecksum(stored);
  if (checksum === undefined) return {};
  return {
    [checksumHeader(checksum.algorithm)]: checksum.value,
    'x-amz-checksum-type': checksum.type,
  };
}

export function parseChecksum(stored: string): StoredChecksum | undefined {
  // True because only JSON.stringify of a StoredChecksum writes this text.
  return stored === '' ? undefined : (JSON.parse(stored) as StoredChecksum);
}

export function parseRecord(stored: string): Readonly<Record<string, string>> {
  // True because only JSON.stringify of such records writes these texts.
  return JSON.parse(stored) as Readonly<Record<string, string>>;
}

const WORD = /=\?utf-8\?([bq])\?([^?]*)\?=/gi;

function decodeWords(value: string): string {
  if (!value.includes('=?')) return value;
  const joined = value.replace(/\?=\s+=\?/g, '?==?');
  return joined.replace(WORD, (_word, coding: string, text: string) => {
    if (coding.toLowerCase() === 'b') return Buffer.from(text, 'base64').toString('utf8');
    const raw = text
      .replace(/_/g, ' ')
      .replace(/=([0-9a-f]{2})/gi, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      );
    return Buffer.from(raw, 'latin1').toString('utf8');
  });
}

function encodeWords(value: string): string {
  if (/^[\x20-\x7e]*$/.test(value)) return value;
  return `=?UTF-8?B?${Buffer.from(value, 'utf8').toString('base64')}?=`;
}
