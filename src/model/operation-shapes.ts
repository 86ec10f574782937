/**
 * The parameters of the eleven operations. What S3 Control's model leaves optional and an operation
 * cannot do without is refused by the operation itself, in its `check`.
 */
import type { OperationName } from './vocabulary.ts';
import {
  bucketOrDirectoryArn,
  checksumAlgorithm,
  functionArn,
  INT_MAX,
  kmsKeyArn,
  lockMode,
  nonEmpty,
  onOff,
  storageClass,
  tagSet,
} from './scalar-shapes.ts';
import {
  boolean,
  integer,
  list,
  map,
  named,
  oneOf,
  required,
  struct,
  type StructShape,
  text,
  timestamp,
} from './shape.ts';

const cannedAcl = oneOf([
  'private',
  'public-read',
  'public-read-write',
  'aws-exec-read',
  'authenticated-read',
  'bucket-owner-read',
  'bucket-owner-full-control',
]);

const grants = list(
  struct({
    Grantee: struct({
      TypeIdentifier: oneOf(['id', 'emailAddress', 'uri']),
      Identifier: nonEmpty(1024),
      DisplayName: nonEmpty(1024),
    }),
    Permission: oneOf(['FULL_CONTROL', 'READ', 'WRITE', 'READ_ACP', 'WRITE_ACP']),
  }),
);

const objectMetadata = struct({
  CacheControl: nonEmpty(1024),
  ContentDisposition: nonEmpty(1024),
  ContentEncoding: nonEmpty(1024),
  ContentLanguage: nonEmpty(1024),
  UserMetadata: map(nonEmpty(1024), text(0, 1024), 0, 8192),
  ContentLength: integer(0, Number.MAX_SAFE_INTEGER),
  ContentMD5: nonEmpty(1024),
  ContentType: nonEmpty(1024),
  HttpExpiresDate: timestamp,
  RequesterCharged: boolean,
  SSEAlgorithm: oneOf(['AES256', 'KMS']),
});

export const OPERATION_SHAPES: Readonly<Record<OperationName, StructShape>> = {
  LambdaInvoke: struct({
    FunctionArn: functionArn,
    InvocationSchemaVersion: nonEmpty(64),
    UserArguments: map(nonEmpty(64), text(0, 1024), 1, 10),
  }),
  S3PutObjectCopy: struct({
    TargetResource: bucketOrDirectoryArn,
    CannedAccessControlList: cannedAcl,
    AccessControlGrants: grants,
    MetadataDirective: oneOf(['COPY', 'REPLACE']),
    ModifiedSinceConstraint: timestamp,
    NewObjectMetadata: objectMetadata,
    NewObjectTagging: tagSet,
    RedirectLocation: nonEmpty(2048),
    RequesterPays: boolean,
    StorageClass: storageClass,
    UnModifiedSinceConstraint: timestamp,
    SSEAwsKmsKeyId: nonEmpty(2000),
    TargetKeyPrefix: nonEmpty(1024),
    ObjectLockLegalHoldStatus: onOff,
    ObjectLockMode: lockMode,
    ObjectLockRetainUntilDate: timestamp,
    BucketKeyEnabled: boolean,
    ChecksumAlgorithm: checksumAlgorithm,
  }),
  S3PutObjectAcl: struct({
    AccessControlPolicy: struct({
      AccessControlList: struct({
        Owner: required(struct({ ID: nonEmpty(1024), DisplayName: nonEmpty(1024) })),
        Grants: grants,
      }),
      CannedAccessControlList: cannedAcl,
    }),
  }),
  S3PutObjectTagging: struct({ TagSet: tagSet }),
  S3DeleteObjectTagging: struct({}),
  S3InitiateRestoreObject: struct({
    ExpirationInDays: integer(0, INT_MAX),
    GlacierJobTier: oneOf(['BULK', 'STANDARD']),
  }),
  S3PutObjectLegalHold: struct({ LegalHold: required(struct({ Status: required(onOff) })) }),
  S3PutObjectRetention: struct({
    BypassGovernanceRetention: boolean,
    Retention: required(struct({ RetainUntilDate: timestamp, Mode: lockMode })),
  }),
  S3ReplicateObject: struct({}),
  S3ComputeObjectChecksum: struct({
    ChecksumAlgorithm: checksumAlgorithm,
    ChecksumType: oneOf(['FULL_OBJECT', 'COMPOSITE']),
  }),
  S3UpdateObjectEncryption: struct({
    ObjectEncryption: struct({
      SSEKMS: named(
        'SSE-KMS',
        struct({ KMSKeyArn: required(kmsKeyArn), BucketKeyEnabled: boolean }),
      ),
    }),
  }),
};
