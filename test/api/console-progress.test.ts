// Aim: what a job's chart is drawn from stays small however long the job runs and however many run.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProgressLog } from '../../src/api/console/progress-log.ts';
import { ManualClock } from '../../src/base/clock.ts';
import type { JobCounts, Store } from '../../src/store/index.ts';

test('a job of a month keeps a few hundred samples, its first and its last among them', () => {
  const log = new ProgressLog(new ManualClock());
  const month = 30 * 24 * 3600 * 1000;
  for (let at = 0; at <= month; at += 2000) log.add('job', { at, succeeded: at, failed: 0 });
  const samples = log.samples('job');
  assert.ok(samples.length > 100 && samples.length <= 301, String(samples.length));
  assert.equal(samples[0]?.at, 0);
  const last = samples.at(-1)?.at ?? 0;
  assert.ok(month - last < month / 100);
  const gaps = samples.slice(1).map(({ at }, i) => at - (samples[i]?.at ?? 0));
  assert.ok(Math.max(...gaps) <= 2 * Math.min(...gaps));
});

test('of very many jobs the ones that ran last are remembered', () => {
  const log = new ProgressLog(new ManualClock());
  for (let i = 0; i < 600; i++) log.add(`job-${i}`, { at: i, succeeded: 0, failed: 0 });
  assert.equal(log.samples('job-0').length, 0);
  assert.equal(log.samples('job-599').length, 1);
  assert.equal(log.samples('job-100').length, 1);
  assert.equal(log.samples('job-99').length, 0);
});

test('samples are taken while it runs, also after the database was away', async () => {
  const clock = new ManualClock();
  const log = new ProgressLog(clock);
  let isAway = false;
  let asked = (): void => undefined;
  const runningCounts = async (now: number): Promise<ReadonlyMap<string, JobCounts>> => {
    asked();
    if (isAway) throw new Error('away');
    return new Map([['job', { succeeded: now, failed: 0 }]]);
  };
  const tick = async (): Promise<void> => {
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    clock.advance(2000);
    await isAsked;
    await new Promise(setImmediate);
  };
  // Of the store only this is asked.
  const running = log.run({ runningCounts } as unknown as Store);
  await new Promise(setImmediate);
  await tick();
  isAway = true;
  await tick();
  isAway = false;
  await tick();
  assert.equal(log.samples('job').length, 3);
  log.stop();
  await running;
});
