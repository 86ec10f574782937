/**
 * The event stream of 200 random jobs equals their histories: after sinks that failed, processes that
 * died or froze between any two awaits, and two that fed one sink, once repeats are dropped by id.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ManualClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { DELIVERED } from '../../src/events/index.ts';
import { openPostgresStore, openSqliteStore, type Store } from '../../src/store/index.ts';
import { newJob } from '../contract/store.contract.ts';
import { startPostgres } from '../lib/postgres.ts';
import { deliverer, FakeSink, fated, LEASE_MS, settle, takenByJob, until } from './world.ts';

const postgres = await startPostgres();
after(() => postgres.stop());

/** Most are illegal in most statuses; those change nothing. */
const EVENTS = [
  ...(['PreparationStarted', 'Prepared', 'PreparedForConfirmation', 'Confirmed'] as const),
  ...(['Scheduled', 'Preempted', 'Drained', 'PauseRequested', 'CancelRequested'] as const),
];

interface Options {
  readonly jobs: number;
  readonly seed: number;
  readonly rest?: () => Promise<void>;
}

async function assertStream(store: Store, { jobs, seed, rest = settle }: Options) {
  const random = seededRandom(seed);
  const clock = new ManualClock();
  const sinks = [
    new FakeSink({ name: 'one by one', batchMax: 8 }),
    new FakeSink({ name: 'whole batches', isOrdered: true, lingerMs: 2000, batchMax: 30 }),
  ];
  let isBad = true;
  for (const sink of sinks) {
    sink.judge = () => {
      const chance = isBad ? random.next() : 1;
      if (chance < 0.2) return { kind: 'later', reason: 'busy' };
      if (chance < 0.25 && !sink.isOrdered) return { kind: 'refused', reason: 'no' };
      return DELIVERED;
    };
  }
  let deaths = 0;
  let pauses = 0;
  const start = async (worker: string): Promise<() => void> => {
    let isAlive = true;
    const fate = () => {
      if (!isAlive) return 'die' as const;
      const chance = isBad ? random.next() : 1;
      if (chance < 0.01) {
        isAlive = false;
        deaths++;
        return 'die' as const;
      }
      if (chance < 0.02) {
        pauses++;
        return 2 * LEASE_MS; // Frozen; somebody else takes over, and it comes back.
      }
      return 'go' as const;
    };
    const needs = { clock, random, worker, store: fated(store, fate, clock) };
    deliverer({ ...needs, sinks: sinks.map((sink) => fated(sink, fate, clock)) }).start();
    return () => (isAlive = false);
  };
  await deliverer({ store, sinks, clock, random, worker: 'first' }).open();

  const ids: string[] = [];
  const crew: (() => void)[] = [];
  const perRound = Math.ceil(jobs / 50);
  for (let roundNo = 0; roundNo < 120; roundNo++) {
    for (let i = 0; i < perRound && ids.length < jobs; i++) {
      const created = newJob({ id: `job-${seed}-${ids.length}`, createdAt: clock.now() });
      await store.createJob(created);
      ids.push(created.job.id);
    }
    for (let i = 0; i < perRound * 12; i++) {
      const id = ids[Math.floor(random.next() * ids.length)];
      const event = EVENTS[Math.floor(random.next() * EVENTS.length)];
      if (id && event) await store.apply(id, event, { at: clock.now(), reason: `${i}` });
    }
    if (roundNo % 3 === 0) crew.push(await start(`worker-${roundNo}`));
    if (random.next() < 0.1) {
      // An operator who does not wait until things are well.
      for (const { name } of sinks) await store.replayLetters(name, undefined);
    }
    clock.advance(Math.floor(random.next() * 4000));
    await rest();
  }
  isBad = false;
  await start('last');
  const isOver = async (): Promise<boolean> => {
    for (const { name } of sinks) await store.replayLetters(name, undefined);
    return (await store.sinks()).every(({ waiting, letters }) => waiting + letters === 0);
  };
  await until(clock, isOver, { rest });
  for (const end of crew) end();

  let repeats = 0;
  for (const sink of sinks) {
    const taken = takenByJob(sink.taken);
    assert.equal(taken.size, jobs);
    repeats += sink.taken.length - [...taken.values()].flat().length;
    for (const id of ids) {
      const history = await store.jobEvents(newJob().job.account, id);
      assert.deepEqual(
        taken.get(id),
        history.map((event) => event.id),
        `${sink.name}: ${id}`,
      );
    }
  }
  return { deaths, pauses, repeats };
}

test('SQLite: the events of 200 random jobs are their histories, whatever died or froze', async () => {
  for (const seed of [1, 2, 3]) {
    const store = openSqliteStore({ path: ':memory:' });
    const { deaths, pauses, repeats } = await assertStream(store, { jobs: 200, seed });
    // Otherwise the troubles were too few to show anything.
    assert.ok(deaths > 5 && pauses > 2 && repeats > 0, `${deaths}, ${pauses}, ${repeats}`);
  }
});

test('PostgreSQL: the events of 200 random jobs are their histories, whatever died or froze', async () => {
  const store = await openPostgresStore({ url: await postgres.createDatabase() });
  await assertStream(store, { jobs: 200, seed: 4, rest: () => sleep(10) });
});
