/** The book of users, keys and policies of a service, for its administrator: it need not run. */
import { existsSync } from 'node:fs';
import { AccessDesk, AccessRefused } from '../auth/index.ts';
import { systemClock } from '../base/clock.ts';
import { Lazy } from '../base/lazy.ts';
import { systemRandom } from '../base/random.ts';
import { ConfigError } from './config-error.ts';
import type { Config } from './config.ts';
import { databaseFile, openStore } from './open-store.ts';
import { openVault } from './open-vault.ts';

export interface OpenAccess {
  readonly desk: AccessDesk;
  close(): Promise<void>;
}

/** `account`: undefined for the service's own. */
export async function openAccess(config: Config, account?: string): Promise<OpenAccess> {
  const [clock, random] = [systemClock, systemRandom];
  if (config.databaseUrl === undefined && !existsSync(databaseFile(config))) {
    throw new ConfigError(
      `BRIGADE_DATA_DIR: there is no database in ${config.dataDir}. Start brigade serve there once, or name its folder (or its BRIGADE_DATABASE_URL).`,
    );
  }
  const store = await openStore(config, random);
  const vault = new Lazy(() => openVault(config, store, random, config.databaseUrl === undefined));
  try {
    const deps = { book: store, vault: () => vault.get(), clock, random };
    const desk = new AccessDesk(deps, account ?? config.account);
    return { desk, close: () => store.close() };
  } catch (error) {
    await store.close();
    if (error instanceof AccessRefused) throw new ConfigError(error.message);
    throw error;
  }
}
