/**
 * Data events: what the tasks of a job ask of S3, request by request, with the ids that the store
 * gave its answers. Off for most jobs, and then nothing of this is in the way of a task.
 *
 * D1. Settled when a job is opened: a job that is traced is given another S3 to work with.
 * D2. What a chunk asked is in the store before the chunk's own record is. A store that is away costs
 *     the job nothing: records wait, bounded, and what does not fit is counted in the log.
 * D3. Sampling is by key: either all requests about an object are recorded, or none.
 */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { jobOptionsOf } from '../model/job-options.ts';
import type { Job } from '../model/job.ts';
import { type S3, type S3Answer, type S3Request, type S3Stream, toOutcome } from '../s3/index.ts';
import type { NewRecord, Store } from '../store/index.ts';
import { packRecords } from './message.ts';
import { secondOf, type TrailRecord, uuidOf } from './trail-record.ts';

export interface TraceNeeds {
  readonly store: Pick<Store, 'addRecords'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly region: string;
  /** Of objects whose requests are recorded, 0 to 1, where a job does not say. */
  readonly share: number;
}

/** Of one job, in this process. */
interface Traced {
  readonly job: Job;
  records: TrailRecord[];
  lost: number;
  /** Saves wait for each other: a record is saved once, and whoever waits for a save waits for its own. */
  saved: Promise<void>;
}

/** Rows of a thousand records each: some hundred megabytes, until the sinks have them. */
const ROWS_MAX = 2000;
const ROW_RECORDS = 1000;
/** Records of a job in memory, while the store is away. */
const RECORDS_MAX = 10_000;
/** As many as there are opened operations. */
const JOBS_MAX = 64;

export class TaskTrace {
  readonly #needs: TraceNeeds;
  readonly #jobs = new Map<string, Traced>();

  constructor(needs: TraceNeeds) {
    this.#needs = needs;
  }

  /** What the job's tasks are to work with: `s3` itself, unless they are recorded (D1). */
  around(job: Job, s3: S3): S3 {
    const share = jobOptionsOf(job.tags).dataEvents ?? this.#needs.share;
    if (share === 0) return s3;
    const traced = this.#jobs.get(job.id) ?? {
      job,
      records: [],
      lost: 0,
      saved: Promise.resolve(),
    };
    this.#jobs.set(job.id, traced);
    if (this.#jobs.size > JOBS_MAX) {
      const [oldest = job.id] = this.#jobs.keys();
      this.#jobs.delete(oldest);
    }
    const isWanted = ({ key }: S3Request): boolean =>
      key !== undefined && (share === 1 || hashOf(key) < share); // D3
    return {
      traits: (signal) => s3.traits(signal),
      send: async (request, signal) => {
        const answer = await s3.send(request, signal);
        if (isWanted(request)) this.#note(traced, request, answer);
        return answer;
      },
      open: async (request, signal) => {
        const answer = await s3.open(request, signal);
        if (isWanted(request)) this.#note(traced, request, answer);
        return answer;
      },
    };
  }

  /** D2. Never rejects. */
  async flush(jobId: string): Promise<void> {
    const traced = this.#jobs.get(jobId);
    if (traced === undefined) return;
    await this.#save(traced, 1);
  }

  /** Until fewer than `least` records are left. */
  #save(traced: Traced, least: number): Promise<void> {
    return (traced.saved = traced.saved.then(() => this.#saveNow(traced, least)));
  }

  async #saveNow(traced: Traced, least: number): Promise<void> {
    const { store, log } = this.#needs;
    const jobId = traced.job.id;
    while (traced.records.length >= least) {
      const batch = traced.records.slice(0, ROW_RECORDS);
      try {
        if (!(await store.addRecords([this.#rowOf(traced.job, batch)], ROWS_MAX))) {
          traced.lost += batch.length;
        }
      } catch (error) {
        log.warn({ jobId, error }, 'The store did not take the data events of a chunk; they wait.');
        return;
      }
      // Others may have been noted meanwhile, behind these.
      traced.records = traced.records.slice(batch.length);
    }
    if (traced.lost === 0) return;
    log.error({ jobId, lost: traced.lost }, 'Data events are lost: the sinks do not take them.');
    traced.lost = 0;
  }

  #rowOf(job: Job, records: readonly TrailRecord[]): NewRecord {
    const { random, clock } = this.#needs;
    const { account, id: jobId } = job;
    const body = packRecords(records);
    return { id: random.hex(16), kind: 'tasks', account, jobId, at: clock.now(), body };
  }

  #note(traced: Traced, request: S3Request, answer: S3Answer | S3Stream): void {
    const { job, records } = traced;
    if (records.length >= RECORDS_MAX) traced.lost++;
    else if (records.push(this.#recordOf(job, request, answer)) % ROW_RECORDS === 0) {
      void this.#save(traced, ROW_RECORDS); // A chunk may ask more than there is room for.
    }
  }

  #recordOf(job: Job, request: S3Request, answer: S3Answer | S3Stream): TrailRecord {
    const { clock, random, region } = this.#needs;
    const { bucket = '', key = '', query = {}, method } = request;
    const { RoleArn: role = '' } = job.request;
    const { headers } = answer;
    const bucketArn = `arn:aws:s3:::${bucket}`;
    const versionId = query['versionId'];
    return {
      eventVersion: '1.09',
      userIdentity: {
        type: 'AssumedRole',
        arn: role,
        accountId: job.account,
        invokedBy: 'batchoperations.s3.amazonaws.com',
      },
      eventTime: secondOf(clock.now()),
      eventSource: 's3.amazonaws.com',
      eventName: nameOf(request),
      awsRegion: region,
      sourceIPAddress: 's3.amazonaws.com',
      userAgent: 's3.amazonaws.com',
      ...errorOf(answer),
      requestParameters: { bucketName: bucket, key, ...(versionId ? { versionId } : {}) },
      responseElements: null,
      additionalEventData: {
        jobId: job.id,
        ...(headers['x-amz-id-2'] === undefined ? {} : { 'x-amz-id-2': headers['x-amz-id-2'] }),
      },
      requestID: headers['x-amz-request-id'] ?? null,
      eventID: uuidOf(random.hex(16)),
      readOnly: method === 'GET' || method === 'HEAD',
      resources: [
        { type: 'AWS::S3::Object', ARN: `${bucketArn}/${key}` },
        { type: 'AWS::S3::Bucket', ARN: bucketArn, accountId: job.account },
      ],
      eventType: 'AwsApiCall',
      managementEvent: false,
      recipientAccountId: job.account,
      eventCategory: 'Data',
    };
  }
}

function errorOf(answer: S3Answer | S3Stream): { errorCode?: string; errorMessage?: string } {
  if (!Buffer.isBuffer(answer.body)) return {};
  // Its body is in memory, so it is no stream.
  const outcome = toOutcome(answer as S3Answer);
  return outcome.ok ? {} : { errorCode: outcome.code, errorMessage: outcome.message };
}

/** Sub-resources by which S3's calls about an object are told apart. */
const CALLS: readonly (readonly [
  string,
  Readonly<Partial<Record<S3Request['method'], string>>>,
])[] = [
  ['tagging', { GET: 'GetObjectTagging', PUT: 'PutObjectTagging', DELETE: 'DeleteObjectTagging' }],
  ['acl', { GET: 'GetObjectAcl', PUT: 'PutObjectAcl' }],
  ['retention', { GET: 'GetObjectRetention', PUT: 'PutObjectRetention' }],
  ['legal-hold', { GET: 'GetObjectLegalHold', PUT: 'PutObjectLegalHold' }],
  ['attributes', { GET: 'GetObjectAttributes' }],
  ['encryption', { PUT: 'UpdateObjectEncryption' }],
  ['restore', { POST: 'RestoreObject' }],
  ['uploads', { POST: 'CreateMultipartUpload' }],
  ['partNumber', { PUT: 'UploadPart' }],
  [
    'uploadId',
    { GET: 'ListParts', POST: 'CompleteMultipartUpload', DELETE: 'AbortMultipartUpload' },
  ],
];
const PLAIN: Readonly<Record<S3Request['method'], string>> = {
  GET: 'GetObject',
  HEAD: 'HeadObject',
  PUT: 'PutObject',
  POST: 'PostObject',
  DELETE: 'DeleteObject',
};

function nameOf({ method, query = {}, headers = {} }: S3Request): string {
  const isCopy = headers['x-amz-copy-source'] !== undefined;
  const [, calls] = CALLS.find(([name]) => query[name] !== undefined) ?? [];
  const name = calls?.[method] ?? PLAIN[method];
  if (!isCopy) return name;
  return name === 'UploadPart' ? 'UploadPartCopy' : 'CopyObject';
}

/** 0 <= x < 1, the same for the same key: FNV-1a, stirred. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}
