/**
 * Turning parts into report files: rows are copied as bytes, never parsed again.
 *
 * I1. One report unit writes at most one file of succeeded and one of failed rows; their names
 *     follow from the unit, so a second lease overwrites the first one's files.
 * I2. Memory does not depend on the size of the report (D6).
 */
import { assert } from '../base/assert.ts';
import type { Job } from '../model/job.ts';
import type { FailedOutcome } from '../model/outcome.ts';
import { resultKey } from '../report/index.ts';
import { abortStaleUploads, putObjectStream } from '../s3/index.ts';
import type { Part } from '../store/index.ts';
import type { EngineContext, RunUnit } from './context.ts';
import { JobFailed } from './unit-errors.ts';
import type { HeldLease } from './held-lease.ts';
import { Patience } from './patience.ts';

export type RowStatus = 'succeeded' | 'failed';

/** One written file, as the finish unit lists it in the report's manifest. */
export interface ReportFile {
  readonly status: RowStatus;
  readonly key: string;
  /** Hex. */
  readonly md5: string;
}

export const runReport: RunUnit = async (unit, held, context) => {
  const { job, work, lease } = unit;
  assert(work.chunks, 'A report unit does not say what it compacts.');
  const parts = await context.store.parts(job.id, work.chunks.first, work.chunks.end);
  const files: ReportFile[] = [];
  for (const status of ['succeeded', 'failed'] as const) {
    const file = await writeFile(job, status, lease.seq, parts, held, context);
    if (file) files.push(file);
  }
  await context.store.complete(held.lease, files);
};

async function writeFile(
  job: Job,
  status: RowStatus,
  seq: number,
  parts: readonly Part[],
  held: HeldLease,
  context: EngineContext,
): Promise<ReportFile | undefined> {
  const bytesOf = (part: Part): number =>
    status === 'succeeded' ? part.succeededBytes : part.failedBytes;
  const filled = parts.filter((part) => bytesOf(part) > 0);
  if (filled.length === 0) return undefined;
  const key = resultKey(job.request.Report?.Prefix, job.id, seq, status);
  const target = { ...reportTarget(job), key, contentType: 'text/csv' };
  const { s3, clock, random } = context;
  const options = { clock, random, signal: held.left };
  if (held.lease.fence > 1) await abortStaleUploads(s3, target, options);
  const written = await reporting(held, context, () =>
    putObjectStream(s3, target, rows(job.id, status, filled, context), options),
  );
  return { status, key, md5: written.md5 };
}

async function* rows(
  jobId: string,
  status: RowStatus,
  parts: readonly Part[],
  { staging }: EngineContext,
): AsyncIterable<Uint8Array> {
  for (const { seq, fence, succeededBytes, failedBytes } of parts) {
    const [start, end] =
      status === 'succeeded' ? [0, succeededBytes] : [succeededBytes, succeededBytes + failedBytes];
    yield* staging.read({ jobId, seq, fence }, start, end);
  }
}

export function reportTarget(job: Job): { bucket: string; headers: Record<string, string> } {
  const { Bucket, ExpectedBucketOwner } = job.request.Report ?? {};
  const bucket = Bucket?.split(':').at(-1);
  assert(bucket, 'A job with a report was accepted without a report bucket.');
  return {
    bucket,
    headers: ExpectedBucketOwner ? { 'x-amz-expected-bucket-owner': ExpectedBucketOwner } : {},
  };
}

/** Tries to write until it is written; a refusal fails the job with AWS's text. */
export async function reporting<T extends { readonly ok: true }>(
  held: HeldLease,
  context: EngineContext,
  write: () => Promise<T | FailedOutcome>,
): Promise<T> {
  const patience = Patience.ofJob(context);
  for (;;) {
    const written = await write();
    if (written.ok) {
      context.gate.alive();
      return written;
    }
    if (await patience.next(written, held.left)) continue;
    throw new JobFailed({
      code: 'JobReportWriteFailed',
      reason: `The job report could not be written to your report bucket. Please check your permissions. (${written.httpStatus} ${written.code}: ${written.message})`,
    });
  }
}
