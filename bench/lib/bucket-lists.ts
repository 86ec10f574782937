/**
 * What clients ask about buckets, behind the endpoint: `node bucket-lists.ts <keys> <port>`. The bench's
 * bucket lists so many objects of one byte, in both versions of the call; every other bucket is there and
 * empty.
 */
import { createServer } from 'node:http';
import { answerTo } from './endpoint-nginx.ts';
import { BUCKET, keyOf, TARGET_BUCKET } from './work.ts';

const XMLNS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
const HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n';
const PAGE = 1000;

/** Sorted, without characters that XML or a query would spell otherwise. */
export class Listing {
  readonly #keys: readonly string[];

  constructor(keys: Iterable<string>) {
    this.#keys = [...keys].sort();
  }

  /** One page, as ListObjects or, with `list-type=2`, ListObjectsV2. */
  page(query: URLSearchParams): string {
    const isSecond = query.get('list-type') === '2';
    const prefix = query.get('prefix') ?? '';
    const delimiter = query.get('delimiter') ?? '';
    const max = Math.min(PAGE, Number(query.get('max-keys') ?? PAGE));
    const after = isSecond
      ? (query.get('continuation-token') ?? query.get('start-after') ?? '')
      : (query.get('marker') ?? '');
    let items = '';
    let count = 0;
    let last = after;
    let index = this.#behind(after, delimiter);
    for (; count < max && index < this.#keys.length; count++) {
      const key = this.#keys[index] ?? '';
      if (!key.startsWith(prefix)) {
        if (key > prefix) break;
        index = this.#firstFrom(prefix);
        count -= 1;
        continue;
      }
      const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
      last = at < 0 ? key : key.slice(0, at + delimiter.length);
      items += at < 0 ? content(key) : `<CommonPrefixes><Prefix>${last}</Prefix></CommonPrefixes>`;
      index = at < 0 ? index + 1 : this.#firstFrom(`${last}\uffff`);
    }
    const isTruncated = this.#keys[index]?.startsWith(prefix) === true && count === max;
    const next = isSecond ? 'NextContinuationToken' : 'NextMarker';
    return (
      `${HEADER}<ListBucketResult ${XMLNS}><Name>${BUCKET}</Name><Prefix>${prefix}</Prefix>` +
      `<MaxKeys>${max}</MaxKeys><KeyCount>${count}</KeyCount><IsTruncated>${isTruncated}</IsTruncated>` +
      `${isTruncated ? `<${next}>${last}</${next}>` : ''}${items}</ListBucketResult>`
    );
  }

  /** Behind a key, or behind all keys of a group that was listed as one. */
  #behind(after: string, delimiter: string): number {
    if (after === '') return 0;
    const isGroup = delimiter !== '' && after.endsWith(delimiter);
    return this.#firstFrom(`${after}${isGroup ? '\uffff' : '\0'}`);
  }

  #firstFrom(text: string): number {
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? '') < text) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function content(key: string): string {
  return (
    `<Contents><Key>${key}</Key><LastModified>2026-11-22T12:00:00.000Z</LastModified>` +
    '<ETag>&quot;00000000000000000000000000000000&quot;</ETag><Size>1</Size>' +
    '<StorageClass>STANDARD</StorageClass></Contents>'
  );
}

const bucketsXml = `${HEADER}<ListAllMyBucketsResult ${XMLNS}><Buckets>${[BUCKET, TARGET_BUCKET]
  .map((name) => `<Bucket><Name>${name}</Name></Bucket>`)
  .join('')}</Buckets></ListAllMyBucketsResult>`;

if (import.meta.main) {
  const [count = '', port = ''] = process.argv.slice(2);
  const full = new Listing(Array.from({ length: Number(count) }, (_, row) => keyOf(row)));
  const empty = new Listing([]);
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://endpoint');
    const bucket = url.pathname.split('/')[1] ?? '';
    const answer = (): string => {
      if (bucket === '') return bucketsXml;
      if (url.searchParams.has('location')) return `${HEADER}<LocationConstraint ${XMLNS}/>`;
      if (url.searchParams.has('versioning')) return `${HEADER}<VersioningConfiguration ${XMLNS}/>`;
      if (url.searchParams.has('uploads')) return answerTo('GET:uploads:');
      return (bucket === BUCKET ? full : empty).page(url.searchParams);
    };
    response.setHeader('content-type', 'application/xml');
    request.resume().on('end', () => {
      response.end(request.method === 'GET' || bucket === '' ? answer() : '');
    });
  });
  server.keepAliveTimeout = 600_000;
  server.listen(Number(port), '127.0.0.1', () => process.stdout.write('listening\n'));
  process.stdin.on('end', () => process.exit(0)).resume();
}
