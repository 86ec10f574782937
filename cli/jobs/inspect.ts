/** `brigade jobs list`, `describe` and `watch`. */
import type { JobListDescriptor } from '@aws-sdk/client-s3-control';
import { JOB_STATUSES } from '../../src/model/vocabulary.ts';
import type { Command } from '../command.ts';
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
    limit: { value: 'N', help: `so many at most (default: ${LIMIT})` },
    ...CONTROL_OPTIONS,
  },
  examples: ['brigade jobs list', 'brigade jobs list --status Active --status Paused --json'],
  async run(given, commands) {
    const { ListJobsCommand } = await import('@aws-sdk/client-s3-control');
    const limit = given.whole('limit', 1) ?? LIMIT;
    const { client, account } = await connectControl(given, commands);
    const statuses = JOB_STATUSES.filter((status) => given.many('status').includes(status));
    const jobs: JobListDescriptor[] = [];
    let NextToken: string | undefined;
    do {
      const answer = await client.send(
        new ListJobsCommand({
          AccountId: account,
          MaxResults: Math.min(1000, limit - jobs.length),
          ...(statuses.length > 0 ? { JobStatuses: statuses } : {}),
          ...(NextToken === undefined ? {} : { NextToken }),
        }),
      );
      jobs.push(...(answer.Jobs ?? []));
      NextToken = answer.NextToken;
    } while (NextToken !== undefined && jobs.length < limit);
    const output = new Output(given);
    if (output.isJson) for (const job of jobs) output.tell(job, '');
    else output.say(jobs.length === 0 ? NO_JOBS : aligned([HEADINGS, ...jobs.map(rowOf)]));
    return EXIT.done;
  },
};

const NO_JOBS = 'No jobs. Make one: brigade jobs create --help';
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
