/** A job that is being made: what the wizard asks for, and what it still misses. Pure. */
import { missing, type Values } from './fields.ts';
import { formOf } from './operations.ts';
import type { Tag } from './types.ts';

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
