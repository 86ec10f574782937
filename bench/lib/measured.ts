import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { median } from './figures.ts';

/** What one run of one contestant took. */
export interface Measured {
  readonly rows: number;
  readonly wallMs: number;
  /** User and system, of the contestant's process alone. */
  readonly cpuMs: number;
  readonly rssPeakMb: number;
}

export interface Figures {
  readonly rows: number;
  readonly wallSeconds: number;
  readonly perSecond: number;
  readonly cpuSecondsPer100k: number;
  /** Rows per second that one core would do alone. */
  readonly perCpuSecond: number;
  readonly rssPeakMb: number;
}

/** Medians. */
export function figuresOf(runs: readonly Measured[]): Figures {
  const of = (value: (run: Measured) => number): number => median(runs.map(value));
  return {
    rows: runs[0]?.rows ?? 0,
    wallSeconds: of((run) => run.wallMs / 1000),
    perSecond: of((run) => run.rows / (run.wallMs / 1000)),
    cpuSecondsPer100k: of((run) => (run.cpuMs / run.rows) * 100),
    perCpuSecond: of((run) => run.rows / (run.cpuMs / 1000)),
    rssPeakMb: of((run) => run.rssPeakMb),
  };
}

/** Runs a program of bench/lib that prints a Measured, so that what it takes is nobody else's. */
export async function inOwnProcess(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Measured> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(import.meta.dirname, program), ...args],
    { env: { ...process.env, ...env } },
  );
  // Those programs type what they print so.
  return JSON.parse(stdout) as Measured;
}
