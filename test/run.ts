/** `npm test`: every test that needs npm alone. `npm test -- store lease` runs files of such names. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { chosen, testFiles } from './lib/discover.ts';
import { runFiles, totalsLine } from './lib/run-files.ts';

const root = join(import.meta.dirname, '..');
const patterns = process.argv.slice(2);
// What needs programs from outside npm has its own command.
const files = chosen(
  testFiles(root).filter((file) => !file.startsWith('test/real/')),
  patterns,
);
const totals = await runFiles({
  files: files.map((file) => join(root, file)),
  root,
  concurrency: Math.min(4, availableParallelism()),
  fileMsMax: 5 * 60_000,
  lingerMsMax: 20_000,
  write: (text) => process.stdout.write(text),
});
if (files.length === 0) process.stdout.write(`No test file matches ${patterns.join(' ')}.\n`);
process.stdout.write(`${totalsLine(totals)}\n`);
process.exitCode = totals.failed > 0 || files.length === 0 ? 1 : 0;
