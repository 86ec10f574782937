/** `npm test`: every test that needs npm alone. `npm test -- store lease` runs files of such names. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { chosen, testFiles } from './lib/discover.ts';
import { runAndReport } from './lib/run-files.ts';

const root = join(import.meta.dirname, '..');
// What needs programs from outside npm has its own command.
const files = chosen(
  testFiles(root).filter((file) => !file.startsWith('test/real/')),
  process.argv.slice(2),
);
await runAndReport({
  files: files.map((file) => join(root, file)),
  root,
  concurrency: Math.min(4, availableParallelism()),
  fileMsMax: 5 * 60_000,
  lingerMsMax: 20_000,
});
