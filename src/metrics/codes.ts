/** Values of labels that come from outside, as closed lists: whatever is not here is `other`. */

export const OTHER = 'other';

/**
 * Error codes of tasks that an operator may meet: S3's, those of proxies by their status, and ours.
 * A store may invent any number of codes; the report has them all, word for word.
 */
export const TASK_ERROR_CODES = [
  'AccessDenied',
  'AccountProblem',
  'AclNotCopyable',
  'AllAccessDisabled',
  'BadDigest',
  'BadGateway',
  'BadRequest',
  'Conflict',
  'ConditionalRequestConflict',
  'CopyDiffers',
  'CopyNotFaithful',
  'DeleteMarker',
  'EntityTooLarge',
  'ExpiredToken',
  'GatewayTimeout',
  'IncompleteBody',
  'InternalError',
  'InvalidAccessKeyId',
  'InvalidArgument',
  'InvalidBucketState',
  'InvalidObjectState',
  'InvalidRange',
  'InvalidRequest',
  'InvalidStorageClass',
  'InvalidTag',
  'InvalidToken',
  'JobStopped',
  'KeyTooLongError',
  'MalformedXML',
  'MetadataNotReadable',
  'MetadataTooLarge',
  'MethodNotAllowed',
  'MissingContentLength',
  'NoAnswer',
  'NoSuchBucket',
  'NoSuchKey',
  'NoSuchUpload',
  'NoSuchVersion',
  'NotFound',
  'NotImplemented',
  'NotModified',
  'ObjectLockConfigurationNotFoundError',
  'OperationAborted',
  'PermanentFailure',
  'PermanentRedirect',
  'PreconditionFailed',
  'QuotaExceeded',
  'RequestTimeTooSkewed',
  'RequestTimeout',
  'RestoreAlreadyInProgress',
  'ServiceUnavailable',
  'SignatureDoesNotMatch',
  'SlowDown',
  'SourceChanged',
  'SrcObjectNotFound',
  'TaskTimeout',
  'TemporaryRedirect',
  'TooManyRequests',
  'UnexpectedAnswer',
  'VersionNotCurrent',
  OTHER,
] as const;

/** Calls of S3 Control that are answered here; a request that is none of them is `other`. */
export const API_ACTIONS = [
  'CreateJob',
  'ListJobs',
  'DescribeJob',
  'UpdateJobPriority',
  'UpdateJobStatus',
  'GetJobTagging',
  'PutJobTagging',
  'DeleteJobTagging',
  OTHER,
] as const;

/** Calls of the store, in groups of one purpose. */
export const DATABASE_CALLS = [
  'jobs',
  'lease',
  'renew',
  'record',
  'prepare',
  'report',
  'steer',
  'workers',
  'look',
  OTHER,
] as const;
export type DatabaseCall = (typeof DATABASE_CALLS)[number];

export const S3_METHODS = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'] as const;

/** `none`: there was no answer at all. */
export const STATUS_CLASSES = ['2xx', '3xx', '4xx', '5xx', 'none'] as const;

/** Where events go, by kind: several webhooks are one series. */
export const SINK_KINDS = ['cloudtrail', 'eventbridge', 'webhook', 'stdout', OTHER] as const;
export type SinkKind = (typeof SINK_KINDS)[number];

export const UNIT_KIND_VALUES = ['prepare', 'chunk', 'report', 'finish'] as const;

/** How a unit's lease ended here; `given back`: a pause, a wait, a stop. */
export const UNIT_ENDS = ['done', 'given_back', 'failed', 'lost'] as const;
export type UnitEnd = (typeof UNIT_ENDS)[number];
