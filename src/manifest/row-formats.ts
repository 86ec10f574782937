/** Text formats whose rows become manifest rows. Which rows are right is for the cutter to say. */
import { isUtf8 } from 'node:buffer';
import { asBuffer } from '../base/bytes.ts';
import { CSV_DOUBLED, CSV_INCOMPLETE, CSV_PROBLEMS, CsvScanner } from '../base/csv.ts';
import type { ManifestColumns } from './columns.ts';
import { encodeKey } from './key.ts';
import { ManifestDefect, shown } from './manifest.ts';
import { ROW_INCOMPLETE, type RowFormat } from './row-stream.ts';
import type { RowWriter } from './row-writer.ts';

const LF = 10;
const CR = 13;
/** Mark of bytes that need quotes around their field; quotes inside one are CSV_DOUBLED. */
const NEEDS_QUOTES = 1;
const QUOTABLE = NEEDS_QUOTES | CSV_DOUBLED;
const MARKS = new Uint8Array(256);
for (const byte of Buffer.from(',\r\n')) MARKS[byte] = NEEDS_QUOTES;

/**
 * Some columns of a CSV file: an inventory's, a report's. What is copied is the text of the columns,
 * so that keys keep their spelling. `versionId` -1: rows without one.
 */
export function csvColumns(columns: ManifestColumns): RowFormat {
  const { bucket, key, versionId } = columns;
  const expected = columns.fields.length;
  const scanner = new CsvScanner(Math.max(bucket, key, versionId) + 1, MARKS);
  let lines = 1;
  const copy = (bytes: Uint8Array, column: number, out: RowWriter): void => {
    const start = scanner.start(column);
    const end = scanner.end(column);
    if (scanner.flags(column) & QUOTABLE) out.copyQuoted(bytes, start, end);
    else out.copy(bytes, start, end);
  };
  return {
    get lines() {
      return lines;
    },
    read(bytes, from, limit, final, line, out) {
      const next = scanRow(scanner, bytes, from, limit, final, line);
      if (next === ROW_INCOMPLETE) return next;
      if (scanner.columns !== expected) failCount(line, scanner.columns, expected);
      copy(bytes, bucket, out);
      out.comma();
      copy(bytes, key, out);
      if (versionId >= 0) {
        out.comma();
        copy(bytes, versionId, out);
      }
      out.endRow();
      lines = 1 + scanner.lineBreaks;
      return next;
    },
  };
}

/** A manifest as it is, row by row. */
export function csvRows(): RowFormat {
  const scanner = new CsvScanner(0);
  let lines = 1;
  return {
    get lines() {
      return lines;
    },
    read(bytes, from, limit, final, line, out) {
      const next = scanRow(scanner, bytes, from, limit, final, line);
      if (next === ROW_INCOMPLETE) return next;
      out.copy(bytes, from, next);
      if (bytes[next - 1] !== LF) out.endRow();
      lines = 1 + scanner.lineBreaks;
      return next;
    },
  };
}

function scanRow(
  scanner: CsvScanner,
  bytes: Uint8Array,
  from: number,
  limit: number,
  final: boolean,
  line: number,
): number {
  const next = scanner.scan(bytes, from, limit, final);
  if (next >= 0) return next;
  if (next === CSV_INCOMPLETE) return ROW_INCOMPLETE;
  return malformed(`line ${line + scanner.lineBreaks} ${CSV_PROBLEMS[scanner.problem]}.`);
}

const MEMBERS = ['bucket', 'key', 'versionid'] as const;
type Member = (typeof MEMBERS)[number];

/**
 * JSON Lines: an object per line with `bucket`, `key` and, when `withVersionId`, `versionId`
 * (also `Bucket`, `version_id` and the like). Keys are plain: what they are, not how URLs spell them.
 */
export function jsonLines(withVersionId: boolean): RowFormat {
  return {
    lines: 1,
    read(bytes, from, limit, final, line, out) {
      const feed = asBuffer(bytes).indexOf(LF, from);
      const isWhole = feed >= 0 && feed < limit;
      if (!isWhole && !final) return ROW_INCOMPLETE;
      const end = isWhole ? feed : limit;
      const text = bytes[end - 1] === CR && end > from ? end - 1 : end;
      const { bucket, key, versionid } = membersOf(asBuffer(bytes.subarray(from, text)), line);
      put(out, bucket);
      out.comma();
      const spelt = Buffer.from(spellKey(key, line));
      out.copy(spelt, 0, spelt.length);
      if (withVersionId) {
        out.comma();
        put(out, versionid);
      }
      out.endRow();
      return isWhole ? feed + 1 : limit;
    },
  };
}

function put(out: RowWriter, text: string): void {
  const bytes = Buffer.from(text);
  out.field(bytes, 0, bytes.length);
}

function membersOf(bytes: Buffer, line: number): Readonly<Record<Member, string>> {
  if (!isUtf8(bytes)) malformed(`line ${line} is not UTF-8.`);
  const row = objectOf(bytes.toString('utf8'), line);
  const found = new Map<Member, string>();
  for (const [name, value] of Object.entries(row)) {
    const plain = name.toLowerCase().replaceAll(/[_-]/g, '');
    const member = MEMBERS.find((one) => one === plain);
    if (member === undefined || value === null) continue;
    if (typeof value !== 'string') malformed(`line ${line}: ${shown(name)} is not a string.`);
    if (found.has(member)) malformed(`line ${line} has a second ${shown(name)}.`);
    found.set(member, value);
  }
  const of = (member: Member): string => found.get(member) ?? '';
  return { bucket: of('bucket'), key: of('key'), versionid: of('versionid') };
}

function objectOf(text: string, line: number): object {
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch {
    row = undefined;
  }
  if (typeof row === 'object' && row !== null && !Array.isArray(row)) return row;
  return malformed(`line ${line} is not a JSON object.`);
}

function spellKey(key: string, line: number): string {
  try {
    return encodeKey(key);
  } catch {
    throw new ManifestDefect(
      `Invalid object key format: line ${line} has half of a surrogate pair in its key.`,
    );
  }
}

function failCount(line: number, found: number, expected: number): never {
  throw new ManifestDefect(
    `Unexpected number of task fields: line ${line} has ${found} field${found === 1 ? '' : 's'}, ` +
      `the schema names ${expected}.`,
  );
}

function malformed(detail: string): never {
  throw new ManifestDefect(`Manifest file is not properly formatted: ${detail}`);
}
