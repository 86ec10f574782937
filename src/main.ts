/** argv -> command. */
import { runCommand } from '../cli/index.ts';
import { ConfigError, readConfig, serve, work } from './server/index.ts';

try {
  process.exitCode = await runCommand(process.argv.slice(2), {
    start: (overrides) => serve(readConfig(overrides)),
    work: () => work(readConfig()),
  });
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`brigade: ${error.message}\n`);
  process.exitCode = 64;
}
