/**
 * Tasks per second of a complete job, against three ways of doing the same without us: a bare loop
 * of signed requests over our own HTTP client (what a job adds to its requests), one over undici (the
 * fastest library), and the AWS SDK (what people would write). All send the same requests, 64 in
 * flight, to an endpoint that costs nothing.
 *
 *   npm run bench -- tasks [--rows N] [--rounds N] [--variant tagging|copy|tls] [--quick] [--json]
 */
import { type Bar, times, verdict, whole } from './lib/bars.ts';
import { type Endpoint, startEndpoint } from './lib/endpoint.ts';
import { setting, settingLines, table } from './lib/figures.ts';
import { csvManifest, runCompleteJob } from './lib/job-service.ts';
import { type Figures, figuresOf, inOwnProcess, type Measured } from './lib/measured.ts';
import { benchOptions, chosenVariants } from './lib/options.ts';
import { manifestOf, type Work } from './lib/work.ts';

const VARIANTS: Readonly<Record<string, { readonly work: Work; readonly isTls: boolean }>> = {
  tagging: { work: 'tagging', isTls: false },
  copy: { work: 'copy', isTls: false },
  tls: { work: 'tagging', isTls: true },
};

const options = benchOptions({ full: 1_000_000, quick: 20_000 });
const { rows, quick, json } = options;
/** Turns of all contestants, one after the other, so that a slow minute of the machine hits all. */
const ROUNDS = options.rounds ?? (quick ? 1 : 2);
/** A loop has no growth to show: fewer rows, long enough that its start is lost among them, tell its rate. */
const LOOP_ROWS = Math.ceil(rows / 2);
const SDK_ROWS = Math.max(2_000, Math.round(rows / 50));

const JOB = 'complete job';
const WIRE = 'bare loop, our wire';
const SDK = 'AWS SDK';

interface Scene {
  readonly endpoint: Endpoint;
  readonly work: Work;
  readonly etag: string;
}

const loop =
  (kind: 'undici' | 'wire' | 'sdk', count: number) =>
  ({ endpoint: { url, trust }, work }: Scene): Promise<Measured> =>
    inOwnProcess('contestant.ts', [kind, work, url, String(count)], trust);

const MANIFEST = 'manifest-tasks.csv';
const CONTESTANTS: Readonly<Record<string, (scene: Scene) => Promise<Measured>>> = {
  'bare loop, undici': loop('undici', LOOP_ROWS),
  [WIRE]: loop('wire', LOOP_ROWS),
  [SDK]: loop('sdk', SDK_ROWS),
  [JOB]: ({ endpoint, work, etag }) =>
    runCompleteJob(endpoint, work, csvManifest(MANIFEST, etag), rows),
};

interface Outcome {
  readonly endpoint: string;
  readonly runs: Readonly<Record<string, readonly Measured[]>>;
}

async function measure(name: string): Promise<Outcome> {
  const { work, isTls } = VARIANTS[name] ?? { work: 'tagging', isTls: false };
  const endpoint = await startEndpoint({ isTls });
  try {
    const scene = { endpoint, work, etag: await endpoint.put(MANIFEST, manifestOf(rows)) };
    const runs: Record<string, Measured[]> = {};
    for (let round = 1; round <= ROUNDS; round++) {
      for (const [contestant, run] of Object.entries(CONTESTANTS)) {
        const before = await endpoint.requests();
        const measured = await run(scene);
        const answered = (await endpoint.requests()) - before;
        if (answered < measured.rows) {
          throw new Error(`${contestant} sent ${answered} requests for ${measured.rows} rows.`);
        }
        (runs[contestant] ??= []).push(measured);
        const took = (measured.wallMs / 1000).toFixed(2);
        process.stderr.write(`  ${name}, round ${round}, ${contestant}: ${took} s\n`);
      }
    }
    return { endpoint: endpoint.name, runs };
  } finally {
    await endpoint.stop();
  }
}

interface Ratio {
  readonly against: string;
  readonly rate: number;
  readonly cpu: number;
}

function ratiosOf(figures: ReadonlyMap<string, Figures>): Ratio[] {
  const job = figures.get(JOB);
  if (job === undefined) return [];
  return [...figures]
    .filter(([name]) => name !== JOB)
    .map(([against, other]) => ({
      against,
      rate: job.perSecond / other.perSecond,
      cpu: job.cpuSecondsPer100k / other.cpuSecondsPer100k,
    }));
}

const RATE_BARS: Readonly<Record<string, Bar>> = {
  [WIRE]: { atLeast: 0.85 },
  [SDK]: { atLeast: 12 },
};
const CPU_BARS: Readonly<Record<string, Bar>> = { [WIRE]: { atMost: 1.25 } };

function judged(value: number, bar: Bar | undefined): string {
  return times(value) + (bar === undefined ? '' : ` (${verdict(value, bar, times)})`);
}

function printed({ endpoint, runs }: Outcome): string {
  const figures = new Map(Object.entries(runs).map(([name, of]) => [name, figuresOf(of)]));
  const head = [
    `endpoint ${endpoint}`,
    ...['rows', 'wall s', 'rows/s', 'CPU s/100k', 'peak RSS MB'],
  ];
  const lines = [...figures].map(([name, f]) => [
    name,
    whole(f.rows),
    f.wallSeconds.toFixed(2),
    whole(f.perSecond),
    f.cpuSecondsPer100k.toFixed(2),
    whole(f.rssPeakMb),
  ]);
  const ratios = ratiosOf(figures).map(
    ({ against, rate, cpu }) =>
      `${JOB} / ${against}: rate ${judged(rate, RATE_BARS[against])}, CPU ${judged(cpu, CPU_BARS[against])}\n`,
  );
  return table([head, ...lines]) + ratios.join('');
}

const outcomes: Record<string, Outcome> = {};
if (!json) console.log(`tasks.bench: ${settingLines(setting())}medians of ${ROUNDS} round(s)`);
for (const name of chosenVariants(Object.keys(VARIANTS), options)) {
  const outcome = await measure(name);
  outcomes[name] = outcome;
  if (!json) console.log(`\n${name}\n${printed(outcome)}`);
}
if (json) console.log(JSON.stringify({ ...setting(), rounds: ROUNDS, outcomes }, null, 2));
