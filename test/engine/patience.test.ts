// Aim: an outage that is allowed no time is tried as often as any failure, not given up at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { Gate } from '../../src/engine/gate.ts';
import { Patience } from '../../src/engine/patience.ts';
import { failed } from '../../src/model/outcome.ts';

const SLOW_DOWN = failed(503, 'SlowDown', 'Please reduce your request rate.', 'slow-down');

test('with no time for outages a task is still tried eight times', async () => {
  const clock = new ManualClock();
  clock.sleep = (ms) => Promise.resolve(clock.advance(ms));
  const gate = new Gate(clock, 8);
  const waiting = { clock, random: seededRandom(1), gate, options: { outageMs: 0 } };
  for (const patience of [Patience.ofTask(waiting), Patience.ofJob(waiting)]) {
    let tries = 1;
    while (await patience.next(SLOW_DOWN, new AbortController().signal)) tries += 1;
    assert.equal(tries, 8);
  }
});
