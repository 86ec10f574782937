/** What the server answers: the JSON of src/api/console, in AWS's own names. */

export type JobStatus =
  | 'New'
  | 'Preparing'
  | 'Suspended'
  | 'Ready'
  | 'Active'
  | 'Pausing'
  | 'Paused'
  | 'Completing'
  | 'Complete'
  | 'Cancelling'
  | 'Cancelled'
  | 'Failing'
  | 'Failed';

export interface Principal {
  readonly accessKeyId: string;
  readonly account: string;
}

export interface ProgressSummary {
  readonly TotalNumberOfTasks: number;
  readonly NumberOfTasksSucceeded: number;
  readonly NumberOfTasksFailed: number;
  readonly Timers: { readonly ElapsedTimeInActiveSeconds: number };
}

export interface ListedJob {
  readonly JobId: string;
  readonly Description?: string;
  readonly Operation: OperationName;
  readonly Priority: number;
  readonly Status: JobStatus;
  readonly CreationTime: string;
  readonly TerminationDate?: string;
  readonly ProgressSummary: ProgressSummary;
  readonly IsPausedByUser: boolean;
}

export interface JobsPage {
  readonly jobs: readonly ListedJob[];
  readonly total: number;
  readonly now: number;
}

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

export type OperationName =
  | 'LambdaInvoke'
  | 'S3PutObjectCopy'
  | 'S3PutObjectAcl'
  | 'S3PutObjectTagging'
  | 'S3DeleteObjectTagging'
  | 'S3InitiateRestoreObject'
  | 'S3PutObjectLegalHold'
  | 'S3PutObjectRetention'
  | 'S3ReplicateObject'
  | 'S3ComputeObjectChecksum'
  | 'S3UpdateObjectEncryption';

/** Parameters of an operation, as CreateJob takes them. */
export type Parameters = Readonly<Record<string, unknown>>;

export interface ManifestLocation {
  readonly ObjectArn: string;
  readonly ObjectVersionId?: string;
  readonly ETag: string;
}

export interface Manifest {
  readonly Spec: { readonly Format: string; readonly Fields?: readonly string[] };
  readonly Location: ManifestLocation;
}

export interface Report {
  readonly Enabled: boolean;
  readonly Bucket?: string;
  readonly Format?: string;
  readonly Prefix?: string;
  readonly ReportScope?: 'AllTasks' | 'FailedTasksOnly';
  readonly ExpectedBucketOwner?: string;
}

export interface Generator {
  readonly S3JobManifestGenerator: Readonly<Record<string, unknown>>;
}

/** CreateJob's request. */
export interface JobRequest {
  readonly ConfirmationRequired: boolean;
  readonly Operation: Readonly<Record<string, Parameters>>;
  readonly Report: Report;
  readonly ClientRequestToken: string;
  readonly Manifest?: Manifest;
  readonly ManifestGenerator?: Generator;
  readonly Description?: string;
  readonly Priority: number;
  readonly RoleArn: string;
  readonly Tags?: readonly Tag[];
}

export interface Job extends Omit<JobRequest, 'ClientRequestToken' | 'Tags'> {
  readonly JobId: string;
  readonly JobArn: string;
  readonly Status: JobStatus;
  readonly ProgressSummary: ProgressSummary;
  readonly StatusUpdateReason?: string;
  readonly FailureReasons?: readonly {
    readonly FailureCode: string;
    readonly FailureReason: string;
  }[];
  readonly CreationTime: string;
  readonly TerminationDate?: string;
  readonly SuspendedDate?: string;
  readonly SuspendedCause?: string;
  readonly GeneratedManifestDescriptor?: { readonly Location: ManifestLocation };
}

export interface Sample {
  readonly at: number;
  readonly succeeded: number;
  readonly failed: number;
}

export interface JobPage {
  readonly job: Job;
  readonly tags: readonly Tag[];
  readonly isPausedByUser: boolean;
  readonly bucket?: string;
  readonly workers: readonly string[];
  readonly events: readonly {
    readonly at: number;
    readonly status: JobStatus;
    readonly reason?: string;
  }[];
  readonly samples: readonly Sample[];
  readonly now: number;
}

export interface Estimate {
  readonly tasks?: number;
  readonly rate?: number;
  readonly seconds?: number;
  readonly comparedJobs: number;
  readonly limit?: number;
}

export interface FailureCount {
  readonly code: string;
  readonly httpStatus: number;
  readonly message: string;
  readonly count: number;
  readonly keys: readonly string[];
}

export interface Failures {
  readonly reasons: readonly FailureCount[];
  readonly rows: number;
  readonly isWhole: boolean;
}

export interface ReportRow {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
  readonly status: 'succeeded' | 'failed';
  readonly httpStatus: number;
  readonly errorCode: string;
  readonly message: string;
}

export interface ReportRows {
  readonly rows: readonly ReportRow[];
  readonly next?: string;
  /** Absent: the job has no report. */
  readonly bucket?: string;
  readonly key?: string;
  readonly etag?: string;
  readonly files: readonly {
    readonly status: string;
    readonly bucket: string;
    readonly key: string;
    readonly md5: string;
  }[];
}

export interface Preview {
  readonly kind: 'csv' | 'json-lines' | 'inventory' | 'report';
  readonly etag: string;
  readonly size: number;
  readonly fields: readonly string[];
  readonly rows: readonly {
    readonly line: number;
    readonly cells: readonly string[];
    readonly problem?: string;
  }[];
  readonly problem?: string;
  readonly files?: number;
  readonly file?: string;
  readonly notShown?: string;
}

export interface ObjectsPage {
  readonly folders: readonly string[];
  readonly objects: readonly {
    readonly key: string;
    readonly size: number;
    readonly modifiedAt?: string;
  }[];
  readonly next?: string;
}

export interface SystemPage {
  readonly version: string;
  readonly endpoint: string;
  readonly isSandbox: boolean;
  readonly account: string;
  readonly database: string;
  readonly region: string;
  readonly startedAt: number;
  readonly now: number;
  readonly limits: { readonly requestsMax: number; readonly activeJobsMax: number };
  readonly workers: readonly {
    readonly name: string;
    readonly host: string;
    readonly pid: number;
    readonly startedAt: number;
    readonly inFlight: number;
    readonly limit: number;
    readonly rate: number;
  }[];
  readonly store: {
    readonly status: number;
    readonly failure?: string;
    readonly answerMs: number;
    readonly kind?: string;
  };
  readonly fixedLimits: Readonly<Record<string, number>>;
}
