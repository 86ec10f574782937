/** The command line: each command is a file, each talks to the API as any client would. */
import { runDemo } from './demo.ts';
import { runServe } from './serve.ts';
import type { Commands } from './service.ts';

const HELP = `brigade: Amazon S3 Batch Operations for every S3-compatible store

  brigade serve    API, worker and, without BRIGADE_S3_ENDPOINT, an embedded S3 store
  brigade demo     a whole job on 10,000 objects, from manifest to report, in a minute
  brigade help     this page

Settings are environment variables, or the same names in brigade.config.json:
  BRIGADE_PORT 9700            BRIGADE_DATA_DIR ./data       BRIGADE_ACCOUNT_ID 123456789012
  BRIGADE_HOST 127.0.0.1       BRIGADE_LOG_LEVEL info        BRIGADE_CONCURRENCY 64
  BRIGADE_S3_ENDPOINT          the store to work on; absent: the sandbox on BRIGADE_SANDBOX_PORT 9701
  BRIGADE_S3_ACCESS_KEY_ID, BRIGADE_S3_SECRET_ACCESS_KEY, BRIGADE_S3_REGION
                               its credentials (default: the usual AWS variables)
  BRIGADE_ROOT_ACCESS_KEY_ID, BRIGADE_ROOT_SECRET_ACCESS_KEY
                               the key for the API (default: made at the first start)
`;

/** Resolves to the exit code: 0 done, 1 failed, 64 wrong usage. */
export async function runCommand(argv: readonly string[], commands: Commands): Promise<number> {
  const [name = 'help', ...rest] = argv;
  if (rest.length > 0) {
    process.stderr.write(`brigade ${name} takes no arguments; "${rest[0]}" is one too many.\n`);
    return 64;
  }
  switch (name) {
    case 'serve':
      return runServe(commands);
    case 'demo':
      return runDemo(commands);
    case 'help':
    case '--help':
    case '-h':
      process.stdout.write(HELP);
      return 0;
    default:
      process.stderr.write(`brigade: there is no command "${name}".\n\n${HELP}`);
      return 64;
  }
}
