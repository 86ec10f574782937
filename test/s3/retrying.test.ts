import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../../src/base/clock.ts';
import { ManualClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { type S3Answer, sendWithRetry } from '../../src/s3/index.ts';

/** A store that gives these statuses in turn, and a clock whose waits are over at once. */
function scene(statuses: readonly number[]) {
  const waits: number[] = [];
  let asked = 0;
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    sleep: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
  };
  const s3 = {
    send: (): Promise<S3Answer> =>
      Promise.resolve({ status: statuses[asked++] ?? 500, headers: {}, body: Buffer.alloc(0) }),
  };
  return { s3, clock, waits, asked: () => asked, random: seededRandom(7) };
}

test('failures that pass are waited out, with waits under a growing bound', async () => {
  const { s3, waits, asked, clock, random } = scene([0, 503, 500, 429, 200]);
  const answer = await sendWithRetry(s3, { method: 'GET' }, { attempts: 5, clock, random });
  assert.equal(answer.status, 200);
  assert.equal(asked(), 5);
  assert.equal(waits.length, 4);
  for (const [attempt, ms] of waits.entries()) assert.ok(ms >= 0 && ms < 200 * 2 ** attempt);
});

test('a refusal is not repeated, and attempts are bounded', async () => {
  const refused = scene([403, 200]);
  assert.equal(
    (await sendWithRetry(refused.s3, { method: 'GET' }, { attempts: 5, ...refused })).status,
    403,
  );
  assert.equal(refused.asked(), 1);
  const down = scene([]);
  assert.equal(
    (await sendWithRetry(down.s3, { method: 'GET' }, { attempts: 3, ...down })).status,
    500,
  );
  assert.equal(down.asked(), 3);
});

test('abort ends the waiting with its reason', async () => {
  const { s3, random, asked } = scene([503, 200]);
  const aborter = new AbortController();
  const options = { attempts: 2, clock: new ManualClock(), random, signal: aborter.signal };
  const sending = sendWithRetry(s3, { method: 'GET' }, options);
  const reason = new Error('stop');
  setImmediate(() => aborter.abort(reason));
  await assert.rejects(sending, reason);
  assert.equal(asked(), 1);
});
