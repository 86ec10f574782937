/**
 * Connections that break at the worst moment: the whole contract holds while every dozen statements a
 * commit loses its answer or a statement never arrives; and what each call makes of it, one by one.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { openPostgresStore, StoreUnavailable, type Store } from '../../src/store/index.ts';
import {
  active,
  assertLedger,
  lease,
  LEASE_MS,
  newJob,
  part,
  storeContract,
  T0,
} from '../contract/store.contract.ts';
import { startPostgres } from '../lib/postgres.ts';
import { cuttingProxy, type CuttingProxy } from './cutting-proxy.ts';

const ACCOUNT = newJob().job.account;
const postgres = await startPostgres();
after(() => postgres.stop());
/** Waiting between attempts is not what is tested. */
const clock = { ...systemClock, sleep: async () => undefined };

/** Statements that the store never repeats, or whose count a repetition cannot know. */
const ONCE = /^\s*WITH wanted AS|worker = \$1$/;
const WRITES_ALONE =
  /^\s*(COMMIT|UPDATE units SET state|UPDATE progress SET sealed|INSERT INTO units)/;

async function openBehindProxy(): Promise<{ store: Store; proxy: CuttingProxy }> {
  const proxy = await cuttingProxy(await postgres.createDatabase());
  const store = await openPostgresStore({ url: proxy.url, connectionsMax: 3, clock });
  const close = async (): Promise<void> => {
    await store.close();
    await proxy.close();
  };
  return { store: { ...store, close }, proxy };
}

let cuts = 0;
storeContract('PostgreSQL that loses answers', async () => {
  const { store, proxy } = await openBehindProxy();
  let quiet = 0;
  proxy.decide = (sql) => {
    // Longer than any call, so that its repetition comes through.
    if (++quiet < 12 || ONCE.test(sql)) return 'no';
    const how = cuts % 2 === 0 ? 'after' : 'before';
    if (how === 'after' && !WRITES_ALONE.test(sql)) return 'no';
    cuts += 1;
    quiet = 0;
    return how;
  };
  return store;
});

after(() => assert.ok(cuts > 100, `only ${cuts} connections were cut`));

async function behindProxy(
  use: (store: Store, proxy: CuttingProxy) => Promise<void>,
): Promise<void> {
  const { store, proxy } = await openBehindProxy();
  try {
    await use(store, proxy);
  } finally {
    await store.close();
  }
}

/** Cuts the next execution of a statement that looks like this, once. */
function cutOnce(proxy: CuttingProxy, how: 'before' | 'after', statement: RegExp): () => boolean {
  let isCut = false;
  proxy.decide = (sql) => {
    if (isCut || !statement.test(sql)) return 'no';
    isCut = true;
    return how;
  };
  return () => isCut;
}

for (const how of ['before', 'after'] as const) {
  test(`a job whose commit was cut ${how} the server is made once, and is no repetition`, () =>
    behindProxy(async (store, proxy) => {
      const isCut = cutOnce(proxy, how, /^COMMIT$/);
      assert.deepEqual(await store.createJob(newJob({ id: 'one', token: 't' })), {
        kind: 'created',
      });
      assert.ok(isCut());
      assert.equal((await store.events(0, 10)).length, 1);
      const again = await store.createJob(newJob({ id: 'two', token: 't' }));
      assert.deepEqual(again, { kind: 'repeated', jobId: 'one' });
    }));

  test(`a cancel whose commit was cut ${how} the server is one cancel with one event`, () =>
    behindProxy(async (store, proxy) => {
      await store.createJob(newJob({ id: 'one' }));
      const isCut = cutOnce(proxy, how, /^COMMIT$/);
      const applied = await store.applyByUser(ACCOUNT, 'one', 'CancelRequested', { at: T0 });
      assert.ok(isCut() && applied.ok);
      assert.equal(applied.job.status, 'Cancelling');
      const events = await store.events(0, 10);
      assert.deepEqual(
        events.map(({ status }) => status),
        ['New', 'Cancelling'],
      );
    }));

  test(`a part whose commit was cut ${how} the server is taken once`, () =>
    behindProxy(async (store, proxy) => {
      const id = await active(store, [10, 10]);
      const units = await lease(store, T0, 2);
      const isCut = cutOnce(proxy, how, /^COMMIT$/);
      const answers = await Promise.all(
        units.map((unit) => store.commitPart(unit.lease, part(10), T0)),
      );
      assert.ok(isCut());
      assert.deepEqual(answers, [true, true]);
      assert.equal((await store.job(ACCOUNT, id))?.tasksSucceeded, 20);
      await assertLedger(store, id, [10, 10]);
    }));
}

test('a lease whose answer was lost is not taken twice: its units come back with their time', () =>
  behindProxy(async (store, proxy) => {
    await active(store, [1, 1, 1]);
    const isCut = cutOnce(proxy, 'after', /^\s*WITH wanted AS/);
    await assert.rejects(lease(store, T0, 2), StoreUnavailable);
    assert.ok(isCut());
    assert.deepEqual(
      (await lease(store, T0, 3)).map((unit) => unit.lease.seq),
      [2],
    );
    const later = await lease(store, T0 + LEASE_MS + 1, 3);
    assert.deepEqual(
      later.map((unit) => [unit.lease.seq, unit.lease.fence]),
      [
        [0, 2],
        [1, 2],
        [2, 2],
      ],
    );
  }));

test('a database that stays away is told as such, and is used again when it is back', () =>
  behindProxy(async (store, proxy) => {
    await store.createJob(newJob({ id: 'one' }));
    proxy.decide = () => 'before';
    await assert.rejects(store.job(ACCOUNT, 'one'), StoreUnavailable);
    await assert.rejects(store.setPriority(ACCOUNT, 'one', 7), StoreUnavailable);
    proxy.decide = () => 'no';
    assert.equal((await store.setPriority(ACCOUNT, 'one', 7))?.priority, 7);
  }));
