/**
 * Tasks per second of a complete job, against three ways of doing the same without us: a bare loop
 * of signed requests over undici (the fastest library), one over our own HTTP client (what a job adds
 * to its requests), and the AWS SDK (what people would write).
 * All put the same tags on the same keys, 64 requests in flight, at an endpoint that costs nothing.
 *
 *   npm run bench -- tasks [--rows N] [--quick] [--json]
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runCompleteJob } from './lib/complete-job.ts';
import { startEndpoint, type Endpoint } from './lib/endpoint.ts';
import { median, setting, settingLines, table } from './lib/figures.ts';
import type { Measured } from './lib/measured.ts';
import { benchOptions } from './lib/options.ts';
import { manifestOf } from './lib/work.ts';

const { rows, quick, json } = benchOptions({ full: 200_000, quick: 20_000 });
/** Turns of all contestants, one after the other, so that a slow minute of the machine hits all. */
const ROUNDS = quick ? 1 : 3;
/** The SDK is slower by so much that fewer rows tell its rate as well. */
const SDK_ROWS = Math.max(2_000, Math.round(rows / 10));

async function inOwnProcess(
  kind: 'undici' | 'wire' | 'sdk',
  url: string,
  count: number,
): Promise<Measured> {
  const program = join(import.meta.dirname, 'lib/contestant.ts');
  const args = [program, kind, url, String(count)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  // Printed by contestant.ts, which types it so.
  return JSON.parse(stdout) as Measured;
}

const CONTESTANTS: Readonly<Record<string, (endpoint: Endpoint) => Promise<Measured>>> = {
  'bare loop, undici': ({ url }) => inOwnProcess('undici', url, rows),
  'bare loop, our wire': ({ url }) => inOwnProcess('wire', url, rows),
  'AWS SDK': ({ url }) => inOwnProcess('sdk', url, SDK_ROWS),
  'complete job': ({ url }) => runCompleteJob(url, rows),
};

interface Figures {
  readonly rows: number;
  readonly wallSeconds: number;
  readonly perSecond: number;
  readonly cpuSecondsPer100k: number;
  readonly rssPeakMb: number;
}

function figuresOf(runs: readonly Measured[]): Figures {
  const of = (value: (run: Measured) => number): number => median(runs.map(value));
  return {
    rows: runs[0]?.rows ?? 0,
    wallSeconds: of((run) => run.wallMs / 1000),
    perSecond: of((run) => run.rows / (run.wallMs / 1000)),
    cpuSecondsPer100k: of((run) => (run.cpuMs / run.rows) * 100),
    rssPeakMb: of((run) => run.rssPeakMb),
  };
}

async function measure(endpoint: Endpoint): Promise<Map<string, Measured[]>> {
  const runs = new Map<string, Measured[]>(Object.keys(CONTESTANTS).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries(CONTESTANTS)) {
      const before = await endpoint.requests();
      const measured = await run(endpoint);
      const answered = (await endpoint.requests()) - before;
      if (answered < measured.rows) throw new Error(`${name} sent ${answered} requests only.`);
      runs.get(name)?.push(measured);
      process.stderr.write(`  round ${round + 1}, ${name}: ${seconds(measured.wallMs)} s\n`);
    }
  }
  return runs;
}

const seconds = (ms: number): string => (ms / 1000).toFixed(2);
const whole = (value: number): string => Math.round(value).toLocaleString('en-US');

const endpoint = await startEndpoint(manifestOf(rows));
try {
  const runs = await measure(endpoint);
  const figures = new Map([...runs].map(([name, of]) => [name, figuresOf(of)]));
  const job = figures.get('complete job');
  const ratios = [...figures].flatMap(([name, other]) =>
    job === undefined || other === job
      ? []
      : [
          {
            against: name,
            rate: job.perSecond / other.perSecond,
            cpu: job.cpuSecondsPer100k / other.cpuSecondsPer100k,
          },
        ],
  );
  const about = { ...setting(), endpoint: endpoint.name, rounds: ROUNDS };
  if (json) {
    const all = {
      ...about,
      figures: Object.fromEntries(figures),
      ratios,
      runs: Object.fromEntries(runs),
    };
    process.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
  } else {
    const head = ['', 'rows', 'wall s', 'rows/s', 'CPU s/100k', 'peak RSS MB'];
    const lines = [...figures].map(([name, f]) => [
      name,
      whole(f.rows),
      f.wallSeconds.toFixed(2),
      whole(f.perSecond),
      f.cpuSecondsPer100k.toFixed(2),
      whole(f.rssPeakMb),
    ]);
    process.stdout.write(`\ntasks.bench: ${settingLines(about)}`);
    process.stdout.write(`endpoint ${about.endpoint}, medians of ${ROUNDS} round(s)\n\n`);
    process.stdout.write(table([head, ...lines]));
    for (const { against, rate, cpu } of ratios) {
      process.stdout.write(
        `complete job / ${against}: rate x ${rate.toFixed(2)}, CPU x ${cpu.toFixed(2)}\n`,
      );
    }
  }
} finally {
  await endpoint.stop();
}
