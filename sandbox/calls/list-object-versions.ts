/** ListObjectVersions. */
import { canonicalUserId } from '../acl.ts';
import { type Answer, type Exchange, parseVersionId } from '../call.ts';
import { invalidArgument } from '../errors.ts';
import { walk } from '../storage/listing.ts';
import { idOfVersionId, NULL_VERSION, type VersionRow } from '../storage/versions.ts';
import { documentOf, element, isoSeconds, optionalElement } from '../wire.ts';
import { startAfter } from './list-objects.ts';
import { groupElement, type ListQuery, listQueryOf } from './list-query.ts';

interface Listed {
  readonly row: VersionRow;
  readonly isLatest: boolean;
}

export function listObjectVersions(exchange: Exchange): Answer {
  const { request, bucket, storage } = exchange;
  const query = listQueryOf(exchange, 'max-keys');
  const keyMarker = request.query.get('key-marker') ?? '';
  const idMarker = request.query.get('version-id-marker') || undefined;
  const before = idBefore(exchange, keyMarker, idMarker);
  const page = walk<Listed>({
    ...query,
    start: idMarker === undefined ? startAfter(keyMarker, query) : keyMarker,
    rows: (from) => withLatest(storage.versions.from(bucket, from)),
    keyOf: ({ row }) => row.key,
    isSkipped: ({ row }) => row.key === keyMarker && row.id >= before,
  });
  const { text, delimiter, encoding } = query;
  const last = page.isTruncated ? page.entries.at(-1) : undefined;
  const nextKey = typeof last === 'object' ? last.row.key : last;
  const body = documentOf(
    'ListVersionsResult',
    element('Name', bucket.name) +
      element('Prefix', text(query.prefix)) +
      element('KeyMarker', text(keyMarker)) +
      element('VersionIdMarker', idMarker ?? '') +
      optionalElement('NextKeyMarker', nextKey === undefined ? undefined : text(nextKey)) +
      optionalElement(
        'NextVersionIdMarker',
        typeof last === 'object' ? last.row.versionId : undefined,
      ) +
      element('MaxKeys', query.max) +
      optionalElement('Delimiter', delimiter === '' ? undefined : text(delimiter)) +
      element('IsTruncated', page.isTruncated) +
      optionalElement('EncodingType', encoding) +
      page.rows.map((listed) => versionElement(listed, query)).join('') +
      page.groups.map((group) => groupElement(group, query)).join(''),
  );
  return { status: 200, body };
}

/** Rows come newest first, so the first of its key is the current one. */
function* withLatest(rows: Iterable<VersionRow>): Generator<Listed, void> {
  let key: string | undefined;
  for (const row of rows) {
    yield { row, isLatest: row.key !== key };
    key = row.key;
  }
}

/**
 * The row id at which a page goes on behind the version of its marker, also when that version has
 * been deleted since. A null version says nothing about its place once it is gone: then the key's
 * versions are listed again rather than left out.
 */
function idBefore(exchange: Exchange, key: string, versionId: string | undefined): number {
  if (versionId === undefined) return Infinity;
  if (key === '') {
    throw invalidArgument(
      'A version-id marker cannot be specified without a key marker.',
      'version-id-marker',
      versionId,
    );
  }
  parseVersionId(versionId);
  if (versionId !== NULL_VERSION) return idOfVersionId(versionId) ?? Infinity;
  return exchange.storage.versions.exact(exchange.bucket, key, versionId)?.id ?? Infinity;
}

function versionElement({ row, isLatest }: Listed, query: ListQuery): string {
  const name = row.marker === 1 ? 'DeleteMarker' : 'Version';
  const content =
    row.marker === 1
      ? ''
      : element('ETag', `"${row.etag}"`) +
        element('Size', row.size) +
        element('StorageClass', row.storageClass);
  return (
    `<${name}>` +
    element('Key', query.text(row.key)) +
    element('VersionId', row.versionId) +
    element('IsLatest', isLatest) +
    element('LastModified', isoSeconds(row.modifiedMs)) +
    content +
    `<Owner>${element('ID', canonicalUserId(row.owner))}</Owner>` +
    `</${name}>`
  );
}
