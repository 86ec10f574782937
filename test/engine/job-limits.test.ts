// Aim: what one job may do in several workers, on a clock that only the test moves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../src/base/clock.ts';
import { JobLimits } from '../../src/engine/job-limits.ts';

const tag = (name: string, value: number) => ({ Key: `brigade:${name}`, Value: String(value) });
const RUNNING = { course: 'run' } as const;

const settle = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** Before it those who join others wait. */
const JOINED_MS = 900;

/** Workers on one job, each with more lanes than it may use; `seconds` pass in small steps. */
async function play(
  options: readonly { readonly Key: string; readonly Value: string }[],
  workers: readonly string[],
  { seconds, taskMs, beatMs = 300 }: { seconds: number; taskMs: number; beatMs?: number },
) {
  const clock = new ManualClock();
  const all = workers.map((worker) => ({ worker, limits: new JobLimits(clock) }));
  const story = { started: 0, inFlight: 0, most: 0 };
  const who: { course: 'run' | 'pause' } = { course: 'run' };
  const lane = async (limits: JobLimits): Promise<void> => {
    while (who.course === 'run') {
      if (!limits.tryEnter() && !(await limits.turn(who))) return;
      story.started += 1;
      story.inFlight += 1;
      story.most = Math.max(story.most, story.inFlight);
      await clock.sleep(taskMs);
      story.inFlight -= 1;
      limits.leave();
    }
  };
  const beat = (): void => {
    for (const { worker, limits } of all) {
      limits.setShare({ tags: options, workers }, worker, clock.monotonic());
    }
  };
  for (const { limits } of all) limits.setOptions(options);
  const lanes = all.flatMap(({ limits }) => Array.from({ length: 20 }, () => lane(limits)));
  for (let ms = -JOINED_MS; ms < seconds * 1000; ms += 10) {
    if (ms === 0) story.started = 0;
    if (ms % beatMs === 0) beat();
    await settle();
    clock.advance(10);
  }
  who.course = 'pause';
  for (let i = 0; i < 60; i++) {
    await settle();
    clock.advance(10);
  }
  await Promise.all(lanes);
  return story;
}

test('the pace of a job is kept within 2 % by one worker, and by three together', async () => {
  for (const workers of [['a'], ['a', 'b', 'c']]) {
    const { started } = await play([tag('max-tasks-per-second', 200)], workers, {
      ...{ seconds: 8, taskMs: 20 },
    });
    assert.ok(Math.abs(started - 1600) <= 32, `${started} tasks began`);
  }
});

test('no more tasks of a job are in flight than it wants, over all workers', async () => {
  for (const [concurrency, workers] of [
    [5, ['a']],
    [5, ['a', 'b', 'c']],
    [1, ['a', 'b', 'c']],
  ] as const) {
    const { most, started } = await play([tag('concurrency', concurrency)], workers, {
      ...{ seconds: 2, taskMs: 40 },
    });
    assert.equal(most, concurrency);
    assert.ok(started > (2000 / 50) * concurrency * 0.7, 'and they are used');
  }
});

test('who was not told how many share a limit begins nothing', async () => {
  const { started } = await play([tag('concurrency', 5)], ['a'], {
    ...{ seconds: 1, taskMs: 10, beatMs: Infinity },
  });
  // The first word, at the beginning, counts for a while; then it is stale.
  assert.ok(started > 0 && started < 5 * 95, `${started}`);
  const clock = new ManualClock();
  const limits = new JobLimits(clock);
  limits.setOptions([tag('concurrency', 5)]);
  assert.ok(limits.isUnknown);
  assert.equal(limits.tryEnter(), false);
});

test('who joins begins when nobody goes by what they knew before, and then uses their share', () => {
  const clock = new ManualClock();
  const [a, b] = [new JobLimits(clock), new JobLimits(clock)];
  const tags = [tag('concurrency', 5)];
  const both = { tags, workers: ['a', 'b'] };
  const entered = (limits: JobLimits): number => {
    let count = 0;
    while (limits.tryEnter()) count += 1;
    for (let left = 0; left < count; left++) limits.leave();
    return count;
  };
  a.setShare({ tags, workers: ['a'] }, 'a', clock.monotonic());
  b.setShare(both, 'b', clock.monotonic());
  let most = 0;
  for (let ms = 0; ms < 3000; ms += 100) {
    most = Math.max(most, entered(a) + entered(b));
    clock.advance(100);
    // The first one hears of the second as late as it may without stopping.
    if (ms >= 800) a.setShare(both, 'a', clock.monotonic());
    b.setShare(both, 'b', clock.monotonic());
  }
  assert.equal(most, 5);
  assert.deepEqual([entered(a), entered(b)], [3, 2]);
});

test('a limit that is taken away lets everybody go', async () => {
  const clock = new ManualClock();
  const limits = new JobLimits(clock);
  limits.setShare({ tags: [tag('max-tasks-per-second', 0.001)], workers: ['a'] }, 'a', 0);
  limits.tryEnter();
  const waiting = [limits.turn(RUNNING), limits.turn(RUNNING)];
  await settle();
  limits.setShare({ tags: [], workers: ['a'] }, 'a', clock.monotonic());
  assert.deepEqual(await Promise.all(waiting), [true, true]);
});

test('who leaves is let go, and keeps nobody else from their turn', async () => {
  const clock = new ManualClock();
  const limits = new JobLimits(clock);
  limits.setShare({ tags: [tag('concurrency', 1)], workers: ['a'] }, 'a', clock.monotonic());
  assert.ok(limits.tryEnter());
  const leaver: { course: 'run' | 'stop' } = { course: 'run' };
  const gone = limits.turn(leaver);
  const stays = limits.turn(RUNNING);
  leaver.course = 'stop';
  await settle();
  clock.advance(100);
  assert.equal(await gone, false);
  limits.leave();
  assert.equal(await stays, true);
});
