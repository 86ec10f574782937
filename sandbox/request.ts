/**
 * One request as the calls see it.
 *
 * I1. Header names are lower case, several values are joined by commas, and values whose bytes are
 *     UTF-8 are read as UTF-8 (Node reads Latin-1).
 * I2. A key is what its bytes decode to; a path whose bytes are not UTF-8 is refused, because two
 *     such keys could not be told apart. Nothing is normalised: `//` and `..` are parts of keys.
 */
import type { IncomingMessage } from 'node:http';
import { canonicalPath, decodePath, decodeQuery, encodePath } from '../src/sigv4/index.ts';
import { invalidArgument, S3Error } from './errors.ts';

export type Level = 'service' | 'bucket' | 'object';

export class S3Request {
  readonly method: string;
  /** As received. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: ReadonlyMap<string, string>;
  readonly level: Level;
  readonly bucket: string;
  readonly key: string;

  constructor(message: IncomingMessage) {
    this.method = message.method ?? '';
    this.target = relativeTarget(message.url ?? '/');
    this.headers = headersOf(message.rawHeaders);
    const mark = this.target.indexOf('?');
    const path = mark < 0 ? this.target : this.target.slice(0, mark);
    this.query = new Map(mark < 0 ? [] : decodeQuery(this.target.slice(mark + 1)));
    const slash = path.indexOf('/', 1);
    this.bucket = decodeStrictly(slash < 0 ? path.slice(1) : path.slice(1, slash));
    this.key = slash < 0 ? '' : decodeStrictly(path.slice(slash + 1));
    // `//key` names a key without a bucket.
    if (this.bucket === '' && this.key !== '') throw new S3Error('InvalidURI');
    if (this.bucket === '') this.level = 'service';
    else this.level = this.key === '' ? 'bucket' : 'object';
  }

  header(name: string): string | undefined {
    return this.headers[name];
  }

  /** The value of a query parameter that must be a whole number of at least zero. */
  count(name: string, fallback: number): number {
    const text = this.query.get(name);
    if (text === undefined || text === '') return fallback;
    if (!/^\d{1,10}$/.test(text)) {
      throw invalidArgument(`Provided ${name} not an integer or within integer range`, name, text);
    }
    return Number(text);
  }
}

/** Through a proxy a target may be absolute (`http://host/path`). */
function relativeTarget(target: string): string {
  if (target.startsWith('/')) return target;
  return target.replace(/^https?:\/\/[^/?]*/i, '').replace(/^(?!\/)/, '/');
}

function decodeStrictly(raw: string): string {
  if (/^[A-Za-z0-9\-._~/]*$/.test(raw)) return raw;
  const decoded = decodePath(raw);
  if (/[^\0-\x7f]/.test(raw) || encodePath(decoded) !== canonicalPath(raw)) {
    throw new S3Error('InvalidURI');
  }
  return decoded;
}

function headersOf(raw: readonly string[]): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    const value = asUtf8(raw[i + 1] ?? '');
    const earlier = headers[name];
    headers[name] = earlier === undefined ? value : `${earlier},${value}`;
  }
  return headers;
}

function asUtf8(value: string): string {
  if (!/[\x80-\xff]/.test(value)) return value;
  const text = Buffer.from(value, 'latin1').toString('utf8');
  return text.includes('\ufffd') ? value : text;
}
