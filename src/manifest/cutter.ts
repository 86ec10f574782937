/**
 * Cuts a CSV manifest into chunks while it streams by, and judges every row of it (D7).
 *
 * I1. The chunks are consecutive, begin at byte 0 and end at the last byte; each has the rows that
 *     `rowsOfChunk` says, the last one what is left. They do not depend on how the bytes were cut into
 *     pushes. Only `close` ends a chunk early, so that every row so far is in a chunk.
 * I2. A defect anywhere throws ManifestDefect; after that the cutter is of no use.
 * I3. Memory is one window, whatever the size of the manifest and of its buffers (D6).
 * I4. A cutter made from `checkpoint()` and fed from byte `offset` on yields the chunks that the
 *     first one would have yielded next.
 */
import { assert } from '../base/assert.ts';
import { CHUNK_SHARE, MANIFEST_ROW_BYTES_MAX } from '../model/limits.ts';
import type { ManifestField } from '../model/vocabulary.ts';
import { type ChunkRange, ManifestDefect } from './manifest.ts';
import { RowCheck } from './row-check.ts';

/** How far a preparation came: the end of the last chunk handed out. Survives JSON. */
export interface CutterCheckpoint {
  /** Bytes before the next chunk: where a ranged read resumes. */
  readonly offset: number;
  readonly rows: number;
  /** Line of the next row, from 1; quoted line breaks count. */
  readonly line: number;
  /** Absent: no row was seen yet. */
  readonly bucket?: string;
}

export interface CutterOptions {
  readonly fields: readonly ManifestField[];
  /** Of the first chunks. */
  readonly chunkRows: number;
  /** Of the largest, for long lists; absent: all chunks are alike. */
  readonly chunkRowsMax?: number;
  /** Bytes of the whole manifest, undefined when nobody knows. Asked when a chunk begins, not before there are bytes. */
  readonly size?: () => number | undefined;
  readonly resume?: CutterCheckpoint;
}

/** Four of the longest rows: at most a quarter of a window is scanned twice. */
const WINDOW_BYTES = 4 * MANIFEST_ROW_BYTES_MAX;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

export class ManifestCutter {
  readonly #chunkRows: number;
  readonly #chunkRowsMax: number;
  readonly #size: () => number | undefined;
  readonly #check: RowCheck;
  readonly #window = new Uint8Array(WINDOW_BYTES);
  #filled = 0;
  /** Offset of the window's first byte in the manifest. */
  #offset: number;
  #line: number;
  /** Rows found, those of the chunk in the making included. */
  #rows: number;
  #checkpoint: CutterCheckpoint;
  /** Rows with which the chunk in the making is complete; undefined before the first bytes. */
  #fullAt: number | undefined;
  #isOver = false;

  constructor({
    fields,
    chunkRows,
    chunkRowsMax = chunkRows,
    size = () => undefined,
    resume,
  }: CutterOptions) {
    assert(Number.isInteger(chunkRows) && chunkRows > 0, 'A chunk has at least one row.');
    this.#chunkRows = chunkRows;
    this.#chunkRowsMax = chunkRowsMax;
    this.#size = size;
    this.#check = new RowCheck(fields, resume?.bucket);
    this.#checkpoint = resume ?? { offset: 0, rows: 0, line: 1 };
    this.#offset = this.#checkpoint.offset;
    this.#line = this.#checkpoint.line;
    this.#rows = this.#checkpoint.rows;
  }

  /** Takes the next bytes (copied, so the buffer may be used again); returns chunks they complete. */
  push(bytes: Uint8Array): readonly ChunkRange[] {
    assert(!this.#isOver, 'A manifest is pushed after its end or its defect.');
    const chunks: ChunkRange[] = [];
    for (let at = 0; at < bytes.length;) {
      const taken = bytes.subarray(at, at + WINDOW_BYTES - this.#filled);
      this.#window.set(taken, this.#filled);
      this.#filled += taken.length;
      at += taken.length;
      if (this.#filled === WINDOW_BYTES) this.#cut(chunks, false);
    }
    return chunks;
  }

  /** Says on which line the next row stands, for reasons: a list may consist of several files. */
  at(line: number): void {
    assert(this.#filled === 0, 'A line was named in the middle of a row.');
    this.#line = line;
  }

  /** Judges all that was pushed, which ends with a whole row; returns the chunks it completes. */
  settle(): readonly ChunkRange[] {
    assert(!this.#isOver, 'A manifest is settled after its end or its defect.');
    const chunks: ChunkRange[] = [];
    this.#cut(chunks, true);
    return chunks;
  }

  /** As `settle`, and ends the chunk in the making, however few rows it has. */
  close(): readonly ChunkRange[] {
    const chunks = [...this.settle()];
    if (this.#rows > this.#checkpoint.rows) chunks.push(this.#chunkEndingAt(this.#offset));
    return chunks;
  }

  /** The manifest has been pushed whole; returns the last chunks. Refuses one without rows. */
  end(): readonly ChunkRange[] {
    assert(!this.#isOver, 'A manifest ends twice.');
    const chunks = this.close();
    this.#isOver = true;
    if (this.#rows === 0) {
      throw new ManifestDefect('Manifest file is not properly formatted: it has no rows.');
    }
    return chunks;
  }

  checkpoint(): CutterCheckpoint {
    return this.#checkpoint;
  }

  #cut(chunks: ChunkRange[], final: boolean): void {
    const window = this.#window;
    // Set again below: what leaves through an exception leaves the cutter closed (I2).
    this.#isOver = true;
    if (this.#offset === 0) refuseByteOrderMark(window, this.#filled);
    this.#fullAt ??= this.#nextFullAt();
    let at = 0;
    while (at < this.#filled) {
      const next = this.#check.next(window, at, this.#filled, final, this.#line);
      if (next < 0) break;
      at = next;
      this.#line += 1 + this.#check.scanner.lineBreaks;
      this.#rows++;
      if (this.#rows === this.#fullAt) {
        chunks.push(this.#chunkEndingAt(this.#offset + at));
      }
    }
    window.copyWithin(0, at, this.#filled);
    this.#filled -= at;
    this.#offset += at;
    this.#isOver = false;
  }

  /** From the checkpoint and the size alone: whoever resumes cuts the same (I4). */
  #nextFullAt(): number {
    const { rows, offset } = this.#checkpoint;
    const size = this.#size();
    // A list of which nobody knows how long it is has at least as much again.
    const listRows = size === undefined || offset === 0 ? 2 * rows : (rows * size) / offset;
    return rows + rowsOfChunk(listRows, this.#chunkRows, this.#chunkRowsMax);
  }

  /** Closes the chunk in the making and moves the checkpoint behind it. */
  #chunkEndingAt(end: number): ChunkRange {
    const { offset: start, rows: firstRow } = this.#checkpoint;
    const bucket = this.#check.bucket;
    assert(bucket !== undefined, 'A chunk has rows and rows have a bucket.');
    this.#checkpoint = { offset: end, rows: this.#rows, line: this.#line, bucket };
    this.#fullAt = this.#nextFullAt();
    return { firstRow, rows: this.#rows - firstRow, start, end };
  }
}

/** Of a chunk in a list of `listRows` rows: a number of first chunks, no larger than its share. */
export function rowsOfChunk(listRows: number, chunkRows: number, chunkRowsMax: number): number {
  const share = Math.floor((listRows * CHUNK_SHARE) / chunkRows) * chunkRows;
  return Math.min(chunkRowsMax, Math.max(chunkRows, share));
}

function refuseByteOrderMark(window: Uint8Array, filled: number): void {
  if (filled < BYTE_ORDER_MARK.length) return;
  if (!BYTE_ORDER_MARK.every((byte, index) => window[index] === byte)) return;
  throw new ManifestDefect(
    'Manifest file is not properly formatted: line 1 begins with a UTF-8 byte order mark (BOM); ' +
      'save it as UTF-8 without one.',
  );
}
