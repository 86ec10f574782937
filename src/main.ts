/** argv -> command. */
import { runCommand } from '../cli/index.ts';
import { ConfigError, examine, readConfig, serve, work } from './server/index.ts';

try {
  process.exitCode = await runCommand(process.argv.slice(2), {
    start: (overrides) => serve(readConfig(overrides)),
    work: () => work(readConfig()),
    examine: (job) => examine(() => readConfig(), job),
  });
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`brigade: ${error.message}\n`);
  process.exitCode = 64;
}
