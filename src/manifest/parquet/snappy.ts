/** Snappy's raw format (no framing), whose output size is known: google/snappy, format_description.txt. */
import { byteAt } from '../../base/bytes.ts';
import { parquetDefect } from './thrift.ts';

/** By the kind of a copy: how many bytes say where from. */
const OFFSET_BYTES = [0, 1, 2, 4];

/** Throws ManifestDefect unless `from` unfolds to exactly `size` bytes. */
export function unsnap(from: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  let at = 0;
  let filled = 0;
  // The size again, as a varint.
  while (at < from.length && byteAt(from, at) > 127) at++;
  at++;
  while (at < from.length) {
    const tag = byteAt(from, at++);
    if ((tag & 3) === 0) {
      let length = (tag >> 2) + 1;
      if (length > 60) {
        const bytes = length - 60;
        length = littleEndian(from, at, bytes) + 1;
        at += bytes;
      }
      if (length > from.length - at || length > size - filled) throw corrupt();
      if (length > 16) {
        out.set(from.subarray(at, at + length), filled);
      } else {
        for (let i = 0; i < length; i++) out[filled + i] = byteAt(from, at + i);
      }
      at += length;
      filled += length;
      continue;
    }
    const kind = tag & 3;
    const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const offsetBytes = OFFSET_BYTES[kind] ?? 0;
    const low = littleEndian(from, at, offsetBytes);
    const offset = kind === 1 ? ((tag >> 5) << 8) + low : low;
    at += offsetBytes;
    if (offset === 0 || offset > filled || length > size - filled) throw corrupt();
    // Byte by byte: a copy may read what it has just written.
    for (let i = 0; i < length; i++) out[filled + i] = byteAt(out, filled + i - offset);
    filled += length;
  }
  if (filled !== size) throw corrupt();
  return out;
}

function littleEndian(from: Uint8Array, at: number, bytes: number): number {
  if (bytes > from.length - at) throw corrupt();
  let value = 0;
  for (let i = bytes - 1; i >= 0; i--) value = value * 256 + byteAt(from, at + i);
  return value;
}

const corrupt = () => parquetDefect('a page is not whole snappy');
