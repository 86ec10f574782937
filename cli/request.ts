/** A verb and its options as a CreateJob request, and what AWS would make of it. */
import type {
  CreateJobRequest,
  JobReport,
  JobManifest,
  JobManifestGenerator,
} from '@aws-sdk/client-s3-control';
import { CommandError, UsageError, type Given, type Options } from './command.ts';
import type { S3Place } from './s3-url.ts';
import type { Verb } from './verbs.ts';

export const JOB_OPTIONS: Options = {
  'dry-run': { help: 'changes nothing; the report tells what each task would have met' },
  rate: { value: 'N', help: 'tasks that begin per second at most' },
  description: { value: 'TEXT', help: 'for people' },
};

export const REPORT_SCOPE: Options = {
  'report-scope': {
    value: 'SCOPE',
    help: 'rows of the report (default: all)',
    choices: ['all', 'failed'],
  },
  'report-owner': {
    value: 'ID',
    help: 'the account that the bucket of the report must belong to',
  },
};

type Tag = { readonly Key: string; readonly Value: string };

/** What the verb's own options and JOB_OPTIONS say. */
function tagsOf(verb: Verb, given: Given): Tag[] {
  const rate = given.text('rate');
  if (rate !== undefined && !(Number(rate) > 0)) {
    throw new UsageError(`--rate must be a number above zero, not "${rate}".`);
  }
  return [
    ...(verb.tags?.(given) ?? []),
    ...(given.flag('dry-run') ? [{ Key: 'brigade:dry-run', Value: 'true' }] : []),
    ...(rate === undefined ? [] : [{ Key: 'brigade:max-tasks-per-second', Value: rate }]),
    ...(given.flag('all-rows') ? [{ Key: 'brigade:retry', Value: 'all' }] : []),
  ];
}

export function requestOf(
  verb: Verb,
  given: Given,
  parts: {
    readonly list:
      { readonly Manifest: JobManifest } | { readonly ManifestGenerator: JobManifestGenerator };
    readonly report: JobReport;
    readonly account: string;
    readonly token: string;
    readonly operation?: CreateJobRequest['Operation'];
  },
): CreateJobRequest {
  const { list, report, account, token } = parts;
  const tags = tagsOf(verb, given);
  const description = given.text('description') ?? `brigade ${verb.name}`;
  return {
    AccountId: account,
    ...list,
    Operation: parts.operation ?? verb.operation(given),
    Report: ownedReport(report, { verb, given, account }),
    ClientRequestToken: token,
    ConfirmationRequired: false,
    Description: description,
    Priority: 10,
    RoleArn: `arn:aws:iam::${account}:role/brigade`,
    ...(tags.length > 0 ? { Tags: tags } : {}),
  };
}

export function reportOf({ bucket, key }: S3Place, scope: 'all' | 'failed'): JobReport {
  const prefix = key.replace(/\/+$/, '');
  return {
    Enabled: true,
    Bucket: `arn:aws:s3:::${bucket}`,
    Format: 'Report_CSV_20180820',
    ReportScope: scope === 'all' ? 'AllTasks' : 'FailedTasksOnly',
    ...(prefix === '' ? {} : { Prefix: prefix }),
  };
}

/** S3 Batch Operations insists on an owner where the report is all that there is. */
function ownedReport(
  report: JobReport,
  {
    verb,
    given,
    account,
  }: { readonly verb: Verb; readonly given: Given; readonly account: string },
): JobReport {
  const owner = given.text('report-owner') ?? (verb.isOwnerAsked ? account : undefined);
  return owner === undefined ? report : { ...report, ExpectedBucketOwner: owner };
}

export function scopeOf(given: Given): 'all' | 'failed' {
  return given.text('report-scope') === 'failed' ? 'failed' : 'all';
}

/** What AWS's own service has not is said here, before it would take the words for something else. */
export function refuseOnAws(
  request: Pick<CreateJobRequest, 'Operation' | 'Tags' | 'Manifest'>,
): void {
  const name = request.Operation?.LambdaInvoke?.FunctionArn ?? '';
  if (/(^|:)brigade-[a-z-]+$/.test(name)) throw lacking(`the built-in function ${name}`);
  const tag = request.Tags?.find(({ Key }) => Key?.startsWith('brigade:'))?.Key;
  if (tag !== undefined) throw lacking(`the option ${tag}`);
  const object = request.Manifest?.Location?.ObjectArn ?? '';
  const isCsv = request.Manifest?.Spec?.Format === 'S3BatchOperations_CSV_20180820';
  if (isCsv && /manifest\.json$|\.(jsonl|ndjson|gz|zst)$/i.test(object)) {
    throw lacking('lists other than plain CSV and inventories');
  }
}

export function lacking(what: string): CommandError {
  return new CommandError(
    `AWS's own S3 Batch Operations has not got ${what}. Use a Bucket Brigade service (--endpoint), or brigade run, on the same buckets.`,
  );
}
