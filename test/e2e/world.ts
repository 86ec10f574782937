/**
 * A running service seen from outside: through the AWS SDK, and reports through csv-parse, so that
 * no code of ours judges itself. Only the uploading of many objects goes through our own client,
 * which is ten times as fast.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateBucketCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListObjectsV2Command,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateJobCommand,
  type CreateJobCommandInput,
  DescribeJobCommand,
  type JobDescriptor,
  type JobManifestFieldName,
  type JobManifestLocation,
  type JobOperation,
  S3ControlClient,
  type RequestedJobStatus,
  UpdateJobStatusCommand,
} from '@aws-sdk/client-s3-control';
import { parse } from 'csv-parse/sync';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { createS3, type S3Client as ThinClient } from '../../src/s3/index.ts';
import { type ServiceOptions, startService, type TestService } from '../lib/service.ts';

export type { JobDescriptor };

export interface JobOptions {
  readonly manifest: JobManifestLocation;
  readonly fields?: readonly JobManifestFieldName[];
  readonly operation?: JobOperation;
  /** Absent: no report. */
  readonly report?: {
    readonly bucket: string;
    readonly prefix?: string;
    readonly scope?: 'AllTasks' | 'FailedTasksOnly';
  };
  readonly priority?: number;
  /** Default: no confirmation. */
  readonly more?: Partial<CreateJobCommandInput>;
}

/** What a manifest says of one task: its columns as CSV gives them, the key still encoded. */
export interface ManifestTask {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
}

export interface ReportRow extends ManifestTask {
  readonly status: string;
  readonly httpStatus: string;
  readonly errorCode: string;
  readonly message: string;
}

export const TAGGING: JobOperation = {
  S3PutObjectTagging: { TagSet: [{ Key: 'e2e', Value: 'was here' }] },
};

const ENDS = ['Complete', 'Failed', 'Cancelled'];
const POLL_MS = 50;
const WAIT_MS = 60_000;
const UPLOADS_AT_ONCE = 32;

export class World {
  readonly service: TestService;
  readonly control: S3ControlClient;
  readonly s3: S3Client;
  readonly thin: ThinClient;
  #names = 0;

  /** `s3Credentials`: of the store, when it is not the service's own sandbox. */
  constructor(service: TestService, s3Credentials: TestService['credentials']) {
    this.service = service;
    this.control = new S3ControlClient({
      endpoint: service.url,
      // With this region the SDK keeps the account id out of the host name.
      region: 'snow',
      credentials: service.credentials,
    });
    const store = { endpoint: service.s3Url, region: 'us-east-1', credentials: s3Credentials };
    this.s3 = new S3Client({ ...store, forcePathStyle: true });
    this.thin = createS3({ ...store, clock: systemClock, random: systemRandom });
  }

  static async open(
    options: ServiceOptions & { readonly s3Credentials?: TestService['credentials'] } = {},
  ): Promise<World> {
    const service = await startService(options);
    return new World(service, options.s3Credentials ?? service.credentials);
  }

  async close(): Promise<void> {
    this.control.destroy();
    this.s3.destroy();
    await this.thin.close();
    await this.service.stop();
    // An error is logged for what the service did not expect; whatever a test did, it is a bug.
    const errors = this.service.logs().match(/^.*"level":[56]0,.*$/gm) ?? [];
    assert.deepEqual(errors, []);
  }

  name(prefix: string): string {
    this.#names += 1;
    return `${prefix}-${this.#names}`;
  }

  async bucket({ versioned = false } = {}): Promise<string> {
    const Bucket = this.name('bucket');
    await this.s3.send(new CreateBucketCommand({ Bucket }));
    if (versioned) {
      const VersioningConfiguration = { Status: 'Enabled' as const };
      await this.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    }
    return Bucket;
  }

  /** Puts one object per key, with the key as its content by default; resolves to version ids. */
  async upload(
    bucket: string,
    keys: readonly string[],
    { tag = '', body = (key: string) => key } = {},
  ): Promise<string[]> {
    const versions = new Array<string>(keys.length).fill('');
    const headers = tag === '' ? {} : { 'x-amz-tagging': tag };
    await atOnce(keys, UPLOADS_AT_ONCE, async (key, index) => {
      const put = { method: 'PUT', bucket, key, headers, body: body(key) } as const;
      const answer = await this.thin.send(put);
      assert.equal(answer.status, 200, `upload of ${key}: ${answer.body.toString()}`);
      versions[index] = answer.headers['x-amz-version-id'] ?? '';
    });
    return versions;
  }

  /** Keeps a manifest; resolves to what a job says of it. */
  async manifest(bucket: string, body: string | Uint8Array): Promise<JobManifestLocation> {
    const Key = `manifests/${this.name('manifest')}.csv`;
    const put = new PutObjectCommand({ Bucket: bucket, Key, Body: Buffer.from(body) });
    const { ETag, VersionId } = await this.s3.send(put);
    return {
      ObjectArn: `arn:aws:s3:::${bucket}/${Key}`,
      ETag,
      ...(VersionId === undefined ? {} : { ObjectVersionId: VersionId }),
    };
  }

  createJob(options: JobOptions): Promise<string> {
    return this.submit(this.jobRequest(options));
  }

  /** Resolves to the id of the new job. */
  async submit(request: CreateJobCommandInput): Promise<string> {
    const { JobId } = await this.control.send(new CreateJobCommand(request));
    assert.ok(JobId);
    return JobId;
  }

  jobRequest(options: JobOptions): CreateJobCommandInput {
    const { report } = options;
    return {
      AccountId: this.service.account,
      ConfirmationRequired: false,
      Operation: options.operation ?? TAGGING,
      Manifest: {
        Spec: {
          Format: 'S3BatchOperations_CSV_20180820',
          Fields: [...(options.fields ?? ['Bucket', 'Key'])],
        },
        Location: options.manifest,
      },
      Report: report
        ? {
            Enabled: true,
            Bucket: `arn:aws:s3:::${report.bucket}`,
            Prefix: report.prefix,
            Format: 'Report_CSV_20180820',
            ReportScope: report.scope ?? 'AllTasks',
          }
        : { Enabled: false },
      Priority: options.priority ?? 10,
      RoleArn: `arn:aws:iam::${this.service.account}:role/e2e`,
      ClientRequestToken: systemRandom.uuid(),
      ...options.more,
    };
  }

  async describe(jobId: string): Promise<JobDescriptor> {
    const command = new DescribeJobCommand({ AccountId: this.service.account, JobId: jobId });
    const { Job } = await this.control.send(command);
    assert.ok(Job, 'DescribeJob answered without a job');
    return Job;
  }

  /** Asks until the job is as it should be; each answer is also shown to `look`. */
  async until(
    jobId: string,
    isReached: (job: JobDescriptor) => boolean,
    look: (job: JobDescriptor) => void = () => undefined,
  ): Promise<JobDescriptor> {
    const giveUpAt = performance.now() + WAIT_MS;
    for (;;) {
      const job = await this.describe(jobId);
      look(job);
      if (isReached(job)) return job;
      if (performance.now() > giveUpAt || ENDS.includes(job.Status ?? '')) {
        assert.fail(
          `The job did not come to ${isReached}, it is ${JSON.stringify(job)}\n${this.service.logs()}`,
        );
      }
      await sleep(POLL_MS);
    }
  }

  /** The files of a job in staging, as soon as there are none, or what is left after a while. */
  async staged(jobId: string): Promise<string[]> {
    const folder = join(this.service.folder, 'staging/jobs', jobId);
    const giveUpAt = performance.now() + 5000;
    for (;;) {
      const files = await filesBelow(folder);
      if (files.length === 0 || performance.now() > giveUpAt) return files;
      await sleep(POLL_MS);
    }
  }

  ended(jobId: string, look?: (job: JobDescriptor) => void): Promise<JobDescriptor> {
    return this.until(jobId, (job) => ENDS.includes(job.Status ?? ''), look);
  }

  inStatus(jobId: string, ...statuses: string[]): Promise<JobDescriptor> {
    return this.until(jobId, (job) => statuses.includes(job.Status ?? ''));
  }

  /** Resolves to the job's status right after. */
  async updateStatus(jobId: string, requested: RequestedJobStatus): Promise<string | undefined> {
    const { Status } = await this.control.send(
      new UpdateJobStatusCommand({
        AccountId: this.service.account,
        JobId: jobId,
        RequestedJobStatus: requested,
      }),
    );
    return Status;
  }

  async get(bucket: string, key: string): Promise<Buffer> {
    const { Body } = await this.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  }

  /** `key=value` of each tag, sorted and joined by `&`. */
  async tags(bucket: string, key: string, versionId?: string): Promise<string> {
    const { TagSet = [] } = await this.s3.send(
      new GetObjectTaggingCommand({ Bucket: bucket, Key: key, VersionId: versionId }),
    );
    return TagSet.map((tag) => `${tag.Key}=${tag.Value}`)
      .sort()
      .join('&');
  }

  async keys(bucket: string, prefix: string): Promise<string[]> {
    const keys: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await this.s3.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken }),
      );
      keys.push(...(page.Contents ?? []).map(({ Key }) => Key ?? ''));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    return keys;
  }

  /**
   * All rows of a job's report, after its layout has been checked to the last object: names, index,
   * MD5s, and that the status of every row is the one of its file.
   */
  async report(job: JobDescriptor): Promise<ReportRow[]> {
    const bucket = job.Report?.Bucket?.split(':').at(-1) ?? '';
    const prefix = job.Report?.Prefix;
    const folder = prefix === undefined ? `job-${job.JobId}` : `${prefix}/job-${job.JobId}`;
    const index = await this.get(bucket, `${folder}/manifest.json`);
    const md5 = await this.get(bucket, `${folder}/manifest.json.md5`);
    assert.equal(md5.toString(), md5Of(index));

    // The shape is asserted line by line right below.
    const parsed = JSON.parse(index.toString()) as {
      Results: { TaskExecutionStatus: string; Bucket: string; MD5Checksum: string; Key: string }[];
      ReportCreationDate: string;
    };
    const { Results: results, ReportCreationDate: createdAt, ...rest } = parsed;
    assert.match(createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const failures = job.FailureReasons ?? [];
    assert.deepEqual(rest, {
      Format: 'Report_CSV_20180820',
      ReportSchema: 'Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage',
      ...(failures.length > 0 ? { FailureReasons: failures } : {}),
    });
    assert.deepEqual(
      (await this.keys(bucket, folder)).sort(),
      [
        `${folder}/manifest.json`,
        `${folder}/manifest.json.md5`,
        ...results.map(({ Key }) => Key),
      ].sort(),
      'the report has other objects than its index names',
    );

    const rows: ReportRow[] = [];
    for (const result of results) {
      assert.equal(result.Bucket, bucket);
      assert.equal(result.Key.slice(0, folder.length), folder);
      assert.match(result.Key.slice(folder.length), /^\/results\/[0-9a-f]{40}\.csv$/);
      const file = await this.get(bucket, result.Key);
      assert.equal(md5Of(file), result.MD5Checksum);
      const fileRows = reportRows(file);
      assert.ok(fileRows.length > 0, 'an empty file is in the report');
      for (const row of fileRows) assert.equal(row.status, result.TaskExecutionStatus);
      rows.push(...fileRows);
    }
    return rows;
  }
}

function reportRows(file: Buffer): ReportRow[] {
  const records = parse(file);
  return records.map((record) => {
    assert.equal(record.length, 7, `a report row has other columns: ${record.join()}`);
    const [bucket = '', key = '', versionId = '', status = ''] = record;
    const [httpStatus = '', errorCode = '', message = ''] = record.slice(4);
    return { bucket, key, versionId, status, httpStatus, errorCode, message };
  });
}

/** The tasks of a manifest, as an independent reader of CSV finds them. */
export function manifestTasks(
  text: string,
  fields: readonly JobManifestFieldName[] = ['Bucket', 'Key'],
): ManifestTask[] {
  const records = parse(text);
  const cell = (record: string[], field: JobManifestFieldName): string =>
    record[fields.indexOf(field)] ?? '';
  return records.map((record) => ({
    bucket: cell(record, 'Bucket'),
    key: cell(record, 'Key'),
    versionId: cell(record, 'VersionId'),
  }));
}

/** The report tells of exactly these tasks: each once, key byte for byte, in any order. */
export function assertReports(rows: readonly ReportRow[], tasks: readonly ManifestTask[]): void {
  const open = new Map<string, number>();
  for (const task of tasks) open.set(identity(task), (open.get(identity(task)) ?? 0) + 1);
  for (const row of rows) open.set(identity(row), (open.get(identity(row)) ?? 0) - 1);
  const wrong = [...open].filter(([, count]) => count !== 0);
  const some = wrong.slice(0, 10).map(([task, count]) => {
    const times = count > 0 ? `missing ${count} times` : `reported ${-count} times too often`;
    return `${task.slice(0, 200)} is ${times}`;
  });
  assert.equal(wrong.length, 0, some.join('\n'));
  assert.equal(rows.length, tasks.length);
}

export function identity({ bucket, key, versionId }: ManifestTask): string {
  return JSON.stringify([bucket, key, versionId]);
}

/** The counters of the job and the rows of its report are the same numbers (D2). */
export function assertCounts(job: JobDescriptor, rows: readonly ReportRow[]): void {
  const failed = rows.filter(({ status }) => status === 'failed').length;
  assert.deepEqual(
    [job.ProgressSummary?.NumberOfTasksSucceeded, job.ProgressSummary?.NumberOfTasksFailed],
    [rows.length - failed, failed],
  );
}

/** `code: reason` of the only failure of a job. */
export function failureOf(job: JobDescriptor): string {
  assert.equal(job.FailureReasons?.length, 1, JSON.stringify(job));
  const [failure] = job.FailureReasons;
  return `${failure?.FailureCode}: ${failure?.FailureReason}`;
}

/** None, where there is no such folder; it may go while it is read. */
async function filesBelow(folder: string): Promise<string[]> {
  try {
    return await readdir(folder, { recursive: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

export function md5Of(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}

/** Runs `work` for each item, `lanes` at a time. */
export async function atOnce<T>(
  items: readonly T[],
  lanes: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const queue = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of queue) await work(item, index);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
