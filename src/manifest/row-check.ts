/**
 * One row of a CSV manifest, found and judged. The cutter and the reader of tasks both go through
 * here, so that they cannot disagree about what a row is or which rows are right.
 *
 * I1. Every rule is checked on every row; a row that breaks one throws ManifestDefect with its line.
 * I2. A row of plain ASCII is looked at once, byte by byte, and allocates nothing; only fields with
 *     escapes, doubled quotes or bytes above 7F are looked at again.
 * I3. What is thrown depends on the bytes alone, not on how they were cut into buffers.
 *
 * Reasons begin with AWS's text where one is known (the guide's list for InvalidManifestContent;
 * "Unexpected number of task fields" was seen in a live job); which fault gets which is unverified.
 */
import { asBuffer, isUtf8Range, rangeEquals } from '../base/bytes.ts';
import { CSV_DOUBLED, CSV_INCOMPLETE, CSV_PROBLEMS, CsvScanner } from '../base/csv.ts';
import { KEY_BYTES_MAX, MANIFEST_ROW_BYTES_MAX, VERSION_ID_CHARS_MAX } from '../model/limits.ts';
import type { ManifestField } from '../model/vocabulary.ts';
import { type ManifestColumns, manifestColumns } from './columns.ts';
import { BAD_ESCAPE, BAD_UTF8, decodedKeyBytes } from './key.ts';
import { ManifestDefect, shown } from './manifest.ts';

/** Marks of bytes that make a field worth a second look. */
const HIGH = 1;
const NUL = 2;
const CONTROL = 4;
const PERCENT = 8;
const PLUS = 16;
/** A field with one of these spells something else than its bytes. */
export const SPELT_DIFFERENTLY = PERCENT | PLUS;

const LF = 10;
const CR = 13;
const MARKS = marks();

function marks(): Uint8Array {
  const table = new Uint8Array(256);
  table.fill(HIGH, 0x80);
  table.fill(CONTROL, 0, 0x20);
  table[0x7f] = CONTROL;
  table[0] = NUL | CONTROL;
  table['%'.charCodeAt(0)] = PERCENT;
  table['+'.charCodeAt(0)] = PLUS;
  return table;
}

/**
 * Names that some store accepts: S3's of today, those of old us-east-1 (upper case, underscores, up
 * to 255 characters), Ceph's relaxed ones. A stricter rule would refuse buckets that exist.
 */
const BUCKET_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{2,254}$/;

export class RowCheck {
  readonly columns: ManifestColumns;
  readonly scanner: CsvScanner;
  #bucket: string | undefined;
  #bucketBytes: Uint8Array | undefined;
  /** The bucket's own name is "bucket", so its rows may still be a header. */
  #bucketIsHeading = false;

  /** `bucket`: the one that earlier rows named. Throws ManifestDefect for impossible fields. */
  constructor(fields: readonly ManifestField[], bucket?: string) {
    this.columns = manifestColumns(fields);
    this.scanner = new CsvScanner(fields.length, MARKS);
    if (bucket !== undefined) this.#expect(bucket);
  }

  /** The bucket of all rows, once there was one. */
  get bucket(): string | undefined {
    return this.#bucket;
  }

  /** As CsvScanner.scan: where the next row begins, or CSV_INCOMPLETE. `line` counts from 1. */
  next(bytes: Uint8Array, from: number, limit: number, final: boolean, line: number): number {
    const next = this.scanner.scan(bytes, from, limit, final);
    if (next > from) {
      this.#check(bytes, from, next, line);
      return next;
    }
    const { problem, problemAt, lineBreaks } = this.scanner;
    const isOpen = next === CSV_INCOMPLETE || problem === 'open-quote';
    if ((isOpen ? limit : problemAt) - from > MANIFEST_ROW_BYTES_MAX) failTooLong(line); // I3
    if (next === CSV_INCOMPLETE) return next;
    return malformed(`line ${line + lineBreaks} ${CSV_PROBLEMS[problem]}.`);
  }

  #check(bytes: Uint8Array, from: number, next: number, line: number): void {
    const { columns, scanner } = this;
    if (next - from > MANIFEST_ROW_BYTES_MAX) failTooLong(line);
    if (scanner.columns !== columns.fields.length) this.#failCount(bytes, from, line);
    if (scanner.rowFlags & (NUL | HIGH)) this.#checkBytes(bytes, from, next, line);
    const start = scanner.start(columns.bucket);
    const end = scanner.end(columns.bucket);
    const expected = this.#bucketBytes;
    if (expected === undefined || !rangeEquals(bytes, start, end, expected)) {
      this.#checkHeading(bytes, line);
      this.#acceptBucket(this.#text(bytes, columns.bucket), line);
    } else if (this.#bucketIsHeading) {
      this.#checkHeading(bytes, line);
    }
    this.#checkKey(bytes, line);
    if (columns.versionId >= 0) this.#checkVersionId(bytes, line);
  }

  #failCount(bytes: Uint8Array, from: number, line: number): never {
    if (bytes[from] === LF || bytes[from] === CR) malformed(`line ${line} is empty.`);
    const found = this.scanner.columns;
    throw new ManifestDefect(
      `Unexpected number of task fields: line ${line} has ${found} field${found === 1 ? '' : 's'}, ` +
        `the schema names ${this.columns.fields.length}.`,
    );
  }

  #checkBytes(bytes: Uint8Array, from: number, next: number, line: number): void {
    if (this.scanner.rowFlags & NUL) malformed(`line ${line} has a NUL byte.`);
    if (!isUtf8Range(bytes, from, next)) malformed(`line ${line} is not UTF-8.`);
  }

  /** A row that only repeats the names of its columns, whatever the ignored ones say. */
  #checkHeading(bytes: Uint8Array, line: number): void {
    const repeats = this.columns.fields.every(
      (field, column) =>
        field === 'Ignore' || this.#text(bytes, column).toLowerCase() === field.toLowerCase(),
    );
    if (!repeats) return;
    malformed(`line ${line} repeats the names of the columns: manifests have no header row.`);
  }

  #acceptBucket(bucket: string, line: number): void {
    if (bucket.startsWith('arn:')) {
      malformed(`line ${line} has ${shown(bucket)} where a bucket name, not ARN, belongs.`);
    }
    if (bucket === '') malformed(`line ${line} has no bucket name.`);
    if (!BUCKET_NAME.test(bucket))
      malformed(`line ${line}: ${shown(bucket)} is not a bucket name.`);
    if (this.#bucket !== undefined) {
      malformed(
        `line ${line} names ${shown(bucket)}, the lines before ${shown(this.#bucket)}: ` +
          'a manifest with two buckets cannot be one job.',
      );
    }
    this.#expect(bucket);
  }

  #expect(bucket: string): void {
    this.#bucket = bucket;
    this.#bucketBytes = new TextEncoder().encode(bucket);
    this.#bucketIsHeading = bucket.toLowerCase() === 'bucket';
  }

  #checkKey(bytes: Uint8Array, line: number): void {
    const column = this.columns.key;
    const start = this.scanner.start(column);
    const end = this.scanner.end(column);
    let length = end - start;
    if (length === 0) badKey(`line ${line} has no key.`);
    if (this.scanner.flags(column) & (PERCENT | CSV_DOUBLED)) {
      length = decodedKeyBytes(bytes, start, end);
      if (length === BAD_ESCAPE) badKey(`line ${line} has a % without two hexadecimal digits.`);
      if (length === BAD_UTF8) badKey(`line ${line} decodes to a key that is not UTF-8.`);
    }
    if (length > KEY_BYTES_MAX) {
      badKey(`line ${line} decodes to ${length} bytes, a key has at most ${KEY_BYTES_MAX}.`);
    }
  }

  /** An empty version id passes: AWS fails that task, not the job. */
  #checkVersionId(bytes: Uint8Array, line: number): void {
    const column = this.columns.versionId;
    if (this.scanner.flags(column) & CONTROL) {
      badVersionId(`line ${line} has a control character in it.`);
    }
    if (this.scanner.end(column) - this.scanner.start(column) <= VERSION_ID_CHARS_MAX) return;
    const { length } = this.#text(bytes, column);
    if (length > VERSION_ID_CHARS_MAX) {
      badVersionId(
        `line ${line} has ${length} characters, at most ${VERSION_ID_CHARS_MAX} may be.`,
      );
    }
  }

  /** The text of a field of the row that was scanned last, unquoted. */
  #text(bytes: Uint8Array, column: number): string {
    const { scanner } = this;
    const text = asBuffer(bytes).toString('utf8', scanner.start(column), scanner.end(column));
    return scanner.flags(column) & CSV_DOUBLED ? text.replaceAll('""', '"') : text;
  }
}

function malformed(detail: string): never {
  throw new ManifestDefect(`Manifest file is not properly formatted: ${detail}`);
}

function badKey(detail: string): never {
  throw new ManifestDefect(`Invalid object key format: ${detail}`);
}

function badVersionId(detail: string): never {
  throw new ManifestDefect(`Invalid version ID format: ${detail}`);
}

function failTooLong(line: number): never {
  malformed(
    `line ${line} begins a row of more than ${MANIFEST_ROW_BYTES_MAX} bytes (a quote that is never closed?).`,
  );
}
