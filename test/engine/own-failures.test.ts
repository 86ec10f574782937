// Aim: a failure that is the task's own (a function that says "temporary") ends after its tries,
// while an endpoint that answers nothing else is waited for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { Gate } from '../../src/engine/gate.ts';
import { Patience } from '../../src/engine/patience.ts';
import { failed, type FailedOutcome } from '../../src/model/outcome.ts';

const HOUR_MS = 60 * 60 * 1000;

/** How often a task with nothing but this failure is tried. */
async function triesOf(failure: FailedOutcome): Promise<number> {
  const clock = new ManualClock();
  clock.sleep = (ms) => Promise.resolve(clock.advance(ms));
  const gate = new Gate(clock, 8);
  const waiting = { clock, random: seededRandom(1), gate, options: { outageMs: HOUR_MS } };
  const patience = Patience.ofTask(waiting);
  const never = new AbortController().signal;
  for (let tries = 1; ; tries++) if (!(await patience.next(failure, never))) return tries;
}

test('what is the task’s own is tried eight times, an outage for an hour', async () => {
  const temporary = failed(200, 'TemporaryFailure', 'not yet', 'later');
  assert.equal(await triesOf({ ...temporary, isOwn: true }), 8);
  assert.ok((await triesOf(failed(500, 'InternalError', 'away', 'later'))) > 100);
  assert.equal(await triesOf(failed(200, 'PermanentFailure', 'no')), 1);
});
