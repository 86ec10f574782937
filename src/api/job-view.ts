/** A job as S3 Control shows it. Pure. */
import type {
  JobDescriptor,
  JobListDescriptor,
  JobProgressSummary,
  S3GeneratedManifestDescriptor,
} from '@aws-sdk/client-s3-control';
import { GENERATED_MANIFEST_FORMAT } from '../manifest/index.ts';
import type { Job } from '../model/job.ts';
import type { JobCounts } from '../store/index.ts';
import { jobArn } from './authorize.ts';

export interface Moment {
  readonly now: number;
  /** Progress of current leases, on top of what is committed (D2). */
  readonly live: JobCounts | undefined;
}

export function jobDescriptor(job: Job, region: string, moment: Moment): JobDescriptor {
  const { request } = job;
  return {
    JobId: job.id,
    ConfirmationRequired: request.ConfirmationRequired,
    Description: request.Description,
    JobArn: jobArn(region, job.account, job.id),
    Status: job.status,
    Manifest: request.Manifest,
    Operation: request.Operation,
    Priority: job.priority,
    ProgressSummary: progressSummary(job, moment),
    StatusUpdateReason: job.statusReason,
    FailureReasons: job.failures.map(({ code, reason }) => ({
      FailureCode: code,
      FailureReason: reason,
    })),
    Report: request.Report,
    CreationTime: new Date(job.createdAt),
    TerminationDate: dateOf(job.terminatedAt),
    RoleArn: request.RoleArn,
    SuspendedDate: dateOf(job.suspendedAt),
    SuspendedCause: job.suspendedCause,
    ManifestGenerator: request.ManifestGenerator,
    GeneratedManifestDescriptor: generatedManifest(job),
  };
}

function generatedManifest({ list }: Job): S3GeneratedManifestDescriptor | undefined {
  if (!list?.generated) return undefined;
  const { objectArn, etag } = list.generated;
  return { Format: GENERATED_MANIFEST_FORMAT, Location: { ObjectArn: objectArn, ETag: etag } };
}

export function jobListDescriptor(job: Job, moment: Moment): JobListDescriptor {
  return {
    JobId: job.id,
    Description: job.request.Description,
    Operation: job.operation,
    Priority: job.priority,
    Status: job.status,
    CreationTime: new Date(job.createdAt),
    TerminationDate: dateOf(job.terminatedAt),
    ProgressSummary: progressSummary(job, moment),
  };
}

function progressSummary(job: Job, { now, live }: Moment): JobProgressSummary {
  const stretchMs = job.activeSince === undefined ? 0 : Math.max(0, now - job.activeSince);
  return {
    TotalNumberOfTasks: job.tasksTotal ?? 0,
    NumberOfTasksSucceeded: job.tasksSucceeded + (live?.succeeded ?? 0),
    NumberOfTasksFailed: job.tasksFailed + (live?.failed ?? 0),
    Timers: { ElapsedTimeInActiveSeconds: Math.floor((job.activeMs + stretchMs) / 1000) },
  };
}

function dateOf(ms: number | undefined): Date | undefined {
  return ms === undefined ? undefined : new Date(ms);
}
