import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { multipartChecksum, startChecksum } from '../../sandbox/body/checksums.ts';

const CRCS = ['CRC32', 'CRC32C', 'CRC64NVME'] as const;

function digestOf(algorithm: (typeof CRCS)[number], ...pieces: readonly Uint8Array[]): Buffer {
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
    fc.property(fc.constantFrom(...CRCS), fc.array(fc.uint8Array()), (algorithm, pieces) => {
      const whole = digestOf(algorithm, Buffer.concat(pieces));
      assert.deepEqual(digestOf(algorithm, ...pieces), whole);
    }),
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
