/** AWS's words, as data: S3 Control 2018-08-20. Every table in the house is a Record over these. */

export const JOB_STATUSES = [
  'New',
  'Preparing',
  'Suspended',
  'Ready',
  'Active',
  'Pausing',
  'Paused',
  'Completing',
  'Complete',
  'Cancelling',
  'Cancelled',
  'Failing',
  'Failed',
] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

export const OPERATION_NAMES = [
  'LambdaInvoke',
  'S3PutObjectCopy',
  'S3PutObjectAcl',
  'S3PutObjectTagging',
  'S3DeleteObjectTagging',
  'S3InitiateRestoreObject',
  'S3PutObjectLegalHold',
  'S3PutObjectRetention',
  'S3ReplicateObject',
  'S3ComputeObjectChecksum',
  'S3UpdateObjectEncryption',
] as const;
export type OperationName = (typeof OPERATION_NAMES)[number];

export const MANIFEST_FIELDS = ['Ignore', 'Bucket', 'Key', 'VersionId'] as const;
export type ManifestField = (typeof MANIFEST_FIELDS)[number];

/** What a user may ask of UpdateJobStatus; Paused is ours. */
export const REQUESTED_STATUSES = ['Ready', 'Cancelled', 'Paused'] as const;
export type RequestedStatus = (typeof REQUESTED_STATUSES)[number];
