/**
 * What an older version left, on both databases: it opens, is brought up to date, and its jobs go on
 * where they were. The data are written by write-upgrade-data.ts and hold one job in flight.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import {
  NewerDatabase,
  openPostgresStore,
  openSqliteStore,
  type Store,
} from '../../src/store/index.ts';
import { assertLedger, lease, LEASE_MS, newJob, T0 } from '../contract/store.contract.ts';
import { startPostgres } from '../lib/postgres.ts';

const ACCOUNT = newJob().job.account;
const DATA = join(import.meta.dirname, 'data');
const folder = mkdtempSync(join(tmpdir(), 'brigade-upgrade-'));
after(() => rmSync(folder, { recursive: true }));
const postgres = await startPostgres();
after(() => postgres.stop());

const written = (database: string): string[] =>
  readdirSync(DATA).filter((name) => name.startsWith(`${database}-v`));
const read = (name: string): string => readFileSync(join(DATA, name), 'utf8');

/** The recorded rows stay, the lease of the version before ends, and every row runs to its record. */
async function assertGoesOn(store: Store): Promise<void> {
  const before = await store.job(ACCOUNT, 'in-flight');
  assert.deepEqual(
    [before?.status, before?.tasksTotal, before?.tasksSucceeded, before?.tasksFailed],
    ['Active', 40, 11, 3],
  );
  assert.deepEqual(await store.tags(ACCOUNT, 'new'), [{ Key: 'kept', Value: 'é' }]);
  const now = T0 + LEASE_MS + 1;
  for (const unit of await lease(store, now, 10)) {
    const { range, mark = 0 } = unit.work;
    if (!range) continue;
    const succeeded = range.rows - mark;
    const part = { to: range.rows, succeeded, failed: 0, succeededBytes: 1, failedBytes: 0 };
    assert.equal(await store.commitPart(unit.lease, part, now), true);
  }
  await assertLedger(store, 'in-flight', [10, 10, 10, 10]);
  const job = await store.job(ACCOUNT, 'in-flight');
  assert.deepEqual([job?.tasksSucceeded, job?.tasksFailed], [37, 3]);
  const moving = (await store.movingJobs(now)).find((one) => one.job.id === 'in-flight');
  assert.equal(moving?.ledger.chunksDone, 4);
  // Numbers go on behind the old ones.
  const seen = (await store.events(0, 100)).at(-1)?.seq ?? 0;
  assert.deepEqual(await store.createJob(newJob({ id: 'next' })), { kind: 'created' });
  assert.equal((await store.events(seen, 100)).length, 1);
}

for (const name of written('sqlite')) {
  test(`${name}: opens, and its jobs go on`, async () => {
    const path = join(folder, `${name}.db`);
    const db = new DatabaseSync(path);
    db.exec(read(name));
    db.close();
    const store = openSqliteStore({ path });
    try {
      await assertGoesOn(store);
    } finally {
      await store.close();
    }
  });
}

for (const name of written('postgres')) {
  test(`${name}: opens, from several processes at once, and its jobs go on`, async () => {
    const url = await postgres.createDatabase();
    const client = await postgres.connect(url);
    await client.query(read(name));
    await client.end();
    const opening = [1, 2, 3].map(() => openPostgresStore({ url, connectionsMax: 2 }));
    const [store, ...others] = await Promise.all(opening);
    assert.ok(store);
    try {
      await assertGoesOn(store);
    } finally {
      for (const one of [store, ...others]) await one.close();
    }
  });
}

test('there is something to upgrade on both databases', () => {
  assert.ok(written('sqlite').length > 0 && written('postgres').length > 0);
});

test('a PostgreSQL of a newer version is refused with a sentence, without its password', async () => {
  const url = await postgres.createDatabase();
  await (await openPostgresStore({ url })).close();
  const client = await postgres.connect(url);
  await client.query(`UPDATE brigade SET value = 9999 WHERE name = 'schema'`);
  await client.end();
  const password = new URL(url).password;
  await assert.rejects(
    openPostgresStore({ url }),
    (error) =>
      error instanceof NewerDatabase &&
      error.message.includes('newer Bucket Brigade') &&
      !error.message.includes(password),
  );
});
