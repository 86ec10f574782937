/**
 * A whole job of the real service, in a process of its own: from CreateJob's call to the status
 * Complete, report included. Linux only: CPU time and memory are read from /proc.
 */
import { readFileSync } from 'node:fs';
import {
  CreateJobCommand,
  DescribeJobCommand,
  type JobDescriptor,
  S3ControlClient,
} from '@aws-sdk/client-s3-control';
import { startService, type TestService } from '../../test/lib/service.ts';
import { BUCKET, MANIFEST_KEY } from './endpoint.ts';
import type { Measured } from './measured.ts';
import { CREDENTIALS, IN_FLIGHT, REGION, TAG } from './work.ts';

/** Each look costs the measured process a millisecond or so. */
const POLL_MS = 100;
/** The kernel counts CPU time in hundredths of a second, whatever its own clock does. */
const MS_PER_TICK = 10;
const ENDS = ['Complete', 'Failed', 'Cancelled'];

export async function runCompleteJob(endpoint: string, rows: number): Promise<Measured> {
  const head = await fetch(`${endpoint}/${BUCKET}/${MANIFEST_KEY}`, { method: 'HEAD' });
  const etag = head.headers.get('etag') ?? '';
  const service = await startService({
    env: {
      BRIGADE_S3_ENDPOINT: endpoint,
      BRIGADE_S3_REGION: REGION,
      BRIGADE_S3_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      BRIGADE_S3_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      BRIGADE_CONCURRENCY: String(IN_FLIGHT),
    },
  });
  const client = new S3ControlClient({
    endpoint: service.url,
    // With this region the SDK keeps the account id out of the endpoint's host name.
    region: 'snow',
    credentials: service.credentials,
  });
  try {
    const cpuBefore = cpuMs(service.pid);
    const began = performance.now();
    const job = await ended(client, service, await created(client, service, etag));
    const wallMs = performance.now() - began;
    const used = cpuMs(service.pid) - cpuBefore;
    assertWhole(job, rows, service);
    return { rows, wallMs, cpuMs: used, rssPeakMb: rssPeakMb(service.pid) };
  } finally {
    client.destroy();
    await service.stop();
  }
}

async function created(
  client: S3ControlClient,
  service: TestService,
  etag: string,
): Promise<string> {
  const { JobId } = await client.send(
    new CreateJobCommand({
      AccountId: service.account,
      ClientRequestToken: 'bench',
      ConfirmationRequired: false,
      Operation: { S3PutObjectTagging: { TagSet: [TAG] } },
      Manifest: {
        Spec: { Format: 'S3BatchOperations_CSV_20180820', Fields: ['Bucket', 'Key'] },
        Location: { ObjectArn: `arn:aws:s3:::${BUCKET}/${MANIFEST_KEY}`, ETag: etag },
      },
      Report: {
        Enabled: true,
        Bucket: `arn:aws:s3:::${BUCKET}`,
        Format: 'Report_CSV_20180820',
        Prefix: 'reports',
        ReportScope: 'AllTasks',
      },
      Priority: 10,
      RoleArn: `arn:aws:iam::${service.account}:role/bench`,
    }),
  );
  if (JobId === undefined) throw new Error('CreateJob gave no job id.');
  return JobId;
}

async function ended(
  client: S3ControlClient,
  { account }: TestService,
  JobId: string,
): Promise<JobDescriptor> {
  for (;;) {
    const { Job } = await client.send(new DescribeJobCommand({ AccountId: account, JobId }));
    if (Job !== undefined && ENDS.includes(Job.Status ?? '')) return Job;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** A figure of a job that did less than it should is worth nothing. */
function assertWhole(job: JobDescriptor, rows: number, service: TestService): void {
  const done = job.ProgressSummary?.NumberOfTasksSucceeded;
  if (job.Status === 'Complete' && done === rows) return;
  const why = JSON.stringify(job.FailureReasons ?? []);
  throw new Error(`The job ended ${job.Status} with ${done} of ${rows}: ${why}\n${service.logs()}`);
}

function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // Fields 14 and 15, counted after the command in brackets, which may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

function rssPeakMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}
