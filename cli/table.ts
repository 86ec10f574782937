/** All commands. Parsing, help and completion come from this table. */
import { KEYS } from './access/keys.ts';
import { POLICY } from './access/policy.ts';
import { CommandError, type Command } from './command.ts';
import { completionOf, SHELLS } from './completion.ts';
import { runDemo } from './demo.ts';
import { runDoctor } from './doctor.ts';
import { EVENTS } from './events.ts';
import { EXIT } from './exit-codes.ts';
import { helpPage } from './help.ts';
import { AGAIN } from './jobs/again.ts';
import { CHANGE } from './jobs/change.ts';
import { CREATE } from './jobs/create.ts';
import { INSPECT } from './jobs/inspect.ts';
import { REPORT } from './jobs/report.ts';
import { RUN } from './run/run.ts';
import { runServe } from './serve.ts';
import { runWorker } from './worker.ts';

const SERVICE: readonly Command[] = [
  {
    name: 'serve',
    summary: 'API, worker and, without BRIGADE_S3_ENDPOINT, an embedded S3 store',
    options: {
      workers: {
        value: 'N',
        help: "N worker processes beside the API's, which then does not work itself",
      },
    },
    examples: [
      'brigade serve',
      'BRIGADE_S3_ENDPOINT=https://rgw.example.net brigade serve --workers 4',
    ],
    run(given, commands) {
      const workers = given.whole('workers', 0);
      return runServe(commands, workers === undefined ? undefined : String(workers));
    },
  },
  {
    name: 'worker',
    summary: 'one more worker for a service',
    more: `On another machine with the BRIGADE_DATABASE_URL and BRIGADE_STAGING of the others, which must be a
place that all of them see; on this machine with the BRIGADE_DATA_DIR of a running brigade serve.
BRIGADE_S3_*, _CONCURRENCY, _ACTIVE_JOBS and _LEASE_SECONDS must be the same everywhere: limits are
of all workers together, and split over them.`,
    examples: [
      'BRIGADE_DATABASE_URL=postgres://... BRIGADE_STAGING=s3://brigade/staging brigade worker',
    ],
    run: (_, commands) => runWorker(commands),
  },
  {
    name: 'doctor',
    summary: 'checks database, staging, endpoint, clocks, ports and disk, and says what to mend',
    options: {
      job: {
        value: 'FILE',
        help: 'also what a job needs: the JSON of aws s3control create-job --cli-input-json',
      },
      json: { help: 'for programs; the exit code is 1 when there is a problem' },
    },
    examples: ['brigade doctor', 'brigade doctor --job job.json --json'],
    run(given, commands) {
      const job = given.text('job');
      const asked = [
        ...(job === undefined ? [] : ['--job', job]),
        ...(given.flag('json') ? ['--json'] : []),
      ];
      return runDoctor(commands, asked);
    },
  },
  {
    name: 'demo',
    summary: 'a whole job on 10,000 objects, from manifest to report, in a minute',
    run: (_, commands) => runDemo(commands),
  },
];

const SHELL: readonly Command[] = [
  {
    name: 'completion',
    summary: `prints completion for a shell: ${SHELLS.join(', ')}`,
    takes: ['<shell>'],
    examples: [
      'source <(brigade completion bash)',
      'source <(brigade completion zsh)',
      'brigade completion fish > ~/.config/fish/completions/brigade.fish',
    ],
    run(given) {
      const shell = SHELLS.find((one) => one === given.args[0]);
      if (!shell)
        throw new CommandError(
          `there is no completion for ${given.args[0]}; there is for ${SHELLS.join(', ')}.`,
        );
      process.stdout.write(completionOf(shell, TABLE));
      return Promise.resolve(EXIT.done);
    },
  },
  {
    name: 'help',
    summary: 'this page',
    run() {
      process.stdout.write(helpPage(TABLE));
      return Promise.resolve(EXIT.done);
    },
  },
];

export const TABLE: readonly Command[] = [
  ...SERVICE,
  ...RUN,
  ...CREATE,
  ...INSPECT,
  ...CHANGE,
  ...AGAIN,
  ...REPORT,
  ...KEYS,
  ...POLICY,
  ...EVENTS,
  ...SHELL,
];
