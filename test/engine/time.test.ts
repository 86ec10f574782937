// Aim: what time alone brings about, with a clock that jumps over months.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { Engine, ENGINE_DEFAULTS } from '../../src/engine/index.ts';
import { createFunctions } from '../../src/functions/index.ts';
import { CONFIRMATION_MS_MAX, JOB_RETENTION_MS } from '../../src/model/limits.ts';
import type { S3 } from '../../src/s3/index.ts';
import type { Staging } from '../../src/staging/index.ts';
import { openSqliteStore, type Store } from '../../src/store/index.ts';
import { newJob } from '../contract/store.contract.ts';

const ACCOUNT = '123456789012';

/** No job here gets as far as a request. */
const NO_S3: S3 = {
  send: () => assert.fail('nothing is to be sent'),
  open: () => assert.fail('nothing is to be read'),
  traits: () => assert.fail('nothing is to be asked'),
};

/** Nothing is staged either: the rest of the interface is never called. */
const NO_STAGING = {
  jobs: () => Promise.resolve([]),
  removeJob: () => Promise.resolve(),
} as Partial<Staging> as Staging;

interface Scene {
  readonly store: Store;
  readonly clock: ManualClock;
  /** Moves time on in one jump, and then slowly enough for the engine to do what is due. */
  jump(ms: number): Promise<void>;
}

async function withEngine(play: (scene: Scene) => Promise<void>): Promise<void> {
  const clock = new ManualClock();
  const random = seededRandom(1);
  const store = openSqliteStore({ path: ':memory:', random });
  const engine = new Engine(
    {
      store,
      staging: NO_STAGING,
      s3: NO_S3,
      functions: createFunctions({ clock }),
      clock,
      random,
      log: silentLog,
    },
    { ...ENGINE_DEFAULTS, worker: 'time' },
  );
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  const jump = async (ms: number): Promise<void> => {
    clock.advance(ms);
    for (let i = 0; i < 10; i++) {
      await settle();
      clock.advance(300);
    }
    await settle();
  };
  engine.start();
  await settle();
  await play({ store, clock, jump });
  let isStopped = false;
  const stopping = engine.stop().then(() => (isStopped = true));
  while (!isStopped) await jump(1000);
  await stopping;
  await store.close();
}

test('a job that nobody confirms fails after thirty days, and not before', () =>
  withEngine(async ({ store, clock, jump }) => {
    const created = newJob({ createdAt: clock.now() });
    const { job } = created;
    await store.createJob(created);
    await store.apply(job.id, 'PreparationStarted', { at: clock.now() });
    await store.apply(job.id, 'PreparedForConfirmation', { at: clock.now() });
    const status = async () => (await store.job(ACCOUNT, job.id))?.status;
    await jump(CONFIRMATION_MS_MAX - 120_000);
    assert.equal(await status(), 'Suspended');
    await jump(180_000);
    assert.equal(await status(), 'Failed');
    const failed = await store.job(ACCOUNT, job.id);
    assert.equal(failed?.failures[0]?.code, 'ConfirmationTimeout');
  }));

test('a job is forgotten ninety days after its end, and not before', () =>
  withEngine(async ({ store, clock, jump }) => {
    const created = newJob({ createdAt: clock.now() });
    const { job } = created;
    await store.createJob(created);
    await store.apply(job.id, 'CancelRequested', { at: clock.now() });
    await jump(1000);
    assert.equal((await store.job(ACCOUNT, job.id))?.status, 'Cancelled');
    await jump(JOB_RETENTION_MS - 120_000);
    assert.ok(await store.job(ACCOUNT, job.id));
    await jump(180_000);
    assert.equal(await store.job(ACCOUNT, job.id), undefined);
  }));
