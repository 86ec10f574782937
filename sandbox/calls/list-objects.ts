/** ListObjects (version 1) and ListObjectsV2. */
import { canonicalUserId } from '../acl.ts';
import type { Answer, Exchange } from '../call.ts';
import { invalidArgument } from '../errors.ts';
import { parseChecksum } from '../object-headers.ts';
import { afterKey, afterPrefix, groupOf, type Page, walk } from '../storage/listing.ts';
import type { VersionRow } from '../storage/versions.ts';
import { documentOf, element, isoSeconds, optionalElement } from '../wire.ts';
import { groupElement, type ListQuery, listQueryOf } from './list-query.ts';

export function listObjects(exchange: Exchange): Answer {
  const query = listQueryOf(exchange, 'max-keys');
  const marker = exchange.request.query.get('marker') ?? '';
  const page = currentObjects(exchange, query, startAfter(marker, query));
  const last = page.entries.at(-1);
  // S3 names the marker only where the client cannot take it from the last key.
  const next = page.isTruncated && query.delimiter !== '' ? keyOfEntry(last) : undefined;
  const { text } = query;
  const body = documentOf(
    'ListBucketResult',
    element('Name', exchange.bucket.name) +
      element('Prefix', text(query.prefix)) +
      element('Marker', text(marker)) +
      optionalElement('NextMarker', next === undefined ? undefined : text(next)) +
      listTail(query, page) +
      page.rows.map((row) => contentsElement(row, query, true)).join('') +
      page.groups.map((group) => groupElement(group, query)).join(''),
  );
  return { status: 200, body };
}

export function listObjectsV2(exchange: Exchange): Answer {
  const { request } = exchange;
  if (request.query.get('list-type') !== '2') {
    throw invalidArgument(
      'Invalid List Type specified in Query',
      'list-type',
      request.query.get('list-type') ?? '',
    );
  }
  const query = listQueryOf(exchange, 'max-keys');
  const after = request.query.get('start-after');
  const token = request.query.get('continuation-token');
  const fetchOwner = request.query.get('fetch-owner') === 'true';
  const from = token === undefined ? afterKey(after ?? '') : startAfter(decodeToken(token), query);
  const page = currentObjects(
    exchange,
    query,
    after === undefined && token === undefined ? '' : from,
  );
  const { text } = query;
  const next = page.isTruncated ? encodeToken(keyOfEntry(page.entries.at(-1)) ?? '') : undefined;
  const body = documentOf(
    'ListBucketResult',
    element('Name', exchange.bucket.name) +
      element('Prefix', text(query.prefix)) +
      optionalElement('StartAfter', after === undefined ? undefined : text(after)) +
      optionalElement('ContinuationToken', token) +
      optionalElement('NextContinuationToken', next) +
      element('KeyCount', page.entries.length) +
      listTail(query, page) +
      page.rows.map((row) => contentsElement(row, query, fetchOwner)).join('') +
      page.groups.map((group) => groupElement(group, query)).join(''),
  );
  return { status: 200, body };
}

function listTail(query: ListQuery, page: Page<VersionRow>): string {
  const { delimiter, encoding, max, text } = query;
  return (
    element('MaxKeys', max) +
    optionalElement('Delimiter', delimiter === '' ? undefined : text(delimiter)) +
    element('IsTruncated', page.isTruncated) +
    optionalElement('EncodingType', encoding)
  );
}

/** The current objects of a bucket from a key on: the newest version of each key, if no marker. */
function currentObjects(
  { storage, bucket }: Exchange,
  query: ListQuery,
  start: string,
): Page<VersionRow> {
  let previousKey: string | undefined;
  return walk<VersionRow>({
    ...query,
    start,
    rows: (from) => storage.versions.from(bucket, from),
    keyOf: (row) => row.key,
    isSkipped: (row) => {
      const isOlder = row.key === previousKey;
      previousKey = row.key;
      return isOlder || row.marker === 1;
    },
  });
}

/** A marker that is itself a group stands for all of it. */
export function startAfter(marker: string, { prefix, delimiter }: ListQuery): string {
  if (marker === '') return '';
  const isGroup = marker.startsWith(prefix) && groupOf(marker, prefix, delimiter) === marker;
  // A prefix of nothing but U+10FFFF has no key behind it; then the walk finds none either.
  return isGroup ? (afterPrefix(marker) ?? afterKey(marker)) : afterKey(marker);
}

function keyOfEntry(entry: VersionRow | string | undefined): string | undefined {
  return typeof entry === 'object' ? entry.key : entry;
}

function contentsElement(row: VersionRow, query: ListQuery, withOwner: boolean): string {
  const checksum = parseChecksum(row.checksum);
  const checksums =
    checksum === undefined
      ? ''
      : element('ChecksumAlgorithm', checksum.algorithm) + element('ChecksumType', checksum.type);
  return (
    '<Contents>' +
    element('Key', query.text(row.key)) +
    element('LastModified', isoSeconds(row.modifiedMs)) +
    element('ETag', `"${row.etag}"`) +
    checksums +
    element('Size', row.size) +
    element('StorageClass', row.storageClass) +
    (withOwner ? `<Owner>${element('ID', canonicalUserId(row.owner))}</Owner>` : '') +
    '</Contents>'
  );
}

function encodeToken(key: string): string {
  return Buffer.from(`1${key}`, 'utf8').toString('base64url');
}

function decodeToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString('utf8');
  if (!text.startsWith('1') || encodeToken(text.slice(1)) !== token) {
    throw invalidArgument(
      'The continuation token provided is incorrect',
      'continuation-token',
      token,
    );
  }
  return text.slice(1);
}
