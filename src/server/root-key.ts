/** The first access key: given by the configuration, or made once and kept in the data folder. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../base/random.ts';
import type { Config, KeyPair } from './config.ts';

export function rootKeyOf(config: Config, random: Random): KeyPair & { readonly isNew: boolean } {
  const known = knownRootKey(config);
  if (known) return { ...known, isNew: false };
  const key = {
    accessKeyId: `BB${random.hex(9).toUpperCase()}`,
    secretAccessKey: random.hex(20),
  };
  writeFileSync(pathOf(config), `${JSON.stringify(key, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return { ...key, isNew: true };
}

/** Undefined: none is configured, and no service has made one in this data folder. */
export function knownRootKey(config: Config): KeyPair | undefined {
  if (config.rootKey) return config.rootKey;
  if (!existsSync(pathOf(config))) return undefined;
  // Written above, by an earlier start.
  return JSON.parse(readFileSync(pathOf(config), 'utf8')) as KeyPair;
}

function pathOf({ dataDir }: Config): string {
  return join(dataDir, 'root-key.json');
}
