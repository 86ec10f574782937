import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Pace } from '../../src/engine/pace.ts';

const BURST_MS = 100;

/** When turns were taken by someone who asks after each of these pauses, as long as there are any. */
function turns(perSecond: number, pauses: readonly number[], start = 0): number[] {
  const pace = new Pace();
  const taken: number[] = [];
  let now = start;
  pace.set(perSecond, now);
  for (const pause of pauses) {
    now += pause;
    while (pace.take(now)) taken.push(now);
  }
  return taken;
}

test('in no stretch of time there are more turns than the rate and one burst (I1)', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5000 }),
      fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 60 }),
      fc.nat(),
      fc.nat(),
      (perSecond, pauses, a, b) => {
        const taken = turns(perSecond, pauses);
        if (taken.length === 0) return;
        const [from = 0, to = 0] = [a % taken.length, b % taken.length].sort((x, y) => x - y);
        const stretchMs = (taken[to] ?? 0) - (taken[from] ?? 0);
        const allowed = (perSecond * (stretchMs + BURST_MS)) / 1000 + 1;
        assert.ok(to - from + 1 <= allowed + 1e-6, `${to - from + 1} turns in ${stretchMs} ms`);
      },
    ),
  );
});

for (const perSecond of [10, 1000, 10_000]) {
  test(`${perSecond} per second are kept within 2 %, however unevenly someone asks (I2)`, () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.01, max: 90, noNaN: true }), { minLength: 5, maxLength: 20 }),
        fc.integer({ min: 0, max: 1e12 }),
        (some, start) => {
          // Twenty seconds of the same stutter over and over.
          const pauses: number[] = [];
          let ms = 0;
          for (let i = 0; ms < 20_000; i++) {
            const pause = some[i % some.length] ?? 1;
            pauses.push(pause);
            ms += pause;
          }
          const expected = (perSecond * ms) / 1000;
          const { length } = turns(perSecond, pauses, start);
          assert.ok(Math.abs(length - expected) <= expected * 0.02, `${length} of ${expected}`);
        },
      ),
      { numRuns: 30 },
    );
  });
}

test('without a limit it is always someone’s turn', () => {
  const pace = new Pace();
  for (let i = 0; i < 1000; i++) assert.ok(pace.take(5));
  assert.equal(pace.waitMs(5), 0);
});

test('a faster pace does not wait for what the slow one still owed', () => {
  const pace = new Pace();
  pace.set(0.001, 0);
  assert.ok(pace.take(0));
  assert.ok(pace.waitMs(1) > 900_000);
  pace.set(100, 1);
  assert.ok(pace.waitMs(1) <= 10);
});

test('a limit that comes later begins without a burst', () => {
  const pace = new Pace();
  for (let i = 0; i < 1000; i++) pace.take(5);
  pace.set(100, 60_000);
  assert.ok(pace.take(60_000));
  assert.ok(!pace.take(60_000));
});
