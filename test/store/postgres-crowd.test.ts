/**
 * Many processes on one database: leases are disjoint and wait for nobody, a cancel and a lease see
 * each other, events come in order, the limit on active jobs holds; and all of it while connections
 * are killed at random and the server is stopped, crashed and shot in the middle.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { seededRandom, type Random } from '../../src/base/random.ts';
import {
  openPostgresStore,
  StoreUnavailable,
  type LeasedUnit,
  type Store,
} from '../../src/store/index.ts';
import {
  active,
  assertLedger,
  lease,
  LEASE_MS,
  newJob,
  part,
  T0,
} from '../contract/store.contract.ts';
import { startPostgres } from '../lib/postgres.ts';

const ACCOUNT = newJob().job.account;
const postgres = await startPostgres();
after(() => postgres.stop());

async function withStores(
  count: number,
  use: (stores: Store[], url: string) => Promise<void>,
): Promise<void> {
  const url = await postgres.createDatabase();
  const opening = Array.from({ length: count }, () =>
    openPostgresStore({ url, connectionsMax: 4 }),
  );
  const stores = await Promise.all(opening);
  try {
    await use(stores, url);
  } finally {
    await Promise.all(stores.map((store) => store.close()));
  }
}

const first = (stores: readonly Store[]): Store => {
  const [store] = stores;
  assert.ok(store);
  return store;
};

test('processes that start at once on an empty database migrate it once', () =>
  withStores(5, async (stores) => {
    await first(stores).createJob(newJob({ id: 'one' }));
    for (const store of stores) assert.equal((await store.job(ACCOUNT, 'one'))?.id, 'one');
  }));

test('workers that lease at once get different units, and together all of them', () =>
  withStores(4, async (stores) => {
    const ids = [];
    for (const priority of [1, 5, 5]) {
      ids.push(
        await active(
          first(stores),
          Array.from({ length: 100 }, () => 1),
          { priority },
        ),
      );
    }
    const taken: string[] = [];
    const work = async (store: Store, worker: string): Promise<void> => {
      let misses = 0; // A whole round can be skipped when the others hold the few that are left.
      while (misses < 3) {
        const units = await lease(store, T0, 7, worker);
        misses = units.length === 0 ? misses + 1 : 0;
        taken.push(...units.map(({ lease: { jobId, seq, fence } }) => `${jobId}/${seq}/${fence}`));
      }
    };
    await Promise.all(stores.map((store, i) => work(store, `worker-${i}`)));
    const all = ids.flatMap((id) => Array.from({ length: 100 }, (_, seq) => `${id}/${seq}/1`));
    assert.deepEqual(taken.sort(), all.sort());
  }));

test('a lease does not wait for units that somebody else is taking', () =>
  withStores(1, async ([store], url) => {
    assert.ok(store);
    await active(store, [1, 1, 1]);
    const other = await postgres.connect(url);
    await other.query('BEGIN');
    await other.query(`SELECT 1 FROM units WHERE kind = 'chunk' AND seq < 2 FOR UPDATE`);
    await other.query('SELECT 1 FROM turns FOR UPDATE');
    // Answered while the locks are held, or not at all: LOCK_MS_MAX would fail the call.
    const units = await lease(store, T0, 3);
    assert.deepEqual(
      units.map((unit) => unit.lease.seq),
      [2],
    );
    await other.query('ROLLBACK');
    await other.end();
  }));

test('after a cancel every lease is seen: no unit is handed out behind its back', () =>
  withStores(3, async (stores) => {
    const [one, two, three] = stores;
    assert.ok(one && two && three);
    for (let round = 0; round < 40; round++) {
      const id = await active(one, [1, 1, 1, 1]);
      const cancel = async (): Promise<number> => {
        await one.apply(id, 'CancelRequested', { at: T0 });
        const moving = (await one.movingJobs(T0)).find(({ job }) => job.id === id);
        assert.ok(moving);
        return moving.ledger.leasesLive;
      };
      const leasing: Promise<LeasedUnit[]> = Promise.all([
        lease(two, T0, 1),
        lease(three, T0, 2),
      ]).then((units) => units.flat());
      const [live, leased]: [number, LeasedUnit[]] = await Promise.all([cancel(), leasing]);
      const own = leased.filter((unit) => unit.lease.jobId === id);
      assert.equal(live, own.length);
      await one.seal(id);
      for (const unit of own) assert.equal(await two.commitPart(unit.lease, part(1), T0), false);
    }
  }));

test('who reads events from the last one seen misses none, whoever writes', () =>
  withStores(4, async (stores) => {
    const reader = first(stores);
    let isOver = false;
    const write = async (store: Store): Promise<void> => {
      for (let n = 0; n < 25; n++) {
        const { job } = newJob();
        await store.createJob(newJob(job));
        await store.apply(job.id, 'CancelRequested', { at: T0 });
      }
    };
    const seen: string[] = [];
    const read = async (): Promise<void> => {
      let last = 0;
      for (let isLast = false; ; isLast = isOver) {
        const events = await reader.events(last, 10);
        seen.push(...events.map(({ id }) => id));
        last = events.at(-1)?.seq ?? last;
        if (events.length === 0 && isLast) return;
      }
    };
    const writing = Promise.all(stores.map(write)).then(() => (isOver = true));
    await Promise.all([writing, read()]);
    const all = (await reader.events(0, 1000)).map(({ id }) => id);
    assert.equal(all.length, 4 * 25 * 2);
    assert.deepEqual(seen, all);
  }));

test('however many processes schedule, no more jobs are active than may be', () =>
  withStores(4, async (stores) => {
    const store = first(stores);
    const random = seededRandom(5);
    const ids: string[] = [];
    for (let n = 0; n < 6; n++) {
      const id = await active(store, [1]);
      await store.apply(id, 'Preempted', { at: T0 });
      await store.apply(id, 'Drained', { at: T0 });
      ids.push(id);
    }
    // Priorities change meanwhile, so that each of them finds something else to decide.
    const outrank = async (one: Store): Promise<void> => {
      const id = ids[Math.floor(random.next() * ids.length)] ?? '';
      await one.setPriority(ACCOUNT, id, Math.floor(random.next() * 1000));
    };
    const query = { account: ACCOUNT, statuses: ['Active', 'Pausing'], limit: 100 } as const;
    for (let round = 0; round < 60; round++) {
      await Promise.all(stores.flatMap((one) => [outrank(one), one.schedule(2, T0)]));
      const busy = await store.jobs(query);
      assert.ok(busy.length <= 2, `${busy.length} jobs are active in round ${round}`);
      for (const { id } of busy) await store.apply(id, 'Drained', { at: T0 });
    }
  }));

interface Tally {
  /** `seq/fence` of parts that were answered with true, with false, and not at all. */
  readonly taken: string[];
  readonly refused: string[];
  unanswered: number;
}

/** A worker that goes on until every chunk is done, whatever the database does to it. */
async function work(
  store: Store,
  name: string,
  time: { now: number },
  chunks: number,
  random: Random,
  tally: Tally,
): Promise<void> {
  const rows = 10;
  const run = async (unit: Awaited<ReturnType<typeof lease>>[number]): Promise<void> => {
    const { seq, fence } = unit.lease;
    const mark = unit.work.mark ?? 0;
    const to = random.next() < 0.3 ? Math.min(rows, mark + 3) : rows;
    const failed = to - mark > 1 ? 1 : 0;
    await store.renew(
      [{ lease: unit.lease, succeeded: 1, failed: 0 }],
      time.now + LEASE_MS,
      time.now,
    );
    if (random.next() < 0.1) return void (await store.release(unit.lease, 0, false));
    const recorded = { ...part(to - mark, failed), to };
    try {
      const isTaken = await store.commitPart(unit.lease, recorded, time.now);
      (isTaken ? tally.taken : tally.refused).push(`${seq}/${fence}`);
    } catch (error) {
      tally.unanswered += 1;
      throw error;
    }
  };
  for (;;) {
    try {
      const units = await lease(store, time.now, 5, name);
      const ends = await Promise.allSettled(units.map(run));
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
      // Leases of lost answers end; so that they do, time passes when nothing is left to take.
      if (units.length === 0) time.now += LEASE_MS / 4;
      const [moving] = await store.movingJobs(time.now);
      if (moving?.ledger.chunksDone === chunks) return;
    } catch (error) {
      // Away is away; anything else is a bug of the store.
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }
}

async function assertTold(store: Store, id: string, chunks: number, tally: Tally): Promise<void> {
  await assertLedger(
    store,
    id,
    Array.from({ length: chunks }, () => 10),
  );
  const job = await store.job(ACCOUNT, id);
  assert.equal((job?.tasksSucceeded ?? 0) + (job?.tasksFailed ?? 0), chunks * 10);
  const recorded = new Set(
    (await store.parts(id, 0, chunks)).map(({ seq, fence }) => `${seq}/${fence}`),
  );
  for (const one of tally.taken) assert.ok(recorded.has(one), `${one} was taken and is not there`);
  for (const one of tally.refused) assert.ok(!recorded.has(one), `${one} was refused and is there`);
  const untold = recorded.size - new Set(tally.taken).size;
  assert.ok(untold >= 0 && untold <= tally.unanswered);
}

test('connections killed at random under load: what was answered is so, and every row counts once', () =>
  withStores(3, async (stores, url) => {
    const chunks = 300;
    const store = first(stores);
    const id = await active(
      store,
      Array.from({ length: chunks }, () => 10),
    );
    const random = seededRandom(4);
    const tally: Tally = { taken: [], refused: [], unanswered: 0 };
    const time = { now: T0 };
    let isOver = false;
    let kills = 0;
    const kill = async (): Promise<void> => {
      const client = await postgres.connect(url);
      while (!isOver) {
        const { rowCount } = await client.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE application_name = 'brigade' AND random() < 0.1`,
        );
        kills += rowCount ?? 0;
      }
      await client.end();
    };
    const working = Promise.all(
      stores.map((one, i) => work(one, `worker-${i}`, time, chunks, random, tally)),
    ).finally(() => (isOver = true));
    await Promise.all([working, kill()]);
    assert.ok(kills > 10, `only ${kills} connections were killed`);
    await assertTold(store, id, chunks, tally);
  }));

for (const how of ['fast', 'immediate', 'kill'] as const) {
  test(`a server that goes down (${how}) in the middle and comes back: nothing lost, nothing twice`, () =>
    withStores(2, async (stores) => {
      const chunks = 200;
      const store = first(stores);
      const id = await active(
        store,
        Array.from({ length: chunks }, () => 10),
      );
      const tally: Tally = { taken: [], refused: [], unanswered: 0 };
      const time = { now: T0 };
      const restart = async (): Promise<void> => {
        while (tally.taken.length < 50) await new Promise((resolve) => setImmediate(resolve));
        await postgres.down(how);
        await assert.rejects(store.job(ACCOUNT, id), StoreUnavailable);
        await postgres.up();
      };
      const random = seededRandom(7);
      const workers = stores.map((one, i) => work(one, `w-${i}`, time, chunks, random, tally));
      await Promise.all([restart(), ...workers]);
      await assertTold(store, id, chunks, tally);
    }));
}
