// Aim: what a worker is stuck on keeps it from nothing else, and a database that is away fails nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Job } from '../../src/model/job.ts';
import { StoreUnavailable } from '../../src/store/index.ts';
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

test('manifests that nobody answers for keep no other job from its end', async () => {
  let hung = 0;
  const open = (_: unknown, signal?: AbortSignal): Promise<never> =>
    new Promise((_resolve, reject) => {
      hung += 1;
      signal?.addEventListener('abort', () => reject(new Error('Left.')));
    });
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
