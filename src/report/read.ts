import { isUtf8 } from 'node:buffer';
import { asBuffer } from '../base/bytes.ts';
import { CSV_DOUBLED, CSV_INCOMPLETE, CSV_PROBLEMS, CsvScanner } from '../base/csv.ts';

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
/** Key and message at their longest, each byte of them quoted or four bytes of UTF-8, and room. */
const ROW_BYTES_MAX = 256 * 1024;

export interface ReportRowAt {
  readonly row: ReportRow;
  /** Bytes of the file up to its end. */
  readonly end: number;
}

/** Rows of a file that streams by in pieces, from a boundary between rows on. Throws ReportDefect. */
export class ReportReader {
  readonly #scanner = new CsvScanner(COLUMNS);
  #rest = Buffer.alloc(0);
  #offset: number;
  #rows = 0;

  constructor(offset = 0) {
    this.#offset = offset;
  }

  /** `isLast`: nothing follows. */
  *push(bytes: Uint8Array, isLast: boolean): Generator<ReportRowAt> {
    const window = Buffer.concat([this.#rest, bytes]);
    let at = 0;
    while (at < window.length) {
      const next = this.#scanner.scan(window, at, window.length, isLast);
      if (next === CSV_INCOMPLETE) break;
      if (next < 0) throw defect(this.#rows, CSV_PROBLEMS[this.#scanner.problem]);
      const { columns } = this.#scanner;
      if (columns !== COLUMNS) throw defect(this.#rows, `has ${columns} columns`);
      at = next;
      yield { row: row(window, this.#scanner, this.#rows++), end: this.#offset + at };
    }
    this.#offset += at;
    this.#rest = window.subarray(at);
    if (this.#rest.length > ROW_BYTES_MAX) throw defect(this.#rows, 'does not end');
  }
}

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
