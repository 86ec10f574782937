/**
 * The tasks of one chunk, read from its bytes.
 *
 * I1. The same rows, by the same rules, as the cutter found (both go through RowCheck), and all of them are
 *     judged before there is a first task.
 * I2. ManifestDefect is all it throws, also for bytes that no cutter ever saw.
 * I3. A task is made when it is asked for, and again when it is asked for again: what lives as long as the
 *     chunk are numbers. Thousands of small objects that outlive two collections are what a long job
 *     would spend its memory on (bench/BENCHMARKS.md).
 */
import { isAscii } from 'node:buffer';
import { asBuffer } from '../base/bytes.ts';
import { CSV_DOUBLED } from '../base/csv.ts';
import type { Task, TaskList } from '../model/outcome.ts';
import type { ManifestField } from '../model/vocabulary.ts';
import { decodeKey } from './key.ts';
import { type ChunkRange, ManifestDefect } from './manifest.ts';
import { RowCheck, SPELT_DIFFERENTLY } from './row-check.ts';

/** Of a field: where it starts, where it ends, what is in it. */
const NUMBERS = 3;
/** Read as one string and cut: twice as fast as a decoding per field, and short enough to die young. */
const BLOCK_BYTES = 16 * 1024;
const ROWS_MIN = 1024;

class ChunkTasks implements TaskList {
  readonly #bytes: Buffer;
  readonly #hasVersions: boolean;
  readonly #bucket: string;
  /** Of every row NUMBERS of its key, and then of its version id where there is one. */
  #fields: Int32Array;
  readonly #rows: number;
  /** Offsets in bytes and in characters are the same only where all is ASCII, which is the rule. */
  readonly #isAscii: boolean;
  #block = '';
  #blockAt = 0;

  constructor(bytes: Buffer, fields: readonly ManifestField[], range: ChunkRange | undefined) {
    const check = new RowCheck(fields);
    const { columns, scanner } = check;
    this.#bytes = bytes;
    this.#isAscii = isAscii(bytes);
    this.#hasVersions = columns.versionId >= 0;
    const perRow = this.#perRow;
    this.#fields = new Int32Array(Math.max(1, range?.rows ?? ROWS_MIN) * perRow);
    let rows = 0;
    let line = 1 + (range?.firstRow ?? 0);
    for (let at = 0; at < bytes.length;) {
      at = check.next(bytes, at, bytes.length, true, line);
      line += 1 + scanner.lineBreaks;
      const first = rows++ * perRow;
      if (first === this.#fields.length) this.#grow();
      this.#keep(first, scanner, columns.key);
      if (this.#hasVersions) this.#keep(first + NUMBERS, scanner, columns.versionId);
    }
    this.#rows = rows;
    // RowCheck has accepted a row, so it knows the bucket.
    this.#bucket = check.bucket ?? '';
  }

  get length(): number {
    return this.#rows;
  }

  at(row: number): Task | undefined {
    if (row < 0 || row >= this.#rows) return undefined;
    const bucket = this.#bucket;
    const first = row * this.#perRow;
    const manifestKey = this.#text(first);
    const differs = this.#number(first + 2) & SPELT_DIFFERENTLY;
    const key = differs ? decodeKey(manifestKey) : manifestKey;
    if (!this.#hasVersions) return { bucket, key, manifestKey };
    return { bucket, key, manifestKey, versionId: this.#text(first + NUMBERS) };
  }

  get #perRow(): number {
    return this.#hasVersions ? 2 * NUMBERS : NUMBERS;
  }

  #keep(at: number, scanner: RowCheck['scanner'], column: number): void {
    this.#fields[at] = scanner.start(column);
    this.#fields[at + 1] = scanner.end(column);
    this.#fields[at + 2] = scanner.flags(column);
  }

  #grow(): void {
    const fields = new Int32Array(2 * this.#fields.length);
    fields.set(this.#fields);
    this.#fields = fields;
  }

  #number(at: number): number {
    return this.#fields[at] ?? 0;
  }

  /** The text of a field, unquoted. */
  #text(at: number): string {
    const start = this.#number(at);
    const end = this.#number(at + 1);
    const text = this.#isAscii ? this.#cut(start, end) : this.#bytes.toString('utf8', start, end);
    return this.#number(at + 2) & CSV_DOUBLED ? text.replaceAll('""', '"') : text;
  }

  #cut(start: number, end: number): string {
    if (start < this.#blockAt || end > this.#blockAt + this.#block.length) {
      this.#block = this.#bytes.toString('latin1', start, Math.max(end, start + BLOCK_BYTES));
      this.#blockAt = start;
    }
    return this.#block.slice(start - this.#blockAt, end - this.#blockAt);
  }
}

/**
 * `bytes` are exactly those of one chunk, and stay as they are while tasks are asked for. With `range` given,
 * its rows are counted too, and lines are named as if nothing before it had quoted line breaks.
 */
export function readTasks(
  bytes: Uint8Array,
  fields: readonly ManifestField[],
  range?: ChunkRange,
): TaskList {
  const tasks = new ChunkTasks(asBuffer(bytes), fields, range);
  refuseOtherRows(tasks.length, bytes.length, range);
  return tasks;
}

function refuseOtherRows(rows: number, bytes: number, range: ChunkRange | undefined): void {
  const isExpected = range ? rows === range.rows && bytes === range.end - range.start : rows > 0;
  if (isExpected) return;
  throw new ManifestDefect(
    `Manifest file is not properly formatted: ${bytes} bytes hold ${rows} rows, ` +
      `${range?.rows ?? 'at least 1'} were expected.`,
  );
}
