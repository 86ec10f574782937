// Aim: one master key per data folder, whoever starts first; with several hosts none is made up.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { systemRandom } from '../../src/base/random.ts';
import { ConfigError, readConfig } from '../../src/server/index.ts';
import { openVault } from '../../src/server/open-vault.ts';
import { openSqliteStore } from '../../src/store/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'brigade-vault-'));
after(() => rmSync(folder, { recursive: true }));
const config = readConfig({ BRIGADE_DATA_DIR: folder, BRIGADE_MASTER_KEY: '' });

test('the first start makes it, for its owner alone; later ones find it', async () => {
  const store = openSqliteStore({ path: ':memory:' });
  const first = await openVault(config, store, systemRandom);
  const again = await openVault(config, store, systemRandom, false);
  assert.equal(again.open(first.seal('secret', 'p'), 'p'), 'secret');
  assert.deepEqual(readdirSync(folder), ['master-key'], 'nothing half made is left');
  assert.equal(statSync(join(folder, 'master-key')).mode & 0o777, 0o600);
  await store.close();
});

test('a file that holds no master key, and one that must not be made up, are refused', async () => {
  const store = openSqliteStore({ path: ':memory:' });
  const empty = mkdtempSync(join(folder, 'other-'));
  const other = readConfig({ BRIGADE_DATA_DIR: empty, BRIGADE_MASTER_KEY: '' });
  await assert.rejects(
    openVault(other, store, systemRandom, false),
    (error) => error instanceof ConfigError && /must be that of the services/.test(error.message),
  );
  assert.deepEqual(readdirSync(empty), []);
  writeFileSync(join(empty, 'master-key'), '\n');
  await assert.rejects(openVault(other, store, systemRandom), /holds no master key/);
  await store.close();
});
