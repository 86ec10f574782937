/**
 * Why tasks of a job failed: its error codes, how often, with a message and keys of each.
 *
 * I1. Of an ended job, from its report; of one that runs, from the parts that wait for the report.
 *     At most SCAN_BYTES are read; `isWhole` says whether that was everything.
 * I2. A worker on another machine may keep its parts there: then there is nothing to show, no error.
 */
import { isTerminal } from '../../lifecycle/index.ts';
import { decodeKey } from '../../manifest/index.ts';
import type { Job } from '../../model/job.ts';
import { ReportReader, type ReportRow } from '../../report/index.ts';
import { StagedFileLost, StagingUnavailable } from '../../staging/index.ts';
import { onJob } from './may.ts';
import type { View, ViewDeps, ViewRequest } from './deps.ts';
import { jobOf } from './job.ts';
import { openReportFile, reportOf } from './report-files.ts';

const SCAN_BYTES = 32 * 1024 * 1024;
/** Chunks of a running job whose parts are looked at. */
const CHUNKS_MAX = 500;
const KEYS_MAX = 5;
const CODES_MAX = 100;

interface Reason {
  readonly code: string;
  readonly httpStatus: number;
  readonly message: string;
  count: number;
  readonly keys: string[];
}

class Tally {
  readonly reasons = new Map<string, Reason>();
  rows = 0;
  scanned = 0;

  get isFull(): boolean {
    return this.scanned >= SCAN_BYTES;
  }

  async read(pieces: AsyncIterable<Uint8Array>): Promise<void> {
    const reader = new ReportReader();
    for await (const piece of pieces) {
      for (const { row } of reader.push(piece, false)) this.#add(row);
      this.scanned += piece.length;
      if (this.isFull) return;
    }
    for (const { row } of reader.push(new Uint8Array(0), true)) this.#add(row);
  }

  #add(row: ReportRow): void {
    this.rows++;
    const { errorCode: code, httpStatus, message } = row;
    let reason = this.reasons.get(code);
    if (!reason) {
      if (this.reasons.size === CODES_MAX) return;
      this.reasons.set(code, (reason = { code, httpStatus, message, count: 0, keys: [] }));
    }
    reason.count++;
    if (reason.keys.length < KEYS_MAX) reason.keys.push(shownKey(row.manifestKey));
  }
}

export const failuresView: View = {
  method: 'GET',
  path: 'jobs/:jobId/failures',
  needs: onJob('s3:DescribeJob'),

  async run(request, deps) {
    const job = await jobOf(request, deps);
    const tally = new Tally();
    if (isTerminal(job.status)) await readReport(job, tally, request, deps);
    else await readParts(job, tally, deps);
    const reasons = [...tally.reasons.values()].sort((a, b) => b.count - a.count);
    return { reasons, rows: tally.rows, isWhole: !tally.isFull && tally.rows >= job.tasksFailed };
  },
};

async function readReport(
  job: Job,
  tally: Tally,
  request: ViewRequest,
  { s3 }: ViewDeps,
): Promise<void> {
  if (job.tasksFailed === 0) return;
  for (const file of (await reportOf(job, request, s3))?.files ?? []) {
    if (file.status !== 'failed' || tally.isFull) continue;
    const body = await openReportFile(file, 0, request, s3);
    // A stream of bytes without an encoding yields Buffers.
    if (body) await tally.read(body as AsyncIterable<Buffer>);
  }
}

async function readParts(job: Job, tally: Tally, { store, staging }: ViewDeps): Promise<void> {
  if (job.tasksFailed === 0) return;
  for (const part of await store.parts(job.id, 0, CHUNKS_MAX)) {
    const { seq, fence, succeededBytes, failedBytes } = part;
    if (tally.isFull) return;
    const end = succeededBytes + failedBytes;
    try {
      await tally.read(staging.read({ jobId: job.id, seq, fence }, succeededBytes, end));
    } catch (error) {
      if (!(error instanceof StagedFileLost || error instanceof StagingUnavailable)) throw error;
      return; // I2
    }
  }
}

function shownKey(manifestKey: string): string {
  try {
    return decodeKey(manifestKey);
  } catch {
    return manifestKey;
  }
}
