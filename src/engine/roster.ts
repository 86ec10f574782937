/**
 * Who is at work, and this worker among them.
 *
 * I1. The requests that all workers may have in flight add up to the limit of the endpoint: each takes
 *     its share, and a larger one only when the others have let go of it (lifecycle/share.ts). A
 *     worker says what it takes before it takes it; two that begin in the same instant may take the
 *     same, until the next round.
 * I2. A worker that was not seen for the time of a lease is dead, and its share free.
 * I3. A worker whose clock differs from the database's by more than CLOCK_MARGIN of a lease, or has
 *     been moved by as much since it was last compared, is not to be trusted: it signs off, and tells
 *     its log. SQLite's clock is this machine's; there only a jump shows.
 */
import { grant } from '../lifecycle/index.ts';
import { CLOCK_MARGIN } from '../model/limits.ts';
import type { EngineContext } from './context.ts';

const CHECK_IN_MS = 2000;
/** Whoever was silent for so long is gone for good. */
const FORGET_MS = 10 * 60 * 1000;

export class Roster {
  readonly #context: EngineContext;
  readonly #startedAt: number;
  #limit = 0;
  /** Wall clock less monotonic clock when the database agreed; undefined: it does not, or was not asked. */
  #agreed: number | undefined;
  #hasComplained = false;
  #seen: { readonly tasksEnded: number; readonly at: number } | undefined;

  constructor(context: EngineContext) {
    this.#context = context;
    this.#startedAt = context.clock.now();
  }

  /** Requests that this worker may have in flight. */
  get limit(): number {
    return this.#limit;
  }

  /** Several times in a lease. */
  get everyMs(): number {
    return Math.min(CHECK_IN_MS, this.#context.options.leaseMs / 3);
  }

  /** Whether this worker may judge by its clock (I3). */
  get isTrusted(): boolean {
    if (this.#agreed === undefined) return false;
    return Math.abs(this.#shift() - this.#agreed) <= this.#marginMs;
  }

  async checkIn(tasksEnded: number): Promise<void> {
    const { store, clock, gate, options } = this.#context;
    if (!(await this.#compareClocks())) {
      await this.leave();
      return this.#take(0);
    }
    const now = clock.now();
    const present = await store.workers(now - options.leaseMs); // I2
    const others = present.filter(({ name }) => name !== options.worker);
    const limit = grant(options.requestsMax, options.worker, others);
    if (limit < this.#limit) this.#take(limit);
    const record = { name: options.worker, host: options.host, pid: options.pid };
    const rate = this.#rateSince(tasksEnded);
    const load = { startedAt: this.#startedAt, seenAt: now, inFlight: gate.inFlight, limit, rate };
    await store.checkIn({ ...record, ...load }, now - FORGET_MS);
    this.#take(limit);
  }

  async leave(): Promise<void> {
    await this.#context.store.checkOut(this.#context.options.worker);
  }

  get #marginMs(): number {
    return this.#context.options.leaseMs * CLOCK_MARGIN;
  }

  #shift(): number {
    return this.#context.clock.now() - this.#context.clock.monotonic();
  }

  /** The database's answer was made between the two looks at our clock: only what lies outside counts. */
  async #compareClocks(): Promise<boolean> {
    const { store, clock, log } = this.#context;
    const before = clock.now();
    const shift = this.#shift();
    const theirs = await store.clock();
    const after = clock.now();
    const aheadMs = theirs === undefined ? 0 : before - theirs;
    const behindMs = theirs === undefined ? 0 : theirs - after;
    const isGood = Math.max(aheadMs, behindMs) <= this.#marginMs;
    this.#agreed = isGood ? shift : undefined;
    if (!isGood && !this.#hasComplained) {
      const facts = { aheadMs: aheadMs > 0 ? aheadMs : -behindMs, marginMs: this.#marginMs };
      log.error(
        facts,
        'The clock of this machine is not that of the database: no work is taken until it is set right.',
      );
    }
    this.#hasComplained = !isGood;
    return isGood;
  }

  #take(limit: number): void {
    const { gate, log, options } = this.#context;
    if (limit !== this.#limit) {
      log.info({ limit, of: options.requestsMax }, 'The share of requests has changed.');
    }
    this.#limit = limit;
    gate.setMax(limit);
  }

  #rateSince(tasksEnded: number): number {
    const at = this.#context.clock.monotonic();
    const before = this.#seen;
    this.#seen = { tasksEnded, at };
    if (!before || at <= before.at) return 0;
    return Math.round(((tasksEnded - before.tasksEnded) * 10_000) / (at - before.at)) / 10;
  }
}
