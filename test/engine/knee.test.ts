import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Knee } from '../../src/engine/knee.ts';

test('a share that is told again and again as it was keeps what was learnt', () => {
  const knee = new Knee(64);
  // A queue: the rate is the same however many wait.
  for (let ms = 0; ms < 30_000; ms++) {
    if (ms % 300 === 0) knee.setMax(64);
    knee.ended(ms, true);
  }
  assert.equal(knee.limit, 8);
  knee.setMax(32);
  assert.ok(knee.limit <= 32, 'another share is another world, and still a limit');
});
