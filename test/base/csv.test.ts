import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import {
  CSV_DOUBLED,
  CSV_INCOMPLETE,
  CSV_PROBLEM,
  type CsvProblem,
  CsvScanner,
  csvField,
} from '../../src/base/csv.ts';

const COLUMNS_MAX = 20;

function scanAll(text: string): string[][] | CsvProblem {
  const bytes = Buffer.from(text);
  const scanner = new CsvScanner(COLUMNS_MAX);
  const rows: string[][] = [];
  for (let at = 0; at < bytes.length;) {
    at = scanner.scan(bytes, at, bytes.length, true);
    if (at === CSV_PROBLEM) return scanner.problem;
    rows.push(cells(bytes, scanner));
  }
  return rows;
}

function cells(bytes: Buffer, scanner: CsvScanner): string[] {
  return Array.from({ length: scanner.columns }, (_, column) => {
    const text = bytes.toString('utf8', scanner.start(column), scanner.end(column));
    const isDoubled = (scanner.flags(column) & CSV_DOUBLED) !== 0;
    assert.equal(isDoubled, text.includes('"'));
    return text.replaceAll('""', '"');
  });
}

function library(text: string): string[][] | undefined {
  try {
    return parse(text, { record_delimiter: ['\r\n', '\n'], relax_column_count: true });
  } catch {
    return undefined;
  }
}

/** All texts over the characters that matter, up to a length. */
function* textsUpTo(length: number): Generator<string> {
  if (length === 0) return yield '';
  for (const text of textsUpTo(length - 1)) {
    yield text;
    if (text.length === length - 1) for (const c of 'a,"\r\n') yield text + c;
  }
}

test('every short text of commas, quotes and line breaks is read as csv-parse reads it, or refused', () => {
  // Aim: exhaustive proof of the grammar (I1, I2). We refuse more: a lone CR is data to csv-parse.
  let accepted = 0;
  for (const text of textsUpTo(6)) {
    const ours = scanAll(text);
    if (ours === 'lone-cr') continue;
    const theirs = library(text);
    if (typeof ours === 'string') assert.equal(theirs, undefined, JSON.stringify(text));
    else {
      assert.deepEqual(ours, theirs, JSON.stringify(text));
      accepted++;
    }
  }
  assert.ok(accepted > 2000, `${accepted}`);
});

test('each problem has its name and its place', () => {
  const problems: readonly (readonly [string, CsvProblem, number])[] = [
    ['a\rb\n', 'lone-cr', 1],
    ['a\r', 'lone-cr', 1],
    ['"a"\rb', 'lone-cr', 3],
    ['a"b,c\n', 'quote-in-field', 1],
    ['"a"b,c\n', 'text-after-quote', 3],
    ['"a" ,c\n', 'text-after-quote', 3],
    ['b,"a\n\nc', 'open-quote', 2],
    ['b,"a""', 'open-quote', 2],
  ];
  for (const [text, problem, at] of problems) {
    const scanner = new CsvScanner(4);
    const bytes = Buffer.from(text);
    assert.equal(scanner.scan(bytes, 0, bytes.length, true), CSV_PROBLEM, text);
    assert.deepEqual([scanner.problem, scanner.problemAt], [problem, at], text);
    assert.equal(scanner.lineBreaks, 0, text);
  }
});

const cell = fc.string({ unit: fc.constantFrom(...'ab ,"\r\n;é日'), maxLength: 8 });
const cellsOfRow = fc.array(cell, { minLength: 2, maxLength: 6 });

test('any fields survive being written and scanned', () => {
  fc.assert(
    fc.property(fc.array(cellsOfRow, { minLength: 1, maxLength: 5 }), (rows) => {
      const text = rows.map((row) => `${row.map(csvField).join(',')}\n`).join('');
      assert.deepEqual(scanAll(text), rows);
      assert.deepEqual(library(text), rows);
    }),
  );
});

test('a field is quoted only when it has to be', () => {
  assert.equal(csvField('a b;c%20'), 'a b;c%20');
  assert.equal(csvField(''), '');
  assert.equal(csvField('a,b'), '"a,b"');
  assert.equal(csvField('say "x"'), '"say ""x"""');
  assert.equal(csvField('a\nb'), '"a\nb"');
  assert.equal(csvField('a\rb'), '"a\rb"');
});

test('a row is incomplete until its end has been seen, wherever the input is cut', () => {
  // Aim: cut buffers never change the meaning of a row, also between CR and LF or two quotes.
  fc.assert(
    fc.property(cellsOfRow, fc.constantFrom('\n', '\r\n'), (row, lineEnd) => {
      const bytes = Buffer.from(row.map(csvField).join(',') + lineEnd);
      const scanner = new CsvScanner(COLUMNS_MAX);
      for (let limit = 1; limit < bytes.length; limit++) {
        assert.equal(scanner.scan(bytes, 0, limit, false), CSV_INCOMPLETE);
      }
      assert.equal(scanner.scan(bytes, 0, bytes.length, false), bytes.length);
      assert.deepEqual(cells(bytes, scanner), row);
      assert.equal(scanner.lineBreaks, row.join('').split('\n').length - 1);
    }),
  );
});

test('what lies behind the limit is not looked at', () => {
  // Aim: a window holds stale bytes behind its filled part; they must not join the last row.
  for (const text of ['a,b', 'a,"b"', 'a,"b""c"', 'a,b\r\n', 'a,', 'a,"b']) {
    for (const stale of ['"', 'x', '\n', ',']) {
      const bytes = Buffer.from(text + stale);
      const scanner = new CsvScanner(COLUMNS_MAX);
      const next = scanner.scan(bytes, 0, text.length, true);
      const ours = next === CSV_PROBLEM ? scanner.problem : [cells(bytes, scanner)];
      assert.deepEqual(ours, scanAll(text), text + stale);
    }
  }
});

test('marks tell which fields have bytes worth a second look', () => {
  const marks = new Uint8Array(256);
  marks['%'.charCodeAt(0)] = 1;
  marks['\n'.charCodeAt(0)] = 2;
  marks[0xc3] = 4;
  const bytes = Buffer.from('a%,"b\n%",é,"c",d""\n'.replace('d""', '"d""e"'));
  const scanner = new CsvScanner(4, marks);
  assert.equal(scanner.scan(bytes, 0, bytes.length, true), bytes.length);
  assert.deepEqual(
    [0, 1, 2, 3].map((column) => scanner.flags(column)),
    [1, 3, 4, 0],
  );
  assert.equal(scanner.columns, 5);
  assert.equal(scanner.rowFlags, 1 | 2 | 4 | CSV_DOUBLED);
});

test('fields beyond the remembered ones are counted and change nothing else', () => {
  const bytes = Buffer.from('a,b,c,d\n');
  const scanner = new CsvScanner(2);
  assert.equal(scanner.scan(bytes, 0, bytes.length, false), bytes.length);
  assert.equal(scanner.columns, 4);
  assert.deepEqual([scanner.start(1), scanner.end(1)], [2, 3]);
});
