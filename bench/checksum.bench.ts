/**
 * S3ComputeObjectChecksum over objects that nobody keeps: a stream makes their bytes. Each size runs
 * in a process of its own; the peak of memory must not depend on it.
 *
 *   npm run bench -- checksum [--quick]
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setting, settingLines, table } from './lib/figures.ts';
import { benchOptions } from './lib/options.ts';

const MB = 1e6;
const { quick } = benchOptions({ full: 1, quick: 1 });
const program = join(import.meta.dirname, 'lib/checksum-stream.ts');
const lines: string[][] = [];
for (const algorithm of ['CRC32', 'CRC64NVME', 'SHA256']) {
  for (const bytes of [10 * MB, quick ? 300 * MB : 10_000 * MB]) {
    const args = [program, algorithm, String(bytes)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    // Printed by checksum-stream.ts, which types it so.
    const { wallMs, rssPeakMb } = JSON.parse(stdout) as { wallMs: number; rssPeakMb: number };
    const rate = (bytes / MB / (wallMs / 1000)).toFixed(0);
    lines.push([
      algorithm,
      `${bytes / MB}`,
      (wallMs / 1000).toFixed(1),
      rate,
      rssPeakMb.toFixed(0),
    ]);
  }
}
process.stdout.write(`checksum.bench: ${settingLines(setting())}\n`);
process.stdout.write(table([['', 'object, MB', 'wall s', 'MB/s', 'peak RSS MB'], ...lines]));
