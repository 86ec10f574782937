/**
 * The real service in a process of its own, and whole jobs of it: from CreateJob's call to the status
 * Complete, report included.
 */
import {
  CreateJobCommand,
  type CreateJobRequest,
  DescribeJobCommand,
  type JobDescriptor,
  type JobManifest,
  S3ControlClient,
  UpdateJobStatusCommand,
} from '@aws-sdk/client-s3-control';
import { startService, type TestService } from '../../test/lib/service.ts';
import type { Endpoint } from './endpoint.ts';
import type { Measured } from './measured.ts';
import { cpuMs, rssPeakMb } from './processes.ts';
import { BUCKET, CREDENTIALS, IN_FLIGHT, OPERATION_OF, REGION, type Work } from './work.ts';

/** Each look costs the measured process a millisecond or so; people look less often at what lasts. */
const pollMs = (sinceMs: number): number => (sinceMs < 2000 ? 250 : 1000);
/** Nothing of a job that goes on looks the same for so long. */
const STUCK_MS = 60_000;
const ENDS = ['Complete', 'Failed', 'Cancelled'];

/** What of a job differs between benches; see `create`. */
export type JobParts = Partial<CreateJobRequest> & Pick<CreateJobRequest, 'Operation'>;

export class JobService {
  readonly service: TestService;
  readonly #client: S3ControlClient;
  #created = 0;

  private constructor(service: TestService) {
    this.service = service;
    this.#client = new S3ControlClient({
      endpoint: service.url,
      // With this region the SDK keeps the account id out of the endpoint's host name.
      region: 'snow',
      credentials: service.credentials,
    });
  }

  static async start(
    { url, trust }: Pick<Endpoint, 'url' | 'trust'>,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<JobService> {
    const env = {
      BRIGADE_S3_ENDPOINT: url,
      BRIGADE_S3_REGION: REGION,
      BRIGADE_S3_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      BRIGADE_S3_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      BRIGADE_CONCURRENCY: String(IN_FLIGHT),
      ...trust,
      ...settings,
    };
    return new JobService(await startService({ env }));
  }

  async stop(): Promise<void> {
    this.#client.destroy();
    await this.service.stop();
  }

  /** Of a report with all tasks, without confirmation, unless `parts` says otherwise. */
  async create(parts: JobParts): Promise<string> {
    const { account } = this.service;
    const { JobId } = await this.#client.send(
      new CreateJobCommand({
        AccountId: account,
        ClientRequestToken: `bench-${this.#created++}`,
        ConfirmationRequired: false,
        Report: {
          Enabled: true,
          Bucket: `arn:aws:s3:::${BUCKET}`,
          Format: 'Report_CSV_20180820',
          Prefix: 'reports',
          ReportScope: 'AllTasks',
        },
        Priority: 10,
        RoleArn: `arn:aws:iam::${account}:role/bench`,
        ...parts,
      }),
    );
    if (JobId === undefined) throw new Error('CreateJob gave no job id.');
    return JobId;
  }

  async describe(JobId: string): Promise<JobDescriptor> {
    const AccountId = this.service.account;
    const { Job } = await this.#client.send(new DescribeJobCommand({ AccountId, JobId }));
    if (Job === undefined) throw new Error(`DescribeJob gave nothing for ${JobId}.`);
    return Job;
  }

  async cancel(JobId: string): Promise<void> {
    const AccountId = this.service.account;
    const cancel = { AccountId, JobId, RequestedJobStatus: 'Cancelled' } as const;
    await this.#client.send(new UpdateJobStatusCommand(cancel));
    await this.ended(JobId);
  }

  async ended(jobId: string): Promise<JobDescriptor> {
    const began = performance.now();
    let [seen, seenAt] = ['', began];
    for (;;) {
      const job = await this.describe(jobId);
      if (ENDS.includes(job.Status ?? '')) return job;
      const shown = JSON.stringify([job.Status, job.ProgressSummary]);
      if (shown !== seen) [seen, seenAt] = [shown, performance.now()];
      else if (performance.now() - seenAt > STUCK_MS) {
        throw new Error(`The job does not move: ${shown}\n${this.service.logs()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs(performance.now() - began)));
    }
  }

  /** Creates a job and waits for its end. A figure of a job that did less than it should is worth nothing. */
  async run(parts: JobParts, rows: number): Promise<Measured> {
    const { pid } = this.service;
    const cpuBefore = cpuMs(pid);
    const job = await this.ended(await this.create(parts));
    // The service's own word: how often it was asked must not show.
    const wallMs = Number(job.TerminationDate) - Number(job.CreationTime);
    const used = cpuMs(pid) - cpuBefore;
    this.#assertWhole(job, rows);
    return { rows, wallMs, cpuMs: used, rssPeakMb: rssPeakMb(pid) };
  }

  #assertWhole(job: JobDescriptor, rows: number): void {
    const done = job.ProgressSummary?.NumberOfTasksSucceeded;
    if (job.Status === 'Complete' && done === rows) return;
    const why = JSON.stringify(job.FailureReasons ?? []);
    throw new Error(
      `The job ended ${job.Status} with ${done} of ${rows}: ${why}\n${this.service.logs()}`,
    );
  }
}

export function csvManifest(key: string, etag: string): JobManifest {
  return {
    Spec: { Format: 'S3BatchOperations_CSV_20180820', Fields: ['Bucket', 'Key'] },
    Location: { ObjectArn: `arn:aws:s3:::${BUCKET}/${key}`, ETag: etag },
  };
}

/** One job in a service that was started for it. */
export async function runCompleteJob(
  endpoint: Pick<Endpoint, 'url' | 'trust'>,
  work: Work,
  Manifest: JobManifest,
  rows: number,
): Promise<Measured> {
  const service = await JobService.start(endpoint);
  try {
    return await service.run({ Operation: OPERATION_OF[work], Manifest }, rows);
  } finally {
    await service.stop();
  }
}
