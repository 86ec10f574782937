// Aim: nobody ever does more than the burst and what the time since allows, and the table is bounded.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '../../src/base/clock.ts';
import { TokenBuckets } from '../../src/base/token-buckets.ts';

test('over any stretch of time nobody takes more than the burst and what the time gives', () => {
  const step = fc.record({ waitMs: fc.nat(3000), tries: fc.nat(30) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const clock = new ManualClock();
      const buckets = new TokenBuckets(clock, { perSecond: 5, burst: 10, keysMax: 10 });
      let taken = 0;
      let passedMs = 0;
      for (const { waitMs, tries } of steps) {
        clock.advance(waitMs);
        passedMs += waitMs;
        for (let i = 0; i < tries; i++) {
          assert.equal(buckets.has('a'), buckets.has('a'));
          const isThere = buckets.has('a');
          assert.equal(buckets.take('a'), isThere);
          if (isThere) taken += 1;
        }
        assert.ok(taken <= 10 + (passedMs / 1000) * 5 + 1e-6);
      }
      // Whoever was refused waits for one token, not longer.
      clock.advance(200);
      assert.ok(buckets.take('a'));
    }),
  );
});

test('one key takes nothing from another, and the oldest of too many is forgotten', () => {
  const buckets = new TokenBuckets(new ManualClock(), { perSecond: 1, burst: 1, keysMax: 3 });
  assert.ok(buckets.take('a'));
  assert.ok(!buckets.take('a'));
  assert.ok(buckets.take('b'));
  for (const key of ['c', 'd']) buckets.take(key);
  assert.ok(!buckets.has('b') && buckets.has('a'));
});
