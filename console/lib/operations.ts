/** The eleven operations and the built-in functions: what they do, what they take, what they cost. */
import type { Field } from './fields.ts';
import type { OperationName, Parameters } from './types.ts';

export interface OperationForm {
  /** The operation's name, or that of a built-in function. */
  readonly id: string;
  readonly operation: OperationName;
  readonly title: string;
  readonly says: string;
  /** What people should know before. */
  readonly warning?: string;
  /** Requests to the store for one object. */
  readonly requests: string;
  readonly requestsMin: number;
  readonly fields: readonly Field[];
  readonly fixed?: Parameters;
}

type Options = readonly (readonly [string, string])[];
const same = (...values: readonly string[]): Options => values.map((value) => [value, value]);

const STORAGE_CLASSES = same(
  ...['STANDARD', 'STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR', 'GLACIER'],
  'DEEP_ARCHIVE',
);
const CANNED_ACLS = same(
  ...['private', 'public-read', 'public-read-write', 'authenticated-read'],
  ...['bucket-owner-read', 'bucket-owner-full-control', 'aws-exec-read'],
);
const CHECKSUMS = same(
  ...['CRC64NVME', 'CRC32', 'CRC32C', 'SHA1', 'SHA256', 'SHA512', 'MD5', 'XXHASH64', 'XXHASH3'],
  'XXHASH128',
);
const LOCK_MODES: Options = [
  ['GOVERNANCE', 'Governance: those with a special permission may shorten it'],
  ['COMPLIANCE', 'Compliance: nobody may shorten it, not even the owner'],
];

const COPY_FIELDS: readonly Field[] = [
  {
    path: 'TargetResource',
    kind: 'bucket',
    label: 'Destination bucket',
    isRequired: true,
    help: 'Where the copies go. The same bucket is possible when something about the objects changes, such as their storage class.',
  },
  {
    path: 'TargetKeyPrefix',
    kind: 'text',
    label: 'Destination prefix',
    placeholder: 'backup/',
    help: 'Put before each key. Empty: the copies have the keys of their sources.',
  },
  {
    path: 'StorageClass',
    kind: 'choice',
    label: 'Storage class',
    options: STORAGE_CLASSES,
    help: 'Empty: STANDARD.',
  },
  {
    path: 'MetadataDirective',
    kind: 'choice',
    label: 'Metadata',
    options: [
      ['COPY', 'Copy it from the source'],
      ['REPLACE', 'Replace it with what follows'],
    ],
  },
  {
    path: 'NewObjectMetadata.ContentType',
    kind: 'text',
    label: 'Content type',
    placeholder: 'image/jpeg',
    when: { path: 'MetadataDirective', is: ['REPLACE'] },
  },
  {
    path: 'NewObjectMetadata.CacheControl',
    kind: 'text',
    label: 'Cache-Control',
    when: { path: 'MetadataDirective', is: ['REPLACE'] },
  },
  {
    path: 'NewObjectMetadata.ContentDisposition',
    kind: 'text',
    label: 'Content-Disposition',
    when: { path: 'MetadataDirective', is: ['REPLACE'] },
  },
  {
    path: 'NewObjectMetadata.ContentEncoding',
    kind: 'text',
    label: 'Content-Encoding',
    when: { path: 'MetadataDirective', is: ['REPLACE'] },
  },
  {
    path: 'NewObjectMetadata.ContentLanguage',
    kind: 'text',
    label: 'Content-Language',
    when: { path: 'MetadataDirective', is: ['REPLACE'] },
  },
  {
    path: 'NewObjectMetadata.HttpExpiresDate',
    kind: 'time',
    label: 'Expires',
    when: { path: 'MetadataDirective', is: ['REPLACE'] },
  },
  {
    path: 'NewObjectMetadata.UserMetadata',
    kind: 'map',
    label: 'User metadata',
    when: { path: 'MetadataDirective', is: ['REPLACE'] },
  },
  {
    path: 'NewObjectTagging',
    kind: 'tags',
    label: 'Replace all object tags',
    help: 'Without any, tags are copied from the source.',
    isAdvanced: true,
  },
  {
    path: 'CannedAccessControlList',
    kind: 'choice',
    label: 'Canned ACL',
    options: CANNED_ACLS,
    isAdvanced: true,
  },
  { path: 'AccessControlGrants', kind: 'grants', label: 'Grants', isAdvanced: true },
  {
    path: 'NewObjectMetadata.SSEAlgorithm',
    kind: 'choice',
    label: 'Server-side encryption',
    options: [
      ['AES256', 'SSE-S3 (AES256)'],
      ['KMS', 'SSE-KMS'],
    ],
    isAdvanced: true,
  },
  {
    path: 'SSEAwsKmsKeyId',
    kind: 'text',
    label: 'KMS key',
    help: 'For SSE-KMS; empty: the default key of the store.',
    isAdvanced: true,
  },
  {
    path: 'BucketKeyEnabled',
    kind: 'flag',
    label: 'Use a bucket key for SSE-KMS',
    isAdvanced: true,
  },
  {
    path: 'ChecksumAlgorithm',
    kind: 'choice',
    label: 'Additional checksum',
    options: CHECKSUMS,
    isAdvanced: true,
  },
  {
    path: 'ModifiedSinceConstraint',
    kind: 'time',
    label: 'Only objects modified since',
    isAdvanced: true,
  },
  {
    path: 'UnModifiedSinceConstraint',
    kind: 'time',
    label: 'Only objects not modified since',
    isAdvanced: true,
  },
  {
    path: 'ObjectLockMode',
    kind: 'choice',
    label: 'Object Lock retention',
    options: LOCK_MODES,
    isAdvanced: true,
  },
  {
    path: 'ObjectLockRetainUntilDate',
    kind: 'time',
    label: 'Retain until',
    when: { path: 'ObjectLockMode', is: ['GOVERNANCE', 'COMPLIANCE'] },
    isRequired: true,
    isAdvanced: true,
  },
  {
    path: 'ObjectLockLegalHoldStatus',
    kind: 'choice',
    label: 'Object Lock legal hold',
    options: same('ON', 'OFF'),
    isAdvanced: true,
  },
  { path: 'RedirectLocation', kind: 'text', label: 'Website redirect location', isAdvanced: true },
  { path: 'RequesterPays', kind: 'flag', label: 'The requester pays', isAdvanced: true },
];

const BUILT_IN = { operation: 'LambdaInvoke' } as const;
const builtIn = (name: string): Parameters => ({
  FunctionArn: name,
  InvocationSchemaVersion: '2.0',
});

/** AWS's own operations, in the order of its console. */
export const OPERATIONS: readonly OperationForm[] = [
  {
    id: 'S3PutObjectCopy',
    operation: 'S3PutObjectCopy',
    title: 'Copy',
    says: 'Copies each object to a destination bucket, or onto itself to change its storage class, metadata or encryption. Objects above 5 GB are copied in parts.',
    requests:
      '1 or more: copies of large objects are made in parts, and what the store cannot copy along is looked up',
    requestsMin: 1,
    fields: COPY_FIELDS,
  },
  {
    id: 'LambdaInvoke',
    operation: 'LambdaInvoke',
    title: 'Invoke AWS Lambda function',
    says: 'Hands each object to a function: a registered module or URL of yours, or one on AWS Lambda. See docs/FUNCTIONS.md.',
    requests: '1 call of the function, and whatever it asks of the store',
    requestsMin: 1,
    fields: [
      {
        path: 'FunctionArn',
        kind: 'text',
        label: 'Function',
        isRequired: true,
        placeholder: 'arn:aws:lambda:us-east-1:123456789012:function:resize',
        help: 'Its name or its ARN.',
      },
      {
        path: 'InvocationSchemaVersion',
        kind: 'choice',
        label: 'Invocation schema version',
        options: same('1.0', '2.0'),
        help: '2.0 hands over user arguments.',
      },
      {
        path: 'UserArguments',
        kind: 'map',
        label: 'User arguments',
        when: { path: 'InvocationSchemaVersion', is: ['2.0'] },
      },
    ],
  },
  {
    id: 'S3PutObjectTagging',
    operation: 'S3PutObjectTagging',
    title: 'Replace all object tags',
    says: 'Replaces the whole tag set of each object.',
    warning:
      'Tags that an object has and that are not named here are removed. The built-in function “Merge tags” keeps them.',
    requests: '1: PutObjectTagging',
    requestsMin: 1,
    fields: [
      {
        path: 'TagSet',
        kind: 'tags',
        label: 'Tags',
        isRequired: true,
        help: 'At most ten. An empty set removes all tags.',
      },
    ],
  },
  {
    id: 'S3DeleteObjectTagging',
    operation: 'S3DeleteObjectTagging',
    title: 'Delete all object tags',
    says: 'Removes every tag of each object.',
    requests: '1: DeleteObjectTagging',
    requestsMin: 1,
    fields: [],
  },
  {
    id: 'S3PutObjectAcl',
    operation: 'S3PutObjectAcl',
    title: 'Replace access control list (ACL)',
    says: 'Replaces the whole access control list of each object.',
    requests: '1: PutObjectAcl',
    requestsMin: 1,
    fields: [
      {
        path: 'AccessControlPolicy.CannedAccessControlList',
        kind: 'choice',
        label: 'Canned ACL',
        options: CANNED_ACLS,
        help: 'Either a canned ACL, or an owner with grants.',
      },
      {
        path: 'AccessControlPolicy.AccessControlList.Owner.ID',
        kind: 'text',
        label: 'Owner: canonical user ID',
        when: { path: 'AccessControlPolicy.CannedAccessControlList', is: [''] },
        isRequired: true,
      },
      {
        path: 'AccessControlPolicy.AccessControlList.Grants',
        kind: 'grants',
        label: 'Grants',
        when: { path: 'AccessControlPolicy.CannedAccessControlList', is: [''] },
      },
    ],
  },
  {
    id: 'S3InitiateRestoreObject',
    operation: 'S3InitiateRestoreObject',
    title: 'Restore',
    says: 'Asks for a temporary copy of each archived object. A task is done when the store has accepted the request, not when the copy is there.',
    requests: '1: RestoreObject',
    requestsMin: 1,
    fields: [
      {
        path: 'ExpirationInDays',
        kind: 'number',
        label: 'Days that the copy stays',
        min: 1,
        help: 'Empty for the archive tiers of Intelligent-Tiering.',
      },
      {
        path: 'GlacierJobTier',
        kind: 'choice',
        label: 'Retrieval tier',
        options: [
          ['BULK', 'Bulk: hours, cheapest'],
          ['STANDARD', 'Standard'],
        ],
      },
    ],
  },
  {
    id: 'S3PutObjectRetention',
    operation: 'S3PutObjectRetention',
    title: 'Object Lock retention',
    says: 'Sets until when each object version can be neither deleted nor overwritten. The bucket must have Object Lock.',
    warning: 'Compliance mode cannot be taken back by anybody before its date.',
    requests: '1: PutObjectRetention',
    requestsMin: 1,
    fields: [
      {
        path: 'Retention.Mode',
        kind: 'choice',
        label: 'Retention mode',
        options: LOCK_MODES,
        help: 'Empty, with no date: removes the retention.',
      },
      {
        path: 'Retention.RetainUntilDate',
        kind: 'time',
        label: 'Retain until',
        isRequired: true,
        when: { path: 'Retention.Mode', is: ['GOVERNANCE', 'COMPLIANCE'] },
      },
      {
        path: 'BypassGovernanceRetention',
        kind: 'flag',
        label: 'Bypass governance retention',
        help: 'Needed to shorten or remove a governance retention.',
      },
    ],
    fixed: { Retention: {} },
  },
  {
    id: 'S3PutObjectLegalHold',
    operation: 'S3PutObjectLegalHold',
    title: 'Object Lock legal hold',
    says: 'Puts a legal hold on each object version, or takes it off. The bucket must have Object Lock.',
    requests: '1: PutObjectLegalHold',
    requestsMin: 1,
    fields: [
      {
        path: 'LegalHold.Status',
        kind: 'choice',
        label: 'Legal hold',
        options: [
          ['ON', 'On'],
          ['OFF', 'Off'],
        ],
        isRequired: true,
      },
    ],
  },
  {
    id: 'S3ReplicateObject',
    operation: 'S3ReplicateObject',
    title: 'Replicate',
    says: 'Replicates object versions as the replication configuration of their bucket says. What is replicated already is not copied again.',
    requests: 'several: looking up both versions, copying, writing the replication status',
    requestsMin: 3,
    fields: [],
  },
  {
    id: 'S3ComputeObjectChecksum',
    operation: 'S3ComputeObjectChecksum',
    title: 'Compute checksum',
    says: 'Reads each object and writes its checksum into the completion report. Nothing is changed. It needs a report with the expected bucket owner.',
    requests: '1 or more: each object is read to its end',
    requestsMin: 1,
    fields: [
      {
        path: 'ChecksumAlgorithm',
        kind: 'choice',
        label: 'Checksum algorithm',
        options: CHECKSUMS,
        isRequired: true,
      },
      {
        path: 'ChecksumType',
        kind: 'choice',
        label: 'Checksum type',
        options: [
          ['FULL_OBJECT', 'Full object'],
          ['COMPOSITE', 'Composite: a checksum of the parts’ checksums'],
        ],
      },
    ],
  },
  {
    id: 'S3UpdateObjectEncryption',
    operation: 'S3UpdateObjectEncryption',
    title: 'Update object encryption',
    says: 'Changes the encryption of each object to SSE-KMS, without moving its data where the store can do that.',
    warning:
      'On a store without that call, the job tag brigade:encryption = copy-in-place encrypts by copying each object onto itself.',
    requests: '1: UpdateObjectEncryption, or several for a copy in place',
    requestsMin: 1,
    fields: [
      {
        path: 'ObjectEncryption.SSEKMS.KMSKeyArn',
        kind: 'text',
        label: 'KMS key ARN',
        isRequired: true,
        placeholder: 'arn:aws:kms:us-east-1:123456789012:key/…',
      },
      { path: 'ObjectEncryption.SSEKMS.BucketKeyEnabled', kind: 'flag', label: 'Use a bucket key' },
    ],
  },
];

/** What AWS's menu lacks. */
export const BUILT_INS: readonly OperationForm[] = [
  {
    ...BUILT_IN,
    id: 'brigade-delete',
    title: 'Delete objects',
    fixed: builtIn('brigade-delete'),
    says: 'Deletes each object. A list with version ids deletes those versions for good; without, in a bucket with versions, it places delete markers.',
    warning: 'What is deleted without a version is gone.',
    requests: '1 or 2: a look first where versions are kept',
    requestsMin: 1,
    fields: [
      {
        path: 'UserArguments.confirm',
        kind: 'choice',
        label: 'Confirm',
        options: [['delete', 'Yes, delete the objects of the list']],
        isRequired: true,
      },
      {
        path: 'UserArguments.bypass-governance',
        kind: 'choice',
        label: 'Bypass governance retention',
        options: [['true', 'Yes']],
        isAdvanced: true,
      },
    ],
  },
  {
    ...BUILT_IN,
    id: 'brigade-merge-tags',
    title: 'Merge tags',
    fixed: builtIn('brigade-merge-tags'),
    says: 'Adds, replaces or removes single tags of each object; its other tags stay.',
    requests: '2: reading and writing the tags',
    requestsMin: 2,
    fields: [
      {
        path: 'UserArguments.set',
        kind: 'text',
        label: 'Tags to set',
        placeholder: 'project=blue&team=a%20b',
        help: 'URL-encoded, with & between them. At least one of both fields is needed.',
      },
      {
        path: 'UserArguments.remove',
        kind: 'text',
        label: 'Tags to remove',
        placeholder: 'draft&old',
        help: 'Their keys, URL-encoded, with & between them.',
      },
    ],
  },
  {
    ...BUILT_IN,
    id: 'brigade-change-storage-class',
    title: 'Change storage class',
    fixed: builtIn('brigade-change-storage-class'),
    says: 'Copies each object onto itself in another storage class, with its metadata, tags, ACL, encryption and lock.',
    warning:
      'LastModified changes. In a bucket with versions the copy is a new version, and the old one stays.',
    requests: 'several: what the object has is read, copied and looked at',
    requestsMin: 3,
    fields: [
      {
        path: 'UserArguments.storage-class',
        kind: 'text',
        label: 'Storage class',
        isRequired: true,
        placeholder: 'STANDARD_IA',
        help: 'One of AWS’s, or of your store.',
      },
    ],
  },
  {
    ...BUILT_IN,
    id: 'brigade-rename',
    title: 'Rename',
    fixed: builtIn('brigade-rename'),
    says: 'Gives each object a new key: a copy that is seen whole before the source is deleted.',
    requests: 'several: a look, a copy, a look, a delete',
    requestsMin: 4,
    fields: [
      {
        path: 'UserArguments.key',
        kind: 'text',
        label: 'New key',
        placeholder: 'archive/{prefix}{stem}-2026{ext}',
        help: 'Parts of the old one: {key}, {prefix}, {name}, {stem}, {ext}. Or use the next two fields instead.',
      },
      {
        path: 'UserArguments.from',
        kind: 'text',
        label: 'Regular expression',
        placeholder: '^logs/(\\d{4})-(\\d\\d)',
      },
      { path: 'UserArguments.to', kind: 'text', label: 'Replacement', placeholder: 'logs/$1/$2' },
      {
        path: 'UserArguments.overwrite',
        kind: 'choice',
        label: 'Overwrite objects that have the new key',
        options: [['true', 'Yes']],
        isAdvanced: true,
      },
    ],
  },
  {
    ...BUILT_IN,
    id: 'brigade-head',
    title: 'Look (change nothing)',
    fixed: builtIn('brigade-head'),
    says: 'Reports size, storage class, encryption, lock and more of each object, and which are missing or forbidden. Changes nothing.',
    requests: '1: HeadObject',
    requestsMin: 1,
    fields: [],
  },
];

const ALL = [...OPERATIONS, ...BUILT_INS];

export function formOf(id: string): OperationForm | undefined {
  return ALL.find((form) => form.id === id);
}

/** The form of a job's operation: `{"S3PutObjectTagging": {...}}`. */
export function formOfOperation(operation: Readonly<Record<string, Parameters>>): {
  readonly form: OperationForm | undefined;
  readonly parameters: Parameters;
} {
  const [name = '', parameters = {}] = Object.entries(operation)[0] ?? [];
  const functionName =
    String(parameters['FunctionArn'] ?? '')
      .split(':')
      .at(-1) ?? '';
  return { form: formOf(functionName) ?? formOf(name), parameters };
}

/** `Replace all object tags`, for lists that know only the operation's name. */
export function titleOf(operation: string): string {
  return formOf(operation)?.title ?? operation;
}
