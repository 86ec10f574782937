/**
 * RFC 4180 on bytes: finds the fields of one row without making a string or an object.
 *
 * I1. A row ends at LF, CRLF or the end of the input. A lone CR, a quote inside an unquoted field,
 *     text behind a closing quote and a quote that never closes are problems, never guessed at.
 * I2. Line breaks and commas inside quotes belong to the field; `""` stands for one quote.
 * I3. `scan` reads every byte of a row once and remembers which marked bytes it met, so that a
 *     caller with rules of its own looks again only at fields that have something to look at.
 *
 * It does not decode: fields are offsets, and their text is the caller's business.
 */
import { byteAt } from './bytes.ts';

export const CSV_PROBLEMS = {
  'lone-cr': 'has a carriage return without a line feed',
  'quote-in-field': 'has a quote inside a field that does not begin with one',
  'text-after-quote': 'has text behind a closing quote',
  'open-quote': 'opens a quote that is never closed',
} as const;
export type CsvProblem = keyof typeof CSV_PROBLEMS;

/** Result of `scan`: the row does not end before `limit`. */
export const CSV_INCOMPLETE = -1;
/** Result of `scan`: `problem` tells what is wrong. */
export const CSV_PROBLEM = -2;
/** Flag of a field: it holds doubled quotes. The bits below are the caller's marks. */
export const CSV_DOUBLED = 64;

/** Kind of the four bytes that mean something to CSV itself. */
const STOP = 128;
const LF = 10;
const CR = 13;
const QUOTE = 34;
const COMMA = 44;

export class CsvScanner {
  /** Fields of the last row; those beyond `columnsMax` are counted, not remembered. */
  columns = 0;
  /** Flags of all its fields together. */
  rowFlags = 0;
  /** Line feeds inside its quotes; after a problem, those before it. */
  lineBreaks = 0;
  problem: CsvProblem = 'open-quote';
  /** Where the problem is. */
  problemAt = 0;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  readonly #flags: Uint8Array;
  #quotedFlags = 0;
  readonly #kinds = new Uint8Array(256);

  /** `marks` gives each of 256 bytes up to six flags (1 .. 32) of the caller's choice. */
  constructor(columnsMax: number, marks?: Uint8Array) {
    this.#starts = new Int32Array(columnsMax);
    this.#ends = new Int32Array(columnsMax);
    this.#flags = new Uint8Array(columnsMax);
    if (marks) this.#kinds.set(marks);
    for (const byte of [LF, CR, QUOTE, COMMA]) this.#kinds[byte] = byteAt(this.#kinds, byte) | STOP;
  }

  /** Where the text of a remembered field begins, behind its quote if it has one. */
  start(column: number): number {
    return this.#starts[column] ?? 0;
  }

  end(column: number): number {
    return this.#ends[column] ?? 0;
  }

  /** The marks of a field's bytes, and CSV_DOUBLED. */
  flags(column: number): number {
    return this.#flags[column] ?? 0;
  }

  /**
   * Scans the row that begins at `from` < `limit`, the end of the input so far; `final` says that
   * nothing follows. Returns where the next row begins, CSV_INCOMPLETE or CSV_PROBLEM.
   */
  scan(bytes: Uint8Array, from: number, limit: number, final: boolean): number {
    const kinds = this.#kinds;
    const starts = this.#starts;
    const ends = this.#ends;
    const fieldFlags = this.#flags;
    let i = from;
    let rowFlags = 0;
    this.lineBreaks = 0;
    for (let column = 0; ; column++) {
      let flags = 0;
      let start = i;
      let end = i;
      const quoted = i < limit && bytes[i] === QUOTE;
      if (quoted) {
        start++;
        // The usual field has neither quotes nor line feeds inside.
        let kind = 0;
        for (i = start; i < limit; i++) {
          kind = byteAt(kinds, byteAt(bytes, i));
          if (kind >= STOP && bytes[i] !== COMMA) break;
          flags |= kind;
        }
        end = i;
        if (i + 1 < limit && bytes[i] === QUOTE && bytes[i + 1] !== QUOTE) {
          flags &= ~STOP;
          i++;
        } else {
          end = this.#quotedEnd(bytes, start, limit, final);
          if (end < 0) return end;
          flags = this.#quotedFlags;
          i = end + 1;
        }
      } else {
        let kind = 0;
        while (i < limit && (kind = byteAt(kinds, byteAt(bytes, i))) < STOP) {
          flags |= kind;
          i++;
        }
        end = i;
      }
      rowFlags |= flags;
      if (column < starts.length) {
        starts[column] = start;
        ends[column] = end;
        fieldFlags[column] = flags;
      }
      if (i < limit && bytes[i] === COMMA) {
        i++;
        continue;
      }
      this.columns = column + 1;
      this.rowFlags = rowFlags;
      return this.#rowEnd(bytes, i, limit, final, quoted);
    }
  }

  /** The field that ended at `i` is not followed by a comma. */
  #rowEnd(bytes: Uint8Array, i: number, limit: number, final: boolean, quoted: boolean): number {
    if (i >= limit) return final ? limit : CSV_INCOMPLETE;
    if (bytes[i] === LF) return i + 1;
    if (bytes[i] !== CR) return this.#fail(quoted ? 'text-after-quote' : 'quote-in-field', i);
    if (i + 1 < limit) return bytes[i + 1] === LF ? i + 2 : this.#fail('lone-cr', i);
    return final ? this.#fail('lone-cr', i) : CSV_INCOMPLETE;
  }

  /** Where the closing quote of the field whose text begins at `start` is, or as `scan`. */
  #quotedEnd(bytes: Uint8Array, start: number, limit: number, final: boolean): number {
    const kinds = this.#kinds;
    const lineBreaksBefore = this.lineBreaks;
    let flags = 0;
    for (let i = start; i < limit; i++) {
      const kind = byteAt(kinds, byteAt(bytes, i));
      flags |= kind;
      if (kind < STOP) continue;
      if (bytes[i] === LF) this.lineBreaks++;
      if (bytes[i] !== QUOTE) continue;
      if (bytes[i + 1] === QUOTE && i + 1 < limit) {
        flags |= CSV_DOUBLED;
        i++;
        continue;
      }
      // At the limit this may be half of a doubled quote; the row is incomplete then anyway.
      this.#quotedFlags = flags & ~STOP;
      return i;
    }
    this.lineBreaks = lineBreaksBefore;
    return final ? this.#fail('open-quote', start - 1) : CSV_INCOMPLETE;
  }

  #fail(problem: CsvProblem, at: number): number {
    this.problem = problem;
    this.problemAt = at;
    return CSV_PROBLEM;
  }
}

const NEEDS_QUOTES = /[",\r\n]/;

/** A field as CSV writes it: quoted only when it has to be. */
export function csvField(text: string): string {
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
