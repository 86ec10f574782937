/**
 * The folder of a run: what must be known to go on with it. Secrets are not in it, except the key of
 * its own sandbox.
 *
 * I1. `run.json` is written after the list is whole and before the job is made; a run without it has
 *     touched nothing.
 * I2. It is replaced as a whole, never changed in place.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { CommandError } from '../command.ts';
import type { Look } from '../job-display.ts';

export interface RunRecord {
  readonly version: 1;
  readonly verb: string;
  readonly endpoint: string;
  readonly region: string;
  readonly profile?: string;
  readonly concurrency?: string;
  /** BRIGADE_FUNCTIONS of the run. */
  readonly functions?: string;
  /** A CreateJob request as JSON; its token makes it the same job every time. */
  readonly request: object;
  /** Where the report is to be brought; absent: it is written to a bucket. */
  readonly reportFolder?: string;
  /** How it ended; the report has been brought. */
  readonly ended?: { readonly look: Look; readonly report: string };
}

/** Remains of runs that ended are kept so long, for whoever asks how they ended. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;

function runsFolder(): string {
  const own = process.env['BRIGADE_RUNS_DIR'];
  if (own) return resolve(own);
  const cache = process.env['XDG_CACHE_HOME'] ?? process.env['LOCALAPPDATA'];
  return join(cache ?? join(homedir(), '.cache'), 'brigade', 'runs');
}

export class RunFolder {
  readonly id: string;
  readonly path: string;

  constructor(id: string) {
    this.id = id;
    this.path = join(runsFolder(), id);
  }

  static begin(): RunFolder {
    forgetOld();
    const folder = new RunFolder(systemRandom.hex(4));
    mkdirSync(folder.path, { recursive: true, mode: 0o700 });
    return folder;
  }

  /** Throws a CommandError for a run that cannot be taken up again. */
  static again(id: string): { readonly folder: RunFolder; readonly record: RunRecord } {
    const folder = new RunFolder(/^[0-9a-f]{8}$/.test(id) ? id : 'none');
    if (!existsSync(folder.path)) {
      throw new CommandError(
        `there is no run ${id} in ${runsFolder()}. Begin it again without --resume.`,
      );
    }
    if (!existsSync(folder.#record)) {
      throw new CommandError(
        `the run ${id} ended while its list was being read and touched no object. Begin it again without --resume.`,
      );
    }
    // Written by `write`.
    return { folder, record: JSON.parse(readFileSync(folder.#record, 'utf8')) as RunRecord };
  }

  /** The bucket that stands for this machine. */
  get bucket(): string {
    return `brigade-run-${this.id}`;
  }

  get reportFolder(): string {
    return join(this.path, 'report');
  }

  get #record(): string {
    return join(this.path, 'run.json');
  }

  write(record: RunRecord): void {
    writeFileSync(`${this.#record}.part`, JSON.stringify(record, null, 2), { mode: 0o600 });
    renameSync(`${this.#record}.part`, this.#record); // I2
  }

  /** After the end: all but the record and the report. */
  clear(): void {
    for (const name of readdirSync(this.path)) {
      if (name === 'run.json' || name === 'report') continue;
      rmSync(join(this.path, name), { recursive: true, force: true });
    }
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

function forgetOld(): void {
  const folder = runsFolder();
  if (!existsSync(folder)) return;
  for (const id of readdirSync(folder)) {
    const record = join(folder, id, 'run.json');
    const isBegun = existsSync(record);
    const { mtimeMs } = statSync(isBegun ? record : join(folder, id));
    if (systemClock.now() - mtimeMs < KEPT_MS) continue;
    // What has begun and not ended waits for its --resume, however long.
    const isOver = !isBegun || readFileSync(record, 'utf8').includes('"ended": {');
    if (isOver) new RunFolder(id).remove();
  }
}
