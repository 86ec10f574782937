/** A job that is being made: what the wizard asks, to CreateJob's request and back. Pure. */
import { fromParameters, missing, toParameters, type Values } from './fields.ts';
import { formOf, formOfOperation } from './operations.ts';
import type { Job, JobRequest, Manifest, Tag } from './types.ts';

export type ListKind = 'generated' | 'csv' | 'inventory' | 'report';

export interface Draft {
  readonly list: ListKind;
  /** Of the manifest. */
  readonly bucket: string;
  readonly key: string;
  readonly etag: string;
  readonly versionId: string;
  /** Columns of a CSV manifest. */
  readonly fields: readonly string[];
  /** Act on the versions that the report names. */
  readonly withVersions: boolean;
  readonly retry: 'failed' | 'all';
  readonly generator: GeneratorDraft;
  readonly operation: string;
  readonly values: Values;
  readonly description: string;
  readonly priority: string;
  readonly reportEnabled: boolean;
  readonly reportBucket: string;
  readonly reportPrefix: string;
  readonly reportScope: 'AllTasks' | 'FailedTasksOnly';
  readonly role: string;
  readonly tags: readonly Tag[];
  readonly maxTasksPerSecond: string;
  readonly concurrency: string;
  readonly taskTimeout: string;
  readonly isDryRun: boolean;
}

export interface GeneratorDraft {
  readonly sourceBucket: string;
  readonly prefixes: string;
  readonly suffixes: string;
  readonly substrings: string;
  readonly createdAfter: string;
  readonly createdBefore: string;
  readonly sizeGreater: string;
  readonly sizeLess: string;
  readonly storageClasses: readonly string[];
  readonly replicationStatuses: readonly string[];
  readonly eligibleForReplication: boolean;
  readonly encryption: string;
  readonly isSaved: boolean;
  readonly outputBucket: string;
  readonly outputPrefix: string;
}

const CSV = 'S3BatchOperations_CSV_20180820';
const INVENTORY = 'S3InventoryReport_CSV_20161130';

export function emptyDraft(account: string): Draft {
  return {
    list: 'generated',
    bucket: '',
    key: '',
    etag: '',
    versionId: '',
    fields: [],
    withVersions: false,
    retry: 'failed',
    generator: {
      sourceBucket: '',
      prefixes: '',
      suffixes: '',
      substrings: '',
      createdAfter: '',
      createdBefore: '',
      sizeGreater: '',
      sizeLess: '',
      storageClasses: [],
      replicationStatuses: [],
      eligibleForReplication: false,
      encryption: '',
      isSaved: false,
      outputBucket: '',
      outputPrefix: '',
    },
    operation: 'S3PutObjectTagging',
    values: {},
    description: '',
    priority: '10',
    reportEnabled: true,
    reportBucket: '',
    reportPrefix: 'reports',
    reportScope: 'FailedTasksOnly',
    // Roles are for AWS: here a job works with the service's own credentials.
    role: `arn:aws:iam::${account}:role/batch-operations`,
    tags: [],
    maxTasksPerSecond: '',
    concurrency: '',
    taskTimeout: '',
    isDryRun: false,
  };
}

/** What a step still needs, in words; empty: it is whole. */
export function problemsOf(draft: Draft, step: 'list' | 'operation' | 'options'): string[] {
  if (step === 'operation') {
    const fields = formOf(draft.operation)?.fields ?? [];
    const paths = missing(fields, draft.values);
    return fields.filter(({ path }) => paths.has(path)).map(({ label }) => `${label} is needed.`);
  }
  const needs: (readonly [boolean, string])[] =
    step === 'list' ? listNeeds(draft) : optionNeeds(draft);
  return needs.filter(([isMissing]) => isMissing).map(([, says]) => says);
}

function listNeeds({ list, bucket, key, etag, generator }: Draft): (readonly [boolean, string])[] {
  if (list === 'generated') {
    return [
      [generator.sourceBucket === '', 'Choose the bucket whose objects are to be listed.'],
      [
        generator.isSaved && generator.outputBucket === '',
        'Choose the bucket that the generated list is saved in.',
      ],
    ];
  }
  const isNamed = bucket !== '' && key !== '';
  return [
    [!isNamed, 'Choose the manifest object.'],
    [
      isNamed && etag === '',
      "Unable to get the manifest object's ETag. Specify a different object to continue.",
    ],
  ];
}

function optionNeeds(draft: Draft): (readonly [boolean, string])[] {
  const positive = (text: string): boolean => text === '' || Number(text) > 0;
  return [
    [!/^\d{1,10}$/.test(draft.priority), 'The priority must be a whole number; higher goes first.'],
    [
      draft.reportEnabled && draft.reportBucket === '',
      'Choose a bucket for the completion report.',
    ],
    [draft.role === '', 'The role ARN is needed, as AWS needs it.'],
    [!positive(draft.maxTasksPerSecond), 'Tasks per second must be a number above zero.'],
    [!positive(draft.concurrency), 'Tasks at once must be a number above zero.'],
    [!positive(draft.taskTimeout), 'The time limit must be a number of seconds above zero.'],
  ];
}

export function requestOf(draft: Draft, token: string, account: string): JobRequest {
  const form = formOf(draft.operation);
  const parameters = toParameters(form?.fields ?? [], draft.values, form?.fixed);
  const tags = tagsOf(draft);
  return {
    // As AWS's console does: somebody looks at the count before anything runs.
    ConfirmationRequired: true,
    Operation: { [form?.operation ?? draft.operation]: parameters },
    Report: draft.reportEnabled
      ? {
          Enabled: true,
          Bucket: `arn:aws:s3:::${draft.reportBucket}`,
          Format: 'Report_CSV_20180820',
          ReportScope: draft.reportScope,
          ...(draft.reportPrefix === '' ? {} : { Prefix: draft.reportPrefix.replace(/\/+$/, '') }),
          ...(draft.operation === 'S3ComputeObjectChecksum'
            ? { ExpectedBucketOwner: account }
            : {}),
        }
      : { Enabled: false },
    ClientRequestToken: token,
    ...(draft.list === 'generated'
      ? { ManifestGenerator: { S3JobManifestGenerator: generatorOf(draft.generator) } }
      : { Manifest: manifestOf(draft) }),
    ...(draft.description === '' ? {} : { Description: draft.description }),
    Priority: Number(draft.priority),
    RoleArn: draft.role,
    ...(tags.length === 0 ? {} : { Tags: tags }),
  };
}

function manifestOf({ list, bucket, key, etag, versionId, fields, withVersions }: Draft): Manifest {
  const reportFields = ['Bucket', 'Key', ...(withVersions ? ['VersionId'] : [])];
  return {
    Spec:
      list === 'inventory'
        ? { Format: INVENTORY }
        : { Format: CSV, Fields: list === 'report' ? reportFields : fields },
    Location: {
      ObjectArn: `arn:aws:s3:::${bucket}/${key}`,
      ETag: etag,
      ...(versionId === '' ? {} : { ObjectVersionId: versionId }),
    },
  };
}

function generatorOf(draft: GeneratorDraft): Record<string, unknown> {
  const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');
  const names = {
    ...given('MatchAnyPrefix', lines(draft.prefixes)),
    ...given('MatchAnySuffix', lines(draft.suffixes)),
    ...given('MatchAnySubstring', lines(draft.substrings)),
  };
  const filter = {
    ...(Object.keys(names).length > 0 ? { KeyNameConstraint: names } : {}),
    ...(draft.createdAfter === '' ? {} : { CreatedAfter: isoOf(draft.createdAfter) }),
    ...(draft.createdBefore === '' ? {} : { CreatedBefore: isoOf(draft.createdBefore) }),
    ...(draft.sizeGreater === '' ? {} : { ObjectSizeGreaterThanBytes: Number(draft.sizeGreater) }),
    ...(draft.sizeLess === '' ? {} : { ObjectSizeLessThanBytes: Number(draft.sizeLess) }),
    ...given('MatchAnyStorageClass', draft.storageClasses),
    ...given('ObjectReplicationStatuses', draft.replicationStatuses),
    ...(draft.eligibleForReplication ? { EligibleForReplication: true } : {}),
    ...(draft.encryption === '' ? {} : { MatchAnyObjectEncryption: [{ [draft.encryption]: {} }] }),
  };
  return {
    SourceBucket: `arn:aws:s3:::${draft.sourceBucket}`,
    EnableManifestOutput: draft.isSaved,
    ...(Object.keys(filter).length > 0 ? { Filter: filter } : {}),
    ...(draft.isSaved
      ? {
          ManifestOutputLocation: {
            Bucket: `arn:aws:s3:::${draft.outputBucket}`,
            ManifestFormat: 'S3InventoryReport_CSV_20211130',
            ...(draft.outputPrefix === '' ? {} : { ManifestPrefix: draft.outputPrefix }),
          },
        }
      : {}),
  };
}

function given(name: string, list: readonly string[]): Record<string, readonly string[]> {
  return list.length === 0 ? {} : { [name]: list };
}

function isoOf(text: string): string {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? text : at.toISOString();
}

const OPTION_TAGS = {
  maxTasksPerSecond: 'brigade:max-tasks-per-second',
  concurrency: 'brigade:concurrency',
  taskTimeout: 'brigade:task-timeout',
} as const;
const DRY_RUN = 'brigade:dry-run';
const RETRY = 'brigade:retry';
const OPTIONS_SHOWN: readonly string[] = [...Object.values(OPTION_TAGS), DRY_RUN, RETRY];

function tagsOf(draft: Draft): Tag[] {
  const options = Object.entries(OPTION_TAGS)
    .map(([name, Key]) => ({ Key, Value: draft[name as keyof typeof OPTION_TAGS] }))
    .filter(({ Value }) => Value !== '');
  return [
    ...draft.tags,
    ...options,
    ...(draft.isDryRun ? [{ Key: DRY_RUN, Value: 'true' }] : []),
    ...(draft.list === 'report' && draft.retry === 'all' ? [{ Key: RETRY, Value: 'all' }] : []),
  ];
}

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
