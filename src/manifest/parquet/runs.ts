/**
 * Parquet's hybrid of runs and bit-packed numbers, read one by one: a run is never written out, so
 * a length that lies costs nothing.
 */
import { byteAt } from '../../base/bytes.ts';
import { parquetDefect } from './thrift.ts';

/** Wider numbers would be indexes into a dictionary of more than 16 million entries. */
const WIDTH_MAX = 24;

export class Runs {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #width: number;
  #at: number;
  #left = 0;
  #isPacked = false;
  #value = 0;
  /** Bits read and not yet handed out. */
  #bits = 0;
  #bitCount = 0;

  constructor(bytes: Uint8Array, at: number, end: number, width: number) {
    if (width > WIDTH_MAX || end > bytes.length || at > end) {
      throw parquetDefect('a page is malformed');
    }
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
    this.#width = width;
  }

  next(): number {
    if (this.#width === 0) return 0;
    while (this.#left === 0) this.#begin();
    this.#left--;
    return this.#isPacked ? this.#packed() : this.#value;
  }

  #begin(): void {
    const head = this.#varint();
    this.#isPacked = head % 2 === 1;
    const count = Math.floor(head / 2);
    this.#left = this.#isPacked ? count * 8 : count;
    this.#bits = 0;
    this.#bitCount = 0;
    if (this.#isPacked) return;
    this.#value = 0;
    for (let shift = 0; shift < this.#width; shift += 8) this.#value |= this.#byte() << shift;
  }

  #packed(): number {
    const width = this.#width;
    while (this.#bitCount < width) {
      this.#bits |= this.#byte() << this.#bitCount;
      this.#bitCount += 8;
    }
    const value = this.#bits & ((1 << width) - 1);
    this.#bits >>>= width;
    this.#bitCount -= width;
    return value;
  }

  #varint(): number {
    let value = 0;
    for (let unit = 1, i = 0; i < 5; i++, unit *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
    throw parquetDefect('a page is malformed');
  }

  #byte(): number {
    if (this.#at >= this.#end) throw parquetDefect('a page ends early');
    return byteAt(this.#bytes, this.#at++);
  }
}
