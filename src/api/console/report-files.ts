/** The files of a job's completion report, as its manifest.json lists them. */
import { isTerminal } from '../../lifecycle/index.ts';
import type { Job } from '../../model/job.ts';
import { reportKeys } from '../../report/index.ts';
import type { S3, S3Stream } from '../../s3/index.ts';
import { ConsoleError, storeRefused } from './console-error.ts';
import type { ViewRequest } from './deps.ts';
import { objectNeed } from './may.ts';

export interface ReportFile {
  readonly status: 'succeeded' | 'failed';
  readonly bucket: string;
  readonly key: string;
  readonly md5: string;
}

export interface ReportPlace {
  readonly bucket: string;
  /** Of the manifest.json. */
  readonly key: string;
  readonly etag: string;
  readonly files: readonly ReportFile[];
}

type ReportReading = Pick<ViewRequest, 'demand' | 'signal'>;

/** Undefined: the job has none (yet). Rejects with ConsoleError when the store does not hand it out. */
export async function reportOf(
  job: Job,
  { demand, signal }: ReportReading,
  s3: S3,
): Promise<ReportPlace | undefined> {
  const { Enabled, Bucket, Prefix } = job.request.Report ?? {};
  const bucket = Bucket?.split(':').at(-1);
  if (Enabled !== true || bucket === undefined || !isTerminal(job.status)) return undefined;
  const { manifest: key } = reportKeys(Prefix, job.id);
  demand(objectNeed(bucket, key));
  const answer = await s3.send({ method: 'GET', bucket, key }, signal);
  if (answer.status !== 200) throw storeRefused(answer, `The report ${bucket}/${key}`);
  const files = filesOf(answer.body.toString('utf8'), bucket);
  return { bucket, key, etag: (answer.headers['etag'] ?? '').replaceAll('"', ''), files };
}

export async function openReportFile(
  { bucket, key }: ReportFile,
  from: number,
  { demand, signal }: ReportReading,
  s3: S3,
): Promise<S3Stream['body'] | undefined> {
  // Named by the manifest.json, which anybody who may write there may have written.
  demand(objectNeed(bucket, key));
  const headers = { range: `bytes=${from}-` };
  const answer = await s3.open({ method: 'GET', bucket, key, headers }, signal);
  // Exactly at its end: nothing is left.
  if (answer.status === 416) return undefined;
  if (!('pipe' in answer.body)) {
    throw storeRefused({ ...answer, body: answer.body }, `The report file ${bucket}/${key}`);
  }
  return answer.body;
}

/** Somebody may have put anything there since. */
function filesOf(text: string, bucket: string): ReportFile[] {
  let index: unknown;
  try {
    index = JSON.parse(text);
  } catch (error) {
    throw new ConsoleError(502, 'InvalidReport', `The report's manifest.json: ${String(error)}`);
  }
  const results = recordOf(index)['Results'];
  return (Array.isArray(results) ? results : []).map(recordOf).flatMap((result) => {
    const status = result['TaskExecutionStatus'];
    if (status !== 'succeeded' && status !== 'failed') return [];
    const md5 = String(result['MD5Checksum'] ?? '');
    return [{ status, bucket, key: String(result['Key']), md5 }];
  });
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
