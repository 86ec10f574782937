/**
 * Rows per second of encodePart, for chunks of 1,000 rows, against the floor: joining rows that
 * are already made and turning them into bytes.
 *
 * Then the way from parts to finished files, as the engine of the service goes it in a process of its
 * own: read from a staging folder, MD5 of every part of an upload and of every file, sent to an endpoint
 * that swallows them.
 *
 *   npm run bench -- report [--rows N] [--quick] [--json]
 */
import { type Outcome, type Task, failed } from '../src/model/outcome.ts';
import { encodePart, readReport } from '../src/report/index.ts';
import { millions, times, verdict } from './lib/bars.ts';
import { startEndpoint } from './lib/endpoint.ts';
import { setting, settingLines, table } from './lib/figures.ts';
import { figuresOf, inOwnProcess, type Measured } from './lib/measured.ts';
import { benchOptions } from './lib/options.ts';

const ROWS = 1000;
const ROUNDS = 3;

interface Mix {
  readonly name: string;
  readonly key: (i: number) => string;
  readonly outcome: (i: number) => Outcome;
}

const path = (i: number): string => `photos/2024/${i % 12}/user-${i % 9973}/image-${i}.jpg`;
const done: Outcome = { ok: true, message: 'Successful' };
const denied: Outcome = failed(403, 'AccessDenied', 'Access Denied');
const MIXES: readonly Mix[] = [
  { name: 'all succeeded', key: path, outcome: () => done },
  { name: 'one in ten failed', key: path, outcome: (i) => (i % 10 ? done : denied) },
  { name: 'all failed', key: path, outcome: () => denied },
  { name: 'keys with commas', key: (i) => `a, b "${i}"`, outcome: () => done },
  {
    name: 'checksums (JSON)',
    key: path,
    outcome: (i) => ({
      ok: true,
      message: `{"etag":"3c3c1813042989094598e4b57ecbdc82","n":"${i}"}`,
    }),
  },
];

function rate(chunks: number, run: () => void): number {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const before = performance.now();
    for (let chunk = 0; chunk < chunks; chunk++) run();
    best = Math.min(best, performance.now() - before);
  }
  return ((chunks * ROWS) / best) * 1000;
}

interface Rates {
  readonly name: string;
  readonly join: number;
  readonly encode: number;
}

function measure({ name, key, outcome }: Mix, chunks: number): Rates {
  const tasks: Task[] = Array.from({ length: ROWS }, (_, i) => ({
    bucket: 'example-archive-2024',
    key: key(i),
    manifestKey: key(i),
  }));
  const outcomes = tasks.map((_, i) => outcome(i));
  const { bytes } = encodePart(tasks, outcomes, 'AllTasks');
  if (readReport(bytes).length !== ROWS) throw new Error('encodePart lost rows.');
  const made = bytes.toString().split('\n');
  let sink = 0;
  const join = rate(chunks, () => void (sink += Buffer.from(made.join('\n')).length));
  const encode = rate(
    chunks,
    () => void (sink += encodePart(tasks, outcomes, 'AllTasks').bytes.length),
  );
  if (sink === 0) throw new Error('Nothing was encoded.');
  return { name, join, encode };
}

const FILES_BAR = { atLeast: 2_000_000 };

async function writeFiles(rows: number, rounds: number): Promise<Measured[]> {
  const endpoint = await startEndpoint();
  try {
    const runs: Measured[] = [];
    for (let round = 0; round < rounds; round++) {
      runs.push(await inOwnProcess('write-report.ts', [endpoint.url, String(rows)]));
    }
    return runs;
  } finally {
    await endpoint.stop();
  }
}

const { rows, rounds, quick, json } = benchOptions({ full: 5_000_000, quick: 200_000 });
const rates = MIXES.map((mix) => measure(mix, Math.ceil(Math.min(rows, 1_000_000) / ROWS)));
const files = figuresOf(await writeFiles(rows, rounds ?? (quick ? 1 : 3)));
if (json) {
  console.log(JSON.stringify({ ...setting(), rates, files }));
} else {
  console.log(`report.bench: ${settingLines(setting())}`);
  const lines = rates.map(({ name, join, encode }) => [
    ...[name, millions(join), millions(encode), times(encode / join)],
  ]);
  console.log(table([['rows/s', 'join', 'encodePart', 'ratio'], ...lines]));
  const head = ['parts to files', 'wall s', 'rows/s', 'rows/s of one core', 'peak RSS MB'];
  const line = [
    `${files.rows.toLocaleString('en-US')} rows`,
    files.wallSeconds.toFixed(2),
    ...[millions(files.perSecond), millions(files.perCpuSecond), files.rssPeakMb.toFixed(0)],
    verdict(files.perCpuSecond, FILES_BAR, millions),
  ];
  console.log(table([[...head, 'rows/s of one core'], line]));
}
