/**
 * Whether jobs find the rate that an endpoint takes, and keep to the one that a user allows. Real time,
 * the real service, an endpoint on loopback with limits.
 *
 *   npm run bench -- rate [--variant slowdown|shares|knee|limit] [--quick]
 *
 * - slowdown: an endpoint that admits R requests per second and answers SlowDown above; then R/2, 2R.
 * - shares: two jobs at such an endpoint.
 * - knee: an endpoint that serves so few at once that all others wait; next to a client without limits.
 * - limit: max-tasks-per-second at 10, 1,000 and 10,000, with one worker process and with two.
 *
 * Each waits until things should have settled, and counts for a while what the endpoint was asked.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bar, isMet, percent, times, verdict, whole } from './lib/bars.ts';
import { startEndpoint } from './lib/endpoint.ts';
import { setting, settingLines, table } from './lib/figures.ts';
import { type HelperProcess, startHelper } from './lib/helper-process.ts';
import { csvManifest, type JobParts, JobService } from './lib/job-service.ts';
import { inOwnProcess } from './lib/measured.ts';
import { benchOptions, chosenVariants } from './lib/options.ts';
import type { Counts } from './lib/rate-endpoint.ts';
import { manifestOf, OPERATION_OF } from './lib/work.ts';

const options = benchOptions({ full: 1000, quick: 1000 });
/** Requests per second that the endpoint admits. */
const R = options.rows;
const SETTLE_MS = options.quick ? 5_000 : 20_000;
const COUNT_MS = options.quick ? 3_000 : 10_000;
/** Rows that last longer than any of this; the job is cancelled. */
const LONG = 200 * R;

/** The endpoint with limits, seen from here. */
class Limited {
  readonly #process: HelperProcess;

  private constructor(helper: HelperProcess) {
    this.#process = helper;
  }

  static async start(): Promise<Limited> {
    return new Limited(await startHelper('rate-endpoint.ts', []));
  }

  get url(): string {
    return this.#process.url;
  }

  async limit(limits: Readonly<Record<string, number>>): Promise<void> {
    const given = Object.entries(limits).map(([name, value]) => `${name}=${value}`);
    await fetch(`${this.url}/__limits?${given.join('&')}`);
  }

  /** What came in within `ms`. */
  async during(ms: number): Promise<Counted> {
    const from = await this.#counts();
    await sleep(ms);
    const to = await this.#counts();
    const seconds = (to.atMs - from.atMs) / 1000;
    const admitted = to.admitted - from.admitted;
    const refused = to.refused - from.refused;
    return {
      perSecond: admitted / seconds,
      refusedShare: refused / (admitted + refused),
      perSecondOf: (prefix) =>
        ((to.byPrefix[prefix] ?? 0) - (from.byPrefix[prefix] ?? 0)) / seconds,
      latencyMs: to.latencyMsMedian ?? NaN,
    };
  }

  async firstTask(): Promise<void> {
    while ((await this.#counts()).admitted === 0) await sleep(20);
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }

  async #counts(): Promise<Counts> {
    // The program types it so.
    return (await (await fetch(`${this.url}/__counts`)).json()) as Counts;
  }
}

interface Counted {
  readonly perSecond: number;
  readonly refusedShare: number;
  perSecondOf(prefix: string): number;
  readonly latencyMs: number;
}

const jobBelow = (prefix: string): JobParts => ({
  Operation: OPERATION_OF.tagging,
  Manifest: csvManifest(`${prefix}-${LONG}.csv`, 'e'),
});

/** A service with jobs below these prefixes, which play does not see the end of. */
async function withJobs(
  prefixes: readonly string[],
  limits: Readonly<Record<string, number>>,
  play: (endpoint: Limited) => Promise<void>,
): Promise<void> {
  const endpoint = await Limited.start();
  const service = await JobService.start({ url: endpoint.url, trust: {} });
  try {
    await endpoint.limit(limits);
    const ids = await Promise.all(prefixes.map((prefix) => service.create(jobBelow(prefix))));
    await endpoint.firstTask();
    await play(endpoint);
    for (const id of ids) await service.cancel(id);
  } finally {
    await service.stop();
    await endpoint.stop();
  }
}

const SLOW_BAR: Bar = { atMost: 0.02 };

async function slowdown(): Promise<void> {
  const lines = [
    ['', 'admits', 'settled at', 'of it', 'at least 90, at most 100 %', 'SlowDown', ''],
  ];
  await withJobs(['one'], { perSecond: R }, async (endpoint) => {
    for (const [name, perSecond] of Object.entries({ R, 'R/2': R / 2, '2R': R * 2 })) {
      await endpoint.limit({ perSecond });
      const until = await endpoint.during(SETTLE_MS);
      const { perSecond: settled, refusedShare } = await endpoint.during(COUNT_MS);
      const share = settled / perSecond;
      // What comes in at once when the bucket is full is more than a share of the time.
      const isWithin = isMet(share, { atLeast: 0.9 }) && isMet(share, { atMost: 1.005 });
      lines.push([
        ...[name, whole(perSecond), whole(settled), percent(share), isWithin ? 'met' : 'MISSED'],
        `${percent(refusedShare)} (before: ${percent(until.refusedShare)})`,
        verdict(refusedShare, SLOW_BAR, percent),
      ]);
    }
  });
  console.log(
    `An endpoint that answers SlowDown, ${SETTLE_MS / 1000} s after each change\n${table(lines)}`,
  );
}

/** Of the larger share. */
const SHARE_BAR: Bar = { atLeast: 0.9 };

async function shares(): Promise<void> {
  await withJobs(['one', 'two'], { perSecond: R }, async (endpoint) => {
    await endpoint.during(SETTLE_MS / 2);
    const counted = await endpoint.during(COUNT_MS);
    const both = [counted.perSecondOf('one'), counted.perSecondOf('two')];
    const fairness = Math.min(...both) / Math.max(...both);
    const told = both.map((perSecond) => whole(perSecond)).join(' and ');
    console.log(
      `Two jobs at ${whole(R)} requests/s: ${told}; the smaller of the larger: ${percent(fairness)} (${verdict(fairness, SHARE_BAR, percent)})\n`,
    );
  });
}

const RATE_KEPT_BAR: Bar = { atLeast: 0.95 };
const LATENCY_BAR: Bar = { atMost: 0.5 };
/** 800 requests per second, whatever comes. */
const SERVERS = { servers: 8, serviceMs: 10 };

async function knee(): Promise<void> {
  const endpoint = await Limited.start();
  await endpoint.limit(SERVERS);
  const rows = Math.ceil((COUNT_MS / SERVERS.serviceMs) * SERVERS.servers);
  const client = inOwnProcess('contestant.ts', ['wire', 'tagging', endpoint.url, String(rows)]);
  await endpoint.firstTask();
  const free = await endpoint.during(COUNT_MS / 2);
  await client;
  await endpoint.stop();
  await withJobs(['one'], SERVERS, async (limited) => {
    await limited.during(SETTLE_MS);
    const job = await limited.during(COUNT_MS);
    const rate = job.perSecond / free.perSecond;
    const latency = job.latencyMs / free.latencyMs;
    console.log(`An endpoint that serves ${SERVERS.servers} at once, ${SERVERS.serviceMs} ms each`);
    console.log(
      table([
        ['', 'requests/s', 'median ms at the endpoint'],
        ['64 in flight, no limits', whole(free.perSecond), free.latencyMs.toFixed(1)],
        ['a job', whole(job.perSecond), job.latencyMs.toFixed(1)],
        ['  ratio', times(rate), times(latency)],
        ['  bar', verdict(rate, RATE_KEPT_BAR, times), verdict(latency, LATENCY_BAR, times)],
      ]),
    );
  });
}

/** Either way. */
const OFF_BAR: Bar = { atMost: 0.02 };
const LIMITS = [10, 1_000, 10_000];
/** Counting twenty tasks or so would measure when they were counted. */
const limitCountMs = (limit: number): number => (limit < 100 ? 2 * COUNT_MS : COUNT_MS * 0.8);
const LIMIT_SETTLE_MS = 3_000;

/** At nginx, which has no limits of its own at these rates. */
async function limit(): Promise<void> {
  const lines = [['max-tasks-per-second', 'workers', 'begun per second', 'off by', '']];
  const endpoint = await startEndpoint();
  const key = 'manifest-limit.csv';
  const Manifest = csvManifest(key, await endpoint.put(key, manifestOf(500_000)));
  try {
    for (const workers of [1, 2]) {
      const service = await JobService.start(endpoint, { BRIGADE_WORKERS: String(workers) });
      try {
        for (const perSecond of LIMITS) {
          const found = await rateUnder(perSecond, { endpoint, service, Manifest });
          const off = Math.abs(found / perSecond - 1);
          const cells = [whole(perSecond), String(workers), found.toFixed(2), percent(off)];
          lines.push([...cells, verdict(off, OFF_BAR, percent)]);
        }
      } finally {
        await service.stop();
      }
    }
  } finally {
    await endpoint.stop();
  }
  console.log(table(lines));
}

async function rateUnder(
  perSecond: number,
  {
    endpoint,
    service,
    Manifest,
  }: Pick<JobParts, 'Manifest'> & {
    readonly endpoint: { requests(): Promise<number> };
    readonly service: JobService;
  },
): Promise<number> {
  const Tags = [{ Key: 'brigade:max-tasks-per-second', Value: String(perSecond) }];
  const id = await service.create({ Operation: OPERATION_OF.tagging, Manifest, Tags });
  while ((await service.describe(id)).ProgressSummary?.NumberOfTasksSucceeded === 0)
    await sleep(50);
  await sleep(LIMIT_SETTLE_MS);
  const from = await endpoint.requests();
  const fromAt = performance.now();
  await sleep(limitCountMs(perSecond));
  const requests = (await endpoint.requests()) - from;
  const seconds = (performance.now() - fromAt) / 1000;
  await service.cancel(id);
  // One of them asked how many there were.
  return (requests - 1) / seconds;
}

const VARIANTS = { slowdown, shares, knee, limit };
console.log(`rate.bench: ${settingLines(setting())}`);
const names = Object.keys(VARIANTS) as (keyof typeof VARIANTS)[];
for (const name of chosenVariants(names, options)) await VARIANTS[name]();
