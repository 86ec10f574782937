// Aim: a worker in the same process hears of what users do, when it is done, and of nothing else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../src/base/random.ts';
import { tellingStore } from '../../src/server/telling-store.ts';
import { openSqliteStore } from '../../src/store/index.ts';
import { newJob } from '../contract/store.contract.ts';

test('whoever listens is told after a user has changed a job, and of nothing that reads', async () => {
  const store = openSqliteStore({ path: ':memory:', random: seededRandom(1) });
  let told = 0;
  const telling = tellingStore(store, () => (told += 1));
  const one = newJob();
  const { account, id } = one.job;
  const tellsOf = async (call: () => Promise<unknown>): Promise<number> => {
    const before = told;
    await call();
    return told - before;
  };
  assert.equal(await tellsOf(() => telling.createJob(one)), 1);
  assert.equal(await tellsOf(() => telling.job(account, id)), 0);
  assert.equal(await tellsOf(() => telling.setPriority(account, id, 7)), 1);
  assert.equal((await telling.job(account, id))?.priority, 7);
  assert.equal(await tellsOf(() => telling.setTags(account, id, [])), 1);
  const cancel = () => telling.applyByUser(account, id, 'CancelRequested', { at: 1 });
  assert.equal(await tellsOf(cancel), 1);
  await store.close();
});
