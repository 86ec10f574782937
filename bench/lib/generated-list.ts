/** A plain CSV manifest of any length that is nowhere but in this arithmetic: all rows are of one width. */

const BUCKET = 'example-archive-2024';
export const BLOCK_ROWS = 1000;
const NUMBER = '0'.repeat(9);
const rowOf = (row: number): string =>
  `${BUCKET},photos/2024/${NUMBER}/image-${String(row).padStart(3, '0')}.jpg\n`;
export const ROW_BYTES = rowOf(0).length;
const BLOCK_BYTES = BLOCK_ROWS * ROW_BYTES;
const BLOCK = Buffer.from(Array.from({ length: BLOCK_ROWS }, (_, row) => rowOf(row)).join(''));
const NUMBER_AT = rowOf(0).indexOf(NUMBER);

/** Bytes [start, end) of the list, a block at a time. */
export function* bytesOfList(start: number, end: number): Generator<Buffer> {
  for (let at = start; at < end;) {
    const block = Math.floor(at / BLOCK_BYTES);
    const from = at - block * BLOCK_BYTES;
    const to = Math.min(BLOCK_BYTES, end - block * BLOCK_BYTES);
    yield blockOf(block).subarray(from, to);
    at = block * BLOCK_BYTES + to;
  }
}

function blockOf(block: number): Buffer {
  const bytes = Buffer.from(BLOCK);
  const number = Buffer.from(String(block).padStart(NUMBER.length, '0'));
  for (let at = NUMBER_AT; at < bytes.length; at += ROW_BYTES) bytes.set(number, at);
  return bytes;
}
