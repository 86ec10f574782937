/**
 * The ten checksums of S3, computed while bytes flow by. Digests are big-endian, as S3 writes them.
 * Node has five of them, hash-wasm the rest (docs/decisions/006-hash-wasm.md).
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { ComputeObjectChecksumAlgorithm } from '@aws-sdk/client-s3-control';
import {
  createCRC32,
  createCRC64,
  createXXHash128,
  createXXHash3,
  createXXHash64,
  type IHasher,
} from 'hash-wasm';

export type ChecksumName = ComputeObjectChecksumAlgorithm;

export interface Checksum {
  update(bytes: Uint8Array): void;
  /** Of all bytes since the last digest; begins anew. */
  digest(): Buffer;
}

/** Castagnoli's, reversed. */
const CRC32C_POLYNOMIAL = 0x82f63b78;
const CRC64NVME_POLYNOMIAL = '9a6c9329ac4bc9b5';

const CHECKSUMS: Readonly<Record<ChecksumName, () => Checksum | Promise<Checksum>>> = {
  CRC32: crc32Checksum,
  CRC32C: async () => ofHasher(await createCRC32(CRC32C_POLYNOMIAL)),
  CRC64NVME: async () => ofHasher(await createCRC64(CRC64NVME_POLYNOMIAL)),
  MD5: () => ofNode('md5'),
  SHA1: () => ofNode('sha1'),
  SHA256: () => ofNode('sha256'),
  SHA512: () => ofNode('sha512'),
  XXHASH64: async () => ofHasher(await createXXHash64()),
  XXHASH3: async () => ofHasher(await createXXHash3()),
  XXHASH128: async () => ofHasher(await createXXHash128()),
};

/** Of nothing yet. */
export async function startChecksum(name: ChecksumName): Promise<Checksum> {
  return CHECKSUMS[name]();
}

function crc32Checksum(): Checksum {
  let value = 0;
  return {
    update(bytes) {
      value = crc32(bytes, value);
    },
    digest() {
      const digest = Buffer.alloc(4);
      digest.writeUInt32BE(value);
      value = 0;
      return digest;
    },
  };
}

function ofNode(name: string): Checksum {
  let hash = createHash(name);
  return {
    update: (bytes) => void hash.update(bytes),
    digest() {
      const digest = hash.digest();
      hash = createHash(name);
      return digest;
    },
  };
}

function ofHasher(hasher: IHasher): Checksum {
  hasher.init();
  return {
    update: (bytes) => void hasher.update(bytes),
    digest() {
      const digest = Buffer.from(hasher.digest('binary'));
      hasher.init();
      return digest;
    },
  };
}
