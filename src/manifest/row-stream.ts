/**
 * Text that streams by in any pieces, read row by row into manifest rows by one of several formats.
 *
 * I1. What comes out does not depend on how the bytes were cut into pieces.
 * I2. Memory is one window and one batch, whatever the size of the text (D6): a row longer than
 *     MANIFEST_ROW_BYTES_MAX is a defect.
 * I3. `position` is a boundary between rows: a stream that begins there, with the bytes from
 *     `offset` on, yields what this one yields next.
 */
import { assert } from '../base/assert.ts';
import { MANIFEST_ROW_BYTES_MAX } from '../model/limits.ts';
import { ManifestDefect } from './manifest.ts';
import { RowWriter } from './row-writer.ts';

/** How rows of one format are found and rewritten. Has no memory of earlier rows. */
export interface RowFormat {
  /** Columns of the manifest rows it writes, and lines of the last row it read. */
  readonly lines: number;
  /**
   * Reads the row that begins at `from` < `limit` into `out`. Returns where the next one begins, or
   * ROW_INCOMPLETE when it does not end before `limit`; `final`: nothing follows. Throws ManifestDefect.
   */
  read(
    bytes: Uint8Array,
    from: number,
    limit: number,
    final: boolean,
    line: number,
    out: RowWriter,
  ): number;
}

export const ROW_INCOMPLETE = -1;

export interface RowPosition {
  /** Bytes of text before the next row. */
  readonly offset: number;
  /** Its line, from 1. */
  readonly line: number;
}

export interface RowBatch {
  /** Good until the next batch is asked for. */
  readonly rows: Uint8Array;
  /** Line of the first of them. */
  readonly line: number;
  /** Behind the last of them. */
  readonly position: RowPosition;
}

const WINDOW_BYTES = 4 * MANIFEST_ROW_BYTES_MAX;
const BATCH_BYTES = 1024 * 1024;

export class RowStream {
  readonly #format: RowFormat;
  /** Not a Buffer: the scanner runs faster when it meets one kind of array only. */
  readonly #window = new Uint8Array(WINDOW_BYTES);
  readonly #out = new RowWriter(BATCH_BYTES);
  #filled = 0;
  /** Bytes of text that are still to be passed over. */
  #skip: number;
  #offset: number;
  #line: number;
  #batchLine: number;

  /** `from`: bytes are pushed from the start of the text on, and what lies before it is passed over. */
  constructor(format: RowFormat, from: RowPosition = { offset: 0, line: 1 }) {
    this.#format = format;
    this.#skip = from.offset;
    this.#offset = from.offset;
    this.#line = from.line;
    this.#batchLine = from.line;
  }

  /** Takes the next bytes (copied); yields the batches they fill. */
  *push(bytes: Uint8Array): Generator<RowBatch> {
    let at = Math.min(this.#skip, bytes.length);
    this.#skip -= at;
    while (at < bytes.length) {
      const taken = bytes.subarray(at, at + WINDOW_BYTES - this.#filled);
      this.#window.set(taken, this.#filled);
      this.#filled += taken.length;
      at += taken.length;
      if (this.#filled === WINDOW_BYTES) yield* this.#read(false);
    }
  }

  /** The text is over; yields what is left. */
  *end(): Generator<RowBatch> {
    yield* this.#read(true);
    assert(this.#filled === 0, 'Text was left over at its end.');
    if (!this.#out.isEmpty) yield this.#batch();
  }

  *#read(final: boolean): Generator<RowBatch> {
    const format = this.#format;
    let at = 0;
    while (at < this.#filled) {
      const next = format.read(this.#window, at, this.#filled, final, this.#line, this.#out);
      const length = (next === ROW_INCOMPLETE ? this.#filled : next) - at;
      if (length > MANIFEST_ROW_BYTES_MAX) this.#refuseLong();
      if (next === ROW_INCOMPLETE) break;
      at = next;
      this.#offset += length;
      this.#line += format.lines;
      if (this.#out.isFull) yield this.#batch();
    }
    this.#window.copyWithin(0, at, this.#filled);
    this.#filled -= at;
  }

  #refuseLong(): never {
    throw new ManifestDefect(
      `Manifest file is not properly formatted: line ${this.#line} begins a row of more than ${MANIFEST_ROW_BYTES_MAX} bytes.`,
    );
  }

  #batch(): RowBatch {
    const line = this.#batchLine;
    this.#batchLine = this.#line;
    const position = { offset: this.#offset, line: this.#line };
    return { rows: this.#out.take(), line, position };
  }
}
