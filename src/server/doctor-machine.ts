/** What the doctor looks at on this machine: Node, the data folder and its disk, ports. */
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { open, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { claimFolder } from '../store/index.ts';
import type { Config } from './config.ts';
import { type Finding, ok, problem, said, warning } from './finding.ts';

/** The ledger of a job of 10^9 rows takes about as much. */
const FREE_BYTES_MIN = 1024 ** 3;
/** A commit of SQLite waits for one flush, which many share. */
const FLUSH_MS_MAX = 50;
const FLUSHES = 5;
/** Write rights of group and others, and their right to read. */
const OTHERS = 0o077;

export function examineNode(): Finding {
  return ok('node', `Node.js ${process.versions.node} on ${process.platform}.`);
}

export interface FolderReport {
  readonly findings: readonly Finding[];
  /** A service runs on this folder. */
  readonly isHeld: boolean;
}

export async function examineFolder({ dataDir }: Config): Promise<FolderReport> {
  const check = 'data folder';
  try {
    mkdirSync(dataDir, { recursive: true });
    const flushMs = await flushTime(dataDir);
    const release = claimFolder(dataDir);
    release?.();
    const holder = release ? 'No brigade runs on it.' : 'A running brigade holds it.';
    const flush = `A write reaches the disk in ${flushMs.toFixed(1)} ms.`;
    const text = `${dataDir} can be written. ${flush} ${holder}`;
    const isSlow = flushMs > FLUSH_MS_MAX;
    const slow = `${text} That is slow for SQLite: use a local disk, or PostgreSQL.`;
    const findings = [isSlow ? warning(check, slow) : ok(check, text), ...rights(dataDir)];
    return { findings: [...findings, await room('disk', dataDir)], isHeld: !release };
  } catch (error) {
    const text = `BRIGADE_DATA_DIR: ${dataDir} cannot be used: ${said(error)}. Make it a folder that this user may write, or name another one.`;
    return { findings: [problem(check, text)], isHeld: false };
  }
}

/** A new file, written and flushed: what a ledger on this disk pays for a commit. */
async function flushTime(folder: string): Promise<number> {
  const path = join(folder, `doctor-${process.pid}.tmp`);
  const file = await open(path, 'wx');
  try {
    // The best of some: others use the disk as well, and the first flush makes the file.
    let bestMs = Infinity;
    for (let flush = 0; flush < FLUSHES; flush++) {
      await file.writeFile('A page of a ledger.'.repeat(200));
      const began = systemClock.monotonic();
      await file.datasync();
      bestMs = Math.min(bestMs, systemClock.monotonic() - began);
    }
    return bestMs;
  } finally {
    await file.close();
    rmSync(path, { force: true });
  }
}

function rights(folder: string): Finding[] {
  const key = statSync(join(folder, 'root-key.json'), { throwIfNoEntry: false });
  if (!key || (key.mode & OTHERS) === 0) return [];
  const path = join(folder, 'root-key.json');
  return [warning('root key', `Other users may read ${path}: chmod 600 ${path}`)];
}

export async function room(check: string, folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const text = `${(free / 1024 ** 3).toFixed(1)} GiB are free in ${folder}.`;
  if (free >= FREE_BYTES_MIN) return ok(check, text);
  return warning(check, `${text} When it is full, jobs wait until there is room again.`);
}

export async function* examinePorts(
  { host, port, sandboxPort, s3 }: Config,
  isServiceRunning: boolean,
): AsyncGenerator<Finding> {
  const ports = [
    ['BRIGADE_PORT', port],
    ...(s3 ? [] : [['BRIGADE_SANDBOX_PORT', sandboxPort] as const]),
  ] as const;
  for (const [name, number] of ports) {
    if (number === 0) {
      yield ok('port', `${name} is 0: a free port is taken at every start.`);
      continue;
    }
    const error = await listening(host, number);
    if (!error) yield ok('port', `${name} ${number} is free.`);
    else if (isServiceRunning) yield ok('port', `${name} ${number} is in use, as it should be.`);
    else {
      const text = `${name}: ${host}:${number} cannot be used: ${error}. Stop what uses it, or set another one.`;
      yield problem('port', text);
    }
  }
}

/** Undefined: it can be listened on. */
async function listening(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error) => resolve(error.message));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}
