/** Where, when and how something was measured, and figures for people. */
import { cpus, loadavg } from 'node:os';
import { relative } from 'node:path';

export interface Setting {
  readonly machine: string;
  readonly node: string;
  readonly date: string;
  /** Of the machine in the minute before; above a few tenths, figures say little. */
  readonly load: number;
  readonly command: string;
}

/** Before this program began; later it would be its own. */
const LOAD_BEFORE = loadavg()[0] ?? NaN;

export function setting(): Setting {
  const [script = '', ...args] = process.argv.slice(1);
  return {
    machine: `${cpus()[0]?.model.trim() ?? 'unknown CPU'} x ${cpus().length}`,
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
    load: LOAD_BEFORE,
    command: ['node', relative(process.cwd(), script), ...args].join(' '),
  };
}

export function settingLines({ machine, node, date, load, command }: Setting): string {
  return `${machine}, Node ${node}, ${date}, load before ${load.toFixed(1)}\n${command}\n`;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? NaN;
  const lower = sorted[Math.ceil(middle) - 1] ?? NaN;
  return (upper + lower) / 2;
}

/** The first column to the left, numbers to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const width = (column: number): number =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(width(i)) : cell.padStart(width(i))))
      .join('   ')
      .trimEnd();
  return `${rows.map(line).join('\n')}\n`;
}
