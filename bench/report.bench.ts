/**
 * Rows per second of encodePart, for chunks of 1,000 rows, against the floor: joining rows that
 * are already made and turning them into bytes.
 *
 *   npm run bench -- report [--rows N] [--quick]
 */
import { type Outcome, type Task, failed } from '../src/model/outcome.ts';
import { encodePart, readReport } from '../src/report/index.ts';
import { setting, settingLines } from './lib/figures.ts';
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

const options = benchOptions({ full: 1_000_000, quick: 100_000 });
const chunks = Math.ceil(options.rows / ROWS);
console.log(`report.bench: ${settingLines(setting())}`);
console.log(
  `${'rows/s'.padEnd(24)}${'join'.padStart(12)}${'encodePart'.padStart(12)}${'ratio'.padStart(10)}`,
);
for (const { name, key, outcome } of MIXES) {
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
  const floor = rate(chunks, () => void (sink += Buffer.from(made.join('\n')).length));
  const encode = rate(
    chunks,
    () => void (sink += encodePart(tasks, outcomes, 'AllTasks').bytes.length),
  );
  if (sink === 0) throw new Error('Nothing was encoded.');
  console.log(
    name.padEnd(24) +
      `${(floor / 1e6).toFixed(2)} M`.padStart(12) +
      `${(encode / 1e6).toFixed(2)} M`.padStart(12) +
      `x ${(encode / floor).toFixed(2)}`.padStart(10),
  );
}
