/**
 * Numbers and spans of one process, and the ways on which they leave it. A worker process under a
 * supervisor tells its numbers to its parent, which shows and exports them for all; its spans leave by
 * themselves.
 *
 * I1. What leaves, and to whom, is the configuration's to say; without any nothing does.
 * I2. A collector, a file or a reader that fails holds up no work and fails none.
 */
import { appendFile } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import {
  EmfWriter,
  Family,
  Meters,
  otlpMetrics,
  type Reading,
  type Trace,
} from '../metrics/index.ts';
import type { Store } from '../store/index.ts';
import type { Config } from './config.ts';
import { DatabaseSigns } from './database-signs.ts';
import { OtlpSender } from './otlp-sender.ts';
import { watchProcess } from './process-signs.ts';
import { SpanQueue } from './span-queue.ts';

/** How often a worker process tells its parent; what a scrape sees of it is no older. */
const TELL_MS = 1000;

export interface TelemetryNeeds {
  readonly config: Config;
  readonly version: string;
  /** Of the S3 endpoint: what its requests are counted under. */
  readonly endpoint: string;
  readonly clock: Clock;
  readonly log: Log;
}

export class Telemetry {
  readonly meters: Meters;
  readonly family: Family;
  /** Absent: traces are off. */
  readonly trace: Trace | undefined;
  readonly #needs: TelemetryNeeds;
  readonly #spans: SpanQueue | undefined;
  readonly #stopping = new AbortController();
  readonly #loops: Promise<void>[] = [];
  readonly #unwatch: () => void;
  #database: DatabaseSigns | undefined;
  /** What a parent told the work to, last of all. */
  readonly #lastly: (() => Promise<void>)[] = [];

  constructor(needs: TelemetryNeeds) {
    const { config, version, endpoint, clock, log } = needs;
    const { telemetry } = config;
    this.#needs = needs;
    this.meters = new Meters({
      endpoints: [new URL(endpoint).host, 'other'],
      versions: [version],
      nodes: [process.version],
    });
    this.family = new Family(this.meters.registry);
    this.#unwatch = watchProcess(this.meters, version);
    if (telemetry.tracesTo) {
      const spans = new SpanQueue(
        new OtlpSender(telemetry.tracesTo, { clock, log }),
        this.#resource,
      );
      this.#spans = spans;
      this.trace = (span) => spans.add(span);
      this.#every(telemetry.tracesTo.everyMs, () => spans.flush());
    } else {
      this.trace = undefined;
    }
  }

  /** From now on the numbers of the database are among those that are shown. */
  show(store: Pick<Store, 'vitals' | 'workers'>): void {
    const { config, clock } = this.#needs;
    const { leaseMs } = config;
    this.#database = new DatabaseSigns(store, this.meters, { clock, leaseMs });
  }

  async read(): Promise<readonly Reading[]> {
    await this.#database?.look();
    return this.family.read();
  }

  /** For a process of its own. */
  export(): void {
    const { config, clock, log } = this.#needs;
    const { metricsTo, emf } = config.telemetry;
    const startedAt = clock.now();
    if (metricsTo) {
      const sender = new OtlpSender(metricsTo, { clock, log });
      const send = async (): Promise<void> => {
        const times = { startedAt, now: clock.now() };
        await sender.send(otlpMetrics(await this.read(), this.#resource, times));
      };
      this.#every(metricsTo.everyMs, send);
      // A collector that is away keeps nobody from stopping.
      this.#lastly.push(async () => (sender.isFailing ? undefined : send()));
    }
    if (emf) {
      const writer = new EmfWriter({ namespace: emf.namespace, about: this.#resource });
      const write = async (): Promise<void> => {
        const text = writer
          .lines(await this.read(), clock.now())
          .map((line) => `${line}\n`)
          .join('');
        if (emf.file === undefined) process.stdout.write(text);
        else await appendFile(emf.file, text);
      };
      this.#every(emf.everyMs, write);
      this.#lastly.push(write);
    }
  }

  /** For a process that a parent watches over: `tell` takes a copy of all numbers. */
  tellParent(tell: (values: Float64Array) => Promise<void>): void {
    const told = async (): Promise<void> => {
      const { registry } = this.meters;
      registry.look();
      await tell(registry.values);
    };
    this.#every(TELL_MS, told);
    this.#lastly.push(told);
  }

  /** What was counted until now still leaves, where somebody takes it. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#loops);
    for (const leave of this.#lastly) await this.#safely(leave);
    await this.#spans?.flush();
    this.#unwatch();
  }

  get #resource(): Readonly<Record<string, string>> {
    const { config, version } = this.#needs;
    return { 'service.version': version, ...config.telemetry.resource };
  }

  #every(ms: number, work: () => Promise<void>): void {
    const { clock } = this.#needs;
    const { signal } = this.#stopping;
    const loop = async (): Promise<void> => {
      while (!signal.aborted) {
        await clock.sleep(ms, signal);
        if (!signal.aborted) await this.#safely(work);
      }
    };
    this.#loops.push(loop());
  }

  async #safely(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#needs.log.warn({ error }, 'Numbers could not leave this process.');
    }
  }
}
