/**
 * Who is at work, and this worker among them.
 *
 * I1. The requests that all workers may have in flight add up to the limit of the endpoint: each takes
 *     its share, and a larger one only when the others have let go of it (lifecycle/share.ts). A
 *     worker says what it takes before it takes it; two that begin in the same instant may take the
 *     same, until the next round.
 * I2. A worker that was not seen for the time of a lease is dead, and its share free.
 */
import { grant } from '../lifecycle/index.ts';
import type { EngineContext } from './context.ts';

export const CHECK_IN_MS = 2000;
/** A worker that is silent for so long is gone for good; until then a clock may be wrong. */
const FORGET_MS = 10 * 60 * 1000;

export class Roster {
  readonly #context: EngineContext;
  readonly #startedAt: number;
  #limit = 0;
  #seen: { readonly tasksEnded: number; readonly at: number } | undefined;

  constructor(context: EngineContext) {
    this.#context = context;
    this.#startedAt = context.clock.now();
  }

  /** Requests that this worker may have in flight. */
  get limit(): number {
    return this.#limit;
  }

  async checkIn(tasksEnded: number): Promise<void> {
    const { store, clock, gate, options } = this.#context;
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

  #take(limit: number): void {
    this.#limit = limit;
    this.#context.gate.setMax(limit);
  }

  #rateSince(tasksEnded: number): number {
    const at = this.#context.clock.monotonic();
    const before = this.#seen;
    this.#seen = { tasksEnded, at };
    if (!before || at <= before.at) return 0;
    return Math.round(((tasksEnded - before.tasksEnded) * 10_000) / (at - before.at)) / 10;
  }
}
