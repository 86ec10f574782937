/**
 * A backup that is older than the ledger, restored in the middle of a job. Aim: what was recorded
 * after the backup is done again, and in the end every row is reported once: parts that are newer
 * than the restored ledger are neither read nor in the way.
 */
import assert from 'node:assert/strict';
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { startPostgres } from '../lib/postgres.ts';
import { StubWorld, type TextJob } from './stub-world.ts';
import { assertCounts, assertReports, manifestTasks } from './world.ts';

const ROWS = 12_000;

/** Counted as ended, live ones included. */
async function untilDone(scene: StubWorld, { id }: TextJob, rows: number): Promise<void> {
  await scene.world.until(
    id,
    ({ ProgressSummary: summary }) => (summary?.NumberOfTasksSucceeded ?? 0) >= rows,
  );
}

async function assertWhole({ world }: StubWorld, { id, text }: TextJob): Promise<void> {
  const ended = await world.ended(id);
  assert.equal(ended.Status, 'Complete', JSON.stringify(ended.FailureReasons));
  const rows = await world.report(ended);
  assertReports(rows, manifestTasks(text));
  assertCounts(ended, rows);
  assert.deepEqual(await world.staged(id), []);
}

/** How many tasks were asked for more than once. */
function repeated(scene: StubWorld, job: TextJob): number {
  const keys = scene.seen(job).map(({ key }) => key);
  return keys.length - new Set(keys).size;
}

test('SQLite: a copy from the middle of a job, restored later in the same job, loses no row and doubles none', async () => {
  const scene = await StubWorld.open();
  try {
    const { world, stub } = scene;
    stub.delayMs = 10;
    const job = await scene.job(ROWS);
    await untilDone(scene, job, 3500);
    const file = join(world.service.folder, 'brigade.db');
    const backup = `${file}.backup`;
    // As docs/OPERATING.md says, beside the running service.
    const db = new DatabaseSync(file);
    db.exec(`VACUUM INTO '${backup}'`);
    db.close();
    await untilDone(scene, job, 8000);
    await world.service.kill9();
    for (const end of ['', '-wal', '-shm']) await rm(`${file}${end}`, { force: true });
    await copyFile(backup, file);
    await world.service.restart();
    await assertWhole(scene, job);
    assert.ok(repeated(scene, job) > 1000, 'nothing was lost by the restore');
  } finally {
    await scene.close();
  }
});

test('PostgreSQL: a copy from the middle of a job, restored later in the same job, loses no row and doubles none', async () => {
  const postgres = await startPostgres();
  try {
    const url = new URL(await postgres.createDatabase());
    const name = url.pathname.slice(1);
    const scene = await StubWorld.open({ BRIGADE_DATABASE_URL: url.href });
    try {
      const { world, stub } = scene;
      stub.delayMs = 10;
      const job = await scene.job(ROWS);
      await untilDone(scene, job, 3500);
      // A template may have no users; pg_dump would do without this pause.
      await world.service.kill9();
      const admin = await postgres.connect();
      await admin.query(`CREATE DATABASE backup TEMPLATE ${name}`);
      await world.service.restart();
      await untilDone(scene, job, 8000);
      await world.service.kill9();
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.query(`ALTER DATABASE backup RENAME TO ${name}`);
      await admin.end();
      await world.service.restart();
      await assertWhole(scene, job);
      assert.ok(repeated(scene, job) > 1000, 'nothing was lost by the restore');
    } finally {
      await scene.close();
    }
  } finally {
    await postgres.stop();
  }
});

test('a job that has ended since the backup keeps its report, and is failed with the name of what is gone', async () => {
  const scene = await StubWorld.open();
  try {
    const { world, stub } = scene;
    stub.delayMs = 10;
    const job = await scene.job(ROWS);
    await untilDone(scene, job, 3500);
    const file = join(world.service.folder, 'brigade.db');
    const db = new DatabaseSync(file);
    db.exec(`VACUUM INTO '${file}.backup'`);
    db.close();
    const ended = await world.ended(job.id);
    assert.deepEqual(await world.staged(job.id), []);
    const report = await world.report(ended);
    await world.service.kill9();
    for (const end of ['', '-wal', '-shm']) await rm(`${file}${end}`, { force: true });
    await copyFile(`${file}.backup`, file);
    await world.service.restart();
    const again = await world.ended(job.id);
    assert.equal(again.Status, 'Failed');
    assert.equal(again.FailureReasons?.[0]?.FailureCode, 'JobReportWriteFailed');
    assert.match(
      again.FailureReasons?.[0]?.FailureReason ?? '',
      /Staging has lost .+\.csv: it is not there/,
    );
    // The old index still names what it named, byte for byte.
    assert.deepEqual(await world.report(ended), report);
  } finally {
    await scene.close();
  }
});
