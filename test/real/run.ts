/**
 * `npm run test:real`: tests against real programs, one file at a time: Ceph RGW, aws cli, boto3.
 * When something is missing it says what to install, and fails: nothing is skipped.
 */
import { join } from 'node:path';
import { chosen, testFiles } from '../lib/discover.ts';
import { missingNeeds } from '../lib/needs.ts';
import { runAndReport } from '../lib/run-files.ts';

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
await runAndReport({
  files: files.map((file) => join(root, file)),
  root,
  concurrency: 1,
  fileMsMax: 10 * 60_000,
  lingerMsMax: 30_000,
});
