/**
 * `npm run bench`: every bench of this folder, one after the other, each in a process of its own.
 * `npm run bench -- tasks csv --quick`: those whose name holds one of the words; options go to each.
 * `npm run bench -- --quick`: none of them, but a comparison with the commit before (check-regression.ts).
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { VALUED } from './lib/options.ts';

// A word is the name of a bench, unless it is the value of an option.
const args = process.argv.slice(2);
const valued: readonly string[] = VALUED.map((name) => `--${name}`);
const isOption = (arg: string, index: number): boolean =>
  arg.startsWith('-') || valued.includes(args[index - 1] ?? '');
const words = args.filter((arg, index) => !isOption(arg, index));
const options = args.filter(isOption);

const isCheck = words.length === 0 && options.includes('--quick');
const benches = isCheck
  ? ['lib/check-regression.ts']
  : readdirSync(import.meta.dirname)
      .filter((file) => file.endsWith('.bench.ts'))
      .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
      .sort();
if (benches.length === 0) {
  process.stderr.write(`No bench is named after ${words.join(' or ')}.\n`);
  process.exit(1);
}
for (const bench of benches) {
  const program = join(import.meta.dirname, bench);
  const { status } = spawnSync(process.execPath, [program, ...options], { stdio: 'inherit' });
  if (status !== 0) {
    process.stderr.write(`${bench} ended with ${status}.\n`);
    process.exitCode = 1;
  }
}
