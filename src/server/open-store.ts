/** The store that the configuration names, and the name under which this process works in it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../base/random.ts';
import {
  NewerDatabase,
  openPostgresStore,
  openSqliteStore,
  placeOf,
  type Store,
} from '../store/index.ts';
import { ConfigError } from './config-error.ts';
import type { Config } from './config.ts';

export async function openStore(config: Config, random: Random): Promise<Store> {
  const { databaseUrl: url, dataDir } = config;
  try {
    if (url === undefined) return openSqliteStore({ path: join(dataDir, 'brigade.db'), random });
    return await openPostgresStore({ url, random });
  } catch (error) {
    if (error instanceof NewerDatabase) throw new ConfigError(error.message);
    if (url === undefined) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`BRIGADE_DATABASE_URL: ${placeOf(url)} cannot be used: ${why}`);
  }
}

/**
 * A data folder has one process at a time, so its worker's name may stay the same over restarts, and
 * what it held when it died is given back at once. In a database that others share, the name must
 * be of this folder alone.
 */
export function workerNameOf({ databaseUrl, dataDir }: Config, random: Random): string {
  if (databaseUrl === undefined) return 'serve-0';
  const path = join(dataDir, 'worker-name');
  if (existsSync(path)) return readFileSync(path, 'utf8').trim();
  const name = `serve-${random.hex(6)}`;
  writeFileSync(path, `${name}\n`, { flag: 'wx' });
  return name;
}
