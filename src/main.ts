/** argv -> command. */
import { runCommand } from '../cli/index.ts';
import {
  ConfigError,
  examine,
  localService,
  openAccess,
  openEventsDesk,
  openRun,
  readConfig,
  serve,
  work,
} from './server/index.ts';

try {
  process.exitCode = await runCommand(process.argv.slice(2), {
    start: (overrides) => serve(readConfig(overrides)),
    work: () => work(readConfig()),
    examine: (job) => examine(() => readConfig(), job),
    // Not its endpoint's credentials: a command finds those by itself.
    local: () => localService(readConfig()),
    access: (account) => openAccess(readConfig(), account),
    openRun: (settings, bucket) => openRun(readConfig(settings), bucket),
    openEvents: () => openEventsDesk(readConfig()),
  });
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`brigade: ${error.message}\n`);
  process.exitCode = 64;
}
