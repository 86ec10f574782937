/** A job as the wizard's answers: to make it again, or to run again what failed of it. Pure. */
import { type Draft, emptyDraft, type GeneratorDraft } from './draft.ts';
import { fromParameters } from './fields.ts';
import { formOfOperation } from './operations.ts';
import { DRY_RUN, OPTION_TAGS, OPTIONS_SHOWN, RETRY } from './option-tags.ts';
import { requestOf } from './request.ts';
import type { Job, Tag } from './types.ts';

/** The same job again. */
export function draftOfJob(job: Job, tags: readonly Tag[], account: string): Draft {
  const { form, parameters } = formOfOperation(job.Operation);
  const tagOf = (key: string): string => tags.find(({ Key }) => Key === key)?.Value ?? '';
  const { Report: report } = job;
  return {
    ...emptyDraft(account),
    ...listOfJob(job, account),
    operation: form?.id ?? '',
    values: fromParameters(form?.fields ?? [], parameters),
    description: job.Description ?? '',
    priority: String(job.Priority),
    reportEnabled: report.Enabled,
    reportBucket: nameOf(report.Bucket),
    reportPrefix: report.Enabled ? (report.Prefix ?? '') : 'reports',
    reportScope: report.ReportScope ?? 'FailedTasksOnly',
    role: job.RoleArn,
    tags: tags.filter(({ Key }) => !OPTIONS_SHOWN.includes(Key)),
    maxTasksPerSecond: tagOf(OPTION_TAGS.maxTasksPerSecond),
    concurrency: tagOf(OPTION_TAGS.concurrency),
    taskTimeout: tagOf(OPTION_TAGS.taskTimeout),
    isDryRun: tagOf(DRY_RUN) === 'true',
    retry: tagOf(RETRY) === 'all' ? 'all' : 'failed',
  };
}

/** What of a job the wizard has no field for, and a clone therefore lacks, as `Report.ExpectedBucketOwner`. */
export function lostInClone(job: Job, tags: readonly Tag[], account: string): string[] {
  const clone = requestOf(draftOfJob(job, tags, account), '', account);
  const { Operation, Report, Manifest, ManifestGenerator } = job;
  return lostPaths({ Operation, Report, Manifest, ManifestGenerator }, clone, []);
}

function lostPaths(original: unknown, copy: unknown, path: readonly string[]): string[] {
  if (original === undefined || original === null) return [];
  if (typeof original !== 'object') return original === copy ? [] : [path.join('.')];
  const found = Object.entries(original).flatMap(([name, value]) =>
    lostPaths(value, membersOf(copy)[name], [...path, name]),
  );
  // An empty structure says something by being there.
  const isGone = Object.keys(original).length === 0 && copy === undefined;
  return isGone ? [path.join('.')] : found;
}

/** The failed rows of a job's report, through the same operation. */
export function retryOfJob(
  job: Job,
  tags: readonly Tag[],
  report: { readonly bucket: string; readonly key: string; readonly etag: string },
  account: string,
): Draft {
  const of = job.Description ? `: ${job.Description}` : ` of ${job.JobId}`;
  return {
    ...draftOfJob(job, tags, account),
    ...report,
    list: 'report',
    versionId: '',
    fields: [],
    // A list without versions named none, and the report's empty column then counts for nothing.
    withVersions: job.Manifest?.Spec.Fields?.includes('VersionId') ?? true,
    retry: 'failed',
    description: `Retry failed${of}`.slice(0, 256),
  };
}

function listOfJob(job: Job, account: string): Partial<Draft> {
  const { Manifest: manifest, ManifestGenerator: generator } = job;
  if (generator) return { list: 'generated', generator: generatorDraft(generator, account) };
  if (!manifest) return {};
  const [, bucket = '', key = ''] =
    /^arn:[^:]*:s3:::([^/]+)\/(.+)$/s.exec(manifest.Location.ObjectArn) ?? [];
  const isReport = /(^|\/)manifest\.json$/.test(key);
  const ofCsv = isReport ? 'report' : 'csv';
  return {
    list: manifest.Spec.Format.startsWith('S3InventoryReport_') ? 'inventory' : ofCsv,
    bucket,
    key,
    etag: manifest.Location.ETag,
    versionId: manifest.Location.ObjectVersionId ?? '',
    fields: manifest.Spec.Fields ?? [],
    withVersions: manifest.Spec.Fields?.includes('VersionId') ?? false,
  };
}

function generatorDraft(
  generator: NonNullable<Job['ManifestGenerator']>,
  account: string,
): GeneratorDraft {
  const all = generator.S3JobManifestGenerator;
  const filter = membersOf(all['Filter']);
  const names = membersOf(filter['KeyNameConstraint']);
  const output = membersOf(all['ManifestOutputLocation']);
  const text = (value: unknown): string => (value === undefined ? '' : String(value));
  const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
  const [encryption = {}] = Array.isArray(filter['MatchAnyObjectEncryption'])
    ? filter['MatchAnyObjectEncryption']
    : [];
  return {
    ...emptyDraft(account).generator,
    sourceBucket: nameOf(all['SourceBucket']),
    prefixes: list(names['MatchAnyPrefix']).join('\n'),
    suffixes: list(names['MatchAnySuffix']).join('\n'),
    substrings: list(names['MatchAnySubstring']).join('\n'),
    createdAfter: text(filter['CreatedAfter']),
    createdBefore: text(filter['CreatedBefore']),
    sizeGreater: text(filter['ObjectSizeGreaterThanBytes']),
    sizeLess: text(filter['ObjectSizeLessThanBytes']),
    storageClasses: list(filter['MatchAnyStorageClass']),
    replicationStatuses: list(filter['ObjectReplicationStatuses']),
    eligibleForReplication: filter['EligibleForReplication'] === true,
    encryption: Object.keys(membersOf(encryption))[0] ?? '',
    isSaved: all['EnableManifestOutput'] === true,
    outputBucket: nameOf(output['Bucket']),
    outputPrefix: text(output['ManifestPrefix']),
  };
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** Of an ARN. */
function nameOf(arn: unknown): string {
  return typeof arn === 'string' ? (arn.split(':').at(-1) ?? '') : '';
}
