// Aim: what cannot be meant is refused in a sentence that says what would do, with exit code 64.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const BIN = join(import.meta.dirname, '../../bin/brigade.js');
const folder = mkdtempSync(join(tmpdir(), 'brigade-usage-'));
after(() => rmSync(folder, { recursive: true }));

function refused(args: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const own = Object.entries(process.env).filter(([name]) => !/^(BRIGADE|AWS)_/.test(name));
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], {
    encoding: 'utf8',
    cwd: folder,
    env: { ...Object.fromEntries(own), BRIGADE_DATA_DIR: folder, ...env },
    timeout: 30_000,
  });
  assert.deepEqual({ status, stdout }, { status: 64, stdout: '' }, stderr);
  return stderr;
}

test('a number of workers is a number, and nothing else is taken beside it', () => {
  for (const args of [
    ['--workers', 'many'],
    ['--workers'],
    ['--workers', '2', '3'],
    ['--worker=2'],
  ]) {
    assert.match(refused(['serve', ...args]), /brigade serve.*(workers?|many|\b3\b)/);
  }
  assert.match(refused(['serve', '--workers', '257']), /BRIGADE_WORKERS: .* between 0 and 256/);
  assert.match(refused(['worker', '--workers', '2']), /brigade worker.*--workers/);
});

test('a lease is long enough to be renewed', () => {
  const says = refused(['serve'], { BRIGADE_LEASE_SECONDS: '2' });
  assert.match(says, /BRIGADE_LEASE_SECONDS: must be a whole number between 3 and 600/);
});

test('a worker says what it lacks: a database, then an endpoint', () => {
  const data = join(folder, 'data');
  const env = { BRIGADE_DATA_DIR: data };
  assert.match(refused(['worker'], env), /BRIGADE_DATABASE_URL: name the database to join/);
  mkdirSync(data);
  writeFileSync(join(data, 'brigade.db'), '');
  const says = refused(['worker'], env);
  assert.match(says, /BRIGADE_S3_ENDPOINT: a worker needs the endpoint/);
});
