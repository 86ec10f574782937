import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { claimFolder, NewerDatabase, openSqliteStore } from '../../src/store/index.ts';
import { newJob, storeContract } from '../contract/store.contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'brigade-store-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

storeContract('SQLite', async () => openSqliteStore({ path: ':memory:' }));

test('a job survives closing and opening the file', async () => {
  const path = join(folder, `${++files}.db`);
  const created = newJob();
  const first = openSqliteStore({ path });
  await first.createJob(created);
  await first.close();
  const second = openSqliteStore({ path });
  assert.deepEqual(await second.job(created.job.account, created.job.id), created.job);
  await second.close();
});

test('a database of a newer version is refused with a sentence', () => {
  const path = join(folder, `${++files}.db`);
  const db = new DatabaseSync(path);
  db.exec('PRAGMA user_version = 9999');
  db.close();
  assert.throws(
    () => openSqliteStore({ path }),
    (error) => error instanceof NewerDatabase && error.message.includes('newer Bucket Brigade'),
  );
});

test('two processes may share the file: one leases what the other does not hold', async () => {
  const path = join(folder, `${++files}.db`);
  const one = openSqliteStore({ path });
  const two = openSqliteStore({ path });
  await one.createJob(newJob());
  const kinds = ['prepare'] as const;
  const request = { now: 1, until: 100, limit: 1, kinds };
  assert.equal((await one.lease({ ...request, worker: 'one' })).length, 1);
  assert.equal((await two.lease({ ...request, worker: 'two' })).length, 0);
  await one.close();
  await two.close();
});

test('a folder is claimed by one holder at a time', () => {
  const release = claimFolder(folder);
  assert.ok(release);
  assert.equal(claimFolder(folder), undefined);
  release();
  const again = claimFolder(folder);
  assert.ok(again);
  again();
});
