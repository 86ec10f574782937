/** `brigade jobs list`, `describe` and `watch`. */
import type { JobListDescriptor } from '@aws-sdk/client-s3-control';
import { JOB_STATUSES, OPERATION_NAMES } from '../../src/model/vocabulary.ts';
import type { Command, Given } from '../command.ts';
import { connectControl, CONTROL_OPTIONS } from '../connection.ts';
import { EXIT } from '../exit-codes.ts';
import { aligned, Output } from '../output.ts';
import { describe, lookOf, operationOf, watch } from './look.ts';

const LIMIT = 100;

const list: Command = {
  name: 'jobs list',
  summary: 'lists jobs, the newest first',
  options: {
    status: {
      value: 'STATUS',
      help: 'only jobs of this status',
      isMany: true,
      choices: JOB_STATUSES,
    },
    operation: {
      value: 'NAME',
      help: 'only jobs of this operation',
      isMany: true,
      choices: OPERATION_NAMES,
    },
    'created-after': { value: 'DATE', help: 'only jobs that were created then or later' },
    'created-before': { value: 'DATE', help: 'only jobs that were created earlier' },
    limit: { value: 'N', help: `so many at most (default: ${LIMIT})` },
    ...CONTROL_OPTIONS,
  },
  examples: [
    'brigade jobs list',
    'brigade jobs list --status Active --status Paused --json',
    'brigade jobs list --operation S3PutObjectCopy --created-after 2026-11-01',
  ],
  async run(given, commands) {
    const { ListJobsCommand } = await import('@aws-sdk/client-s3-control');
    const limit = given.whole('limit', 1) ?? LIMIT;
    const { client, account } = await connectControl(given, commands);
    const isAsked = askedFor(given);
    const statuses = JOB_STATUSES.filter((status) => given.many('status').includes(status));
    const jobs: JobListDescriptor[] = [];
    let NextToken: string | undefined;
    do {
      const answer = await client.send(
        new ListJobsCommand({
          AccountId: account,
          // Of the jobs of a page some may not be asked for.
          MaxResults: isAsked === undefined ? Math.min(PAGE_MAX, limit - jobs.length) : PAGE_MAX,
          ...(statuses.length > 0 ? { JobStatuses: statuses } : {}),
          ...(NextToken === undefined ? {} : { NextToken }),
        }),
      );
      const page = answer.Jobs ?? [];
      jobs.push(...(isAsked === undefined ? page : page.filter(isAsked)));
      NextToken = answer.NextToken;
    } while (NextToken !== undefined && jobs.length < limit);
    jobs.splice(limit);
    const output = new Output(given);
    if (output.isJson) for (const job of jobs) output.tell(job, '');
    else
      output.say(
        jobs.length === 0
          ? noJobs(isAsked !== undefined || statuses.length > 0)
          : aligned([HEADINGS, ...jobs.map(rowOf)]),
      );
    return EXIT.done;
  },
};

/** What S3 Control's ListJobs cannot be asked for; undefined: nothing of that. */
function askedFor(given: Given): ((job: JobListDescriptor) => boolean) | undefined {
  const operations = given.many('operation');
  const [after, before] = [given.date('created-after'), given.date('created-before')];
  if (operations.length === 0 && after === undefined && before === undefined) return undefined;
  return ({ Operation = '', CreationTime }) => {
    const at = CreationTime?.toISOString() ?? '';
    return (
      (operations.length === 0 || operations.includes(Operation)) &&
      (after === undefined || at >= after) &&
      (before === undefined || at < before)
    );
  };
}

function noJobs(isFiltered: boolean): string {
  return isFiltered ? 'No job fits.' : 'No jobs. Make one: brigade jobs create --help';
}

/** Of ListJobs. */
const PAGE_MAX = 1000;
const HEADINGS = [
  'JOB',
  'STATUS',
  'OPERATION',
  'DONE',
  'FAILED',
  'PRIORITY',
  'CREATED',
  'DESCRIPTION',
];

function rowOf(job: JobListDescriptor): string[] {
  const { succeeded, failed, total } = lookOf({ ...job, Operation: undefined });
  return [
    job.JobId ?? '',
    job.Status ?? '',
    job.Operation ?? '',
    `${(succeeded + failed).toLocaleString('en')}/${total.toLocaleString('en')}`,
    failed.toLocaleString('en'),
    String(job.Priority ?? ''),
    job.CreationTime?.toISOString().slice(0, 19) ?? '',
    job.Description ?? '',
  ];
}

const describeCommand: Command = {
  name: 'jobs describe',
  summary: 'tells everything about a job',
  takes: ['<job-id>'],
  options: CONTROL_OPTIONS,
  examples: ['brigade jobs describe 6ad3b320-f488-424b-a358-d32fb9f9bbfc'],
  async run(given, commands) {
    const job = await describe(await connectControl(given, commands), given.args[0] ?? '');
    const { succeeded, failed, total, reasons } = lookOf(job);
    const head = [
      `${job.JobId}   ${operationOf(job)}   ${job.Status}`,
      `${succeeded.toLocaleString('en')} succeeded, ${failed.toLocaleString('en')} failed, ${total.toLocaleString('en')} in all`,
      ...reasons,
    ];
    new Output(given).tell(job, `${head.join('\n')}\n\n${JSON.stringify(job, null, 2)}`);
    return EXIT.done;
  },
};

const watchCommand: Command = {
  name: 'jobs watch',
  summary: 'follows a job to its end',
  takes: ['<job-id>'],
  options: CONTROL_OPTIONS,
  examples: ['brigade jobs watch 6ad3b320-f488-424b-a358-d32fb9f9bbfc'],
  async run(given, commands) {
    const control = await connectControl(given, commands);
    return watch(control, given.args[0] ?? '', new Output(given));
  },
};

export const INSPECT: readonly Command[] = [list, describeCommand, watchCommand];
