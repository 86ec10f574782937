/**
 * A disk that is really full: the service's database and staging on small tmpfs, filled up in the
 * middle of a job. Aim: the job waits, without a failure, and goes on by itself when there is room.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { StubWorld } from '../e2e/stub-world.ts';
import { assertCounts, assertReports, manifestTasks } from '../e2e/world.ts';

const ROWS = 6000;
const OUTAGE_MS = 8000;

/** A file system of a few megabytes; needs root, or a sudo that does not ask, and fails without. */
function mountSmallDisk(): { readonly folder: string; unmount(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'brigade-disk-'));
  const asRoot = (...command: readonly string[]): void => {
    const [program = '', ...args] = process.getuid?.() === 0 ? command : ['sudo', '-n', ...command];
    execFileSync(program, args);
  };
  asRoot('mount', '-t', 'tmpfs', '-o', 'size=24m,mode=777', 'tmpfs', folder);
  return {
    folder,
    unmount() {
      asRoot('umount', '-l', folder);
      rmSync(folder, { recursive: true });
    },
  };
}

/** Takes all the room there is; resolves to how to give it back. */
function fillUp(folder: string): () => void {
  const path = join(folder, 'filler');
  const file = openSync(path, 'w');
  for (let size = 1024 * 1024; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (;;) if (writeSync(file, Buffer.alloc(size)) < size) break;
    } catch (error) {
      assert.match(String(error), /ENOSPC/);
    }
  }
  return () => {
    closeSync(file);
    rmSync(path);
  };
}

for (const [what, settings] of [
  ['the database and staging', (folder: string) => ({ BRIGADE_DATA_DIR: join(folder, 'data') })],
  ['staging alone', (folder: string) => ({ BRIGADE_STAGING: join(folder, 'staging') })],
] as const) {
  test(`A full disk under ${what} holds jobs up until there is room`, async () => {
    const disk = mountSmallDisk();
    try {
      const scene = await StubWorld.open(settings(disk.folder));
      try {
        const { world, stub } = scene;
        stub.delayMs = 20;
        const job = await scene.job(ROWS);
        await scene.until(job, 1500);
        const free = fillUp(disk.folder);
        await sleep(OUTAGE_MS);
        const begun = scene.seen(job).length;
        await sleep(1500);
        assert.equal(scene.seen(job).length, begun, 'tasks begin that cannot be recorded');
        assert.ok(begun < ROWS, 'the disk was full too late');
        free();
        const ended = await world.ended(job.id);
        assert.equal(ended.Status, 'Complete', JSON.stringify(ended.FailureReasons));
        const rows = await world.report(ended);
        assertReports(rows, manifestTasks(job.text));
        assertCounts(ended, rows);
        assert.equal(ended.ProgressSummary?.NumberOfTasksFailed, 0);
        assert.match(world.service.logs(), /the disk is full/);
      } finally {
        await scene.close();
      }
    } finally {
      disk.unmount();
    }
  });
}
