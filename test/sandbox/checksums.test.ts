import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { Sha512 } from '@aws-sdk/checksums/sha';
import { Xxh3_128, Xxh3_64, Xxh64 } from '@aws-sdk/checksums/xxh';
import {
  CHECKSUM_ALGORITHMS,
  type ChecksumAlgorithm,
  multipartChecksum,
  startChecksum,
} from '../../sandbox/body/checksums.ts';

const CRCS = ['CRC32', 'CRC32C', 'CRC64NVME'] as const;
const anyAlgorithm = fc.constantFrom(...CHECKSUM_ALGORITHMS);

function digestOf(algorithm: ChecksumAlgorithm, ...pieces: readonly Uint8Array[]): Buffer {
  const running = startChecksum(algorithm);
  for (const piece of pieces) running.update(piece);
  return running.digest();
}

test('the checksums of "123456789" are the published check values', () => {
  const input = Buffer.from('123456789');
  assert.equal(digestOf('CRC32', input).toString('hex'), 'cbf43926');
  assert.equal(digestOf('CRC32C', input).toString('hex'), 'e3069283');
  assert.equal(digestOf('CRC64NVME', input).toString('hex'), 'ae8b14860a799888');
});

test('CRC32 is that of zlib', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      assert.equal(digestOf('CRC32', bytes).readUInt32BE(), crc32(bytes));
    }),
  );
});

test('a checksum in pieces is that of the whole', () => {
  fc.assert(
    fc.property(anyAlgorithm, fc.array(fc.uint8Array()), (algorithm, pieces) => {
      const whole = digestOf(algorithm, Buffer.concat(pieces));
      assert.deepEqual(digestOf(algorithm, ...pieces), whole);
    }),
  );
});

test('two checksums of one kind at a time do not disturb each other', () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(anyAlgorithm, pieces, pieces, (algorithm, ones, others) => {
      const [one, other] = [startChecksum(algorithm), startChecksum(algorithm)];
      for (let i = 0; i < Math.max(ones.length, others.length); i++) {
        one.update(ones[i] ?? Buffer.alloc(0));
        other.update(others[i] ?? Buffer.alloc(0));
      }
      assert.deepEqual(one.digest(), digestOf(algorithm, Buffer.concat(ones)));
      assert.deepEqual(other.digest(), digestOf(algorithm, Buffer.concat(others)));
    }),
  );
});

test('the newer checksums are those of the AWS SDK', async () => {
  const oracles = {
    SHA512: () => new Sha512(),
    XXHASH64: () => new Xxh64(),
    XXHASH3: () => new Xxh3_64(),
    XXHASH128: () => new Xxh3_128(),
  } as const;
  const names = ['SHA512', 'XXHASH64', 'XXHASH3', 'XXHASH128'] as const;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...names),
      fc.uint8Array({ maxLength: 2000, size: 'max' }),
      async (name, bytes) => {
        const oracle = oracles[name]();
        oracle.update(bytes);
        const expected = Buffer.from(await oracle.digest()).toString('hex');
        assert.equal(digestOf(name, bytes).toString('hex'), expected);
      },
    ),
  );
});

test('the checksum of the full object follows from those of its parts', () => {
  const parts = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.constantFrom(...CRCS), parts, (algorithm, pieces) => {
      const combined = multipartChecksum(
        algorithm,
        'FULL_OBJECT',
        pieces.map((piece) => ({
          value: digestOf(algorithm, piece).toString('base64'),
          size: piece.length,
        })),
      );
      const whole = digestOf(algorithm, Buffer.concat(pieces)).toString('base64');
      assert.equal(combined.value, whole);
    }),
  );
});
