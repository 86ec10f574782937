/**
 * Rows per second of preparing a list, as a job does it: the manifest read over HTTP from an
 * endpoint that costs nothing, judged, cut into chunks, staged where it has to be, chunks in SQLite.
 * The same rows as plain CSV, as gzip inventory (eight columns, all quoted) and as Parquet inventory
 * (snappy, and zstd). Each runs in a process of its own; `rows/s of one core` counts all CPU time of
 * that process, the threads of zlib and of the garbage collector included.
 *
 *   npm run bench -- lists [--rows N] [--quick]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setting, settingLines, table } from './lib/figures.ts';
import { startHelper } from './lib/helper-process.ts';
import { makeLists } from './lib/lists.ts';
import { inOwnProcess } from './lib/measured.ts';
import { benchOptions } from './lib/options.ts';

/** What each kind must reach: million rows per second of one core; and memory for all. */
const BARS: Readonly<Record<string, number>> = {
  'plain CSV': 2,
  'inventory, gzip CSV': 1,
  'inventory, Parquet snappy': 0.5,
  'inventory, Parquet zstd': 0.5,
};
const RSS_MB_MAX = 350;

const { rows } = benchOptions({ full: 5_000_000, quick: 300_000 });
const folder = mkdtempSync(join(tmpdir(), 'brigade-bench-'));
const server = await startHelper('file-server.ts', [folder]);
try {
  const lines: string[][] = [];
  for (const { name, manifest } of makeLists(folder, rows)) {
    // What was just written would be flushed at the expense of whoever is measured.
    execFileSync('sync');
    const args = [server.url, JSON.stringify(manifest), String(rows)];
    const { wallMs, cpuMs, rssPeakMb } = await inOwnProcess('prepare-list.ts', args);
    const rate = (ms: number): string => `${(rows / ms / 1000).toFixed(2)} M`;
    const bar = BARS[name];
    const isMet = (bar === undefined || rows / cpuMs / 1000 >= bar) && rssPeakMb < RSS_MB_MAX;
    lines.push([
      ...[name, (wallMs / 1000).toFixed(1), rate(wallMs), rate(cpuMs), rssPeakMb.toFixed(0)],
      `${bar === undefined ? '' : `${bar} M, `}${RSS_MB_MAX} MB: ${isMet ? 'met' : 'missed'}`,
    ]);
    process.stderr.write(`  ${name}: ${(wallMs / 1000).toFixed(1)} s\n`);
  }
  process.stdout.write(`lists.bench: ${settingLines(setting())}`);
  process.stdout.write(`${rows.toLocaleString('en-US')} rows each\n\n`);
  process.stdout.write(
    table([['', 'wall s', 'rows/s', 'rows/s of one core', 'peak RSS MB', 'bar'], ...lines]),
  );
} finally {
  await server.stop();
  rmSync(folder, { recursive: true });
}
