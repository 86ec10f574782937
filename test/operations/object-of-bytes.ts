/** A store with one object, which answers in pieces, breaks off and changes when it is told to. */
import { Readable } from 'node:stream';
import type { S3, S3Answer, S3Request, S3Stream, StoreTraits } from '../../src/s3/index.ts';
import { answer } from './scene.ts';

export interface ObjectOfBytes {
  readonly bytes: Buffer;
  /** Sizes of its parts; absent: it was put in one piece. */
  readonly parts?: readonly number[];
  /** Of HEAD's answer. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How many bytes each GET hands out before its connection breaks; then no limit. */
  readonly breaks?: readonly number[];
  readonly pieceBytes?: number;
  /** From this GET on (the first is 0), it is another object. */
  readonly changesAt?: number;
  /** Takes no notice of partNumber, as some stores do. */
  readonly knowsNoParts?: boolean;
}

export class StoreOfBytes implements S3 {
  readonly requests: S3Request[] = [];
  readonly #object: ObjectOfBytes;
  #gets = 0;

  constructor(object: ObjectOfBytes) {
    this.#object = object;
  }

  send(request: S3Request): Promise<S3Answer> {
    this.requests.push(request);
    const { bytes, headers, parts, knowsNoParts } = this.#object;
    const number = Number(request.query?.['partNumber'] ?? 0);
    const usual = { 'content-length': String(bytes.length), etag: this.#etag(), ...headers };
    if (number === 0 || parts === undefined || knowsNoParts) {
      return Promise.resolve(answer(200, '', usual));
    }
    const start = parts.slice(0, number - 1).reduce((sum, size) => sum + size, 0);
    const size = parts[number - 1] ?? 0;
    const range = `bytes ${start}-${start + size - 1}/${bytes.length}`;
    const ofPart = {
      ...usual,
      'content-length': String(size),
      'x-amz-mp-parts-count': String(parts.length),
      ...(size === 0 ? {} : { 'content-range': range }),
    };
    return Promise.resolve(answer(206, '', ofPart));
  }

  open(request: S3Request): Promise<S3Answer | S3Stream> {
    this.requests.push(request);
    const { bytes, breaks = [], pieceBytes = 1000, changesAt = Infinity } = this.#object;
    const get = this.#gets++;
    if (get >= changesAt) {
      const xml = '<Error><Code>PreconditionFailed</Code><Message>changed</Message></Error>';
      return Promise.resolve(answer(412, xml));
    }
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers?.['range'] ?? '')?.[1] ?? 0);
    const until = from + (breaks[get] ?? Infinity);
    function* pieces(): Generator<Buffer> {
      for (let at = from; at < bytes.length; at += pieceBytes) {
        if (at >= until) throw new Error('the connection broke');
        yield bytes.subarray(at, Math.min(at + pieceBytes, until, bytes.length));
      }
    }
    const range = { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
    const headers = { etag: this.#etag(), ...(from === 0 ? {} : range) };
    return Promise.resolve({
      status: from === 0 ? 200 : 206,
      headers,
      body: Readable.from(pieces(), { objectMode: true }),
    });
  }

  traits(): Promise<StoreTraits | undefined> {
    return Promise.resolve(undefined);
  }

  #etag(): string {
    const { parts } = this.#object;
    return parts === undefined ? '"e"' : `"e-${parts.length}"`;
  }
}
