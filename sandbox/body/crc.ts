/**
 * CRC-32C and CRC-64/NVME, which Node does not have, and the joining of two CRCs into the CRC of
 * the joined bytes, which is how a multipart upload gets a checksum of the full object.
 *
 * I1. All are reflected CRCs with all ones as initial value and final XOR; the check values of
 *     "123456789" are e3069283 and ae8b14860a799888.
 */

/** Reversed polynomials. */
const POLY_32 = 0xedb88320n;
const POLY_32C = 0x82f63b78n;
const POLY_64NVME = 0x9a6c9329ac4bc9b5n;

const TABLE_32C = Uint32Array.from({ length: 256 }, (_, byte) =>
  Number(tableEntry(byte, POLY_32C)),
);
const TABLE_64 = Array.from({ length: 256 }, (_, byte) => tableEntry(byte, POLY_64NVME));
/** The 64 bits as two halves, because BigInt arithmetic per byte is 50 times as slow. */
const TABLE_64_LOW = Uint32Array.from(TABLE_64, (entry) => Number(entry & 0xffffffffn));
const TABLE_64_HIGH = Uint32Array.from(TABLE_64, (entry) => Number(entry >> 32n));

function tableEntry(byte: number, poly: bigint): bigint {
  let crc = BigInt(byte);
  for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ poly : crc >> 1n;
  return crc;
}

/** A running checksum; `digest` may be asked once. */
export interface RunningDigest {
  update(bytes: Uint8Array): unknown;
  digest(): Buffer;
}

export class Crc32c implements RunningDigest {
  #crc = 0xffffffff;

  update(bytes: Uint8Array): void {
    let crc = this.#crc;
    for (const byte of bytes) crc = (crc >>> 8) ^ (TABLE_32C[(crc ^ byte) & 0xff] ?? 0);
    this.#crc = crc;
  }

  digest(): Buffer {
    return bigEndian(BigInt(~this.#crc >>> 0), 4);
  }
}

export class Crc64Nvme implements RunningDigest {
  #low = 0xffffffff;
  #high = 0xffffffff;

  update(bytes: Uint8Array): void {
    let low = this.#low;
    let high = this.#high;
    for (const byte of bytes) {
      const index = (low ^ byte) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ (TABLE_64_LOW[index] ?? 0);
      high = (high >>> 8) ^ (TABLE_64_HIGH[index] ?? 0);
    }
    this.#low = low;
    this.#high = high;
  }

  digest(): Buffer {
    return bigEndian((BigInt(~this.#high >>> 0) << 32n) | BigInt(~this.#low >>> 0), 8);
  }
}

const COMBINABLE = {
  CRC32: { poly: POLY_32, bytes: 4 },
  CRC32C: { poly: POLY_32C, bytes: 4 },
  CRC64NVME: { poly: POLY_64NVME, bytes: 8 },
} as const;

export type CombinableCrc = keyof typeof COMBINABLE;

/**
 * The CRC of `a` followed by `b`, from the CRCs of both and the length of `b`: feeding zeroes is a
 * linear map over the bits of the CRC.
 */
export function combineCrc(name: CombinableCrc, a: Buffer, b: Buffer, bLength: number): Buffer {
  const shifted = times(zeroesFed(name, bLength), BigInt(`0x${a.toString('hex')}`));
  return bigEndian(shifted ^ BigInt(`0x${b.toString('hex')}`), COMBINABLE[name].bytes);
}

/** Column i: where bit i of the CRC goes. */
type BitMatrix = readonly bigint[];

/** Parts of an upload mostly have one size, and a matrix takes 30 ms to make. */
let memo:
  { readonly name: CombinableCrc; readonly length: number; readonly matrix: BitMatrix } | undefined;

/** What feeding `length` zero bytes does; by squaring along the bits of the length, as zlib does. */
function zeroesFed(name: CombinableCrc, length: number): BitMatrix {
  if (memo?.name === name && memo.length === length) return memo.matrix;
  const { poly, bytes } = COMBINABLE[name];
  const columns = Array.from({ length: bytes * 8 }, (_, bit) => BigInt(bit));
  let square: BitMatrix = columns.map((bit) => (bit === 0n ? poly : 1n << (bit - 1n)));
  let matrix: BitMatrix = columns.map((bit) => 1n << bit);
  for (let bits = BigInt(length) * 8n; bits > 0n; bits >>= 1n) {
    const factor = square;
    if (bits & 1n) matrix = matrix.map((column) => times(factor, column));
    square = factor.map((column) => times(factor, column));
  }
  memo = { name, length, matrix };
  return matrix;
}

function times(matrix: BitMatrix, vector: bigint): bigint {
  let sum = 0n;
  for (let bit = 0; bit < matrix.length; bit++) {
    if ((vector >> BigInt(bit)) & 1n) sum ^= matrix[bit] ?? 0n;
  }
  return sum;
}

function bigEndian(value: bigint, bytes: number): Buffer {
  return Buffer.from(value.toString(16).padStart(bytes * 2, '0'), 'hex');
}
