/**
 * Turning parts into report files: rows are copied as bytes, never parsed again.
 *
 * I1. One report unit writes at most one file of succeeded and one of failed rows; their names
 *     follow from the unit, so a second lease overwrites the first one's files.
 * I2. Memory does not depend on the size of the report (D6).
 * I3. A part that is missing or short fails the job with its name; nothing is written then, since the
 *     upload ends with its source.
 * I4. What a lease that died left of its uploads is aborted by the next lease of the unit, before it
 *     begins its own: also when there was no time to tell, or nothing of it is to be written.
 */
import { assert } from '../base/assert.ts';
import { giveBack } from '../base/bytes.ts';
import type { Job } from '../model/job.ts';
import type { FailedOutcome } from '../model/outcome.ts';
import { resultKey } from '../report/index.ts';
import { abortStaleUploads, putObjectStream, type UploadTarget } from '../s3/index.ts';
import type { Part } from '../store/index.ts';
import type { EngineContext, RunUnit } from './context.ts';
import type { HeldLease } from './held-lease.ts';
import { Patience } from './patience.ts';
import { failingJob, withStaging } from './staged.ts';
import { JobFailed } from './unit-errors.ts';

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
  const isSaved = await held.closing(() => context.store.complete(held.lease, files));
  if (isSaved) context.meters.reportFiles.add(files.length);
};

async function writeFile(
  job: Job,
  status: RowStatus,
  seq: number,
  parts: readonly Part[],
  held: HeldLease,
  context: EngineContext,
): Promise<ReportFile | undefined> {
  const target: UploadTarget = {
    ...reportTarget(job),
    key: resultKey(job.request.Report?.Prefix, job.id, seq, status),
    contentType: 'text/csv',
  };
  const { s3, clock, random } = context;
  const options = { clock, random, signal: held.left };
  if (held.lease.fence > 1) await abortStaleUploads(s3, target, options); // I4
  const slices = parts.map((part) => sliceOf(part, status)).filter(({ bytes }) => bytes > 0);
  if (slices.length === 0) return undefined;
  const upload = () => putObjectStream(s3, target, rows(job.id, slices, context), options);
  const written = await failingJob('JobReportWriteFailed', () =>
    reporting(held, context, () => withStaging(held, context, upload)),
  ); // I3
  return { status, key: target.key, md5: written.md5 };
}

/** The rows of one status in a part. */
interface Slice {
  readonly seq: number;
  readonly fence: number;
  readonly start: number;
  readonly bytes: number;
}

function sliceOf({ seq, fence, succeededBytes, failedBytes }: Part, status: RowStatus): Slice {
  return status === 'succeeded'
    ? { seq, fence, start: 0, bytes: succeededBytes }
    : { seq, fence, start: succeededBytes, bytes: failedBytes };
}

/** One after the other, a bucket would answer for a thousand parts in half a minute. Parts have up to 0.7 MB. */
const AHEAD_SLICES = 16;
const AHEAD_BYTES = 3 * 1024 * 1024;

/** In order; several are read at once, AHEAD_BYTES of them and what the last one has more (I2). */
async function* rows(
  jobId: string,
  slices: readonly Slice[],
  { staging }: EngineContext,
): AsyncGenerator<Uint8Array> {
  const read = async ({ seq, fence, start, bytes }: Slice): Promise<Uint8Array[]> => {
    const pieces: Uint8Array[] = [];
    const part = staging.read({ jobId, seq, fence }, start, start + bytes);
    for await (const piece of part) pieces.push(piece);
    return pieces;
  };
  const ahead: { readonly pieces: Promise<Uint8Array[]>; readonly bytes: number }[] = [];
  let next = 0;
  let held = 0;
  try {
    for (;;) {
      for (let slice = slices[next]; slice; slice = slices[++next]) {
        if (held >= AHEAD_BYTES || ahead.length >= AHEAD_SLICES) break;
        const pieces = read(slice);
        // Told when its turn comes; until then nobody listens.
        pieces.catch(() => undefined);
        ahead.push({ pieces, bytes: slice.bytes });
        held += slice.bytes;
      }
      const first = ahead.shift();
      if (!first) return;
      for (const piece of await first.pieces) {
        yield piece;
        giveBack(piece); // The upload has copied it.
      }
      held -= first.bytes;
    }
  } finally {
    await Promise.allSettled(ahead.map(({ pieces }) => pieces));
  }
}

export function reportTarget(job: Job): {
  readonly bucket: string;
  readonly expectedBucketOwner?: string;
} {
  const { Bucket, ExpectedBucketOwner } = job.request.Report ?? {};
  const bucket = Bucket?.split(':').at(-1);
  assert(bucket, 'A job with a report was accepted without a report bucket.');
  return { bucket, ...(ExpectedBucketOwner ? { expectedBucketOwner: ExpectedBucketOwner } : {}) };
}

/** Tries to write until it is written; a refusal fails the job with AWS's text. */
export async function reporting<T extends { readonly ok: true }>(
  held: HeldLease,
  context: EngineContext,
  write: () => Promise<T | FailedOutcome>,
): Promise<T> {
  const patience = Patience.ofJob(context);
  for (;;) {
    const sentAt = context.clock.monotonic();
    const written = await write();
    if (written.ok) {
      context.gate.alive(sentAt);
      return written;
    }
    if (await patience.next(written, held.left)) continue;
    throw new JobFailed({
      code: 'JobReportWriteFailed',
      reason: `The job report could not be written to your report bucket. Please check your permissions. (${written.httpStatus} ${written.code}: ${written.message})`,
    });
  }
}
