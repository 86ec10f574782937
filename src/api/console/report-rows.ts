/**
 * Rows of a completion report, a page at a time, filtered.
 *
 * I1. One call reads at most SCAN_BYTES of the report, however rare what it looks for is, and holds
 *     one piece of it in memory. Where it stopped, the next one goes on: `next` names file and byte.
 * I2. A page never skips a row, and no row is on two pages.
 */
import type { Readable } from 'node:stream';
import { decodeKey } from '../../manifest/index.ts';
import {
  ReportDefect,
  ReportReader,
  type ReportRow,
  type ReportRowAt,
} from '../../report/index.ts';
import { ConsoleError } from './console-error.ts';
import { onJob } from './may.ts';
import type { View, ViewDeps, ViewRequest } from './deps.ts';
import { jobOf } from './job.ts';
import { choiceParameter, refuse, textParameter, wholeParameter } from './parameters.ts';
import { openReportFile, type ReportFile, reportOf } from './report-files.ts';

/** Some 150,000 rows, in a tenth of a second. */
const SCAN_BYTES = 16 * 1024 * 1024;
const PAGE_ROWS_MAX = 200;

interface Position {
  readonly file: number;
  readonly offset: number;
}

type Filter = (row: ReportRow) => boolean;

interface Page {
  readonly rows: ReportRow[];
  readonly size: number;
  scanned: number;
}

export const reportRowsView: View = {
  method: 'GET',
  path: 'jobs/:jobId/report',
  needs: onJob('s3:DescribeJob'),

  async run(request, deps) {
    const { query } = request;
    const status = choiceParameter(query, 'rows', ['all', 'succeeded', 'failed'], 'all');
    const size = wholeParameter(query, 'size', { fallback: 50, min: 1, max: PAGE_ROWS_MAX });
    const code = textParameter(query, 'code', 256);
    const key = textParameter(query, 'key');
    const from = positionOf(textParameter(query, 'from', 64));
    const job = await jobOf(request, deps);
    const report = await reportOf(job, request, deps.s3);
    if (report === undefined) return { rows: [], files: [] };

    const files = report.files.filter((file) => status === 'all' || file.status === status);
    const filter: Filter = (row) =>
      (code === '' || row.errorCode === code) && (key === '' || names(row, key));
    const page: Page = { rows: [], size, scanned: 0 };
    const next = await fill(page, files, from, filter, request, deps);
    const rows = page.rows.map((row) => ({ ...row, key: plainKey(row) }));
    return { rows, next: next && `${next.file}-${next.offset}`, scanned: page.scanned, ...report };
  },
};

async function fill(
  page: Page,
  files: readonly ReportFile[],
  from: Position,
  filter: Filter,
  request: ViewRequest,
  deps: ViewDeps,
): Promise<Position | undefined> {
  for (const [i, file] of files.entries()) {
    if (i < from.file) continue;
    const offset = i === from.file ? from.offset : 0;
    const body = await openReportFile(file, offset, request, deps.s3);
    if (body === undefined) continue;
    const end = await fillFrom(page, body, offset, filter);
    if (end !== undefined) return { file: i, offset: end };
  }
  return undefined;
}

/** Where the page or the budget ended; undefined: at the end of the file. */
async function fillFrom(
  page: Page,
  body: Readable,
  offset: number,
  filter: Filter,
): Promise<number | undefined> {
  const reader = new ReportReader(offset);
  let at = offset;
  const take = (rows: Iterable<ReportRowAt>): boolean => {
    for (const { row, end } of rows) {
      at = end;
      if (filter(row)) page.rows.push(row);
      if (page.rows.length === page.size) return true;
    }
    return false;
  };
  try {
    // Leaving the loop destroys the stream.
    for await (const piece of body as AsyncIterable<Buffer>) {
      const isFull = take(reader.push(piece, false));
      page.scanned += piece.length;
      if (isFull || page.scanned >= SCAN_BYTES) return at;
    }
    return take(reader.push(Buffer.alloc(0), true)) ? at : undefined;
  } catch (error) {
    if (!(error instanceof ReportDefect)) throw error;
    throw new ConsoleError(502, 'InvalidReport', error.message);
  }
}

function names(row: ReportRow, part: string): boolean {
  return row.manifestKey.includes(part) || plainKey(row).includes(part);
}

function plainKey({ manifestKey }: ReportRow): string {
  try {
    return decodeKey(manifestKey);
  } catch {
    return manifestKey;
  }
}

function positionOf(text: string): Position {
  if (text === '') return { file: 0, offset: 0 };
  const parts = /^(\d{1,9})-(\d{1,15})$/.exec(text);
  return parts ? { file: Number(parts[1]), offset: Number(parts[2]) } : refuse('from', 'no place');
}
