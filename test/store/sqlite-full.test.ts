/**
 * A full disk under SQLite. Aim: what did not fit has not happened and may be asked for again; what
 * was there stays; and with room again everything goes on without a restart.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { systemRandom } from '../../src/base/random.ts';
import { StoreUnavailable } from '../../src/store/index.ts';
import { Database } from '../../src/store/sqlite/database.ts';
import { jobsPart } from '../../src/store/sqlite/jobs.ts';
import { ledgerPart } from '../../src/store/sqlite/ledger.ts';
import { newJob } from '../contract/store.contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'brigade-full-'));
after(() => rmSync(folder, { recursive: true }));

test('a full database refuses what does not fit as a passing failure, keeps the rest, and goes on', async () => {
  const db = new Database(join(folder, 'full.db'));
  const store = { ...jobsPart(db, systemRandom), ...ledgerPart(db, systemRandom) };
  const pages = Number(db.get('PRAGMA page_count')?.['page_count']);
  // SQLite answers a limit of pages as it answers a full disk: SQLITE_FULL.
  db.get(`PRAGMA max_page_count = ${pages + 12}`);
  const saved: string[] = [];
  const refused = newJob();
  for (let next = newJob(); ; next = newJob()) {
    const created = await store.createJob(next).catch((error: unknown) => error);
    if (created instanceof Error) {
      assert.ok(created instanceof StoreUnavailable, String(created));
      assert.match(created.message, /the disk is full/);
      break;
    }
    saved.push(next.job.id);
    assert.ok(saved.length < 10_000, 'it never got full');
  }
  assert.ok(saved.length > 3);
  await assert.rejects(store.createJob(refused), StoreUnavailable);
  const { account } = refused.job;
  assert.equal(await store.job(account, refused.job.id), undefined);
  for (const id of saved) assert.ok(await store.job(account, id), id);

  db.get('PRAGMA max_page_count = 1000000');
  assert.deepEqual(await store.createJob(refused), { kind: 'created' });
  const kinds = ['prepare'] as const;
  const limit = saved.length + 1;
  const units = await store.lease({ worker: 'w', now: 1, until: 2, limit, kinds });
  assert.equal(units.length, saved.length + 1);
  await db.close();
});

test('a file that another process holds for too long is a passing failure, not a bug', async () => {
  const path = join(folder, 'held.db');
  const db = new Database(path);
  const store = jobsPart(db, systemRandom);
  const holder = new DatabaseSync(path);
  holder.exec('BEGIN IMMEDIATE');
  await assert.rejects(store.createJob(newJob()), (error) => {
    assert.ok(error instanceof StoreUnavailable, String(error));
    assert.match(error.message, /another process holds the database/);
    return true;
  });
  holder.close();
  assert.deepEqual(await store.createJob(newJob()), { kind: 'created' });
  await db.close();
});

test('a statement that is wrong is no passing failure', async () => {
  const db = new Database(join(folder, 'wrong.db'));
  assert.throws(
    () => db.run('INSERT INTO nothing VALUES (1)'),
    (error) => !(error instanceof StoreUnavailable),
  );
  await db.close();
});
