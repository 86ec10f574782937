/**
 * One page of ListObjectsV2 or ListObjectVersions: the request for it, and what its answer says.
 *
 * I1. Keys are asked for and read percent-encoded (XML cannot carry all of them), and taken as they
 *     are when the answer does not say that it encoded them.
 * I2. A page that is not whole is a failure worth another try, never a short page.
 */
import { failed, type FailedOutcome } from '../model/outcome.ts';
import {
  elements,
  elementText,
  type S3Answer,
  type S3Request,
  toOutcomeOfResult,
} from '../s3/index.ts';
import { compareKeys } from './key-order.ts';

export interface ListedObject {
  readonly key: string;
  /** Absent: listed without versions. */
  readonly versionId?: string;
  readonly isLatest: boolean;
  readonly size: number;
  /** ISO 8601, as the store wrote it. */
  readonly lastModified: string;
  /** Without quotes. */
  readonly etag: string;
  readonly storageClass: string;
}

export interface ListPlan {
  readonly bucket: string;
  /** All versions, instead of current objects only. */
  readonly versions: boolean;
  /** Headers that go with every request. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Where a page begins: behind this key, or in its middle, behind one of its versions. */
export interface Marker {
  /** Empty: at the beginning. */
  readonly key: string;
  readonly versionId?: string;
  /** The store's own, for going on behind a page without keys. */
  readonly token?: string;
}

export interface Page {
  /** In the store's order; of versions, delete markers are left out. */
  readonly objects: readonly ListedObject[];
  /** Undefined: there is nothing behind this page. */
  readonly next: Marker | undefined;
}

/** A page of a folder, its own folders unopened. */
export interface Folders {
  /** Each ends in the delimiter. */
  readonly folders: readonly string[];
  /** It has objects of its own. */
  readonly hasObjects: boolean;
  /** The last key or folder of the page; empty when there is none. */
  readonly last: string;
  /** Query members of the next page; undefined: there is none. */
  readonly next: Readonly<Record<string, string>> | undefined;
}

export type Read<T> = { readonly ok: true; readonly value: T } | FailedOutcome;

/** S3 lists no more at once. */
export const PAGE_KEYS_MAX = 1000;
/** S3 lists objects of this class without naming it in some answers. */
const STORAGE_CLASS_DEFAULT = 'STANDARD';

export function pageRequest(
  plan: ListPlan,
  prefix: string,
  from: Marker,
  keysMax = PAGE_KEYS_MAX,
): S3Request {
  const query: Record<string, string> = {
    'max-keys': String(keysMax),
    'encoding-type': 'url',
  };
  if (prefix !== '') query['prefix'] = prefix;
  if (plan.versions) {
    query['versions'] = '';
    if (from.key !== '') query['key-marker'] = from.key;
    if (from.versionId) query['version-id-marker'] = from.versionId;
  } else {
    query['list-type'] = '2';
    if (from.token !== undefined) query['continuation-token'] = from.token;
    else if (from.key !== '') query['start-after'] = from.key;
  }
  return { method: 'GET', bucket: plan.bucket, query, headers: plan.headers };
}

/** The first page of a folder's own folders and objects, or the one that `next` of the last is for. */
export function foldersRequest(
  plan: ListPlan,
  folder: string,
  delimiter: string,
  next: Readonly<Record<string, string>> = {},
): S3Request {
  const { query, ...request } = pageRequest(plan, folder, { key: '' });
  return { ...request, query: { ...query, delimiter, ...next } };
}

export function readPage(plan: ListPlan, answer: S3Answer): Read<Page> {
  return readList(plan, answer, plan.versions ? versionsPage : objectsPage);
}

export function readFolders(plan: ListPlan, answer: S3Answer): Read<Folders> {
  return readList(plan, answer, plan.versions ? versionFolders : objectFolders);
}

function readList<T>(
  plan: ListPlan,
  answer: S3Answer,
  read: (xml: string, isEncoded: boolean) => T | undefined,
): Read<T> {
  const whole = toOutcomeOfResult(
    answer,
    plan.versions ? 'ListVersionsResult' : 'ListBucketResult',
  );
  if (!whole.ok) return whole; // I2
  const xml = answer.body.toString('utf8');
  try {
    const value = read(xml, elementText(xml, 'EncodingType') === 'url');
    if (value !== undefined) return { ok: true, value };
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return failed(answer.status, 'InvalidKey', 'The store lists a key that is not UTF-8.');
  }
  const message = 'The store says that the list goes on, and not where.';
  return failed(answer.status, 'InvalidList', message);
}

/** Undefined: the list goes on, and there is no telling where. */
function objectsPage(xml: string, isEncoded: boolean): Page | undefined {
  const objects = elements(xml, 'Contents').map((item) => objectOf(item, isEncoded, true));
  if (elementText(xml, 'IsTruncated') !== 'true') return { objects, next: undefined };
  const last = objects.at(-1);
  if (last !== undefined) return { objects, next: { key: last.key } };
  const token = elementText(xml, 'NextContinuationToken');
  return token ? { objects, next: { key: '', token } } : undefined;
}

function versionsPage(xml: string, isEncoded: boolean): Page | undefined {
  const objects = elements(xml, 'Version').map((item) => ({
    ...objectOf(item, isEncoded, textIn(item, 'IsLatest') === 'true'),
    versionId: textIn(item, 'VersionId') || 'null',
  }));
  if (elementText(xml, 'IsTruncated') !== 'true') return { objects, next: undefined };
  const nextKey = elementText(xml, 'NextKeyMarker');
  if (!nextKey) return undefined;
  const key = decodeListed(nextKey, isEncoded);
  const versionId = elementText(xml, 'NextVersionIdMarker');
  return { objects, next: versionId ? { key, versionId } : { key } };
}

function objectFolders(xml: string, isEncoded: boolean): Folders | undefined {
  const page = objectsPage(xml, isEncoded);
  const token = elementText(xml, 'NextContinuationToken');
  return (
    page && foldersOf(xml, isEncoded, page, token ? { 'continuation-token': token } : undefined)
  );
}

function versionFolders(xml: string, isEncoded: boolean): Folders | undefined {
  const page = versionsPage(xml, isEncoded);
  const { key, versionId } = page?.next ?? {};
  const next = key === undefined ? undefined : { 'key-marker': key };
  const rest = versionId === undefined ? {} : { 'version-id-marker': versionId };
  return page && foldersOf(xml, isEncoded, page, next && { ...next, ...rest });
}

function foldersOf(
  xml: string,
  isEncoded: boolean,
  { objects }: Page,
  next: Folders['next'],
): Folders {
  const folders = elements(xml, 'CommonPrefixes').flatMap((item) => {
    const folder = elementText(item, 'Prefix');
    return folder ? [decodeListed(folder, isEncoded)] : [];
  });
  const lasts = [folders.at(-1) ?? '', objects.at(-1)?.key ?? ''].sort(compareKeys);
  return {
    folders,
    hasObjects: objects.length > 0,
    last: lasts[1] ?? '',
    next,
  };
}

function objectOf(item: string, isEncoded: boolean, isLatest: boolean): ListedObject {
  return {
    isLatest,
    key: decodeListed(textIn(item, 'Key'), isEncoded),
    size: Number(textIn(item, 'Size')),
    lastModified: textIn(item, 'LastModified'),
    etag: textIn(item, 'ETag').replaceAll('"', ''),
    storageClass: textIn(item, 'StorageClass') || STORAGE_CLASS_DEFAULT,
  };
}

/**
 * As elementText, with less for what answers usually look like: 1.2 µs per object instead of 2.7
 * (AMD EPYC, Node 24.21, November 2026).
 */
function textIn(item: string, name: keyof typeof TAGS): string {
  const [open, close] = TAGS[name];
  const start = item.indexOf(open);
  const end = start < 0 ? -1 : item.indexOf(close, start);
  if (end < 0) return elementText(item, name) ?? '';
  const text = item.slice(start + open.length, end);
  if (!text.includes('&')) return text;
  const plain = text.replaceAll('&quot;', '"');
  return plain.includes('&') ? (elementText(item, name) ?? '') : plain;
}

const TAGS = {
  Key: ['<Key>', '</Key>'],
  Size: ['<Size>', '</Size>'],
  LastModified: ['<LastModified>', '</LastModified>'],
  ETag: ['<ETag>', '</ETag>'],
  StorageClass: ['<StorageClass>', '</StorageClass>'],
  VersionId: ['<VersionId>', '</VersionId>'],
  IsLatest: ['<IsLatest>', '</IsLatest>'],
} as const;

/** As HTML forms encode: AWS writes `+` for a space and `%2B` for a plus. Throws URIError. */
function decodeListed(text: string, isEncoded: boolean): string {
  if (!isEncoded) return text; // I1
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  return spaced.includes('%') ? decodeURIComponent(spaced) : spaced;
}
