/** Bytes and UTF-8, without allocating per call. */

/** The byte at `index`, which the caller knows to be within `bytes`. */
export function byteAt(bytes: Uint8Array, index: number): number {
  // True by the contract above; the compiler cannot see bounds.
  return bytes[index] as number;
}

/** A view of the same memory with Buffer's methods. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Frees the memory of a stream's piece that was read. Pieces of one buffer are read in order, so the one
 * that ends it is its last. Left to the garbage collector, memory outside of its heap makes it collect
 * all of the heap again and again (bench/BENCHMARKS.md). Only for whoever knows where the pieces come
 * from: small Buffers of Node's own making share one buffer with strangers.
 */
export function giveBack({ buffer, byteOffset, byteLength }: Uint8Array): void {
  if (!(buffer instanceof ArrayBuffer) || byteLength === 0) return;
  if (byteOffset + byteLength === buffer.byteLength) buffer.transfer(0);
}

/** As `giveBack`, of bytes that were read whole; does nothing where their buffer holds more than them. */
export function giveBackWhole({ buffer, byteLength }: Uint8Array): void {
  if (!(buffer instanceof ArrayBuffer) || byteLength === 0) return;
  if (buffer.byteLength === byteLength) buffer.transfer(0);
}

/** Whether the bytes [start, end) are those of `expected`. */
export function rangeEquals(
  bytes: Uint8Array,
  start: number,
  end: number,
  expected: Uint8Array,
): boolean {
  const length = expected.length;
  if (end - start !== length) return false;
  for (let i = 0; i < length; i++) {
    if (bytes[start + i] !== expected[i]) return false;
  }
  return true;
}

/**
 * A UTF-8 check as a machine of nine states (Unicode, table 3-7: no overlong forms, no surrogates,
 * nothing above U+10FFFF), so that it can follow bytes that are decoded one at a time.
 * 0: between characters; 1 to 3: that many continuation bytes are due; 4 to 7: the same, and the
 * next byte is bound more narrowly (after E0, ED, F0, F4); 8: invalid, for ever.
 */
export const UTF8_BOUNDARY = 0;
export const UTF8_INVALID = 8;
const NEXT_LOW = Uint8Array.of(0, 0x80, 0x80, 0x80, 0xa0, 0x80, 0x90, 0x80, 0xff);
const NEXT_HIGH = Uint8Array.of(0, 0xbf, 0xbf, 0xbf, 0xbf, 0x9f, 0xbf, 0x8f, 0);
const STATE_AFTER = Uint8Array.of(0, 0, 1, 2, 1, 1, 2, 2, UTF8_INVALID);
const STATE_AFTER_FIRST = firstBytes();

function firstBytes(): Uint8Array {
  const table = new Uint8Array(256).fill(UTF8_INVALID);
  table.fill(0, 0x00, 0x80);
  table.fill(1, 0xc2, 0xe0);
  table.fill(2, 0xe0, 0xf0);
  table.fill(3, 0xf0, 0xf5);
  table[0xe0] = 4;
  table[0xed] = 5;
  table[0xf0] = 6;
  table[0xf4] = 7;
  return table;
}

/** The state after one more byte. */
export function utf8Step(state: number, byte: number): number {
  if (state === UTF8_BOUNDARY) return byteAt(STATE_AFTER_FIRST, byte);
  if (byte < byteAt(NEXT_LOW, state) || byte > byteAt(NEXT_HIGH, state)) return UTF8_INVALID;
  return byteAt(STATE_AFTER, state);
}

/** Whether the bytes [start, end) are whole UTF-8 characters. */
export function isUtf8Range(bytes: Uint8Array, start: number, end: number): boolean {
  let state = UTF8_BOUNDARY;
  for (let i = start; i < end; i++) state = utf8Step(state, byteAt(bytes, i));
  return state === UTF8_BOUNDARY;
}
