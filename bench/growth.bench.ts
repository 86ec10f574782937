/**
 * What a task costs in small and in large jobs: complete jobs of 10^4 rows and more, one after the
 * other in one service that has run before, so that neither its start nor its first steps are
 * counted; what a job of one row takes is taken off each. Then, on paper, what a job of 2 x 10^10 rows
 * would need.
 *
 *   npm run bench -- growth [--rows N] [--quick]
 *   npm run bench -- growth --rows 10000000
 *
 * Memory is the highest of each job's own time. Before the first size that is what the jobs of warming
 * up have left.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePart } from '../src/report/index.ts';
import { startPostgres } from '../test/lib/postgres.ts';
import { percent, verdict, whole } from './lib/bars.ts';
import { type Endpoint, startEndpoint } from './lib/endpoint.ts';
import { median, setting, settingLines, table } from './lib/figures.ts';
import { csvManifest, JobService } from './lib/job-service.ts';
import { measurePostgres, measureSqlite } from './lib/ledger-alone.ts';
import type { Measured } from './lib/measured.ts';
import { benchOptions } from './lib/options.ts';
import { bytesText, type Constants, needsOf } from './lib/paper.ts';
import { forgetPeak } from './lib/processes.ts';
import { BUCKET, keyOf, manifestOf, OPERATION_OF } from './lib/work.ts';

const PAPER_ROWS = 2e10;
const SMALLEST = 10_000;
const COST_BAR = { atMost: 0.1 };
const MEMORY_BAR = { atMost: 0.15 };
/** Small jobs are short: chance is a large part of one. */
const ROUNDS_SMALL = 9;
const SMALL = 100_000;

const { rows, quick } = benchOptions({ full: 1_000_000, quick: 100_000 });
/** As many as it takes until jobs become no faster. */
const WARM_UP_ROWS = quick ? 20_000 : 300_000;
/** Of the ledgers whose rows are weighed. */
const CHUNKS = quick ? 2_000 : 50_000;

interface Cost {
  readonly rows: number;
  /** Microseconds per task beyond a job of one row. */
  readonly wallUs: number;
  readonly cpuUs: number;
  readonly peakMb: number;
  readonly requestsPerTask: number;
}

class Jobs {
  readonly #endpoint: Endpoint;
  readonly #service: JobService;

  constructor(endpoint: Endpoint, service: JobService) {
    this.#endpoint = endpoint;
    this.#service = service;
  }

  async run(count: number, rounds: number): Promise<Measured> {
    const key = `manifest-${count}.csv`;
    const Manifest = csvManifest(key, await this.#endpoint.put(key, manifestOf(count)));
    const runs: Measured[] = [];
    for (let round = 0; round < rounds; round++) {
      forgetPeak(this.#service.service.pid);
      runs.push(await this.#service.run({ Operation: OPERATION_OF.tagging, Manifest }, count));
    }
    const of = (value: (run: Measured) => number): number => median(runs.map(value));
    return {
      rows: count,
      wallMs: of((run) => run.wallMs),
      cpuMs: of((run) => run.cpuMs),
      rssPeakMb: of((run) => run.rssPeakMb),
    };
  }
}

async function costs(jobs: Jobs, endpoint: Endpoint): Promise<Cost[]> {
  await jobs.run(WARM_UP_ROWS, 1);
  const one = await jobs.run(1, ROUNDS_SMALL);
  const found: Cost[] = [];
  for (let count = SMALLEST; count <= rows; count *= 10) {
    const rounds = count <= SMALL ? ROUNDS_SMALL : 1;
    const before = await endpoint.requests();
    const run = await jobs.run(count, rounds);
    const requests = (await endpoint.requests()) - before;
    process.stderr.write(`  ${whole(count)} rows: ${(run.wallMs / 1000).toFixed(2)} s\n`);
    found.push({
      rows: count,
      wallUs: ((run.wallMs - one.wallMs) / count) * 1000,
      cpuUs: ((run.cpuMs - one.cpuMs) / count) * 1000,
      peakMb: run.rssPeakMb,
      requestsPerTask: requests / rounds / count,
    });
  }
  return found;
}

function printCosts(found: readonly Cost[]): void {
  const lines = found.map(({ rows: count, wallUs, cpuUs, peakMb }) => [
    ...[whole(count), wallUs.toFixed(2), cpuUs.toFixed(2), peakMb.toFixed(0)],
  ]);
  console.log(table([['rows', 'us per task', 'CPU us per task', 'peak RSS MB'], ...lines]));
  const rise = (value: (cost: Cost) => number): number => {
    const [first, last] = [found[0], found.at(-1)];
    return first && last ? value(last) / value(first) - 1 : NaN;
  };
  const line = (what: string, value: number, bar: { readonly atMost: number }): void =>
    console.log(`${what}: ${percent(value)} (${verdict(value, bar, percent)})`);
  line(
    'time per task, largest to smallest',
    rise((cost) => cost.wallUs),
    COST_BAR,
  );
  line(
    'CPU per task',
    rise((cost) => cost.cpuUs),
    COST_BAR,
  );
  line(
    'memory',
    rise((cost) => cost.peakMb),
    MEMORY_BAR,
  );
}

function partBytesPerRow(): number {
  const count = 1000;
  const tasks = Array.from({ length: count }, (_, row) => ({
    ...{ bucket: BUCKET, key: keyOf(row), manifestKey: keyOf(row) },
  }));
  const outcomes = tasks.map(() => ({ ok: true, message: 'Successful' }) as const);
  return encodePart(tasks, outcomes, 'AllTasks').bytes.length / count;
}

async function ledgerBytes(): Promise<
  Pick<Constants, 'sqliteBytesPerChunk' | 'postgresBytesPerChunk'>
> {
  const folder = mkdtempSync(join(tmpdir(), 'brigade-bench-'));
  const postgres = await startPostgres({ isDurable: true });
  try {
    const sqlite = await measureSqlite(join(folder, 'ledger.db'), CHUNKS);
    const other = await measurePostgres(postgres, CHUNKS);
    return {
      sqliteBytesPerChunk: sqlite.bytesPerChunk,
      postgresBytesPerChunk: other.bytesPerChunk,
    };
  } finally {
    await postgres.stop();
    rmSync(folder, { recursive: true });
  }
}

function printPaper(constants: Constants): void {
  const needs = needsOf(PAPER_ROWS, constants);
  console.log(`\nOn paper: a job of ${whole(PAPER_ROWS)} rows`);
  console.log(
    table([
      ['rows in the ledger', whole(needs.ledgerRows)],
      ['SQLite', bytesText(needs.sqliteBytes), `${whole(constants.sqliteBytesPerChunk)} B a chunk`],
      [
        'PostgreSQL',
        bytesText(needs.postgresBytes),
        `${whole(constants.postgresBytesPerChunk)} B a chunk`,
      ],
      [
        'manifest',
        bytesText(needs.manifestBytes),
        `${constants.manifestBytesPerRow.toFixed(1)} B a row`,
      ],
      [
        'staging, if all tasks are reported',
        bytesText(needs.stagingBytes),
        `${constants.partBytesPerRow.toFixed(1)} B a row`,
      ],
      ['requests', whole(needs.requests), `${constants.requestsPerTask.toFixed(4)} a task`],
      [
        'hours of one worker',
        whole(needs.hoursOfOneWorker),
        `at ${whole(constants.tasksPerSecond)} tasks/s`,
      ],
    ]),
  );
}

console.log(`growth.bench: ${settingLines(setting())}`);
const endpoint = await startEndpoint();
const service = await JobService.start(endpoint);
try {
  const jobs = new Jobs(endpoint, service);
  const found = await costs(jobs, endpoint);
  printCosts(found);
  const last = found.at(-1);
  if (last === undefined) throw new Error(`--rows is at least ${SMALLEST}.`);
  const [piece] = manifestOf(1000);
  printPaper({
    tasksPerSecond: 1e6 / last.wallUs,
    requestsPerTask: last.requestsPerTask,
    manifestBytesPerRow: (piece?.length ?? NaN) / 1000,
    partBytesPerRow: partBytesPerRow(),
    ...(await ledgerBytes()),
  });
} finally {
  await service.stop();
  await endpoint.stop();
}
