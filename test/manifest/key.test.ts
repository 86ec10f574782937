import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeKey, encodeKey, writeManifestRow } from '../../src/manifest/index.ts';
import { BAD_ESCAPE, BAD_UTF8, decodedKeyBytes } from '../../src/manifest/key.ts';
import { speltKey, tasksIn } from './manifests.ts';

const anyKey = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 60 })
  .map((text) => text.toWellFormed());

test('a key is spelt so that it decodes to itself, in one CSV field without quotes', () => {
  fc.assert(
    fc.property(anyKey, (key) => {
      const spelt = encodeKey(key);
      assert.equal(decodeKey(spelt), key);
      assert.match(spelt, /^[\x21-\x7e]+$/);
      assert.doesNotMatch(spelt, /[",+]/);
    }),
  );
});

test('spellings of AWS users are understood', () => {
  // Aim: quote(key, safe="/") and quote_plus(key, safe="/") of Python, and the traps (17.3).
  assert.equal(decodeKey('my%20photos/a%2Cb.jpg'), 'my photos/a,b.jpg');
  assert.equal(decodeKey('my+photos/a%2Bb.jpg'), 'my photos/a+b.jpg');
  assert.equal(decodeKey('100%2520.txt'), '100%20.txt');
  assert.equal(decodeKey('%e6%97%A5'), '日');
  assert.equal(encodeKey('my photos/a+b,日.jpg'), 'my%20photos/a%2Bb%2C%E6%97%A5.jpg');
  assert.equal(encodeKey('plain/key-1_2.~'), 'plain/key-1_2.~');
});

test('the check of bytes and the decoder of text agree on what a key is and how long', () => {
  // Aim: the cutter only counts decodes; a disagreement would throw a URIError later.
  const escape = fc.nat(255).map((byte) => `%${byte.toString(16).padStart(2, '0')}`);
  const piece = fc.oneof(fc.constantFrom('a', '+', '%', '%4', '%g1', '%1g', 'é', '😀'), escape);
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const bytes = Buffer.from(pieces.join(''));
      const count = decodedKeyBytes(bytes, 0, bytes.length);
      if (count === BAD_ESCAPE || count === BAD_UTF8) {
        assert.throws(() => decodeKey(bytes.toString()), URIError);
      } else {
        assert.equal(Buffer.byteLength(decodeKey(bytes.toString())), count);
      }
    }),
    { numRuns: 2000 },
  );
});

test('escapes are read in the range of their field, not beyond it', () => {
  const bytes = Buffer.from('k%41,x');
  assert.equal(decodedKeyBytes(bytes, 0, 4), 2);
  assert.equal(decodedKeyBytes(bytes, 0, 3), BAD_ESCAPE);
  assert.equal(decodedKeyBytes(bytes, 0, 2), BAD_ESCAPE);
  assert.equal(decodedKeyBytes(Buffer.from('a""b%22'), 0, 7), 4);
});

test('a written row is read back as the task it names', () => {
  fc.assert(
    fc.property(anyKey, fc.constantFrom(undefined, '', 'null', 'a,"b"'), (key, versionId) => {
      const row = { bucket: 'b-1', key, ...(versionId !== undefined && { versionId }) };
      const line = Buffer.from(writeManifestRow(row));
      const fields =
        versionId === undefined
          ? (['Bucket', 'Key'] as const)
          : (['Bucket', 'Key', 'VersionId'] as const);
      assert.deepEqual(tasksIn(line, fields), [{ ...row, manifestKey: encodeKey(key) }]);
    }),
  );
});

test('the generator of spellings makes what decodeKey understands', () => {
  // Aim: the oracle of the other tests is itself right.
  fc.assert(
    fc.property(speltKey, ({ manifestKey, key }) => assert.equal(decodeKey(manifestKey), key)),
  );
});
