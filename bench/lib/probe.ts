/**
 * What the regression check measures of one tree, printed as JSON: `node bench/lib/probe.ts`. Short, in
 * a process of its own, and of the tree that it lies in.
 */
import { ManifestCutter, readTasks } from '../../src/manifest/index.ts';
import type { Task } from '../../src/model/outcome.ts';
import { encodePart } from '../../src/report/index.ts';
import { startEndpoint } from './endpoint.ts';
import { csvManifest, runCompleteJob } from './job-service.ts';
import type { Sample } from './regression.ts';
import { BUCKET, keyOf, manifestOf } from './work.ts';

const CSV_ROWS = 200_000;
const TASK_ROWS = 60_000;
const CHUNK_ROWS = 1000;
const FIELDS = ['Bucket', 'Key'] as const;
const TURNS = 5;

/** Rows per second of the best turn: the others had the garbage of somebody else. */
function rate(rows: number, run: () => number): number {
  let best = Infinity;
  for (let turn = 0; turn < TURNS; turn++) {
    const before = performance.now();
    if (run() !== rows) throw new Error('Rows were lost.');
    best = Math.min(best, performance.now() - before);
  }
  return (rows / best) * 1000;
}

function prepare(bytes: Buffer): number {
  const cutter = new ManifestCutter({ fields: FIELDS, chunkRows: CHUNK_ROWS });
  const chunks = [...cutter.push(bytes), ...cutter.end()];
  let read = 0;
  for (const range of chunks) {
    const found = readTasks(bytes.subarray(range.start, range.end), FIELDS, range);
    while (found.at(read - range.firstRow)) read += 1;
  }
  return read;
}

const tasks: Task[] = Array.from({ length: CHUNK_ROWS }, (_, row) => ({
  ...{ bucket: BUCKET, key: keyOf(row), manifestKey: keyOf(row) },
}));
const outcomes = tasks.map(() => ({ ok: true, message: 'Successful' }) as const);

function report(rows: number): number {
  let written = 0;
  for (let at = 0; at < rows; at += CHUNK_ROWS) {
    written += encodePart(tasks, outcomes, 'AllTasks').succeeded;
  }
  return written;
}

const bytes = Buffer.concat([...manifestOf(CSV_ROWS)]);
const endpoint = await startEndpoint();
try {
  const key = 'manifest-probe.csv';
  const manifest = csvManifest(key, await endpoint.put(key, manifestOf(TASK_ROWS)));
  const job = await runCompleteJob(endpoint, 'tagging', manifest, TASK_ROWS);
  const sample: Sample = {
    'csv, rows/s': rate(CSV_ROWS, () => prepare(bytes)),
    'report, rows/s': rate(CSV_ROWS, () => report(CSV_ROWS)),
    'tasks, rows/s': (job.rows / job.wallMs) * 1000,
    'tasks, rows/s of one core': (job.rows / job.cpuMs) * 1000,
  };
  process.stdout.write(`${JSON.stringify(sample)}\n`);
} finally {
  await endpoint.stop();
}
