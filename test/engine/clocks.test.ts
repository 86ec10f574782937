// Aim: a worker whose clock is wrong does nothing by it, says so, and goes on when it is right again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../../src/base/log.ts';
import { CLOCK_MARGIN, JOB_RETENTION_MS, LEASE_MS } from '../../src/model/limits.ts';
import type { Store } from '../../src/store/index.ts';
import { newJob } from '../contract/store.contract.ts';
import { ACCOUNT, withEngine, type SceneOptions } from './engine-world.ts';

const MARGIN_MS = LEASE_MS * CLOCK_MARGIN;

/** The engine's clock differs from the database's by `offMs()`, and its complaints are kept. */
function offBy(offMs: () => number, complaints: string[]): SceneOptions {
  let theirs = (): number => 0;
  return {
    clockOf: (clock) => {
      theirs = () => clock.now();
      return {
        now: () => clock.now() + offMs(),
        monotonic: () => clock.monotonic(),
        sleep: (ms, signal) => clock.sleep(ms, signal),
      };
    },
    change: (store): Store => ({ ...store, clock: () => Promise.resolve(theirs()) }),
    log: { ...silentLog, error: (_, message) => complaints.push(message) },
  };
}

test('within the margin a clock is good, beyond it nothing is leased, and the log says so', async () => {
  for (const [offMs, isGood] of [
    [MARGIN_MS, true],
    [-MARGIN_MS, true],
    [MARGIN_MS + 1, false],
    [-MARGIN_MS - 1, false],
  ] as const) {
    const complaints: string[] = [];
    const status = await playOne(() => offMs, complaints);
    assert.equal(status === 'New', !isGood, `${offMs} ms: ${status}`);
    const said = complaints.filter((text) => text.startsWith('The clock of this machine'));
    assert.equal(said.length, isGood ? 0 : 1, complaints.join('\n'));
  }
});

async function playOne(offMs: () => number, complaints: string[]): Promise<string | undefined> {
  let status: string | undefined;
  await withEngine(
    async (scene) => {
      const one = newJob({ createdAt: scene.clock.now() });
      await scene.store.createJob(one);
      await scene.jump(5000);
      status = (await scene.store.job(ACCOUNT, one.job.id))?.status;
      const names = (await scene.store.workers(0)).map(({ name }) => name);
      assert.deepEqual(names, status === 'New' ? [] : ['engine']);
    },
    offBy(offMs, complaints),
  );
  return status;
}

test('a clock that is set right again is trusted again', async () => {
  let offMs = 60_000;
  const settings = offBy(() => offMs, []);
  await withEngine(async ({ store, clock, jump }) => {
    const one = newJob({ createdAt: clock.now() });
    await store.createJob(one);
    const status = async () => (await store.job(ACCOUNT, one.job.id))?.status;
    await jump(5000);
    assert.equal(await status(), 'New');
    offMs = 0;
    await jump(5000);
    assert.notEqual(await status(), 'New');
    assert.equal((await store.workers(0)).length, 1);
  }, settings);
});

test('a clock that jumps by months forgets no job, even before anybody has compared it', async () => {
  let offMs = 0;
  const settings = offBy(() => offMs, []);
  await withEngine(async (scene) => {
    const one = newJob({ createdAt: scene.clock.now() });
    await scene.store.createJob(one);
    await scene.store.apply(one.job.id, 'CancelRequested', { at: scene.clock.now() });
    await scene.jump(5000);
    offMs = JOB_RETENTION_MS + 1000;
    for (let minutes = 0; minutes < 5; minutes++) await scene.jump(60_000);
    assert.equal((await scene.store.job(ACCOUNT, one.job.id))?.status, 'Cancelled');
    offMs = 0;
  }, settings);
});
