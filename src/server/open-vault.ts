/**
 * The master key: given by BRIGADE_MASTER_KEY, or made once and kept in the data folder, readable by
 * its owner alone. Every process that answers calls on one database must have the same.
 */
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { MASTER_KEY_BYTES, readMasterKeys, Vault } from '../auth/index.ts';
import type { Random } from '../base/random.ts';
import type { Store } from '../store/index.ts';
import { ConfigError } from './config-error.ts';
import type { Config } from './config.ts';

/**
 * Rejects with ConfigError when the database's secrets were sealed with another master key. `mayMake`:
 * a folder without one gets one; it must be the folder of the service.
 */
export async function openVault(
  config: Config,
  store: Store,
  random: Random,
  mayMake = true,
): Promise<Vault> {
  if (!mayMake && !config.masterKeys && readIfThere(pathOf(config)) === undefined) {
    throw new ConfigError(
      'BRIGADE_MASTER_KEY: must be that of the services on this database; what is sealed with another one they could not open.',
    );
  }
  const vault = new Vault(config.masterKeys ?? keysOfFolder(config, random), random);
  const sealed = await store.anySecret();
  if (sealed === undefined || vault.knows(sealed)) return vault;
  const where = config.masterKeys ? 'BRIGADE_MASTER_KEY' : pathOf(config);
  throw new ConfigError(
    `BRIGADE_MASTER_KEY: the access keys of this database were sealed with another master key than that of ${where}. Every process needs the same one; an old one may follow behind a comma.`,
  );
}

function pathOf({ dataDir }: Config): string {
  return join(dataDir, 'master-key');
}

function keysOfFolder(config: Config, random: Random): readonly Buffer[] {
  const path = pathOf(config);
  const text = readIfThere(path) ?? made(path, random);
  const keys = readMasterKeys(text.trim());
  if (keys) return keys;
  throw new ConfigError(`${path}: holds no master key. Restore it from a backup of the folder.`);
}

/** Whole or not there, and on the disk before anything is sealed with it; the first to make it wins. */
function made(path: string, random: Random): string {
  const own = `${path}.${random.hex(4)}`;
  const file = openSync(own, 'wx', 0o600);
  try {
    writeSync(file, `${random.hex(MASTER_KEY_BYTES)}\n`);
    fsyncSync(file);
    linkSync(own, path);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  } finally {
    closeSync(file);
    unlinkSync(own);
  }
  return readFileSync(path, 'utf8');
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
