/**
 * One HTTP/1.1 answer, read from whatever pieces a connection brings. Pure: bytes in, answer out.
 *
 * I1. However the bytes are cut, the answer is the same.
 * I2. What is not HTTP, contradicts itself about its length or is larger than allowed throws
 *     WireError; an answer is whole or it is none.
 * I3. Nothing of a piece is kept by reference: the caller reads the next one into the same memory.
 *
 * Grammar: RFC 9112. Stricter than it allows us to be: no line ends without a carriage return, no
 * folded headers, no length that is given twice in different ways.
 */
import { giveBackWhole } from '../base/bytes.ts';
import type { S3Answer } from './s3.ts';

export type AnswerHeaders = Readonly<Record<string, string>>;

/** What the other side sent cannot be understood. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

const HEAD_BYTES_MAX = 64 * 1024;
/** A size in hexadecimal, extensions, or a trailer. */
const LINE_BYTES_MAX = 16 * 1024;
const HEAD_END = '\r\n\r\n';
const LINE_END = '\r\n';
const NO_BODY = Buffer.alloc(0);

export interface AnswerLimits {
  /** The answer to a HEAD has no body, whatever length it names. */
  readonly isHead: boolean;
  readonly bytesMax: number;
}

const NO_HTTP = (): WireError => new WireError('the answer is not HTTP/1.1');
const VERSION = 'HTTP/1.';

/** Whether it may still become a head: something else may never send an empty line. */
function isBeginOfHead(text: string): boolean {
  return text.startsWith(VERSION) || VERSION.startsWith(text);
}

/** `size`, `data`, `gap` and `trailer` are the parts of a chunked body. */
type State = 'head' | 'length' | 'close' | 'size' | 'data' | 'gap' | 'trailer' | 'whole';

export class AnswerParser {
  readonly #limits: AnswerLimits;
  #state: State = 'head';
  /** Text of a head or a line whose end has not come yet. */
  #pending = '';
  #head = '';
  #status = 0;
  readonly #body: Buffer[] = [];
  #bodyBytes = 0;
  /** Of the body or of the current chunk of it. */
  #missing = 0;
  /** How long the connection may be kept; 0: it may not. Undefined: the other side did not say. */
  keepMs: number | undefined;

  constructor(limits: AnswerLimits) {
    this.#limits = limits;
  }

  get hasBegun(): boolean {
    return this.#state !== 'head' || this.#pending !== '';
  }

  /** Reads a piece. The answer, once it is whole. */
  take(piece: Buffer): S3Answer | undefined {
    let at = 0;
    while (at < piece.length && this.#state !== 'whole') at = this.#step(piece, at);
    if (this.#state !== 'whole') return undefined;
    // Nothing was asked that this could answer, such as the body of a HEAD.
    if (at < piece.length) this.keepMs = 0;
    return this.#answer();
  }

  /** The connection has ended. The answer, where its end is what that tells. */
  end(): S3Answer | undefined {
    return this.#state === 'close' ? this.#answer() : undefined;
  }

  #answer(): S3Answer {
    const [first = NO_BODY, ...others] = this.#body;
    if (others.length === 0) return new WireAnswer(this.#status, this.#head, first);
    const whole = Buffer.concat(this.#body);
    this.#body.forEach(giveBackWhole);
    return new WireAnswer(this.#status, this.#head, whole);
  }

  /** Reads from `at` as far as the current state goes; returns where the next one begins. */
  #step(piece: Buffer, at: number): number {
    switch (this.#state) {
      case 'head':
        return this.#until(HEAD_END, HEAD_BYTES_MAX, piece, at, (text) => this.#takeHead(text));
      case 'size':
        return this.#until(LINE_END, LINE_BYTES_MAX, piece, at, (text) => this.#takeSize(text));
      case 'gap':
        return this.#until(LINE_END, LINE_BYTES_MAX, piece, at, (text) => {
          if (text !== '') throw new WireError('a chunk is longer than it said');
          this.#state = 'size';
        });
      case 'trailer':
        return this.#until(LINE_END, LINE_BYTES_MAX, piece, at, (text) => {
          if (text === '') this.#state = 'whole';
        });
      case 'length':
      case 'close':
      case 'data':
      case 'whole':
        return this.#takeBody(piece, at);
    }
  }

  /** Text up to `mark`, which may have begun in an earlier piece. */
  #until(
    mark: string,
    bytesMax: number,
    piece: Buffer,
    at: number,
    then: (text: string) => void,
  ): number {
    const before = this.#pending.length;
    const text = this.#pending + piece.toString('latin1', at);
    const end = text.indexOf(mark, Math.max(0, before - mark.length));
    if (end < 0) {
      if (text.length > bytesMax) throw new WireError('a line or the headers are too long');
      if (mark === HEAD_END && !isBeginOfHead(text)) throw NO_HTTP();
      this.#pending = text;
      return piece.length;
    }
    this.#pending = '';
    then(text.slice(0, end));
    return at + end + mark.length - before;
  }

  #takeHead(head: string): void {
    const match = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |\r|$)/.exec(head);
    if (!match) throw NO_HTTP();
    const status = Number(match[2]);
    const framing = framingOf(head, match[1] === '1');
    if (status === 101) throw new WireError('the answer changes the protocol');
    if (status < 200) return; // Said in between; the answer is still to come.
    this.#head = head;
    this.#status = status;
    this.keepMs = framing.keepMs;
    if (this.#limits.isHead || status === 204 || status === 304) {
      // Some send a body all the same: Ceph RGW ends a chunked one, others describe their error.
      if (framing.isChunked || status >= 300) this.keepMs = 0;
      this.#state = 'whole';
    } else if (framing.length === 0) {
      this.#state = 'whole';
    } else if (framing.isChunked) {
      this.#state = 'size';
    } else if (framing.length === undefined) {
      this.keepMs = 0;
      this.#state = 'close';
    } else {
      this.#missing = framing.length;
      this.#state = 'length';
    }
  }

  #takeSize(line: string): void {
    const match = /^([\da-f]{1,12})[ \t]*(?:;|$)/i.exec(line);
    if (!match) throw new WireError('the size of a chunk is not a number');
    this.#missing = parseInt(match[1] ?? '', 16);
    this.#state = this.#missing === 0 ? 'trailer' : 'data';
  }

  #takeBody(piece: Buffer, at: number): number {
    const isOpenEnded = this.#state === 'close';
    const end = isOpenEnded ? piece.length : Math.min(piece.length, at + this.#missing);
    this.#bodyBytes += end - at;
    if (this.#bodyBytes > this.#limits.bytesMax) {
      throw new WireError(`it is larger than ${this.#limits.bytesMax} bytes`);
    }
    this.#body.push(Buffer.from(piece.subarray(at, end))); // I3
    if (isOpenEnded) return end;
    this.#missing -= end - at;
    if (this.#missing === 0) this.#state = this.#state === 'data' ? 'gap' : 'whole';
    return end;
  }
}

interface Framing {
  readonly length: number | undefined;
  readonly isChunked: boolean;
  readonly keepMs: number | undefined;
}

/** What the headers say about where the answer ends, and what becomes of the connection. */
function framingOf(head: string, isHttp11: boolean): Framing {
  let length: number | undefined;
  let isChunked = false;
  let keepMs = isHttp11 ? undefined : 0;
  for (let end = head.indexOf(LINE_END); end >= 0;) {
    const start = end + LINE_END.length;
    end = head.indexOf(LINE_END, start);
    const colon = head.indexOf(':', start);
    if (colon <= start || (end >= 0 && colon > end)) throw new WireError('a header has no name');
    switch (colon - start) {
      case 10: // connection, keep-alive
      case 14: // content-length
      case 17: {
        // transfer-encoding
        const name = head.slice(start, colon).toLowerCase();
        const value = head.slice(colon + 1, end < 0 ? undefined : end).trim();
        if (name === 'content-length') {
          const said = /^\d{1,15}$/.test(value) ? Number(value) : -1;
          if (said < 0 || (length !== undefined && length !== said)) {
            throw new WireError('its length is not a number');
          }
          length = said;
        } else if (name === 'transfer-encoding') {
          if (value.toLowerCase() !== 'chunked') throw new WireError(`it is encoded as ${value}`);
          isChunked = true;
        } else if (name === 'connection') {
          if (/\bclose\b/i.test(value)) keepMs = 0;
        } else if (name === 'keep-alive' && keepMs !== 0) {
          const seconds = /\btimeout=(\d{1,9})\b/i.exec(value)?.[1];
          if (seconds !== undefined) keepMs = Number(seconds) * 1000;
        }
      }
    }
  }
  if (isChunked && length !== undefined) throw new WireError('it has two lengths');
  return { length, isChunked, keepMs };
}

/** Headers are read when somebody asks for them: most tasks look at the status only. */
class WireAnswer implements S3Answer {
  readonly status: number;
  readonly body: Buffer;
  readonly #head: string;
  #headers: AnswerHeaders | undefined;

  constructor(status: number, head: string, body: Buffer) {
    this.status = status;
    this.#head = head;
    this.body = body;
  }

  get headers(): AnswerHeaders {
    return (this.#headers ??= headersOf(this.#head));
  }
}

/** Names in lower case; repeated headers become one, as HTTP allows. */
function headersOf(head: string): AnswerHeaders {
  const headers: Record<string, string> = {};
  for (const line of head.split(LINE_END).slice(1)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = Object.hasOwn(headers, name) ? `${headers[name]}, ${value}` : value;
  }
  return headers;
}
