/**
 * A bucket that exists only as a list: answers the two list calls as S3 does, from memory, as many
 * keys per page as the test wants.
 */
import { failed } from '../../src/model/outcome.ts';
import type { Ask } from '../../src/listing/index.ts';
import { escapeXml, type S3Answer, type S3Request } from '../../src/s3/index.ts';

export interface KeySpaceOptions {
  /** Keys of the next page; 1 to 1,000. */
  readonly pageKeys?: () => number;
  /** Versions of a key, newest first; only asked for lists of versions. */
  readonly versionsOf?: (key: string) => readonly StubVersion[];
}

export interface StubVersion {
  readonly id: string;
  readonly isMarker?: boolean;
}

export class KeySpace {
  readonly keys: string[];
  requests = 0;
  /** Entries of all answers together. */
  listed = 0;
  readonly #made: string[] = [];
  readonly #pageKeys: () => number;
  readonly #versionsOf: (key: string) => readonly StubVersion[];

  constructor(keys: Iterable<string>, options: KeySpaceOptions = {}) {
    this.keys = inUtf8Order(keys);
    this.#pageKeys = options.pageKeys ?? (() => 1000);
    this.#versionsOf = options.versionsOf ?? (() => [{ id: 'null' }]);
  }

  answer({ query = {} }: S3Request): S3Answer {
    this.requests += 1;
    const list = 'versions' in query ? this.#versions : this.#objects;
    const xml = 'delimiter' in query ? this.#folders(query) : list.call(this, query);
    return { status: 200, headers: {}, body: Buffer.from(xml) };
  }

  #objects(query: Query): string {
    const prefix = query['prefix'] ?? '';
    const max = Math.min(this.#pageKeys(), Number(query['max-keys']));
    const token = query['continuation-token'];
    const after = token === undefined ? (query['start-after'] ?? '') : decodeURIComponent(token);
    const from = this.#behind(after, prefix);
    let to = from;
    while (to < this.keys.length && to - from < max && this.keys[to]?.startsWith(prefix)) to++;
    const page = this.keys.slice(from, to);
    this.listed += page.length;
    const isTruncated = this.keys[to]?.startsWith(prefix) ?? false;
    const next = encodeURIComponent(page.at(-1) ?? after);
    return (
      `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>` +
      '<EncodingType>url</EncodingType>' +
      (isTruncated ? `<NextContinuationToken>${next}</NextContinuationToken>` : '') +
      this.#elements(from, to) +
      '</ListBucketResult>'
    );
  }

  /** Either list with a delimiter; of versions the newest stands for all, which is enough here. */
  #folders(query: Query): string {
    const { prefix = '', delimiter = '' } = query;
    const marker = query['key-marker'] ?? decodeURIComponent(query['continuation-token'] ?? '');
    const groupOf = (key: string): string | undefined => {
      const at = key.indexOf(delimiter, prefix.length);
      return at < 0 ? undefined : key.slice(0, at + delimiter.length);
    };
    let index = this.#behind(marker, prefix);
    while (groupOf(marker) === marker && this.keys[index]?.startsWith(marker)) index++;
    const entries: { key: string; group: string | undefined }[] = [];
    for (; entries.length <= this.#pageKeys() && this.keys[index]?.startsWith(prefix);) {
      const key = this.keys[index] ?? '';
      const group = groupOf(key);
      entries.push({ key, group });
      index = group === undefined ? index + 1 : this.#behindAll(group, index);
    }
    const isTruncated = entries.length > this.#pageKeys();
    const page = isTruncated ? entries.slice(0, -1) : entries;
    const last = page.at(-1);
    this.listed += page.length;
    const next = encodeURIComponent(last?.group ?? last?.key ?? '');
    const isVersions = 'versions' in query;
    const [root, item, token] = isVersions
      ? ['ListVersionsResult', 'Version', 'NextKeyMarker']
      : ['ListBucketResult', 'Contents', 'NextContinuationToken'];
    const markup = page.map(({ key, group }) =>
      group === undefined
        ? `<${item}>${contentOf(key)}</${item}>`
        : `<CommonPrefixes><Prefix>${listed(group)}</Prefix></CommonPrefixes>`,
    );
    return (
      `<?xml version="1.0" encoding="UTF-8"?>\n<${root}><IsTruncated>${isTruncated}</IsTruncated>` +
      '<EncodingType>url</EncodingType>' +
      (isTruncated ? `<${token}>${next}</${token}>` : '') +
      `${markup.join('')}</${root}>`
    );
  }

  /** The first index behind all keys with a prefix. */
  #behindAll(prefix: string, from: number): number {
    let low = from;
    let high = this.keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.keys[middle]?.startsWith(prefix)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Made once: a bench asks for the same keys again and again. */
  #elements(from: number, to: number): string {
    let xml = '';
    for (let i = from; i < to; i++) {
      xml += this.#made[i] ??= `<Contents>${contentOf(this.keys[i] ?? '')}</Contents>`;
    }
    return xml;
  }

  #versions(query: Query): string {
    const prefix = query['prefix'] ?? '';
    const max = Math.min(this.#pageKeys(), Number(query['max-keys']));
    const [markerKey = '', markerId] = [query['key-marker'], query['version-id-marker']];
    let index = this.#behind(markerKey, prefix);
    if (markerId !== undefined) index -= 1;
    const entries: { key: string; isLatest: boolean; version: StubVersion }[] = [];
    for (; entries.length <= max && this.keys[index]?.startsWith(prefix); index++) {
      const key = this.keys[index] ?? '';
      const versions = this.#versionsOf(key);
      const behind = key === markerKey ? versions.findIndex(({ id }) => id === markerId) + 1 : 0;
      for (const [i, version] of versions.entries()) {
        if (i >= behind) entries.push({ key, isLatest: i === 0, version });
      }
    }
    const page = entries.slice(0, max);
    this.listed += page.length;
    const last = entries.length > max ? page.at(-1) : undefined;
    return (
      `<?xml version="1.0" encoding="UTF-8"?>\n<ListVersionsResult><IsTruncated>${last !== undefined}</IsTruncated>` +
      '<EncodingType>url</EncodingType>' +
      (last
        ? `<NextKeyMarker>${listed(last.key)}</NextKeyMarker><NextVersionIdMarker>${last.version.id}</NextVersionIdMarker>`
        : '') +
      page
        .map(({ key, isLatest, version }) => {
          const name = version.isMarker ? 'DeleteMarker' : 'Version';
          return `<${name}>${contentOf(key)}<VersionId>${version.id}</VersionId><IsLatest>${isLatest}</IsLatest></${name}>`;
        })
        .join('') +
      '</ListVersionsResult>'
    );
  }

  /** The first index behind a key; below a prefix when the key is not. */
  #behind(after: string, prefix: string): number {
    const isAfter = (key: string): boolean =>
      after === '' || compareBytes(key, after) > 0
        ? key.startsWith(prefix) || compareBytes(key, prefix) > 0
        : false;
    let low = 0;
    let high = this.keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isAfter(this.keys[middle] ?? '')) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

type Query = Readonly<Record<string, string>>;

function contentOf(key: string): string {
  return (
    `<Key>${listed(key)}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>` +
    `<ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>${key.length}</Size>` +
    '<StorageClass>STANDARD</StorageClass>'
  );
}

function listed(key: string): string {
  return escapeXml(encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+'));
}

/** Independent of src/listing/key-order.ts. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

export function inUtf8Order(keys: Iterable<string>): string[] {
  return [...new Set(keys)]
    .map((key) => Buffer.from(key))
    .sort(Buffer.compare)
    .map((bytes) => bytes.toString());
}

/**
 * Answers everything that was asked by now at once, then waits for the next round: time in round
 * trips, however quick this machine is.
 */
export class Rounds {
  count = 0;
  readonly #space: KeySpace;
  #asked: (() => void)[] = [];

  constructor(space: KeySpace) {
    this.#space = space;
  }

  readonly ask: Ask = async (request, read, signal) => {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      if (this.#asked.length === 0) setImmediate(() => this.#answer());
      this.#asked.push(resolve);
      signal.addEventListener('abort', () => reject(asError(signal.reason)), { once: true });
    });
    return read(this.#space.answer(request));
  };

  #answer(): void {
    const asked = this.#asked;
    this.#asked = [];
    this.count += 1;
    for (const answer of asked) answer();
  }
}

/** Fails everything. */
export const refusing: Ask = () => Promise.resolve(failed(403, 'AccessDenied', 'Access Denied'));

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
