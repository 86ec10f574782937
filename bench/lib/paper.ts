/** What a job of any size needs, from what smaller ones were seen to need. Pure. */
import { rowsOfChunk } from '../../src/manifest/cutter.ts';
import { CHUNK_ROWS, CHUNK_ROWS_MAX, REPORT_CHUNKS_PER_UNIT } from '../../src/model/limits.ts';

/** Measured. */
export interface Constants {
  /** Of one worker process at an endpoint that costs nothing. */
  readonly tasksPerSecond: number;
  /** All requests of a job, its manifest's and its report's included. */
  readonly requestsPerTask: number;
  readonly manifestBytesPerRow: number;
  /** Of a report with all tasks; parts wait in staging until the report is written. */
  readonly partBytesPerRow: number;
  readonly sqliteBytesPerChunk: number;
  readonly postgresBytesPerChunk: number;
}

export interface Needs {
  /** Units of the ledger: chunks, the report's units, prepare and finish. */
  readonly ledgerRows: number;
  readonly sqliteBytes: number;
  readonly postgresBytes: number;
  readonly manifestBytes: number;
  readonly stagingBytes: number;
  readonly requests: number;
  readonly hoursOfOneWorker: number;
}

export function needsOf(rows: number, constants: Constants): Needs {
  const chunks = chunksOf(rows);
  return {
    ledgerRows: chunks + Math.ceil(chunks / REPORT_CHUNKS_PER_UNIT) + 2,
    sqliteBytes: chunks * constants.sqliteBytesPerChunk,
    postgresBytes: chunks * constants.postgresBytesPerChunk,
    manifestBytes: rows * constants.manifestBytesPerRow,
    stagingBytes: rows * constants.partBytesPerRow,
    requests: rows * constants.requestsPerTask,
    hoursOfOneWorker: rows / constants.tasksPerSecond / 3600,
  };
}

/** How long a list is shows behind its first chunk. */
function chunksOf(rows: number): number {
  const others = Math.max(0, rows - CHUNK_ROWS) / rowsOfChunk(rows, CHUNK_ROWS, CHUNK_ROWS_MAX);
  return 1 + Math.ceil(others);
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** As in 1.5 GB: powers of a thousand. */
export function bytesText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(bytes || 1) / 3)));
  return `${(bytes / 1000 ** power).toPrecision(3)} ${UNITS[power]}`;
}
