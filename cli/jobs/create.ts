/** `brigade jobs create`: from AWS's JSON, or from a verb and its options. */
import { readFileSync } from 'node:fs';
import type { CreateJobRequest, JobReport } from '@aws-sdk/client-s3-control';
import { systemRandom } from '../../src/base/random.ts';
import { CommandError, UsageError, type Command, type Given, type Options } from '../command.ts';
import {
  connectControl,
  CONTROL_OPTIONS,
  objectsClient,
  placeOfObjects,
  S3_OPTIONS,
  said,
  type Control,
} from '../connection.ts';
import { EXIT } from '../exit-codes.ts';
import { generatorOf, LIST_OPTIONS, listOption, remoteManifest } from '../list.ts';
import { Output } from '../output.ts';
import {
  JOB_OPTIONS,
  refuseOnAws,
  REPORT_SCOPE,
  reportOf,
  requestOf,
  scopeOf,
} from '../request.ts';
import { isS3Url, readS3Url } from '../s3-url.ts';
import type { Commands } from '../service.ts';
import { VERBS, type Verb } from '../verbs.ts';
import { watch } from './look.ts';

export const WAIT: Options = {
  wait: { help: 'follows the job to its end; the exit code tells how it ended' },
};

const CREATED_OPTIONS: Options = {
  priority: { value: 'N', help: 'higher numbers run first (default: 10)' },
  'confirm-first': { help: 'the job waits for brigade jobs confirm' },
  'role-arn': { value: 'ARN', help: 'on AWS: the role of the job' },
  ...WAIT,
};

const fromJson: Command = {
  name: 'jobs create',
  summary: 'makes a job from the JSON of aws s3control create-job; with a verb, from options',
  options: {
    'cli-input-json': { value: 'JSON', help: 'the request, or file://FILE' },
    ...WAIT,
    ...CONTROL_OPTIONS,
  },
  examples: [
    'brigade jobs create --cli-input-json file://job.json --wait',
    'brigade jobs create tag --list s3://photos/2026/ --tag year=2026 --report s3://photos/reports',
    'brigade jobs create copy --help',
  ],
  more: `Verbs: ${VERBS.map(({ name }) => name).join(', ')}.`,
  async run(given, commands) {
    const text = given.text('cli-input-json');
    if (text === undefined) {
      throw new UsageError('needs a verb, such as brigade jobs create tag, or --cli-input-json.');
    }
    const request = readRequest(text);
    return create(await connectControl(given, commands), request, given);
  },
};

function ofVerb(verb: Verb): Command {
  return {
    name: `jobs create ${verb.name}`,
    summary: `makes a job that ${verb.summary}`,
    options: {
      ...verb.options,
      ...LIST_OPTIONS,
      report: { value: 's3://BUCKET/PREFIX', help: 'where the report goes (default: no report)' },
      ...REPORT_SCOPE,
      ...JOB_OPTIONS,
      ...CREATED_OPTIONS,
      ...S3_OPTIONS,
      ...CONTROL_OPTIONS,
    },
    examples: [
      `brigade jobs create ${verb.name} --list s3://photos/2026/ ${verb.example}`.trimEnd(),
      `brigade jobs create ${verb.name} --manifest s3://photos/list.csv ${verb.example} --wait`.replace(
        /  +/g,
        ' ',
      ),
    ],
    async run(given, commands) {
      const operation = verb.operation(given);
      if (verb.isReport && given.text('report') === undefined) {
        throw new UsageError(
          'needs --report s3://bucket/prefix: what it finds is in the report alone.',
        );
      }
      const where = listOption(given);
      const control = await connectControl(given, commands);
      const request = requestOf(verb, given, {
        list: await listOf(where, given, commands),
        report: reportOption(given),
        account: control.account,
        token: systemRandom.uuid(),
        operation,
      });
      return create(control, { ...request, ...createdOptions(given, control) }, given);
    },
  };
}

async function listOf(
  { list, manifest = '' }: ReturnType<typeof listOption>,
  given: Given,
  commands: Commands,
) {
  if (list !== undefined) return { ManifestGenerator: generatorOf(list, given) };
  if (!isS3Url(manifest)) {
    throw new UsageError(
      `--manifest must be s3://bucket/key for a job of the service; upload ${manifest} first, or use brigade run.`,
    );
  }
  const s3 = objectsClient(await placeOfObjects(given, commands));
  try {
    return { Manifest: await remoteManifest(s3, manifest, given) };
  } finally {
    await s3.close();
  }
}

function reportOption(given: Given): JobReport {
  const report = given.text('report');
  if (report === undefined) return { Enabled: false };
  return reportOf(readS3Url(report, 'report'), scopeOf(given));
}

/** What may be said of a job beside its list, operation and report. */
function createdOptions(given: Given, { isAws }: Control): Partial<CreateJobRequest> {
  const role = given.text('role-arn');
  if (isAws && role === undefined) throw new UsageError('needs --role-arn on AWS.');
  const priority = given.whole('priority', 0);
  return {
    ...(given.flag('confirm-first') ? { ConfirmationRequired: true } : {}),
    ...(priority === undefined ? {} : { Priority: priority }),
    ...(role === undefined ? {} : { RoleArn: role }),
  };
}

/** Makes the job, tells its id and, with --wait, follows it. */
export async function create(
  control: Control,
  request: CreateJobRequest,
  given: Given,
): Promise<number> {
  const { CreateJobCommand } = await import('@aws-sdk/client-s3-control');
  if (control.isAws) refuseOnAws(request);
  const output = new Output(given);
  const { JobId = '' } = await control.client.send(
    new CreateJobCommand({
      ...request,
      AccountId: control.account,
      ClientRequestToken: request.ClientRequestToken ?? systemRandom.uuid(),
    }),
  );
  const next = `brigade jobs ${request.ConfirmationRequired === false ? 'watch' : 'confirm'} ${JobId}`;
  output.tell({ event: 'created', id: JobId }, `Job ${JobId} is made.`);
  if (given.flag('wait')) return watch(control, JobId, output);
  output.say(`Next: ${next}`);
  return EXIT.done;
}

function readRequest(text: string): CreateJobRequest {
  const path = text.startsWith('file://') ? text.slice('file://'.length) : undefined;
  try {
    const json = path === undefined ? text : readFileSync(path, 'utf8');
    // The service checks it member by member, and names what is wrong.
    return JSON.parse(json, asDate) as CreateJobRequest;
  } catch (error) {
    throw new CommandError(`${path ?? '--cli-input-json'} is no JSON to read: ${said(error)}`);
  }
}

/** Members that the SDK wants as dates. */
const DATES =
  /^(CreatedAfter|CreatedBefore|ModifiedSinceConstraint|UnModifiedSinceConstraint|HttpExpiresDate|ObjectLockRetainUntilDate|RetainUntilDate)$/;

function asDate(name: string, value: unknown): unknown {
  if (!DATES.test(name) || (typeof value !== 'string' && typeof value !== 'number')) return value;
  // The aws cli takes seconds for a number.
  const date = new Date(typeof value === 'number' ? value * 1000 : value);
  if (Number.isNaN(date.getTime())) throw new CommandError(`${name} is no date: ${value}`);
  return date;
}

export const CREATE: readonly Command[] = [fromJson, ...VERBS.map(ofVerb)];
