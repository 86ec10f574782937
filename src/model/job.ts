import type {
  CreateJobRequest,
  JobManifest,
  JobManifestGenerator,
  JobOperation,
  JobReport,
} from '@aws-sdk/client-s3-control';
import type { JobStatus, ManifestField, OperationName } from './vocabulary.ts';

export type { JobManifest, JobManifestGenerator, JobOperation, JobReport };

/** CreateJob's request after validation: AWS's own shape, dates as Date. */
export type JobRequest = CreateJobRequest;

export interface JobTag {
  readonly Key: string;
  readonly Value: string;
}

/** Why a job failed, as DescribeJob shows it. `code` 1..64, `reason` 1..256 characters. */
export interface JobFailure {
  readonly code: JobFailureCode;
  readonly reason: string;
}

/** Names of our own where AWS's are not known; 1..64 characters. */
export type JobFailureCode =
  | 'RoleNotAssumable'
  | 'InvalidManifestContent'
  | 'ManifestAccessDenied'
  | 'ManifestNotFound'
  | 'ManifestETagMismatch'
  | 'ManifestReadFailed'
  | 'ManifestGenerationNoKeys'
  | 'ManifestGenerationFailed'
  | 'BucketOwnerMismatch'
  | 'OperationNotPossible'
  | 'ObjectLockNotEnabled'
  | 'SrcBucketReplicationConfigMissing'
  | 'DstBucketNotFound'
  | 'DstBucketUnversioned'
  | 'TaskFailureThresholdExceeded'
  | 'ConfirmationTimeout'
  | 'JobReportWriteFailed'
  | 'InternalError';

/** What preparing made of a list that was rewritten into staging. */
export interface PreparedList {
  /** The columns of the staged rows. */
  readonly fields: readonly ManifestField[];
  /** A generated manifest that was written for the user. */
  readonly generated?: {
    readonly objectArn: string;
    /** Without quotes. */
    readonly etag: string;
  };
}

/** A job as the store keeps it. Times in milliseconds since the epoch. */
export interface Job {
  readonly id: string;
  readonly account: string;
  readonly operation: OperationName;
  /** The whole accepted CreateJob request, echoed by DescribeJob. */
  readonly request: JobRequest;
  /** As CreateJob gave them, or the last PutJobTagging. */
  readonly tags: readonly JobTag[];
  readonly status: JobStatus;
  readonly priority: number;
  readonly createdAt: number;
  readonly terminatedAt?: number;
  readonly suspendedAt?: number;
  readonly suspendedCause?: string;
  /** Pausing or Paused because its user said so: it waits for them, not for a turn. */
  readonly isPausedByUser?: true;
  readonly statusReason?: string;
  readonly failures: readonly JobFailure[];
  /** Known once the manifest has been read to its end. */
  readonly tasksTotal?: number;
  /** The one bucket of all tasks; known once the manifest has been read to its end. */
  readonly bucket?: string;
  /** Known with `bucket`; absent: the manifest is read where it lies. */
  readonly list?: PreparedList;
  /** Sums over committed parts; after the end they equal the report (D2). */
  readonly tasksSucceeded: number;
  readonly tasksFailed: number;
  /** Time spent in Active before the current stretch of it. */
  readonly activeMs: number;
  /** When the current stretch of Active began. */
  readonly activeSince?: number;
}
