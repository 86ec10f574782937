// Aim: what is stored comes back as it was: dates as dates, and keys of users under their own names.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeJson, encodeJson } from '../../src/model/json.ts';

const key = fc.oneof(fc.string(), fc.constantFrom('$date', '$$date', '$', '$$', '__proto__', 'a'));
const date = fc.date({ noInvalidDate: true });
const value = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.string(),
    fc.integer(),
    fc.boolean(),
    date,
    fc.array(tie('any'), { maxLength: 3 }),
    fc
      .array(fc.tuple(key, tie('any')), { maxLength: 4 })
      .map((entries) => Object.fromEntries(entries)),
  ),
})).any;

test('whatever was encoded decodes to itself', () => {
  fc.assert(
    fc.property(value, (original) => {
      assert.deepEqual(decodeJson(encodeJson(original)), original);
    }),
    { numRuns: 1000 },
  );
});

test('a stored date has the form that earlier versions wrote', () => {
  const text = encodeJson({ at: new Date(0) });
  assert.equal(text, '{"at":{"$date":"1970-01-01T00:00:00.000Z"}}');
});
