/**
 * Rows per second of cutting a manifest with every check, and of reading its chunks into tasks,
 * against a bare count of line feeds (the floor: native code that understands nothing) and against
 * csv-parse (the usual library, which checks none of our rules). Keys are decoded in both steps: when
 * they are cut, to be judged, and when they are read.
 *
 * Then the memory of preparing lists of 10^5 rows and more, up to `--rows`, each by the engine of the
 * service in a process of its own: a generated list is read over HTTP and cut, its chunks are saved.
 *
 *   npm run bench -- csv [--rows N] [--quick] [--json]
 *   npm run bench -- csv --rows 100000000
 */
import { parse } from 'csv-parse/sync';
import { ManifestCutter, readTasks, type ChunkRange } from '../src/manifest/index.ts';
import type { ManifestField } from '../src/model/vocabulary.ts';
import { millions, percent, times, verdict } from './lib/bars.ts';
import { setting, settingLines, table } from './lib/figures.ts';
import { startHelper } from './lib/helper-process.ts';
import { inOwnProcess } from './lib/measured.ts';
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
    const tasks = readTasks(bytes.subarray(range.start, range.end), fields, range);
    while (tasks.at(rows - range.firstRow)) rows += 1;
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

interface Rates {
  readonly name: string;
  readonly bytesPerRow: number;
  readonly newlines: number;
  readonly library: number;
  readonly cut: number;
  readonly read: number;
}

function measure({ name, fields, row }: Shape, rows: number): Rates {
  const text = (count: number): Buffer =>
    Buffer.from(Array.from({ length: count }, (_, i) => row(i)).join(''));
  const bytes = text(rows);
  const few = text(Math.min(rows, CSV_PARSE_ROWS));
  const chunks = cut(bytes, fields);
  return {
    name,
    bytesPerRow: bytes.length / rows,
    newlines: rate(rows, () => countLines(bytes)),
    library: rate(Math.min(rows, CSV_PARSE_ROWS), () => parse(few).length),
    cut: rate(rows, () => cut(bytes, fields).reduce((sum, chunk) => sum + chunk.rows, 0)),
    read: rate(rows, () => readAll(bytes, fields, chunks)),
  };
}

/** Rows per second and core of cutting; the issue's, of plain CSV. */
const RATE_BAR = { atLeast: 3_000_000 };
/** How much the largest list may take above the smallest. */
const MEMORY_BAR = { atMost: 1.15 };

async function prepared(rows: number): Promise<{ readonly cells: string[]; readonly mb: number }> {
  const server = await startHelper('generated-list-server.ts', [String(rows)]);
  try {
    const manifest = {
      Spec: { Format: 'S3BatchOperations_CSV_20180820', Fields: ['Bucket', 'Key'] },
      Location: { ObjectArn: 'arn:aws:s3:::lists/generated.csv', ETag: 'generated' },
    };
    const args = [server.url, JSON.stringify(manifest), String(rows)];
    const { wallMs, cpuMs, rssPeakMb } = await inOwnProcess('prepare-list.ts', args);
    const perCpuSecond = (rows / cpuMs) * 1000;
    const cells = [
      rows.toLocaleString('en-US'),
      ...[millions((rows / wallMs) * 1000), millions(perCpuSecond), rssPeakMb.toFixed(0)],
      verdict(perCpuSecond, RATE_BAR, millions),
    ];
    return { cells, mb: rssPeakMb };
  } finally {
    await server.stop();
  }
}

async function memory(rowsMax: number): Promise<void> {
  const head = ['rows', 'rows/s', 'rows/s of one core', 'peak RSS MB', 'rows/s of one core'];
  const lines = [head];
  const peaks: number[] = [];
  for (let rows = 100_000; rows <= rowsMax; rows *= 10) {
    const { cells, mb } = await prepared(rows);
    lines.push(cells);
    peaks.push(mb);
  }
  const growth = (peaks.at(-1) ?? NaN) / (peaks[0] ?? NaN);
  console.log(`\nPreparing a generated list\n${table(lines)}`);
  console.log(
    `memory, largest / smallest: ${verdict(growth, MEMORY_BAR, times)} (${times(growth)})`,
  );
}

const { rows, quick, json } = benchOptions({ full: 10_000_000, quick: 100_000 });
/** All in memory: more would tell the same. */
const CUT_ROWS = Math.min(rows, 1_000_000);
const rates = SHAPES.map((shape) => measure(shape, CUT_ROWS));
if (json) {
  console.log(JSON.stringify({ ...setting(), rates }));
} else {
  console.log(`csv.bench: ${settingLines(setting())}`);
  const head = ['rows/s', 'B/row', 'newlines', 'csv-parse', 'cut', 'readTasks', 'cut/nl'];
  const lines = rates.map(({ name, bytesPerRow, newlines, library, cut, read }) => [
    ...[name, bytesPerRow.toFixed(0), millions(newlines), millions(library), millions(cut)],
    ...[millions(read), percent(cut / newlines), times(cut / library)],
    verdict(cut, RATE_BAR, millions),
  ]);
  console.log(table([[...head, 'cut/csv-p', 'cut'], ...lines]));
  await memory(quick ? 1_000_000 : rows);
}
