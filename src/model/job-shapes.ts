/** The bodies that S3 Control takes for jobs: CreateJob and PutJobTagging. */
import { OPERATION_SHAPES } from './operation-shapes.ts';
import {
  accountId,
  bucketArn,
  kmsKeyArn,
  nonEmpty,
  objectArn,
  priority,
  roleArn,
  storageClass,
  tagSet,
} from './scalar-shapes.ts';
import { boolean, integer, list, named, oneOf, required, struct, timestamp } from './shape.ts';
import { MANIFEST_FIELDS } from './vocabulary.ts';

const MANIFEST_FORMATS = [
  'S3BatchOperations_CSV_20180820',
  'S3InventoryReport_CSV_20161130',
] as const;

const manifest = struct({
  Spec: required(
    struct({ Format: required(oneOf(MANIFEST_FORMATS)), Fields: list(oneOf(MANIFEST_FIELDS)) }),
  ),
  Location: required(
    struct({
      ObjectArn: required(objectArn),
      ObjectVersionId: nonEmpty(2000),
      ETag: required(nonEmpty(1024)),
    }),
  ),
});

const report = struct({
  Bucket: bucketArn,
  Format: oneOf(['Report_CSV_20180820']),
  Enabled: required(boolean),
  Prefix: nonEmpty(512),
  ReportScope: oneOf(['AllTasks', 'FailedTasksOnly']),
  ExpectedBucketOwner: accountId,
});

/** A size beyond what a JavaScript number holds exactly is no object's size. */
const bytes = integer(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
/** AWS allows exactly one; several are an offer of ours. */
const keyParts = list(nonEmpty(1024), 1);

const filter = struct({
  EligibleForReplication: boolean,
  CreatedAfter: timestamp,
  CreatedBefore: timestamp,
  ObjectReplicationStatuses: list(oneOf(['COMPLETED', 'FAILED', 'REPLICA', 'NONE'])),
  KeyNameConstraint: struct({
    MatchAnyPrefix: keyParts,
    MatchAnySuffix: keyParts,
    MatchAnySubstring: keyParts,
  }),
  ObjectSizeGreaterThanBytes: bytes,
  ObjectSizeLessThanBytes: bytes,
  MatchAnyStorageClass: list(storageClass),
  MatchAnyObjectEncryption: list(
    struct(
      {
        SSES3: named('SSE-S3', struct({})),
        SSEKMS: named('SSE-KMS', struct({ KmsKeyArn: kmsKeyArn, BucketKeyEnabled: boolean })),
        DSSEKMS: named('DSSE-KMS', struct({ KmsKeyArn: kmsKeyArn })),
        SSEC: named('SSE-C', struct({})),
        NOTSSE: named('NOT-SSE', struct({})),
      },
      'must hold exactly one kind of encryption',
    ),
    1,
    1,
  ),
});

const generator = struct(
  {
    S3JobManifestGenerator: struct({
      ExpectedBucketOwner: accountId,
      SourceBucket: required(bucketArn),
      ManifestOutputLocation: struct({
        ExpectedManifestBucketOwner: accountId,
        Bucket: required(bucketArn),
        ManifestPrefix: nonEmpty(512),
        ManifestEncryption: struct({
          SSES3: named('SSE-S3', struct({})),
          SSEKMS: named('SSE-KMS', struct({ KeyId: required(nonEmpty(2000)) })),
        }),
        ManifestFormat: required(oneOf(['S3InventoryReport_CSV_20211130'])),
      }),
      Filter: filter,
      EnableManifestOutput: required(boolean),
    }),
  },
  'must hold exactly one generator',
);

export const CREATE_JOB_BODY = struct({
  ConfirmationRequired: boolean,
  Operation: required(struct(OPERATION_SHAPES, 'must hold exactly one operation')),
  Report: required(report),
  ClientRequestToken: required(nonEmpty(64)),
  Manifest: manifest,
  Description: nonEmpty(256),
  Priority: required(priority),
  RoleArn: required(roleArn),
  Tags: tagSet,
  ManifestGenerator: generator,
});

export const PUT_JOB_TAGGING_BODY = struct({ Tags: required(tagSet) });

/** Members of AWS's API reference of 2026 for features that only AWS's own store has. */
export const STORE_FEATURE_MEMBERS: readonly string[] = [
  'AnnotationDirective',
  'ObjectLockEventHold',
  'ObjectLockEventHoldDuration',
  'EventHold',
  'EventHoldDuration',
];
