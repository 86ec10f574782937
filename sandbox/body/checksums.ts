/**
 * The ten checksums of S3's `x-amz-checksum-*` family, which the sandbox verifies and keeps. Digests
 * are big-endian.
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { createXXHash128, createXXHash3, createXXHash64, type IHasher } from 'hash-wasm';
import { S3Error } from '../errors.ts';
import { type CombinableCrc, combineCrc, Crc32c, Crc64Nvme, type RunningDigest } from './crc.ts';

export const CHECKSUM_ALGORITHMS = [
  'CRC32',
  'CRC32C',
  'CRC64NVME',
  'SHA1',
  'SHA256',
  'SHA512',
  'MD5',
  'XXHASH64',
  'XXHASH3',
  'XXHASH128',
] as const;
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

/** What an object keeps; `value` is base64, a composite one ends in `-<parts>`. */
export interface StoredChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
  readonly value: string;
}

/** One of each kind for all digests: who goes on with his own loads his state first. */
const [xxhash64, xxhash3, xxhash128] = await Promise.all([
  createXXHash64(),
  createXXHash3(),
  createXXHash128(),
]);

class WasmDigest implements RunningDigest {
  readonly #hasher: IHasher;
  #state: Uint8Array;

  constructor(hasher: IHasher) {
    this.#hasher = hasher;
    this.#state = hasher.init().save();
  }

  update(bytes: Uint8Array): void {
    this.#state = this.#hasher.load(this.#state).update(bytes).save();
  }

  digest(): Buffer {
    return Buffer.from(this.#hasher.load(this.#state).digest('binary'));
  }
}

const ALGORITHMS: Readonly<
  Record<ChecksumAlgorithm, { readonly bytes: number; start(): RunningDigest }>
> = {
  CRC32: { bytes: 4, start: () => new Crc32() },
  CRC32C: { bytes: 4, start: () => new Crc32c() },
  CRC64NVME: { bytes: 8, start: () => new Crc64Nvme() },
  SHA1: { bytes: 20, start: () => createHash('sha1') },
  SHA256: { bytes: 32, start: () => createHash('sha256') },
  SHA512: { bytes: 64, start: () => createHash('sha512') },
  MD5: { bytes: 16, start: () => createHash('md5') },
  XXHASH64: { bytes: 8, start: () => new WasmDigest(xxhash64) },
  XXHASH3: { bytes: 8, start: () => new WasmDigest(xxhash3) },
  XXHASH128: { bytes: 16, start: () => new WasmDigest(xxhash128) },
};

class Crc32 implements RunningDigest {
  #crc = 0;

  update(bytes: Uint8Array): void {
    this.#crc = crc32(bytes, this.#crc);
  }

  digest(): Buffer {
    const out = Buffer.alloc(4);
    out.writeUInt32BE(this.#crc);
    return out;
  }
}

export function startChecksum(algorithm: ChecksumAlgorithm): RunningDigest {
  return ALGORITHMS[algorithm].start();
}

/** `x-amz-checksum-crc32` and its sisters. */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** `ChecksumCRC32` and its sisters, the names in S3's documents. */
export function checksumElement(algorithm: ChecksumAlgorithm): `Checksum${ChecksumAlgorithm}` {
  return `Checksum${algorithm}`;
}

export const CHECKSUM_HEADERS: readonly string[] = CHECKSUM_ALGORITHMS.map(checksumHeader);

/** The algorithm that a header's value names, in any case. */
export function parseAlgorithm(text: string, header: string): ChecksumAlgorithm {
  const found = CHECKSUM_ALGORITHMS.find((algorithm) => algorithm === text.toUpperCase());
  if (found !== undefined) return found;
  throw new S3Error('InvalidRequest', {
    message: `Checksum algorithm provided is unsupported. Please try again with any of the valid types: [${CHECKSUM_ALGORITHMS.join(', ')}] (${header}).`,
  });
}

/** Whether `value` can be a checksum of this algorithm at all. */
export function isChecksumValue(algorithm: ChecksumAlgorithm, value: string): boolean {
  const bytes = Buffer.from(value, 'base64');
  return bytes.length === ALGORITHMS[algorithm].bytes && bytes.toString('base64') === value;
}

export function isCombinable(algorithm: ChecksumAlgorithm): algorithm is CombinableCrc {
  return algorithm.startsWith('CRC');
}

export interface PartChecksum {
  readonly value: string;
  readonly size: number;
}

/** The checksum of a multipart object from those of its parts, in order. */
export function multipartChecksum(
  algorithm: ChecksumAlgorithm,
  type: ChecksumType,
  parts: readonly PartChecksum[],
): StoredChecksum {
  if (type === 'COMPOSITE') {
    const digest = startChecksum(algorithm);
    for (const part of parts) digest.update(Buffer.from(part.value, 'base64'));
    const value = `${digest.digest().toString('base64')}-${parts.length}`;
    return { algorithm, type, value };
  }
  if (!isCombinable(algorithm)) {
    throw new S3Error('InvalidRequest', {
      message: `The FULL_OBJECT checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    });
  }
  const [first, ...rest] = parts;
  let crc: Buffer = Buffer.from(first?.value ?? '', 'base64');
  for (const part of rest) {
    crc = combineCrc(algorithm, crc, Buffer.from(part.value, 'base64'), part.size);
  }
  return { algorithm, type, value: crc.toString('base64') };
}
