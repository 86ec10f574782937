/**
 * A disk that cannot flush. Aim: what could not be made durable is not called so, and nothing is
 * called so after it, since the next flush would not tell what was lost.
 */
import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { WalFlusher } from '../../src/store/sqlite/wal-flusher.ts';

const folder = mkdtempSync(join(tmpdir(), 'brigade-flush-'));
after(() => rmSync(folder, { recursive: true }));

test('after a flush that failed every call rejects, with why', async () => {
  const path = join(folder, 'a.db');
  writeFileSync(`${path}-wal`, '');
  // The descriptor that the flusher gets is the next one, and is closed under it.
  const next = openSync(`${path}-wal`, 'r');
  closeSync(next);
  const flusher = new WalFlusher(path);
  await flusher.flushed();
  closeSync(next);
  await assert.rejects(flusher.flushed(), /The disk did not take what the database wrote/);
  const reopened = openSync(`${path}-wal`, 'r');
  assert.equal(reopened, next, 'the test has the wrong descriptor');
  // The disk would flush again, and not tell what it has lost.
  await assert.rejects(flusher.flushed(), /The disk did not take/);
  assert.match(String(flusher.failure), /The disk did not take/);
  closeSync(reopened);
});
