/**
 * Names of workers. Those of one data folder keep theirs over restarts, so that whoever holds the
 * folder knows which leases and shares are of its dead, and gives them back at once instead of
 * waiting for the leases to expire.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Random } from '../base/random.ts';
import type { Store } from '../store/index.ts';
import type { Config } from './config.ts';

/** What the names of all workers of this folder begin with. Call it only while holding the folder. */
export function workersOfFolder(config: Config, random: Random): string {
  const path = join(config.dataDir, 'instance');
  // The host's name of today: a container has another one tomorrow, on the same folder.
  if (!existsSync(path)) writeFileSync(path, `${hostname()}-${random.hex(4)}-`, { flag: 'wx' });
  return readFileSync(path, 'utf8');
}

/** Of a worker that nobody will know to be dead: its leases expire. */
export function newWorkerName(random: Random): string {
  return `${hostname()}-${random.hex(8)}`;
}

/** Gives back what a dead worker held; resolves to the number of units. */
export async function bury(store: Store, name: string): Promise<number> {
  const units = await store.voidLeases(name);
  await store.checkOut(name);
  return units;
}

/** `count`: workers that may have died before they checked in, or were forgotten since. */
export async function buryAll(store: Store, prefix: string, count: number): Promise<number> {
  const seen = (await store.workers(0)).map(({ name }) => name);
  const own = Array.from({ length: count + 1 }, (_, index) => `${prefix}${index}`);
  let units = 0;
  for (const name of new Set([...seen.filter((one) => one.startsWith(prefix)), ...own])) {
    units += await bury(store, name);
  }
  return units;
}
