/** Aim: the regression check tells a loss from noise, and never lets one pass for a figure it lacks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, type Sample } from '../../bench/lib/regression.ts';

const samples = (...values: number[]): Sample[] => values.map((value) => ({ rate: value }));
const isLoss = (before: Sample[], after: Sample[]): boolean | undefined =>
  judge(before, after, 0.08)[0]?.isLoss;

test('what is slower by more than is allowed is a loss, what is slower by less is none', () => {
  const before = samples(100, 101, 99, 100, 100);
  assert.equal(isLoss(before, samples(91, 91, 92, 90, 91)), true);
  assert.equal(isLoss(before, samples(93, 93, 94, 92, 93)), false);
  assert.equal(isLoss(before, samples(300, 301, 299, 300, 300)), false);
});

test('what could be noise is no loss, and one disturbed turn is no noise', () => {
  const noisy = samples(60, 140, 70, 130, 100);
  assert.equal(isLoss(noisy, samples(80, 81, 79, 80, 80)), false);
  const disturbed = samples(100, 100, 20, 100, 100);
  assert.equal(isLoss(disturbed, samples(80, 81, 79, 80, 80)), true);
});

test('a figure without a number is a loss, and one that only one tree has is left out', () => {
  assert.equal(isLoss(samples(100, 100, 100), samples(NaN, NaN, NaN)), true);
  assert.deepEqual(judge([{ old: 1 }], [{ other: 1 }], 0.08), []);
});

test('the ratio is that of the medians, after to before', () => {
  const [judged] = judge(samples(1, 100, 1000), samples(2, 50, 900), 0.08);
  assert.deepEqual([judged?.before, judged?.after, judged?.ratio], [100, 50, 0.5]);
});
