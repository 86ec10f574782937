/**
 * Delivers to every sink what it is owed, from whichever process holds its lease.
 *
 * I1. One process at a time feeds a sink. Any other takes it up when its lease ends. Whoever was only
 *     frozen may send what it had begun to send; it saves nothing, and receivers know repeats by id.
 * I2. Jobs know nothing of this: a sink that is away costs them nothing, and memory is one window.
 * I3. A store that is away is waited for; nothing of the sinks ends the process.
 */
import type { Log } from '../base/log.ts';
import { type SinkLease, type SinkStanding, StoreUnavailable } from '../store/index.ts';
import { Feed, type FeedNeeds } from './feed.ts';
import type { Sink } from './sink.ts';

export interface DelivererNeeds extends FeedNeeds {
  readonly log: Log;
  /** Unique among the processes that are alive. */
  readonly worker: string;
  readonly idleMs?: number;
  /** Told from time to time how far every sink is; for metrics. */
  readonly onStanding?: (sinks: readonly SinkStanding[]) => void;
}

const IDLE_MS = 500;
/** How soon a sink is asked for that somebody else holds, or after a failure. */
const PAUSE_MS = 5000;
const TRIM_MS = 15_000;
/** A sink that no process has named for so long was taken out of the configuration. */
const FORGET_MS = 7 * 24 * 60 * 60 * 1000;

export class Deliverer {
  readonly #sinks: readonly Sink[];
  readonly #needs: DelivererNeeds;
  readonly #stopping = new AbortController();
  #loops: Promise<unknown> | undefined;

  constructor(sinks: readonly Sink[], needs: DelivererNeeds) {
    this.#sinks = sinks;
    this.#needs = needs;
  }

  /** Makes the sinks known: from now on they are owed what happens. */
  async open(): Promise<void> {
    const { store, clock } = this.#needs;
    const now = clock.now();
    const sinks = this.#sinks.map(({ name, wants }) => {
      return { name, wantsRecords: wants.has('calls') || wants.has('tasks') };
    });
    await store.openSinks(sinks, now, now - FORGET_MS);
  }

  start(): void {
    const { store, log, onStanding } = this.#needs;
    const trim = async (): Promise<number> => {
      while ((await store.trimRecords()) > 0 && !this.#isStopping);
      onStanding?.(await store.sinks());
      return TRIM_MS;
    };
    const loops = this.#sinks.map((sink) => this.#feed(sink));
    if (this.#sinks.length > 0) loops.push(this.#every(trim, log));
    this.#loops ??= Promise.all(loops);
  }

  /** Resolves when what was being sent has ended, and the sinks are given back. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loops;
    await Promise.all(this.#sinks.map((sink) => sink.close()));
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #feed(sink: Sink): Promise<void> {
    const { store, clock, worker, leaseMs, idleMs = IDLE_MS, log } = this.#needs;
    let feed: Feed | undefined;
    const round = async (): Promise<number> => {
      if (feed === undefined) {
        const now = clock.now();
        const lease = await store.leaseSink(sink.name, worker, now, now + leaseMs);
        if (lease === undefined) return PAUSE_MS;
        feed = this.#begin(sink, lease);
      }
      const current = feed;
      feed = undefined; // Whatever throws, what is in memory is not trusted any more.
      const pause = await current.round(idleMs);
      if (pause === undefined) log.warn({ sink: sink.name }, 'Somebody else has taken up a sink.');
      else feed = current;
      return pause ?? PAUSE_MS;
    };
    await this.#every(round, log, sink.name);
    try {
      await feed?.release();
    } catch (error) {
      log.warn({ sink: sink.name, error }, 'A sink could not be given back; its lease ends soon.');
    }
  }

  #begin(sink: Sink, lease: SinkLease): Feed {
    const { log } = this.#needs;
    log.debug({ sink: sink.name, after: lease.eventsAfter }, 'Feeding a sink.');
    return new Feed(sink, lease, this.#needs);
  }

  /** `work` resolves to how long to wait. */
  async #every(work: () => Promise<number>, log: Log, sink = ''): Promise<void> {
    while (!this.#isStopping) {
      let pause = PAUSE_MS;
      try {
        pause = await work();
      } catch (error) {
        const message = 'A round of the delivery of events failed; it goes on with the next one.';
        if (error instanceof StoreUnavailable) log.warn({ sink, error }, message);
        else log.error({ sink, error }, message);
      }
      await this.#needs.clock.sleep(pause, this.#stopping.signal);
    }
  }
}
