/**
 * Chunks per second that the ledger leases and records, each commit durable, on PostgreSQL and on
 * SQLite in one run. A chunk is a thousand tasks: 3,000 chunks are three million tasks.
 *
 *   npm run bench -- ledger [--rows CHUNKS] [--quick]
 *
 * All workers are in this one process, each with a store of its own, and work off one job: the worst
 * case, as every chunk counts on the same row. A worker leases as many chunks as it has lanes free
 * and records each by itself, as the engine does.
 *
 * Not measured: tasks, a database on another machine, several jobs, a ledger of millions of chunks,
 * renewals. The server and its clients share the processors.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPostgresStore, openSqliteStore, type Store } from '../src/store/index.ts';
import { newJob } from '../test/contract/store.contract.ts';
import { startPostgres } from '../test/lib/postgres.ts';
import { median, setting, settingLines, table } from './lib/figures.ts';
import { benchOptions } from './lib/options.ts';

const AIM = 3000;
const LEASE_MS = 60_000;
const CHUNK_ROWS = 1000;
const CHUNKS_PER_SAVE = 500;
const KINDS = ['prepare', 'chunk'] as const;

/** A job with this many chunks, ready to be worked off. */
async function prepare(store: Store, chunks: number): Promise<string> {
  const now = Date.now();
  const created = newJob({ createdAt: now, id: crypto.randomUUID() });
  const { id } = created.job;
  await store.createJob(created);
  await store.apply(id, 'PreparationStarted', { at: now });
  const until = now + LEASE_MS;
  const [unit] = await store.lease({ worker: 'bench', now, until, limit: 1, kinds: KINDS });
  assert.ok(unit);
  for (let at = 0; at < chunks; at += CHUNKS_PER_SAVE) {
    const ranges = Array.from({ length: Math.min(CHUNKS_PER_SAVE, chunks - at) }, (_, i) => {
      const firstRow = (at + i) * CHUNK_ROWS;
      return {
        firstRow,
        rows: CHUNK_ROWS,
        start: firstRow * 40,
        end: (firstRow + CHUNK_ROWS) * 40,
      };
    });
    await store.addChunks(unit.lease, ranges, { at });
  }
  await store.finishPreparing(unit.lease, { tasks: chunks * CHUNK_ROWS, bucket: 'b' }, now);
  await store.apply(id, 'Scheduled', { at: now });
  return id;
}

/** Works off whatever there is; resolves to the number of chunks that were recorded. */
async function work(store: Store, worker: string, lanes: number): Promise<number> {
  const bytes = { succeededBytes: 0, failedBytes: 0 };
  const part = { to: CHUNK_ROWS, succeeded: CHUNK_ROWS, failed: 0, ...bytes };
  const running = new Set<Promise<void>>();
  let recorded = 0;
  for (;;) {
    const now = Date.now();
    const limit = lanes - running.size;
    const units = await store.lease({ worker, now, until: now + LEASE_MS, limit, kinds: KINDS });
    if (units.length === 0 && running.size === 0) return recorded;
    for (const { lease } of units) {
      const run = store.commitPart(lease, part, Date.now()).then((isTaken) => {
        assert.ok(isTaken, 'a part was refused');
        recorded += 1;
        running.delete(run);
      });
      running.add(run);
    }
    await Promise.race(running);
  }
}

/** Chunks per second. */
async function measure(stores: readonly Store[], chunks: number, lanes: number): Promise<number> {
  const [first] = stores;
  assert.ok(first);
  const id = await prepare(first, chunks);
  const before = performance.now();
  const done = await Promise.all(stores.map((store, i) => work(store, `worker-${i}`, lanes)));
  const seconds = (performance.now() - before) / 1000;
  const job = await first.job('123456789012', id);
  assert.equal(
    done.reduce((sum, one) => sum + one, 0),
    chunks,
  );
  assert.equal(job?.tasksSucceeded, chunks * CHUNK_ROWS);
  await first.apply(id, 'CancelRequested', { at: Date.now() });
  return chunks / seconds;
}

const { rows, quick } = benchOptions({ full: 20_000, quick: 500 });
const rounds = quick ? 1 : 3;
const folder = mkdtempSync(join(tmpdir(), 'brigade-ledger-'));
const postgres = await startPostgres({ isDurable: true });
try {
  const url = await postgres.createDatabase();
  const client = await postgres.connect(url);
  const { rows: found } = await client.query<Record<string, string>>(
    `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commits,
       current_setting('server_version') AS version`,
  );
  await client.end();
  assert.deepEqual([found[0]?.['fsync'], found[0]?.['commits']], ['on', 'on']);
  const load = loadavg()[0]?.toFixed(1);
  console.log(`ledger.bench: ${settingLines(setting())}`);
  console.log(`PostgreSQL ${found[0]?.['version']}; load of the machine before: ${load}\n`);
  const path = join(folder, 'ledger.db');
  const contestants = [
    { name: 'PostgreSQL, 1 worker', workers: 1, open: () => openPostgresStore({ url }) },
    { name: 'PostgreSQL, 8 workers', workers: 8, open: () => openPostgresStore({ url }) },
    { name: 'SQLite, 1 worker', workers: 1, open: async () => openSqliteStore({ path }) },
  ];
  const lines = [['chunks/s', 'lanes each', 'median', `of ${AIM}`]];
  for (const { name, workers, open } of contestants) {
    for (const lanes of [3, 16]) {
      const stores = await Promise.all(Array.from({ length: workers }, open));
      const rates: number[] = [];
      // Few lanes are slow: the same time, not the same number.
      const chunks = lanes === 3 || workers === 1 ? Math.ceil(rows / 8) : rows;
      for (let round = 0; round < rounds; round++) rates.push(await measure(stores, chunks, lanes));
      await Promise.all(stores.map((store) => store.close()));
      const rate = median(rates);
      lines.push([name, String(lanes), rate.toFixed(0), `x ${(rate / AIM).toFixed(2)}`]);
    }
  }
  console.log(table(lines));
} finally {
  await postgres.stop();
  rmSync(folder, { recursive: true });
}
