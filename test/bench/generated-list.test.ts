/** Aim: a list that exists only in arithmetic is the same one however it is read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BLOCK_ROWS, bytesOfList, ROW_BYTES } from '../../bench/lib/generated-list.ts';

const ROWS = 3 * BLOCK_ROWS + 7;
const whole = Buffer.concat([...bytesOfList(0, ROWS * ROW_BYTES)]);

test('a generated list has the rows that were asked for, no two of them equal', () => {
  const lines = whole.toString().split('\n').slice(0, -1);
  assert.equal(lines.length, ROWS);
  assert.equal(new Set(lines).size, ROWS);
});

test('every range of a generated list is that range of the whole', () => {
  const offset = fc.nat({ max: whole.length });
  fc.assert(
    fc.property(offset, offset, (a, b) => {
      const [start, end] = [Math.min(a, b), Math.max(a, b)];
      const range = Buffer.concat([...bytesOfList(start, end)]);
      assert.ok(range.equals(whole.subarray(start, end)));
    }),
  );
});
