/**
 * What calls cost with 10,000 jobs in the store, against 10, on SQLite and on PostgreSQL in one run.
 *
 *   npm run bench -- jobs [--rows JOBS] [--quick]
 *
 * Both stores hold the same six active jobs. The others are what a busy service has lying about: most
 * have ended, some wait for a confirmation, some for their turn, some for a worker to prepare them.
 * A call is what the API or a worker makes of the store: a page is the first ten jobs, a lease takes
 * three chunks and gives them back, a tick is what every worker does five times a second.
 *
 * Not measured: HTTP and XML; several processes at once; a database on another machine.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPostgresStore, openSqliteStore, type Store } from '../src/store/index.ts';
import type { JobEvent } from '../src/lifecycle/index.ts';
import { newJob } from '../test/contract/store.contract.ts';
import { startPostgres } from '../test/lib/postgres.ts';
import { median, setting, settingLines, table } from './lib/figures.ts';
import { jobOfChunks, LEASE_MS } from './lib/ledger-job.ts';
import { benchOptions } from './lib/options.ts';

const ACCOUNT = '123456789012';
const FEW = 10;
const ACTIVE = 6;
const CHUNKS = 2000;
const PAGE = 10;
const AT_ONCE = 50;

/** The events that bring a job where it waits; of ten jobs five have ended. */
const REST: readonly (readonly JobEvent[])[] = [
  ...Array.from({ length: 5 }, (): readonly JobEvent[] => [
    'PreparationStarted',
    'CancelRequested',
  ]),
  ['PreparationStarted', 'PreparedForConfirmation'],
  ['PreparationStarted', 'PreparedForConfirmation'],
  ['PreparationStarted', 'Prepared'],
  ['PreparationStarted', 'Prepared'],
  [],
];

/** Resolves to the id of one of the active jobs. */
async function fill(store: Store, jobs: number): Promise<string> {
  const now = Date.now();
  const active = Array.from({ length: ACTIVE }, (_, i) => newJob({ createdAt: now - jobs - i }));
  for (const one of active) await jobOfChunks(store, CHUNKS, one);
  const rest = Array.from({ length: jobs - ACTIVE }, (_, i) =>
    newJob({ createdAt: now - i, priority: 1 }),
  );
  const queue = rest.entries();
  const lane = async (): Promise<void> => {
    for (const [index, one] of queue) {
      await store.createJob(one);
      const events = REST[index % REST.length] ?? [];
      for (const event of events) await store.apply(one.job.id, event, { at: now });
      if (events.includes('CancelRequested')) await end(store, one.job.id, now);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  const [first] = active;
  assert.ok(first);
  return first.job.id;
}

/** A cancelled job ends when its finish unit is done. */
async function end(store: Store, id: string, now: number): Promise<void> {
  const applied = await store.apply(id, 'Finished', { at: now });
  assert.ok(applied.ok, `A job of the bench did not end: ${JSON.stringify(applied)}`);
}

interface Call {
  readonly name: string;
  readonly run: (store: Store, jobId: string) => Promise<unknown>;
}

const kinds = ['chunk'] as const;
const CALLS: readonly Call[] = [
  {
    name: 'ListJobs',
    run: async (store) => {
      const page = await store.jobs({ account: ACCOUNT, statuses: [], limit: PAGE });
      assert.equal(page.length, PAGE);
      await store.liveCounts(
        page.map(({ id }) => id),
        Date.now(),
      );
    },
  },
  {
    name: 'ListJobs of some statuses',
    run: async (store) => {
      const statuses = ['Active', 'Ready', 'Complete'] as const;
      const page = await store.jobs({ account: ACCOUNT, statuses, limit: ACTIVE });
      await store.liveCounts(
        page.map(({ id }) => id),
        Date.now(),
      );
    },
  },
  {
    name: 'DescribeJob',
    run: async (store, id) => {
      assert.ok(await store.job(ACCOUNT, id));
      await store.liveCounts([id], Date.now());
    },
  },
  {
    name: 'a lease',
    run: async (store) => {
      const now = Date.now();
      const until = now + LEASE_MS;
      const units = await store.lease({ worker: 'w', now, until, limit: 3, kinds });
      assert.equal(units.length, 3);
      for (const { lease } of units) await store.release(lease, 0, false);
    },
  },
  {
    name: 'a tick',
    run: async (store) => {
      const now = Date.now();
      await store.schedule(ACTIVE, now);
      await store.movingJobs(now);
      await store.lease({ worker: 'w', now, until: now, limit: 2, kinds: ['report', 'finish'] });
    },
  },
];

/** Milliseconds of the median call. */
async function measure(store: Store, jobId: string, call: Call, times: number): Promise<number> {
  const taken: number[] = [];
  for (let i = 0; i < times; i++) {
    const began = performance.now();
    await call.run(store, jobId);
    taken.push(performance.now() - began);
  }
  return median(taken);
}

const { rows: many, quick } = benchOptions({ full: 10_000, quick: 500 });
const times = quick ? 20 : 200;
const folder = mkdtempSync(join(tmpdir(), 'brigade-jobs-'));
const postgres = await startPostgres({ isDurable: true });
try {
  console.log(`jobs.bench: ${settingLines(setting())}`);
  const lines = [['ms per call', `with ${FEW} jobs`, `with ${many}`, 'ratio']];
  const openers = {
    SQLite: async (jobs: number) => openSqliteStore({ path: join(folder, `${jobs}.db`) }),
    PostgreSQL: async () => openPostgresStore({ url: await postgres.createDatabase() }),
  };
  for (const [name, open] of Object.entries(openers)) {
    const [few, lot] = [await open(FEW), await open(many)];
    const ids = [await fill(few, FEW), await fill(lot, many)] as const;
    for (const call of CALLS) {
      // By turns, so that a slow moment of the machine hits both.
      const rounds: [number, number][] = [];
      for (let round = 0; round < 5; round++) {
        rounds.push([
          await measure(few, ids[0], call, times / 5),
          await measure(lot, ids[1], call, times / 5),
        ]);
      }
      const [a, b] = [median(rounds.map(([one]) => one)), median(rounds.map(([, one]) => one))];
      lines.push([`${name}: ${call.name}`, a.toFixed(3), b.toFixed(3), `x ${(b / a).toFixed(2)}`]);
    }
    await few.close();
    await lot.close();
  }
  console.log(table(lines));
} finally {
  await postgres.stop();
  rmSync(folder, { recursive: true });
}
