/** Reading one job, and following it to its end. */
import type { JobDescriptor } from '@aws-sdk/client-s3-control';
import { systemClock } from '../../src/base/clock.ts';
import type { JobStatus } from '../../src/model/vocabulary.ts';
import { CommandError } from '../command.ts';
import type { Control } from '../connection.ts';
import { EXIT } from '../exit-codes.ts';
import { isEnded, JobDisplay, tellEnd, type Look } from '../job-display.ts';
import type { Output } from '../output.ts';

const POLL_MS = 500;
/** On AWS jobs move slowly, and its API counts requests. */
const POLL_AWS_MS = 3000;

export async function describe({ client, account }: Control, id: string): Promise<JobDescriptor> {
  const { DescribeJobCommand } = await import('@aws-sdk/client-s3-control');
  const { Job } = await client.send(new DescribeJobCommand({ AccountId: account, JobId: id }));
  if (Job) return Job;
  throw new CommandError(`the service says nothing about the job ${id}.`);
}

export function lookOf(job: JobDescriptor): Look {
  const counts = job.ProgressSummary;
  return {
    id: job.JobId ?? '',
    // S3 Control's statuses are the same thirteen.
    status: job.Status as JobStatus,
    total: counts?.TotalNumberOfTasks ?? 0,
    succeeded: counts?.NumberOfTasksSucceeded ?? 0,
    failed: counts?.NumberOfTasksFailed ?? 0,
    reasons: (job.FailureReasons ?? []).map(
      ({ FailureCode, FailureReason }) => `${FailureCode}: ${FailureReason}`,
    ),
  };
}

export function operationOf({ Operation: operation = {} }: JobDescriptor): string {
  const [name = 'Job'] = Object.entries(operation).flatMap(([key, one]) => (one ? [key] : []));
  return name;
}

/** Until the job has ended; resolves to the exit code. Ctrl-C ends the watching, not the job. */
export async function watch(control: Control, id: string, output: Output): Promise<number> {
  const leaving = new AbortController();
  const leave = (): void => leaving.abort();
  process.once('SIGINT', leave).once('SIGTERM', leave);
  let display: JobDisplay | undefined;
  let hasWarned = false;
  try {
    for (;;) {
      const job = await describe(control, id);
      const look = lookOf(job);
      display ??= new JobDisplay(output, operationOf(job));
      display.show(look);
      if (isEnded(look)) {
        display.leave();
        return tellEnd(output, look);
      }
      if (look.status === 'Suspended' && !hasWarned) {
        hasWarned = true;
        display.leave();
        output.say(`It waits for your confirmation: brigade jobs confirm ${id}`);
      }
      await systemClock.sleep(control.isAws ? POLL_AWS_MS : POLL_MS, leaving.signal);
      if (leaving.signal.aborted) {
        display.leave();
        output.say(`The job goes on. Watch it again: brigade jobs watch ${id}`);
        return EXIT.interrupted;
      }
    }
  } finally {
    process.off('SIGINT', leave).off('SIGTERM', leave);
  }
}
