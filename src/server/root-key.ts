/** The first access key: given by the configuration, or made once and kept in the data folder. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../base/random.ts';
import type { Config, KeyPair } from './config.ts';

export function rootKeyOf(config: Config, random: Random): KeyPair & { readonly isNew: boolean } {
  if (config.rootKey) return { ...config.rootKey, isNew: false };
  const path = join(config.dataDir, 'root-key.json');
  if (existsSync(path)) {
    // Written below, by an earlier start.
    return { ...(JSON.parse(readFileSync(path, 'utf8')) as KeyPair), isNew: false };
  }
  const key = {
    accessKeyId: `BB${random.hex(9).toUpperCase()}`,
    secretAccessKey: random.hex(20),
  };
  writeFileSync(path, `${JSON.stringify(key, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return { ...key, isNew: true };
}
