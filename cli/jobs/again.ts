/** `brigade jobs clone` and `retry-failed`: new jobs of old ones. */
import type { CreateJobRequest, JobDescriptor, S3Tag } from '@aws-sdk/client-s3-control';
import { systemRandom } from '../../src/base/random.ts';
import { reportKeys } from '../../src/report/index.ts';
import { CommandError, UsageError, type Command, type Options } from '../command.ts';
import {
  connectControl,
  CONTROL_OPTIONS,
  objectsClient,
  placeOfObjects,
  S3_OPTIONS,
  type Control,
} from '../connection.ts';
import { isEnded } from '../job-display.ts';
import { asked } from '../list.ts';
import { lacking } from '../request.ts';
import { create, WAIT } from './create.ts';
import { describe, lookOf } from './look.ts';

const ID = '6ad3b320-f488-424b-a358-d32fb9f9bbfc';

const CHANGES: Options = {
  priority: { value: 'N', help: 'instead of the old one' },
  description: { value: 'TEXT', help: 'instead of the old one' },
  'confirm-first': { help: 'the new job waits for brigade jobs confirm' },
};

const clone: Command = {
  name: 'jobs clone',
  summary: 'makes a job like another one, with changes',
  takes: ['<job-id>'],
  options: {
    ...CHANGES,
    change: {
      value: 'JSON',
      help: 'members of CreateJob that replace the old ones, such as\n\'{"Operation":{"S3DeleteObjectTagging":{}}}\'',
    },
    ...WAIT,
    ...CONTROL_OPTIONS,
  },
  examples: [
    `brigade jobs clone ${ID}`,
    `brigade jobs clone ${ID} --priority 100 --change '{"Report":{"Enabled":false}}' --wait`,
  ],
  async run(given, commands) {
    const changes = changesOf(given.text('change'));
    const control = await connectControl(given, commands);
    const id = given.args[0] ?? '';
    const job = await describe(control, id);
    const old = await requestOfJob(job, control);
    return create(control, { ...old, ...saidOf(given), ...changes }, given);
  },
};

const retryFailed: Command = {
  name: 'jobs retry-failed',
  summary: 'makes a job of the tasks that failed in another one, from its report',
  takes: ['<job-id>'],
  options: { ...CHANGES, ...WAIT, ...S3_OPTIONS, ...CONTROL_OPTIONS },
  examples: [`brigade jobs retry-failed ${ID} --wait`],
  async run(given, commands) {
    const control = await connectControl(given, commands);
    if (control.isAws) throw lacking('retries from a report');
    const id = given.args[0] ?? '';
    const job = await describe(control, id);
    const look = lookOf(job);
    if (!isEnded(look)) throw new CommandError(`${id} is ${look.status}: wait for its end first.`);
    if (look.failed === 0)
      throw new CommandError(`no task of ${id} failed: there is nothing to run again.`);
    const { bucket, key } = reportPlace(job);
    const s3 = objectsClient(await placeOfObjects(given, commands));
    let etag: string;
    try {
      const answer = await asked(s3, { method: 'HEAD', bucket, key }, `s3://${bucket}/${key}`);
      etag = answer.headers['etag'] ?? '';
    } finally {
      await s3.close();
    }
    const { ManifestGenerator: _listed, ...old } = await requestOfJob(job, control);
    const request: CreateJobRequest = {
      ...old,
      Description: `Retry of ${id}`,
      Manifest: {
        Spec: { Format: 'S3BatchOperations_CSV_20180820', Fields: ['Bucket', 'Key', 'VersionId'] },
        Location: { ObjectArn: `arn:aws:s3:::${bucket}/${key}`, ETag: etag.replaceAll('"', '') },
      },
    };
    return create(control, { ...request, ...saidOf(given) }, given);
  },
};

/** Where the index of a job's report is. */
export function reportPlace(job: JobDescriptor): { readonly bucket: string; readonly key: string } {
  const { Enabled, Bucket, Prefix } = job.Report ?? {};
  const bucket = Bucket?.split(':').at(-1);
  if (Enabled !== true || !bucket) {
    throw new CommandError(
      `${job.JobId} was made without a report, so nobody knows its rows any more.`,
    );
  }
  return { bucket, key: reportKeys(Prefix, job.JobId ?? '').manifest };
}

async function requestOfJob(job: JobDescriptor, control: Control): Promise<CreateJobRequest> {
  const { GetJobTaggingCommand } = await import('@aws-sdk/client-s3-control');
  const { client, account } = control;
  const { Tags } = await client.send(
    new GetJobTaggingCommand({ AccountId: account, JobId: job.JobId }),
  );
  return {
    AccountId: account,
    ClientRequestToken: systemRandom.uuid(),
    Operation: job.Operation,
    Report: job.Report,
    Priority: job.Priority,
    RoleArn: job.RoleArn,
    ConfirmationRequired: false,
    ...(job.Description ? { Description: job.Description } : {}),
    // A job whose list was generated shows the generator, and is given it again.
    ...(job.ManifestGenerator
      ? { ManifestGenerator: job.ManifestGenerator }
      : { Manifest: job.Manifest }),
    ...tagsPart(Tags),
  };
}

function tagsPart(tags: S3Tag[] = []): { readonly Tags?: S3Tag[] } {
  return tags.length > 0 ? { Tags: tags } : {};
}

function saidOf(given: Parameters<Command['run']>[0]): Partial<CreateJobRequest> {
  const [priority, description] = [given.whole('priority', 0), given.text('description')];
  return {
    ...(priority === undefined ? {} : { Priority: priority }),
    ...(description === undefined ? {} : { Description: description }),
    ...(given.flag('confirm-first') ? { ConfirmationRequired: true } : {}),
  };
}

function changesOf(text: string | undefined): Partial<CreateJobRequest> {
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    // The service checks it member by member.
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Said below, as for JSON that is no object.
  }
  throw new UsageError(`--change must be a JSON object, not ${text}`);
}

export const AGAIN: readonly Command[] = [clone, retryFailed];
