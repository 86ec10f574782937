/** Aim: a bench never calls a bar met that was not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMet, times, verdict } from '../../bench/lib/bars.ts';

test('a bar is met at its limit, and missed by anything worse', () => {
  assert.ok(isMet(0.85, { atLeast: 0.85 }));
  assert.ok(!isMet(0.8499, { atLeast: 0.85 }));
  assert.ok(isMet(1.25, { atMost: 1.25 }));
  assert.ok(!isMet(1.2501, { atMost: 1.25 }));
});

test('a figure that could not be measured has met no bar', () => {
  assert.ok(!isMet(NaN, { atLeast: 0 }));
  assert.ok(!isMet(NaN, { atMost: Infinity }));
  assert.equal(verdict(NaN, { atMost: 2 }, times), 'at most x 2.00: MISSED');
});
