// Aim: what the wizard makes of its answers is what CreateJob takes, and a clone is the same request.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createJobCommand } from '../../console/lib/command.ts';
import { draftOfJob, lostInClone, retryOfJob } from '../../console/lib/clone.ts';
import { type Draft, emptyDraft, problemsOf } from '../../console/lib/draft.ts';
import { bucketsOf, requestOf } from '../../console/lib/request.ts';
import type { Field } from '../../console/lib/fields.ts';
import { OPERATIONS } from '../../console/lib/aws-operations.ts';
import { BUILT_INS } from '../../console/lib/built-ins.ts';
import { formOfOperation } from '../../console/lib/operations.ts';
import type { Job, JobRequest } from '../../console/lib/types.ts';
import { readElement } from '../../src/api/wire.ts';
import { checkCreateJob } from '../../src/api/validate.ts';
import { elementOf } from '../../src/api/console/element.ts';
import type { ApiDeps } from '../../src/api/index.ts';
import { CREATE_JOB_BODY } from '../../src/model/job-shapes.ts';
import type { JobRequest as Accepted } from '../../src/model/job.ts';
import { OPERATION_SHAPES } from '../../src/model/operation-shapes.ts';
import { OPERATION_NAMES } from '../../src/model/vocabulary.ts';
import type { StructShape } from '../../src/model/shape.ts';

const ACCOUNT = '123456789012';
const SUPPORTS = {
  manifestFormats: ['S3BatchOperations_CSV_20180820', 'S3InventoryReport_CSV_20161130'],
  generator: true,
};

/** What the service says to a request. */
function problemsWith(request: JobRequest): string[] {
  const element = elementOf('CreateJobRequest', request, CREATE_JOB_BODY);
  const { value, problems } = readElement(element, CREATE_JOB_BODY);
  if (problems.length > 0) return problems.map(({ field, message }) => `${field}: ${message}`);
  // Of the dependencies only this one is looked at; the value has no problem with its shape.
  const deps = { supports: SUPPORTS } as unknown as ApiDeps;
  const found = checkCreateJob(value as unknown as Accepted, deps);
  return found.map(({ field, message }) => `${field}: ${message}`);
}

const whole = (changes: Partial<Draft> = {}): Draft => ({
  ...emptyDraft(ACCOUNT),
  generator: { ...emptyDraft(ACCOUNT).generator, sourceBucket: 'photos' },
  reportBucket: 'reports',
  ...changes,
});

/** A value that passes, for a field of any kind. */
function sample({ kind, path, ...field }: Field): unknown {
  switch (kind) {
    case 'choice':
      return 'options' in field ? field.options[0]?.[0] : '';
    case 'flag':
      return true;
    case 'number':
      return '7';
    case 'time':
      return '2030-01-02T03:04:05.000Z';
    case 'tags':
      return [{ Key: 'k', Value: 'v' }];
    case 'map':
      return [{ Key: 'k', Value: 'v' }];
    case 'bucket':
      return 'archive';
    case 'grants':
      return [{ type: 'id', identifier: 'me', permission: 'READ' }];
    case 'text':
      return SAMPLE_TEXTS[path] ?? 'text';
  }
}
const KMS = 'arn:aws:kms:us-east-1:123456789012:key/1';
const SAMPLE_TEXTS: Readonly<Record<string, string>> = {
  SSEAwsKmsKeyId: KMS,
  'ObjectEncryption.SSEKMS.KMSKeyArn': KMS,
  FunctionArn: 'my-function',
  RedirectLocation: '/there',
  'UserArguments.set': 'a=b',
  'UserArguments.remove': 'c',
  'UserArguments.key': 'x/{key}',
};

test('every operation and every built-in function is offered, with every parameter that it takes', () => {
  assert.deepEqual(new Set(OPERATIONS.map(({ operation }) => operation)), new Set(OPERATION_NAMES));
  const leaves = (shape: StructShape, at: string[] = []): string[] =>
    Object.entries(shape.members).flatMap(([name, { shape: inner }]) =>
      inner.kind === 'struct' ? leaves(inner, [...at, name]) : [[...at, name].join('.')],
    );
  // What makes no sense for many objects at once, or has no place but in a request of one's own.
  const left = [
    'NewObjectMetadata.ContentLength',
    'NewObjectMetadata.ContentMD5',
    'NewObjectMetadata.RequesterCharged',
    'AccessControlPolicy.AccessControlList.Owner.DisplayName',
  ];
  for (const { operation, fields } of OPERATIONS) {
    const paths = new Set(fields.map(({ path }) => path));
    const missing = leaves(OPERATION_SHAPES[operation]).filter((path) => !paths.has(path));
    assert.deepEqual(
      missing.filter((path) => !left.includes(path)),
      [],
      operation,
    );
    const known = leaves(OPERATION_SHAPES[operation]);
    assert.deepEqual(
      [...paths].filter((path) => !known.includes(path)),
      [],
      operation,
    );
  }
  assert.equal(BUILT_INS.length, 5);
});

test('what each form makes of its fields is accepted, and a clone of it is the same', () => {
  for (const form of [...OPERATIONS, ...BUILT_INS]) {
    const all = Object.fromEntries(form.fields.map((field) => [field.path, sample(field)]));
    // Each of these excludes another one.
    const without =
      {
        S3PutObjectAcl: ['AccessControlPolicy.CannedAccessControlList'],
        S3PutObjectCopy: ['CannedAccessControlList', 'NewObjectMetadata.SSEAlgorithm'],
        'brigade-rename': ['UserArguments.from', 'UserArguments.to'],
        S3ComputeObjectChecksum: ['ChecksumType'],
      }[form.id] ?? [];
    const base =
      form.id === 'S3PutObjectCopy'
        ? { ...all, MetadataDirective: 'REPLACE', 'NewObjectMetadata.SSEAlgorithm': 'KMS' }
        : all;
    const values = Object.fromEntries(
      Object.entries(base).filter(([path]) => !without.includes(path)),
    );
    if (form.id === 'S3PutObjectCopy') values['NewObjectMetadata.SSEAlgorithm'] = 'KMS';
    if (form.id === 'LambdaInvoke') values['InvocationSchemaVersion'] = '2.0';
    const draft = whole({ operation: form.id, values, reportScope: 'AllTasks' });
    assert.deepEqual(problemsOf(draft, 'operation'), [], form.id);
    const request = requestOf(draft, 'token', ACCOUNT);
    assert.deepEqual(problemsWith(request), [], form.id);
    assert.equal(formOfOperation(request.Operation).form?.id, form.id);
    const again = requestOf(cloneOf(request), 'token', ACCOUNT);
    assert.deepEqual(again, request, form.id);
  }
});

/** As DescribeJob would show the job of a request. */
function jobOf(request: JobRequest): Job {
  return {
    ...request,
    JobId: 'the-job',
    JobArn: 'arn',
    Status: 'Complete',
    CreationTime: '2026-01-01T00:00:00Z',
    ProgressSummary: {
      TotalNumberOfTasks: 1,
      NumberOfTasksSucceeded: 0,
      NumberOfTasksFailed: 1,
      Timers: { ElapsedTimeInActiveSeconds: 1 },
    },
  };
}
const cloneOf = (request: JobRequest): Draft =>
  draftOfJob(jobOf(request), request.Tags ?? [], ACCOUNT);

test('every kind of list, with all its filters and options, is accepted and cloned as it is', () => {
  const place = { bucket: 'photos', key: 'lists/a b.csv', etag: 'abc' };
  const drafts: Draft[] = [
    whole({ ...place, list: 'csv', fields: ['Bucket', 'Key', 'VersionId'], versionId: 'v1' }),
    whole({ ...place, list: 'inventory', key: 'i/manifest.json' }),
    whole({ ...place, list: 'report', key: 'r/manifest.json', retry: 'all', withVersions: true }),
    whole({
      reportEnabled: false,
      description: 'ü',
      priority: '0',
      tags: [{ Key: 'a', Value: '' }],
      maxTasksPerSecond: '2.5',
      concurrency: '3',
      taskTimeout: '9',
      isDryRun: true,
    }),
    whole({
      generator: {
        sourceBucket: 'photos',
        prefixes: 'a/\nb/',
        suffixes: '.jpg',
        substrings: 'draft',
        createdAfter: '2026-01-01T00:00:00.000Z',
        createdBefore: '2026-02-01T00:00:00.000Z',
        sizeGreater: '5',
        sizeLess: '5000000000000',
        storageClasses: ['STANDARD', 'GLACIER'],
        replicationStatuses: ['NONE'],
        eligibleForReplication: true,
        encryption: 'SSEKMS',
        isSaved: true,
        outputBucket: 'reports',
        outputPrefix: 'lists',
      },
    }),
  ];
  for (const draft of drafts) {
    for (const step of ['list', 'operation', 'options'] as const)
      assert.deepEqual(problemsOf(draft, step), []);
    const request = requestOf(draft, 'token', ACCOUNT);
    assert.deepEqual(problemsWith(request), [], draft.list);
    assert.deepEqual(requestOf(cloneOf(request), 'token', ACCOUNT), request, draft.list);
  }
});

test('what a clone cannot carry over is named', () => {
  const request = requestOf(whole(), 'token', ACCOUNT);
  assert.deepEqual(lostInClone(jobOf(request), [], ACCOUNT), []);
  const generator = request.ManifestGenerator?.S3JobManifestGenerator;
  const job = jobOf({
    ...request,
    Report: { ...request.Report, ExpectedBucketOwner: ACCOUNT },
    ManifestGenerator: {
      S3JobManifestGenerator: {
        ...generator,
        ExpectedBucketOwner: ACCOUNT,
        Filter: { MatchAnyObjectEncryption: [{ SSEKMS: { KmsKeyArn: 'arn' } }] },
      },
    },
  });
  assert.deepEqual(lostInClone(job, [], ACCOUNT), [
    'Report.ExpectedBucketOwner',
    'ManifestGenerator.S3JobManifestGenerator.ExpectedBucketOwner',
    'ManifestGenerator.S3JobManifestGenerator.Filter.MatchAnyObjectEncryption.0.SSEKMS.KmsKeyArn',
  ]);
});

test('a job made here waits for its confirmation', () => {
  assert.equal(requestOf(whole(), 'token', ACCOUNT).ConfirmationRequired, true);
});

test('what is missing is said before anything is sent', () => {
  const draft = emptyDraft(ACCOUNT);
  assert.match(String(problemsOf(draft, 'list')), /Choose the bucket/);
  assert.match(String(problemsOf({ ...draft, list: 'csv' }, 'list')), /Choose the manifest object/);
  assert.match(
    String(problemsOf({ ...draft, list: 'csv', bucket: 'b', key: 'k' }, 'list')),
    /Unable to get the manifest object's ETag/,
  );
  assert.match(
    String(problemsOf({ ...draft, operation: 'brigade-delete' }, 'operation')),
    /Confirm is needed/,
  );
  assert.match(String(problemsOf(draft, 'options')), /Choose a bucket for the completion report/);
  assert.match(String(problemsOf({ ...draft, priority: 'high' }, 'options')), /whole number/);
  assert.match(String(problemsOf({ ...draft, concurrency: '-1' }, 'options')), /above zero/);
});

test('a retry names the report of the job, its failed rows, and versions only where there were some', () => {
  const request = requestOf(
    whole({ list: 'csv', bucket: 'photos', key: 'a.csv', etag: 'e', fields: ['Bucket', 'Key'] }),
    'token',
    ACCOUNT,
  );
  const report = { bucket: 'reports', key: 'job-1/manifest.json', etag: 'f' };
  const retry = requestOf(retryOfJob(jobOf(request), [], report, ACCOUNT), 'token', ACCOUNT);
  assert.deepEqual(problemsWith(retry), []);
  assert.deepEqual(retry.Manifest, {
    Spec: { Format: 'S3BatchOperations_CSV_20180820', Fields: ['Bucket', 'Key'] },
    Location: { ObjectArn: 'arn:aws:s3:::reports/job-1/manifest.json', ETag: 'f' },
  });
  assert.deepEqual(retry.Operation, request.Operation);
  const generated = retryOfJob(jobOf(requestOf(whole(), 'token', ACCOUNT)), [], report, ACCOUNT);
  assert.deepEqual(requestOf(generated, 't', ACCOUNT).Manifest?.Spec.Fields, [
    'Bucket',
    'Key',
    'VersionId',
  ]);
});

test('the command of a job is one that a shell reads as it is meant', () => {
  const request = requestOf(
    whole({ description: "it's $HOME `x`", operation: 'S3DeleteObjectTagging' }),
    'token',
    ACCOUNT,
  );
  const command = createJobCommand(
    jobOf(request),
    [{ Key: 'a', Value: 'b c' }],
    ACCOUNT,
    'http://127.0.0.1:9700',
  );
  assert.match(command, /--description 'it'\\''s \$HOME `x`' \\\n/);
  assert.match(command, /--tags '\[\{"Key":"a","Value":"b c"\}\]'/);
  assert.match(command, /--manifest-generator '\{/);
  assert.match(command, /--confirmation-required$/);
});

test('the buckets that a request names are those of list, target and report, once each', () => {
  const draft = {
    ...emptyDraft('123456789012'),
    list: 'csv' as const,
    bucket: 'lists',
    key: 'a "b".csv',
    operation: 'S3PutObjectCopy',
    values: { TargetResource: 'target', TargetKeyPrefix: 'x' },
    reportBucket: 'target',
  };
  assert.deepEqual(bucketsOf(requestOf(draft, 'token', '123456789012')), ['target', 'lists']);
});
