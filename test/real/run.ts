/**
 * `npm run test:real`: tests against real programs: Ceph RGW, aws cli, boto3, Chromium, tmux. When
 * something is missing it says what to install, and fails: nothing is skipped.
 */
import { basename, join } from 'node:path';
import { chosen, testFiles } from '../lib/discover.ts';
import { missingNeeds } from '../lib/needs.ts';
import { runAndReport } from '../lib/run-files.ts';

/** They use a port that users know, or load or cut the whole machine. */
const ALONE = ['getting-started', 'namespaces', 'readme', 'soak', 'wire-clients'];

const root = join(import.meta.dirname, '../..');
const missing = missingNeeds();
if (missing.length > 0) {
  const lines = missing.map(({ name, install }) => `  ${name}\n    ${install}\n`);
  process.stdout.write(`The real tests did not run. Missing:\n${lines.join('')}`);
  process.stdout.write(`0 passed, ${missing.length} failed\n`);
  process.exit(1);
}
const files = chosen(
  testFiles(root).filter((file) => file.startsWith('test/real/')),
  process.argv.slice(2),
);
const paths = files.map((file) => join(root, file));
await runAndReport({
  files: paths,
  root,
  // Each starts stores of its own on free ports.
  concurrency: 2,
  alone: paths.filter((path) => ALONE.includes(basename(path, '.test.ts'))),
  fileMsMax: 10 * 60_000,
  lingerMsMax: 30_000,
});
