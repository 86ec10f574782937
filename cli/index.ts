/** The command line: each command is a file, each talks to the API as any client would. */
import { runDemo } from './demo.ts';
import { runDoctor } from './doctor.ts';
import { runServe } from './serve.ts';
import { runWorker } from './worker.ts';
import type { Commands } from './service.ts';

const HELP = `brigade: Amazon S3 Batch Operations for every S3-compatible store

  brigade serve    API, worker and, without BRIGADE_S3_ENDPOINT, an embedded S3 store
    --workers N    N worker processes beside the API's, which then does not work itself
  brigade worker   one more worker: on another machine with the BRIGADE_DATABASE_URL and
                   BRIGADE_STAGING of the others, which must be a place that all of them see;
                   on this machine with the BRIGADE_DATA_DIR of a running brigade serve.
                   BRIGADE_S3_*, _CONCURRENCY, _ACTIVE_JOBS and _LEASE_SECONDS must be the same
                   everywhere: limits are of all workers together, and split over them
  brigade doctor   checks database, staging, endpoint, clocks, ports and disk, and says what to mend
    --job FILE     also what a job needs: the JSON of aws s3control create-job --cli-input-json
    --json         for programs; the exit code is 1 when there is a problem
  brigade demo     a whole job on 10,000 objects, from manifest to report, in a minute
  brigade help     this page

Settings are environment variables, or the same names in brigade.config.json:
  BRIGADE_PORT 9700            BRIGADE_DATA_DIR ./data       BRIGADE_ACCOUNT_ID 123456789012
  BRIGADE_HOST 127.0.0.1       BRIGADE_LOG_LEVEL info        BRIGADE_CONCURRENCY 64
  BRIGADE_DATABASE_URL         a PostgreSQL; absent: SQLite in BRIGADE_DATA_DIR
  BRIGADE_WORKERS              as --workers
  BRIGADE_STAGING              where parts wait for the report: a folder (default in BRIGADE_DATA_DIR),
                               or s3://bucket/prefix on BRIGADE_S3_ENDPOINT
  BRIGADE_ACTIVE_JOBS 6        jobs that run at once
  BRIGADE_LEASE_SECONDS 15     a worker that is silent for so long is taken for dead
  BRIGADE_S3_ENDPOINT          the store to work on; absent: the sandbox on BRIGADE_SANDBOX_PORT 9701
  BRIGADE_S3_ACCESS_KEY_ID, BRIGADE_S3_SECRET_ACCESS_KEY, BRIGADE_S3_REGION
                               its credentials (default: the usual AWS variables)
  BRIGADE_ROOT_ACCESS_KEY_ID, BRIGADE_ROOT_SECRET_ACCESS_KEY
                               the key for the API (default: made at the first start)
`;

/** Resolves to the exit code: 0 done, 1 failed, 64 wrong usage. */
export async function runCommand(argv: readonly string[], commands: Commands): Promise<number> {
  const [name = 'help', ...rest] = argv;
  const workers = name === 'serve' ? /^--workers[= ](\d+)$/.exec(rest.join(' '))?.[1] : undefined;
  if (workers !== undefined) return runServe(commands, workers);
  if (name === 'doctor') return runDoctor(commands, rest);
  if (rest.length > 0) {
    const takes = name === 'serve' ? 'only --workers N' : 'no arguments';
    process.stderr.write(`brigade ${name} takes ${takes}, not "${rest.join(' ')}".\n`);
    return 64;
  }
  switch (name) {
    case 'serve':
      return runServe(commands);
    case 'worker':
      return runWorker(commands);
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
