/** What a ledger of many chunks costs by itself: time to add and to record them, room on the disk. */
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { openPostgresStore, openSqliteStore, type Store } from '../../src/store/index.ts';
import type { TestPostgres } from '../../test/lib/postgres.ts';
import { jobOfChunks, workOff } from './ledger-job.ts';

const LANES = 16;

export interface LedgerFigures {
  readonly chunks: number;
  /** Chunks per second, each commit durable. */
  readonly addedPerSecond: number;
  readonly recordedPerSecond: number;
  /** How fast the last tenth was recorded, next to the first. */
  readonly lastToFirst: number;
  /** Of the database with all its chunks recorded. */
  readonly bytesPerChunk: number;
}

interface Ledger {
  readonly store: Store;
  /** Bytes on the disk; called before the first chunk, and once the store is closed. */
  bytes(): Promise<number>;
}

export async function measureSqlite(path: string, chunks: number): Promise<LedgerFigures> {
  const bytes = async (): Promise<number> =>
    readdirSync(dirname(path))
      .filter((name) => name.startsWith(basename(path)))
      .reduce((sum, name) => sum + statSync(join(dirname(path), name)).size, 0);
  return measure({ store: openSqliteStore({ path }), bytes }, chunks);
}

export async function measurePostgres(
  postgres: TestPostgres,
  chunks: number,
): Promise<LedgerFigures> {
  const url = await postgres.createDatabase();
  const bytes = async (): Promise<number> => {
    const client = await postgres.connect(url);
    const size = 'SELECT pg_database_size(current_database()) AS bytes';
    const { rows } = await client.query<{ bytes: string }>(size);
    await client.end();
    return Number(rows[0]?.bytes);
  };
  return measure({ store: await openPostgresStore({ url }), bytes }, chunks);
}

async function measure({ store, bytes }: Ledger, chunks: number): Promise<LedgerFigures> {
  const bytesBefore = await bytes();
  const began = performance.now();
  await jobOfChunks(store, chunks);
  const addedAt = performance.now();
  /** When each tenth of the chunks was begun. */
  const marks: number[] = [];
  const tenth = Math.ceil(chunks / 10);
  let begun = 0;
  const recorded = await workOff(store, 'bench', LANES, async () => {
    if (begun++ % tenth === 0) marks.push(performance.now());
    return 0;
  });
  const endedAt = performance.now();
  assert.equal(recorded, chunks, 'the ledger lost chunks');
  await store.close();
  marks.push(endedAt);
  const took = (from: number): number => (marks.at(from + 1) ?? endedAt) - (marks.at(from) ?? NaN);
  const lastChunks = chunks - tenth * (marks.length - 2);
  return {
    chunks,
    addedPerSecond: (chunks * 1000) / (addedAt - began),
    recordedPerSecond: (chunks * 1000) / (endedAt - addedAt),
    lastToFirst: lastChunks / (endedAt - (marks.at(-2) ?? NaN)) / (tenth / took(0)),
    bytesPerChunk: ((await bytes()) - bytesBefore) / chunks,
  };
}
