// Aim: what a worker is stuck on keeps it from nothing else, and a database that is away fails nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Job } from '../../src/model/job.ts';
import { type Store, StoreUnavailable } from '../../src/store/index.ts';
import type { S3 } from '../../src/s3/index.ts';
import { newJob } from '../contract/store.contract.ts';
import { ACCOUNT, withEngine, type Scene } from './engine-world.ts';

const MANIFEST: Job['request']['Manifest'] = {
  Spec: { Format: 'S3BatchOperations_CSV_20180820', Fields: ['Bucket', 'Key'] },
  Location: { ObjectArn: 'arn:aws:s3:::lists/list.csv', ETag: 'e' },
};

async function create({ store, clock }: Scene): Promise<() => Promise<Job>> {
  const request = { ...newJob().job.request, Manifest: MANIFEST };
  const one = newJob({ createdAt: clock.now(), request });
  await store.createJob(one);
  return async () => {
    const job = await store.job(ACCOUNT, one.job.id);
    assert.ok(job);
    return job;
  };
}

/** Answers nobody, until they leave. */
function hanging(asked: () => void): S3['open'] {
  return (_, signal) =>
    new Promise((_resolve, reject) => {
      asked();
      signal?.addEventListener('abort', () => reject(new Error('Left.')));
    });
}

test('manifests that nobody answers for keep no other job from its end', async () => {
  let hung = 0;
  const open = hanging(() => (hung += 1));
  await withEngine(
    async (scene) => {
      const stuck = [await create(scene), await create(scene), await create(scene)];
      await scene.jump(2000);
      assert.equal(hung, 2, 'the lanes of this kind are full');
      const other = await create(scene);
      const { id } = await other();
      await scene.store.apply(id, 'CancelRequested', { at: scene.clock.now() });
      await scene.jump(2000);
      assert.equal((await other()).status, 'Cancelled');
      for (const job of stuck) assert.ok(['New', 'Preparing'].includes((await job()).status));
      // Whoever waits for a manifest is let go by the end of its job.
      for (const job of stuck) {
        await scene.store.apply((await job()).id, 'CancelRequested', { at: scene.clock.now() });
      }
      await scene.jump(2000);
    },
    { s3: { open } },
  );
});

test('who has nothing to do looks once a second, and finds what another process was given', async () => {
  let looks = 0;
  let opened = 0;
  const change = (store: Store): Store => ({
    ...store,
    schedule: (...values) => {
      looks += 1;
      return store.schedule(...values);
    },
  });
  const open = hanging(() => (opened += 1));
  await withEngine(
    async (scene) => {
      await scene.jump(1000);
      const before = looks;
      for (let ms = 0; ms < 30_000; ms += 100) {
        scene.clock.advance(100);
        await scene.settle();
      }
      assert.ok(looks - before <= 30, `${looks - before} looks in 30 s`);
      // Given to another process: found within a second.
      await create(scene);
      for (let ms = 0; ms < 1000; ms += 100) {
        scene.clock.advance(100);
        await scene.settle();
      }
      assert.equal(opened, 1);
    },
    { s3: { open }, change },
  );
});

test('a job that a user has just made begins without a wait', async () => {
  let opened = 0;
  const open = hanging(() => (opened += 1));
  await withEngine(
    async (scene) => {
      await scene.jump(3000);
      await create(scene);
      await scene.settle();
      assert.equal(opened, 0);
      scene.wake();
      await scene.settle();
      assert.equal(opened, 1);
    },
    { s3: { open } },
  );
});

test('a database that is away ends units as often as it likes, and no job', async () => {
  const seen = { bugs: 0, outages: 0 };
  // What a unit meets is thrown through it, wherever it comes from.
  const open = (): Promise<never> => {
    // Ten after the second bug, ten more after the fourth: the fifth is the last.
    const isAway = seen.outages < 10 * Math.floor(seen.bugs / 2);
    seen[isAway ? 'outages' : 'bugs'] += 1;
    return Promise.reject(isAway ? new StoreUnavailable('It is away.') : new Error('A bug.'));
  };
  await withEngine(
    async (scene) => {
      const job = await create(scene);
      while (seen.outages < 20) {
        assert.deepEqual((await job()).failures, []);
        await scene.jump(30_000);
      }
      await scene.jump(30_000);
      assert.deepEqual(seen, { bugs: 5, outages: 20 });
      assert.match((await job()).failures[0]?.reason ?? '', /failed 5 times.*A bug/);
    },
    { s3: { open } },
  );
});
