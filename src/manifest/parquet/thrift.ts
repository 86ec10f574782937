/**
 * Thrift's compact protocol, as far as Parquet uses it, over bytes that may be anything.
 *
 * I1. Time and memory are bounded by the bytes: no number read from them is a size to allocate, a
 *     varint has at most ten bytes, structs nest at most DEPTH_MAX deep.
 * I2. Bytes that are no Thrift, or end early, are a ManifestDefect.
 */
import { byteAt } from '../../base/bytes.ts';
import { ManifestDefect } from '../manifest.ts';

export function parquetDefect(detail: string): ManifestDefect {
  return new ManifestDefect(`Manifest file is not properly formatted: Parquet: ${detail}.`);
}

const TRUE = 1;
const FALSE = 2;
const BYTE = 3;
const I64 = 6;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const SET = 10;
const MAP = 11;
const STRUCT = 12;

/** Parquet's own structures are five deep. */
const DEPTH_MAX = 16;
const VARINT_BYTES_MAX = 10;

export class Thrift {
  at: number;
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #depth = 0;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.#bytes = bytes;
    this.at = at;
    this.#end = end;
  }

  /**
   * Calls `field` for each field of a struct; it returns whether it has read it. Booleans have no
   * bytes of their own: they go to `flag`.
   */
  struct(field: (id: number) => boolean, flag?: (id: number, value: boolean) => void): void {
    if (++this.#depth > DEPTH_MAX) throw parquetDefect('structures are nested too deeply');
    let id = 0;
    for (;;) {
      const head = this.#byte();
      const type = head & 15;
      if (type === 0) break;
      id = head >> 4 === 0 ? this.int() : id + (head >> 4);
      if (type === TRUE || type === FALSE) flag?.(id, type === TRUE);
      else if (!field(id)) this.#skip(type);
    }
    this.#depth--;
  }

  /** Calls `element` for each element of a list, to read it. */
  list(element: () => void): void {
    const { size } = this.#listHead();
    for (let i = 0; i < size; i++) element();
  }

  /** A whole number (i16, i32, i64); beyond 2^53 it is a defect. */
  int(): number {
    const zigzag = this.#varint();
    const half = Math.floor(zigzag / 2);
    return zigzag % 2 === 0 ? half : -half - 1;
  }

  text(): string {
    const start = this.#binary();
    return Buffer.from(this.#bytes.subarray(start, this.at)).toString('utf8');
  }

  #byte(): number {
    if (this.at >= this.#end) throw parquetDefect('its metadata ends early');
    return byteAt(this.#bytes, this.at++);
  }

  #varint(): number {
    let value = 0;
    let unit = 1;
    for (let i = 0; i < VARINT_BYTES_MAX; i++) {
      const byte = this.#byte();
      value += (byte & 127) * unit;
      if (byte < 128) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      unit *= 128;
    }
    throw parquetDefect('its metadata has a number out of range');
  }

  /** Where the bytes begin; `at` is behind them. */
  #binary(): number {
    const length = this.#varint();
    if (length > this.#end - this.at) throw parquetDefect('its metadata ends early');
    const start = this.at;
    this.at += length;
    return start;
  }

  #listHead(): { readonly size: number; readonly type: number } {
    const head = this.#byte();
    const size = head >> 4 === 15 ? this.#varint() : head >> 4;
    // An element has at least one byte.
    if (size > this.#end - this.at) throw parquetDefect('its metadata ends early');
    return { size, type: head & 15 };
  }

  #skip(type: number): void {
    if (type === BYTE) this.#byte();
    else if (type > BYTE && type <= I64) this.#skipVarint();
    else if (type === DOUBLE) for (let i = 0; i < 8; i++) this.#byte();
    else if (type === BINARY) this.#binary();
    else if (type === STRUCT) this.struct(() => false);
    else if (type === LIST || type === SET) this.#skipList();
    else throw parquetDefect(`its metadata has a field of type ${type === MAP ? 'map' : type}`);
  }

  /** Numbers that nobody reads may have any size. */
  #skipVarint(): void {
    for (let i = 0; i < VARINT_BYTES_MAX; i++) if (this.#byte() < 128) return;
    throw parquetDefect('its metadata has a number out of range');
  }

  #skipList(): void {
    if (++this.#depth > DEPTH_MAX) throw parquetDefect('structures are nested too deeply');
    const { size, type } = this.#listHead();
    for (let i = 0; i < size; i++) this.#skip(type === TRUE || type === FALSE ? BYTE : type);
    this.#depth--;
  }
}
