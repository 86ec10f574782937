/** What to do about an error code. Codes of S3 first, then those of jobs and of functions. */
const ADVICE: Readonly<Record<string, string>> = {
  AccessDenied:
    'The credentials that the service uses may not do this to the object. Check the bucket policy and the object’s owner, then retry the failed tasks.',
  NoSuchKey:
    'The object is not there (any more). Check how the list spells its keys: they are URL-encoded.',
  NotFound:
    'The object is not there (any more). Check how the list spells its keys: they are URL-encoded.',
  NoSuchVersion: 'This version is not there (any more). List the bucket anew.',
  NoSuchBucket: 'The bucket does not exist at this endpoint.',
  MethodNotAllowed: 'The version is a delete marker: leave it out of the list.',
  DeleteMarker: 'The current version is a delete marker: the object was deleted.',
  InvalidObjectState:
    'The object is archived, or in a class that this operation cannot work on. Restore it first.',
  RestoreAlreadyInProgress: 'A restore is running already. Wait for it.',
  ObjectAlreadyInActiveTierError: 'The object is not archived: there is nothing to restore.',
  PreconditionFailed:
    'The object has changed meanwhile, or its date does not fit the condition of the job.',
  EntityTooLarge: 'The object is larger than this operation can handle.',
  InvalidTag: 'The store does not take these tags. Check characters and number.',
  BadRequest: 'The store refused the request. The message says what it did not like.',
  InvalidArgument: 'The store refused a parameter. The message says which.',
  InvalidRequest: 'The store refused the request. The message says why.',
  NotImplemented: 'The store does not offer this operation.',
  SlowDown:
    'The store was overloaded for longer than tasks are repeated. Limit the tasks per second and retry the failed tasks.',
  ServiceUnavailable:
    'The store was unavailable for longer than tasks are repeated. Retry the failed tasks.',
  InternalError:
    'The store had an error of its own. Retry the failed tasks; ask its operator when it stays.',
  NoAnswer: 'The store did not answer. Check network and endpoint, then retry the failed tasks.',
  RequestTimeout: 'The store took too long. Retry the failed tasks, with a lower rate.',
  TaskTimeout:
    'A task took longer than its limit (brigade:task-timeout). Raise the limit and retry the failed tasks.',
  PermanentFailure: 'The function refused this object; its message says why.',
  TemporaryFailure:
    'The function asked to try again, eight times in vain. Look at its log, then retry the failed tasks.',
  InvalidManifestContent:
    'The list of objects is not usable: the reason names the line. Mend it, upload it, and clone the job.',
  ManifestAccessDenied: 'The credentials that the service uses may not read the manifest.',
  ManifestNotFound: 'The manifest is not there any more. Clone the job and choose another one.',
  ManifestETagMismatch:
    'The manifest was changed after the job was created. Clone the job: it takes the present one.',
  ManifestReadFailed: 'The manifest could not be read. Check the store, then clone the job.',
  ManifestGenerationNoKeys: 'No object passes the filters. Clone the job and widen them.',
  ManifestGenerationFailed: 'The bucket could not be listed. The reason says why.',
  BucketOwnerMismatch: 'The bucket belongs to another account than the job expects.',
  OperationNotPossible: 'The operation cannot work on this bucket or store. The reason says why.',
  ObjectLockNotEnabled:
    'The bucket has no Object Lock; it can be enabled when a bucket is created.',
  SrcBucketReplicationConfigMissing: 'The bucket has no replication configuration.',
  DstBucketNotFound: 'A destination of the replication configuration does not exist.',
  DstBucketUnversioned: 'A destination of the replication configuration keeps no versions.',
  TaskFailureThresholdExceeded:
    'More than half of the tasks failed, so the rest was spared. The error codes say why; mend it and retry or clone the job.',
  ConfirmationTimeout: 'Nobody ran the job for 30 days. Clone it.',
  JobReportWriteFailed:
    'The completion report could not be written. Check the report bucket and its policy.',
};

const FALLBACK = 'The message is the store’s own. Try one of the keys by hand to see more.';

export function adviceFor(code: string): string {
  return ADVICE[code] ?? FALLBACK;
}
