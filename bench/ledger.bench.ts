/**
 * Chunks per second that the ledger leases and records, each commit durable, on PostgreSQL and on
 * SQLite in one run. A chunk is a thousand tasks: 3,000 chunks are three million tasks.
 *
 *   npm run bench -- ledger [--rows CHUNKS] [--quick]
 *   npm run bench -- ledger --chunks 1000000
 *
 * The second one is a ledger of one job with so many chunks, alone: how many are added and recorded per
 * second, whether the last ones are slower than the first, and what they take on the disk.
 *
 * All workers are in this one process, each with a store of its own, and work off one job: the worst
 * case, as every chunk counts on the same row. A worker leases as many chunks as it has lanes free
 * and records each by itself, as the engine does.
 *
 * Not measured: tasks, a database on another machine, several jobs, renewals. The server and its clients share the processors.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHUNK_ROWS } from '../src/model/limits.ts';
import { openPostgresStore, openSqliteStore, type Store } from '../src/store/index.ts';
import { startPostgres } from '../test/lib/postgres.ts';
import { times, verdict, whole } from './lib/bars.ts';
import { median, setting, settingLines, table } from './lib/figures.ts';
import { measurePostgres, measureSqlite } from './lib/ledger-alone.ts';
import { jobOfChunks, workOff } from './lib/ledger-job.ts';
import { benchOptions } from './lib/options.ts';

const AIM = 3000;

/** Chunks per second. */
async function measure(stores: readonly Store[], chunks: number, lanes: number): Promise<number> {
  const [first] = stores;
  assert.ok(first);
  const id = await jobOfChunks(first, chunks);
  const before = performance.now();
  const done = await Promise.all(stores.map((store, i) => workOff(store, `worker-${i}`, lanes)));
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

async function rates(folder: string, url: string): Promise<void> {
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
}

/** A ledger of millions of chunks must not be slower at its end. */
const LAST_BAR = { atLeast: 0.9 };

async function ledgersAlone(chunks: number, folder: string): Promise<void> {
  const ledgers = {
    SQLite: () => measureSqlite(join(folder, 'alone.db'), chunks),
    PostgreSQL: () => measurePostgres(postgres, chunks),
  };
  const lines = [
    [`${whole(chunks)} chunks`, 'added/s', 'recorded/s', 'bytes each', 'last / first'],
  ];
  for (const [name, run] of Object.entries(ledgers)) {
    const figures = await run();
    lines.push([
      name,
      whole(figures.addedPerSecond),
      whole(figures.recordedPerSecond),
      whole(figures.bytesPerChunk),
      `${times(figures.lastToFirst)} (${verdict(figures.lastToFirst, LAST_BAR, times)})`,
    ]);
  }
  console.log(table(lines));
}

const { rows, quick, chunks: chunksAlone } = benchOptions({ full: 20_000, quick: 500 });
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
  console.log(`ledger.bench: ${settingLines(setting())}`);
  console.log(`PostgreSQL ${found[0]?.['version']}\n`);
  if (chunksAlone === undefined) await rates(folder, url);
  else await ledgersAlone(chunksAlone, folder);
} finally {
  await postgres.stop();
  rmSync(folder, { recursive: true });
}
