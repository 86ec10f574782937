/**
 * Rows per second of cutting a manifest with every check, and of reading its chunks into tasks,
 * against a bare count of line feeds (the floor: native code that understands nothing) and against
 * csv-parse (the usual library, which checks none of our rules).
 *
 *   npm run bench -- csv [--rows N] [--quick]
 */
import { parse } from 'csv-parse/sync';
import { ManifestCutter, readTasks, type ChunkRange } from '../src/manifest/index.ts';
import type { ManifestField } from '../src/model/vocabulary.ts';
import { setting, settingLines } from './lib/figures.ts';
import { benchOptions } from './lib/options.ts';

const BUCKET = 'example-archive-2024';
const BUFFER_BYTES = 64 * 1024;
const CHUNK_ROWS = 1000;
const ROUNDS = 3;
/** csv-parse makes an object of everything at once; more would measure the heap. */
const CSV_PARSE_ROWS = 100_000;

interface Shape {
  readonly name: string;
  readonly fields: readonly ManifestField[];
  readonly row: (i: number) => string;
}

const path = (i: number): string => `photos/2024/${i % 12}/user-${i % 9973}/image-${i}.jpg`;
const SHAPES: readonly Shape[] = [
  { name: 'plain', fields: ['Bucket', 'Key'], row: (i) => `${BUCKET},${path(i)}\n` },
  {
    name: 'versioned',
    fields: ['Bucket', 'Key', 'VersionId'],
    row: (i) => `${BUCKET},${path(i)},3sL4kqtJlcpXroDTDmJ-rmSpXd3dIbrHY.${i}\n`,
  },
  {
    name: 'inventory, all quoted',
    fields: ['Bucket', 'Key', 'Ignore', 'Ignore'],
    row: (i) => `"${BUCKET}","${path(i)}","${i}","2024-05-06T07:08:09.000Z"\n`,
  },
  {
    name: 'escaped ASCII',
    fields: ['Bucket', 'Key'],
    row: (i) => `${BUCKET},my%20photos/new+year/image%28${i}%29.jpg\n`,
  },
  {
    name: 'escaped Japanese',
    fields: ['Bucket', 'Key'],
    row: (i) => `${BUCKET},${encodeURIComponent('写真')}/${encodeURIComponent('画像')}-${i}.jpg\n`,
  },
  { name: 'raw Japanese', fields: ['Bucket', 'Key'], row: (i) => `${BUCKET},写真/画像-${i}.jpg\n` },
];

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++;
  return count;
}

function cut(bytes: Buffer, fields: readonly ManifestField[]): ChunkRange[] {
  const cutter = new ManifestCutter({ fields, chunkRows: CHUNK_ROWS });
  const chunks: ChunkRange[] = [];
  for (let at = 0; at < bytes.length; at += BUFFER_BYTES) {
    chunks.push(...cutter.push(bytes.subarray(at, at + BUFFER_BYTES)));
  }
  chunks.push(...cutter.end());
  return chunks;
}

function readAll(bytes: Buffer, fields: readonly ManifestField[], chunks: ChunkRange[]): number {
  let rows = 0;
  for (const range of chunks) {
    rows += readTasks(bytes.subarray(range.start, range.end), fields, range).length;
  }
  return rows;
}

/** Rows per second, best of some rounds: the others had the garbage of somebody else. */
function rate(rows: number, run: () => number): number {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const before = performance.now();
    if (run() !== rows) throw new Error('A contestant lost rows.');
    best = Math.min(best, performance.now() - before);
  }
  return (rows / best) * 1000;
}

const { rows } = benchOptions({ full: 1_000_000, quick: 100_000 });
console.log(`csv.bench: ${settingLines(setting())}`);
const columns = [24, 8, 12, 12, 12, 12, 10, 10];
const print = (cells: readonly string[]): void =>
  console.log(
    cells.map((cell, i) => (i ? cell.padStart : cell.padEnd).call(cell, columns[i] ?? 9)).join(''),
  );
print(['rows/s', 'B/row', 'newlines', 'csv-parse', 'cut', 'readTasks', 'cut/nl', 'cut/csv-p']);
for (const { name, fields, row } of SHAPES) {
  const bytes = Buffer.from(Array.from({ length: rows }, (_, i) => row(i)).join(''));
  const few = bytes.subarray(
    0,
    Buffer.byteLength(
      Array.from({ length: Math.min(rows, CSV_PARSE_ROWS) }, (_, i) => row(i)).join(''),
    ),
  );
  const chunks = cut(bytes, fields);
  const newlines = rate(rows, () => countLines(bytes));
  const library = rate(Math.min(rows, CSV_PARSE_ROWS), () => parse(few).length);
  const cutting = rate(rows, () => cut(bytes, fields).reduce((sum, chunk) => sum + chunk.rows, 0));
  const reading = rate(rows, () => readAll(bytes, fields, chunks));
  print([
    name,
    (bytes.length / rows).toFixed(0),
    ...[newlines, library, cutting, reading].map((r) => `${(r / 1e6).toFixed(2)} M`),
    `x ${(cutting / newlines).toFixed(2)}`,
    `x ${(cutting / library).toFixed(1)}`,
  ]);
}
