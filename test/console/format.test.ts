// Aim: numbers as people read them, from nothing to a billion tasks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as format from '../../console/lib/format.ts';
import { currentRate, ratePoints } from '../../console/lib/rates.ts';

test('a billion tasks are readable, long and short', () => {
  assert.equal(format.count(1_234_567_890), '1,234,567,890');
  assert.equal(format.shortCount(1_234_567_890), '1.2B');
  assert.equal(format.shortCount(9999), '9,999');
});

test('nothing that has begun is 0 %, and nothing that is not done is 100 %', () => {
  assert.equal(format.percent(1, 1_000_000_000), 1);
  assert.equal(format.percent(999_999_999, 1_000_000_000), 99);
  assert.equal(format.percent(1_000_000_000, 1_000_000_000), 100);
  assert.equal(format.percent(0, 10), 0);
  assert.equal(format.percent(0, 0), 0);
});

test('durations name their two largest units', () => {
  const shown: [number, string][] = [
    [0, '0 s'],
    [59.6, '1 min'],
    [61, '1 min 1 s'],
    [3600, '1 h'],
    [90_061, '1 d 1 h'],
    [31_536_000 * 3 + 86_400 * 2, '3 y 2 d'],
  ];
  for (const [seconds, text] of shown) assert.equal(format.duration(seconds), text);
  assert.equal(format.elapsed(999), 'less than a second');
});

test('sizes are in powers of 1,024 and rates in three digits', () => {
  assert.equal(format.bytes(0), '0 B');
  assert.equal(format.bytes(1023), '1023 B');
  assert.equal(format.bytes(1536), '1.5 KiB');
  assert.equal(format.bytes(5 * 1024 ** 4), '5 TiB');
  assert.equal(format.rate(1234.5), '1,235');
  assert.equal(format.rate(0.4567), '0.457');
});

test('rates come from what was counted between samples, and never go below nothing', () => {
  const samples = [
    { at: 0, succeeded: 0, failed: 0 },
    { at: 2000, succeeded: 100, failed: 0 },
    // A lease was lost: what it had counted is taken back.
    { at: 4000, succeeded: 80, failed: 10 },
    { at: 24_000, succeeded: 2080, failed: 10 },
  ];
  assert.equal(currentRate(samples), undefined);
  assert.equal(currentRate(samples.slice(0, 3)), 22.5);
  assert.deepEqual(
    ratePoints(samples).map(({ succeeded, failed }) => [succeeded, failed]),
    [
      [50, 0],
      [0, 5],
      [100, 0],
    ],
  );
});
