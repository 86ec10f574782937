/** The store that the configuration names. */
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

export function databaseFile({ dataDir }: Config): string {
  return join(dataDir, 'brigade.db');
}

export async function openStore(config: Config, random: Random): Promise<Store> {
  const { databaseUrl: url } = config;
  try {
    if (url === undefined) return openSqliteStore({ path: databaseFile(config), random });
    return await openPostgresStore({ url, random });
  } catch (error) {
    if (error instanceof NewerDatabase) throw new ConfigError(error.message);
    if (url === undefined) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`BRIGADE_DATABASE_URL: ${placeOf(url)} cannot be used: ${why}`);
  }
}
