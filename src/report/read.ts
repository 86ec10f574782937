import { isUtf8 } from 'node:buffer';
import { asBuffer } from '../base/bytes.ts';
import { CSV_DOUBLED, CSV_PROBLEMS, CsvScanner } from '../base/csv.ts';

/** One row of a report, as its text says. */
export interface ReportRow {
  readonly bucket: string;
  /** The manifest's spelling. */
  readonly manifestKey: string;
  /** Empty when the manifest gave none. */
  readonly versionId: string;
  readonly status: 'succeeded' | 'failed';
  readonly httpStatus: number;
  readonly errorCode: string;
  readonly message: string;
}

/** The bytes are not a report of format Report_CSV_20180820; the message names the row. */
export class ReportDefect extends Error {
  override readonly name = 'ReportDefect';
}

const COLUMNS = 7;

/** The rows of one results file, or of a part. Throws ReportDefect. */
export function readReport(bytes: Uint8Array): ReportRow[] {
  const buffer = asBuffer(bytes);
  if (!isUtf8(buffer)) throw new ReportDefect('The report is not UTF-8.');
  const scanner = new CsvScanner(COLUMNS);
  const rows: ReportRow[] = [];
  for (let at = 0; at < buffer.length;) {
    at = scanner.scan(buffer, at, buffer.length, true);
    if (at < 0) throw defect(rows.length, CSV_PROBLEMS[scanner.problem]);
    if (scanner.columns !== COLUMNS) throw defect(rows.length, `has ${scanner.columns} columns`);
    rows.push(row(buffer, scanner, rows.length));
  }
  return rows;
}

function row(buffer: Buffer, scanner: CsvScanner, index: number): ReportRow {
  const cell = (column: number): string => {
    const text = buffer.toString('utf8', scanner.start(column), scanner.end(column));
    return scanner.flags(column) & CSV_DOUBLED ? text.replaceAll('""', '"') : text;
  };
  const status = cell(3);
  if (status !== 'succeeded' && status !== 'failed') throw defect(index, 'has no task status');
  const httpStatus = cell(4);
  if (!/^\d{3}$/.test(httpStatus)) throw defect(index, 'has no HTTP status');
  return {
    bucket: cell(0),
    manifestKey: cell(1),
    versionId: cell(2),
    status,
    httpStatus: Number(httpStatus),
    errorCode: cell(5),
    message: cell(6),
  };
}

function defect(index: number, what: string): ReportDefect {
  return new ReportDefect(`Row ${index + 1} of the report ${what}.`);
}
