/**
 * A store in memory that one world shares, and the view of one worker on it, with its faults. It
 * keeps what a checker wants to know: when which request began, and what it changed.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Random } from '../../src/base/random.ts';
import type { S3, S3Answer, S3Request, S3Stream } from '../../src/s3/index.ts';
import type { WorldClock } from './clock.ts';
import { LATE_MS, type Faults } from './faults.ts';

export interface SeenTask {
  readonly key: string;
  readonly at: number;
}

/** Keys on one page of a list: a world has time to break between two of them. */
const PAGE_KEYS = 20;

/** Whoever writes there is refused. */
export const GONE_BUCKET = 'gone';

export class FakeS3 {
  readonly objects = new Map<string, Buffer>();
  readonly tags = new Map<string, number>();
  /** Requests of tasks, in order of their start. */
  readonly tasks: SeenTask[] = [];
  /** Keys of tasks whose last answer reached its worker: nothing is left to try. */
  readonly answered = new Set<string>();
  /** From this time on until that one, nothing but 503. */
  outage: { readonly from: number; readonly to: number } = { from: 0, to: 0 };

  put(key: string, body: Buffer): string {
    this.objects.set(key, body);
    return etagOf(body);
  }

  /** A worker has begun a request. */
  note(request: S3Request, at: number): void {
    if (isTask(request)) this.tasks.push({ key: request.key ?? '', at });
  }

  /** What the store does, once the request has reached it. */
  act(request: S3Request): S3Answer {
    const name = `${request.bucket}/${request.key}`;
    if (isTask(request)) {
      if (request.key?.startsWith('missing')) return answer(404, errorXml('NoSuchKey'));
      this.tags.set(name, (this.tags.get(name) ?? 0) + 1);
      return answer(200);
    }
    if (request.method === 'PUT') {
      if (request.bucket === GONE_BUCKET) return answer(404, errorXml('NoSuchBucket'));
      this.objects.set(name, Buffer.from(request.body ?? ''));
      return answer(200, '', { etag: etagOf(Buffer.from(request.body ?? '')) });
    }
    if (request.method === 'GET' && request.query && 'uploads' in request.query) {
      return answer(200, '<ListMultipartUploadsResult></ListMultipartUploadsResult>');
    }
    if (request.query && 'list-type' in request.query) return this.#list(request);
    if (request.query && 'versioning' in request.query) {
      return answer(200, '<VersioningConfiguration></VersioningConfiguration>');
    }
    const object = this.objects.get(name);
    if (!object) return answer(404, errorXml('NoSuchKey'));
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers?.['range'] ?? '');
    if (!range) return answer(200, object, { etag: etagOf(object) });
    const start = Number(range[1]);
    if (start >= object.length) return answer(416, errorXml('InvalidRange'));
    const end = range[2] ? Number(range[2]) + 1 : object.length;
    return answer(206, object.subarray(start, end), { etag: etagOf(object) });
  }

  /** ListObjectsV2; the token is the last key of the page before. */
  #list({ bucket = '', query = {} }: S3Request): S3Answer {
    const prefix = query['prefix'] ?? '';
    const from = query['continuation-token'] ?? query['start-after'] ?? '';
    const delimiter = query['delimiter'];
    const keys: string[] = [];
    const folders = new Set<string>();
    let last = '';
    for (const name of [...this.objects.keys()].sort()) {
      const key = name.slice(bucket.length + 1);
      if (!name.startsWith(`${bucket}/${prefix}`) || key <= from) continue;
      if (keys.length + folders.size === PAGE_KEYS)
        return answer(200, pageXml(keys, [...folders], last));
      const end = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length);
      if (end < 0) keys.push(key);
      else folders.add(key.slice(0, end + 1));
      last = key;
    }
    return answer(200, pageXml(keys, [...folders], ''));
  }
}

function pageXml(keys: readonly string[], folders: readonly string[], next: string): string {
  const contents = keys.map(
    (key) =>
      `<Contents><Key>${encodeURIComponent(key)}</Key><Size>1</Size><ETag>"e"</ETag>` +
      `<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>`,
  );
  const common = folders.map(
    (folder) => `<CommonPrefixes><Prefix>${encodeURIComponent(folder)}</Prefix></CommonPrefixes>`,
  );
  const more = next === '' ? '' : `<NextContinuationToken>${next}</NextContinuationToken>`;
  return (
    `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${next !== ''}</IsTruncated>` +
    `${more}${contents.join('')}${common.join('')}</ListBucketResult>`
  );
}

export function s3Of(fake: FakeS3, clock: WorldClock, random: Random, faults: () => Faults): S3 {
  const exchange = async (request: S3Request): Promise<S3Answer> => {
    await clock.sleep(random.next() * faults().latencyMs);
    if (random.next() < faults().late) await clock.sleep(random.next() * LATE_MS);
    if (random.next() < faults().lostRequest) return none('connection reset');
    const now = clock.now();
    if (now >= fake.outage.from && now < fake.outage.to) return answer(503, errorXml('SlowDown'));
    if (random.next() < faults().refused) {
      return random.next() < 0.5
        ? answer(503, errorXml('SlowDown'))
        : answer(500, errorXml('InternalError'));
    }
    const done = fake.act(request);
    await clock.sleep(random.next() * faults().latencyMs);
    if (random.next() < faults().late) await clock.sleep(random.next() * LATE_MS);
    if (random.next() < faults().lostAnswer) return none('socket closed');
    if (isTask(request)) fake.answered.add(request.key ?? '');
    return done;
  };
  return {
    send: exchange,
    async open(request): Promise<S3Answer | S3Stream> {
      const { status, headers, body, failure } = await exchange(request);
      if (failure !== undefined || status >= 300)
        return { status, headers, body, ...(failure ? { failure } : {}) };
      const breaksAt = random.next() < faults().brokenBody ? random.next() * body.length : Infinity;
      return { status, headers, body: Readable.from(pieces(body, breaksAt)) };
    },
    traits: () =>
      Promise.resolve({
        name: 'fake',
        copyIgnoresTagging: false,
        copyIgnoresConditions: false,
        copyIgnoresLock: false,
      }),
  };
}

function isTask({ query }: S3Request): boolean {
  return query !== undefined && 'tagging' in query;
}

function* pieces(body: Buffer, breaksAt: number): Iterable<Buffer> {
  for (let at = 0; at < body.length; at += 777) {
    if (at + 777 > breaksAt) throw new Error('The body broke off.');
    yield body.subarray(at, at + 777);
  }
}

const etagOf = (body: Buffer): string => `"${createHash('md5').update(body).digest('hex')}"`;
const errorXml = (code: string): string =>
  `<Error><Code>${code}</Code><Message>${code}</Message></Error>`;

function answer(
  status: number,
  body: string | Buffer = '',
  headers: Record<string, string> = {},
): S3Answer {
  return { status, headers, body: Buffer.from(body) };
}

function none(failure: string): S3Answer {
  return { status: 0, headers: {}, body: Buffer.alloc(0), failure };
}
