/** A sandbox in a process of its own, to be killed: `node serve.ts DATA_DIR` says its URL. */
import { startSandbox } from '../../sandbox/index.ts';
import { CREDENTIALS } from './start.ts';

const [dataDir = ''] = process.argv.slice(2);
const options = { dataDir, port: 0, region: 'us-east-1', credentials: CREDENTIALS };
const sandbox = await startSandbox({ ...options, restoreDelayMs: 0 });
process.stdout.write(`${sandbox.url}\n`);
// Whoever started us has gone when our input ends.
process.stdin.on('end', () => process.exit()).resume();
