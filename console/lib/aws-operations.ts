/** The eleven operations: what they do, what they take, what they cost. */
import { COPY_FIELDS } from './copy-fields.ts';
import { CANNED_ACLS, CHECKSUMS, LOCK_MODES, type OperationForm, same } from './operation-form.ts';

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
