/**
 * Runs test files, each in a process of its own, and tells the truth about them.
 *
 * I1. Every file handed in is run and printed; a file that ran no test has failed.
 * I2. A file has failed also when its process ended badly after its tests, went on after them, or
 *     left other processes behind. What it started is stopped.
 * I3. Failures are printed in full with what the file wrote, a skip with its reason; a skip without
 *     one is a failure.
 * I4. What failed is named again at the end: of a long log often only the end is kept.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TestLine } from './reporter.ts';

export interface RunOptions {
  /** Absolute paths. */
  readonly files: readonly string[];
  /** Paths are printed relative to it. */
  readonly root: string;
  /** Files at once. */
  readonly concurrency: number;
  /** Those of the files that run by themselves, after the others. */
  readonly alone?: readonly string[];
  /** How long one file may take. */
  readonly fileMsMax: number;
  /** How long a process may stay when no test is running any more: then it holds something open. */
  readonly lingerMsMax: number;
  readonly write: (text: string) => void;
}

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

type Limits = Pick<RunOptions, 'fileMsMax' | 'lingerMsMax'>;

interface FileResult extends Totals {
  readonly problems: readonly string[];
  readonly skips: readonly string[];
  readonly output: string;
  readonly seconds: number;
}

/** Processes that a test told to stop get this long to be gone. */
const LEFTOVER_MS = 2_000;
const OUTPUT_CHARS_MAX = 100_000;
/** Of each failure at the end. */
const AGAIN_LINES_MAX = 12;
const REPORTER = fileURLToPath(new URL('./reporter.ts', import.meta.url));

export async function runFiles(options: RunOptions): Promise<Totals> {
  const { files, alone = [] } = options;
  const results: FileResult[] = [];
  const again: string[] = []; // I4
  const run = async (queue: string[]): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const result = await runFile(file, options);
      results.push(result);
      const place = `[${String(results.length).padStart(3)}/${options.files.length}]`;
      const path = relative(options.root, file);
      options.write(`${place} ${describe(path, result)}`);
      again.push(...result.problems.map((problem) => `${path}: ${shortened(problem)}`));
    }
  };
  const together = files.filter((file) => !alone.includes(file));
  await Promise.all(Array.from({ length: options.concurrency }, () => run(together)));
  await run(files.filter((file) => alone.includes(file)));
  if (again.length > 0) options.write(`What failed:\n${again.join('\n')}\n`);
  return sum(results);
}

/** A whole command: runs, prints the totals as its last line, and sets the exit code. */
export async function runAndReport(options: Omit<RunOptions, 'write'>): Promise<void> {
  const write = (text: string): void => {
    process.stdout.write(text);
  };
  const totals = await runFiles({ ...options, write });
  if (options.files.length === 0) write('No test file is of that name.\n');
  write(`${totalsLine(totals)}\n`);
  process.exitCode = totals.failed > 0 || options.files.length === 0 ? 1 : 0;
}

/** `12 passed, 0 failed`, and the skipped when there are. */
export function totalsLine({ passed, failed, skipped }: Totals): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

function sum(all: readonly Totals[]): Totals {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of all) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  return total;
}

function describe(path: string, result: FileResult): string {
  const verdict = result.failed > 0 ? 'FAILED' : 'ok    ';
  const head = `${verdict} ${path}: ${totalsLine(result)} (${result.seconds.toFixed(1)} s)\n`;
  const skips = result.skips.map((skip) => `  skipped: ${skip}\n`).join('');
  if (result.failed === 0) return head + skips; // I3
  const problems = result.problems.map((problem) => `${indent(problem)}\n`).join('\n');
  const output = result.output.trim() === '' ? '' : `\n  it wrote:\n${indent(result.output)}\n`;
  return `${head}${skips}\n${problems}${output}\n`;
}

function shortened(problem: string): string {
  const lines = problem.trimEnd().split('\n');
  if (lines.length > AGAIN_LINES_MAX) lines.splice(AGAIN_LINES_MAX, Infinity, '...');
  return lines.join('\n    ');
}

function indent(text: string): string {
  return text.trimEnd().replace(/^/gm, '    ');
}

/** What the process of one file has told so far. */
class Notes {
  passed = 0;
  failed = 0;
  skipped = 0;
  output = '';
  readonly problems: string[] = [];
  readonly skips: string[] = [];
  readonly running: string[] = [];

  /** Some tests have ended, and none is running. */
  get isIdle(): boolean {
    return this.running.length === 0 && this.passed + this.failed + this.skipped > 0;
  }

  take(line: TestLine): void {
    if (line.kind === 'began') {
      this.running.push(line.name);
      return;
    }
    const index = this.running.findLastIndex((name) => line.name.endsWith(name));
    if (index >= 0) this.running.splice(index, 1);
    if (!line.counts) return;
    if (line.skipped !== undefined) {
      this.skipped++;
      this.skips.push(`${line.name}: ${line.skipped}`);
      if (line.skipped === '') this.fail(`${line.name}\nskipped without a reason`); // I3
    } else if (line.passed) this.passed++;
    else this.fail(`${line.name}\n${line.error ?? ''}`);
  }

  fail(problem: string): void {
    this.failed++;
    this.problems.push(problem);
  }
}

async function runFile(file: string, limits: Limits): Promise<FileResult> {
  const began = performance.now();
  const notes = new Notes();
  const { NODE_TEST_CONTEXT: _, ...env } = process.env; // Or the child would report to our parent.
  const child = spawn(process.execPath, [`--test-reporter=${REPORTER}`, file], {
    env,
    detached: true, // A group of its own, so that everything it starts can be found and stopped.
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  listen(child, notes);
  const status = await ended(child, notes, limits);
  const isQuiet = notes.failed === 0;
  if (status.overdue !== undefined) notes.fail(status.overdue);
  else if (status.code !== 0 && isQuiet) notes.fail(`its process ended with ${status.code}`); // I2
  const left = await leftovers(child);
  if (left.length > 0) notes.fail(`it left processes running: ${left.join(', ')}`); // I2
  if (notes.passed + notes.failed + notes.skipped === 0) notes.fail('it ran no test'); // I1
  return { ...notes, seconds: (performance.now() - began) / 1000 };
}

function listen(child: ChildProcess, notes: Notes): void {
  const keep = (bytes: Buffer): void => {
    notes.output = (notes.output + bytes.toString()).slice(-OUTPUT_CHARS_MAX);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const channel = child.stdio[3];
  if (channel === null || channel === undefined || !('read' in channel)) return;
  // The lines are written by reporter.ts and by nobody else.
  createInterface({ input: channel }).on('line', (line) =>
    notes.take(JSON.parse(line) as TestLine),
  );
}

interface Ended {
  /** Exit code, or the signal's name. */
  readonly code: number | string;
  /** Why it had to be stopped. */
  readonly overdue?: string;
}

function ended(child: ChildProcess, notes: Notes, limits: Limits): Promise<Ended> {
  const began = performance.now();
  let idleSince = Infinity;
  let overdue: string | undefined;
  const watch = setInterval(() => {
    const now = performance.now();
    idleSince = notes.isIdle ? Math.min(idleSince, now) : Infinity;
    if (now - idleSince > limits.lingerMsMax) {
      overdue ??= 'its tests ended, but something keeps it running';
    }
    if (now - began > limits.fileMsMax) {
      const seconds = limits.fileMsMax / 1000;
      overdue ??= `it took more than ${seconds} s; still running: ${notes.running.join(' > ')}`;
    }
    if (overdue !== undefined) killGroup(child);
  }, 100);
  const stop = (): never => {
    killGroup(child);
    process.exit(130);
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      clearInterval(watch);
      process.off('SIGINT', stop).off('SIGTERM', stop);
      resolve({ code: code ?? signal ?? -1, ...(overdue === undefined ? {} : { overdue }) });
    });
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    // ESRCH: nothing of it is left, which is what was wanted.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Commands of the child's process group that are still there; they are stopped. Linux only. */
async function leftovers(child: ChildProcess): Promise<readonly string[]> {
  const left = await membersAfter(child, LEFTOVER_MS);
  if (left.length > 0) {
    killGroup(child);
    await membersAfter(child, LEFTOVER_MS);
  }
  return left;
}

/** Those of the group that have not gone after `ms`; at once when all have. */
async function membersAfter(child: ChildProcess, ms: number): Promise<readonly string[]> {
  const until = performance.now() + ms;
  let left = groupMembers(child);
  while (left.length > 0 && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    left = groupMembers(child);
  }
  return left;
}

function groupMembers(child: ChildProcess): readonly string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const stat = readIfThere(join('/proc', pid, 'stat'));
      // pid (command) state parent group ...: a command may hold anything, so from its last bracket.
      const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(group) !== child.pid || state === 'Z') return [];
      return [
        readIfThere(join('/proc', pid, 'cmdline'))
          .replaceAll('\0', ' ')
          .trim(),
      ];
    });
}

/** '' for a process that has ended meanwhile. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
