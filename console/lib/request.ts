/** What the wizard was told, as CreateJob's request. Pure. */
import type { Draft, GeneratorDraft } from './draft.ts';
import { toParameters } from './fields.ts';
import { formOf } from './operations.ts';
import { DRY_RUN, OPTION_TAGS, RETRY } from './option-tags.ts';
import type { JobRequest, Manifest, Tag } from './types.ts';

const CSV = 'S3BatchOperations_CSV_20180820';
const INVENTORY = 'S3InventoryReport_CSV_20161130';

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

/** Every bucket that the request names, once each. */
export function bucketsOf(request: JobRequest): readonly string[] {
  const { Operation, Report, Manifest, ManifestGenerator } = request;
  const text = JSON.stringify({ Operation, Report, Manifest, ManifestGenerator });
  const arns = text.matchAll(/"arn:aws:s3:::([^"/]+)/g);
  return [...new Set([...arns].map(([, name = '']) => name))];
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
