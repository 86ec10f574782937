/**
 * Writes manifest rows as bytes, from columns that are bytes already: no string per row.
 *
 * I1. What `take` gives is good until the next row is written: one buffer serves for all batches.
 * I2. A field is quoted when its bytes ask for it, so that it reads back as the same bytes.
 */
import { byteAt } from '../base/bytes.ts';
import { MANIFEST_ROW_BYTES_MAX } from '../model/limits.ts';

const LF = 10;
const QUOTE = 34;
const PERCENT = 37;
const COMMA = 44;
const HEX = Buffer.from('0123456789ABCDEF');
/** Every byte of a row written as `%XX`. */
const ROOM = 3 * MANIFEST_ROW_BYTES_MAX;
/** As encodeKey in key.ts has it, byte by byte. */
const SPELT_AS_IT_IS = table(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._~-!*'()",
);
const ASKS_FOR_QUOTES = table(',"\r\n');

function table(characters: string): Uint8Array {
  const marks = new Uint8Array(256);
  for (const byte of Buffer.from(characters)) marks[byte] = 1;
  return marks;
}

export class RowWriter {
  readonly #batchBytes: number;
  readonly #bytes: Uint8Array;
  #length = 0;

  /** `batchBytes`: when `isFull` says so; a batch is longer by less than one row. */
  constructor(batchBytes: number) {
    this.#batchBytes = batchBytes;
    this.#bytes = new Uint8Array(batchBytes + ROOM);
  }

  get isFull(): boolean {
    return this.#length >= this.#batchBytes;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** The rows so far (I1). */
  take(): Uint8Array {
    const rows = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return rows;
  }

  comma(): void {
    this.#bytes[this.#length++] = COMMA;
  }

  /** Ends a row. The fields of one row are at most MANIFEST_ROW_BYTES_MAX bytes before encoding. */
  endRow(): void {
    this.#bytes[this.#length++] = LF;
  }

  /** Bytes [start, end) as they are. */
  copy(from: Uint8Array, start: number, end: number): void {
    const bytes = this.#bytes;
    let at = this.#length;
    for (let i = start; i < end; i++) bytes[at++] = byteAt(from, i);
    this.#length = at;
  }

  /** The inside of a field that was quoted: quotes in it are doubled already. */
  copyQuoted(from: Uint8Array, start: number, end: number): void {
    this.#bytes[this.#length++] = QUOTE;
    this.copy(from, start, end);
    this.#bytes[this.#length++] = QUOTE;
  }

  /** A value as a CSV field (I2). */
  field(from: Uint8Array, start: number, end: number): void {
    let asks = 0;
    for (let i = start; i < end; i++) asks |= byteAt(ASKS_FOR_QUOTES, byteAt(from, i));
    if (asks === 0) return this.copy(from, start, end);
    const bytes = this.#bytes;
    let at = this.#length;
    bytes[at++] = QUOTE;
    for (let i = start; i < end; i++) {
      const byte = byteAt(from, i);
      if (byte === QUOTE) bytes[at++] = QUOTE;
      bytes[at++] = byte;
    }
    bytes[at++] = QUOTE;
    this.#length = at;
  }

  /** A plain key in manifest spelling, whatever its bytes; the cutter judges whether it is UTF-8. */
  key(from: Uint8Array, start: number, end: number): void {
    const bytes = this.#bytes;
    let at = this.#length;
    for (let i = start; i < end; i++) {
      const byte = byteAt(from, i);
      if (byteAt(SPELT_AS_IT_IS, byte) === 1) {
        bytes[at++] = byte;
      } else {
        bytes[at++] = PERCENT;
        bytes[at++] = byteAt(HEX, byte >> 4);
        bytes[at++] = byteAt(HEX, byte & 15);
      }
    }
    this.#length = at;
  }
}
