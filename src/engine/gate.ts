/**
 * The way to one endpoint: how many requests may be in flight, and whether it is alive.
 *
 * I1. First come, first served: tasks of a chunk start in the order of the manifest.
 * I2. SlowDown multiplies the limit down, at most once per DECREASE_MS (one overload answers many
 *     requests at once); success adds one request per limit's worth of successes (D8).
 * I3. An answer that is not worth a retry proves the endpoint alive, whatever it says.
 */
import type { Clock } from '../base/clock.ts';
import type { Again } from '../model/outcome.ts';

const DECREASE_FACTOR = 0.7;
const DECREASE_MS = 500;

export class Gate {
  readonly #clock: Clock;
  #limitMax: number;
  #limit: number;
  #inFlight = 0;
  #decreasedAt = -Infinity;
  #aliveAt = -Infinity;
  // A queue with a moving head: shift() on a long array would copy it.
  #waiting: (() => void)[] = [];
  #head = 0;

  constructor(clock: Clock, limitMax: number) {
    this.#clock = clock;
    this.#limitMax = limitMax;
    this.#limit = limitMax;
  }

  /** Requests that may be in flight now. */
  get limit(): number {
    return Math.max(1, Math.floor(this.#limit));
  }

  /** This worker's share of the endpoint has changed. */
  setMax(limitMax: number): void {
    const isOpen = this.#limit === this.#limitMax;
    this.#limitMax = limitMax;
    this.#limit = isOpen ? limitMax : Math.min(this.#limit, limitMax);
    this.#admit();
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** True: go. False: wait for `turn()`. Two calls, so that the usual case costs no promise. */
  tryEnter(): boolean {
    if (this.#inFlight >= this.limit || this.#head < this.#waiting.length) return false;
    this.#inFlight += 1;
    return true;
  }

  /** Resolves when it is the caller's turn, who has then entered. */
  turn(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Every one who entered leaves, once. `again` undefined: no request was made. */
  leave(again: Again | undefined): void {
    this.#inFlight -= 1;
    if (again === 'never') {
      this.#aliveAt = this.#clock.monotonic();
      if (this.#limit < this.#limitMax) {
        this.#limit = Math.min(this.#limitMax, this.#limit + 1 / this.#limit);
      }
    } else if (again === 'slow-down') {
      const now = this.#clock.monotonic();
      if (now - this.#decreasedAt >= DECREASE_MS) {
        this.#decreasedAt = now;
        this.#limit = Math.max(1, this.#limit * DECREASE_FACTOR);
      }
    }
    this.#admit();
  }

  /** Something outside the gate got a final answer. */
  alive(): void {
    this.#aliveAt = this.#clock.monotonic();
  }

  /** Whether the endpoint has answered anything final since then (monotonic milliseconds). */
  aliveSince(monotonicMs: number): boolean {
    return this.#aliveAt > monotonicMs;
  }

  #admit(): void {
    while (this.#head < this.#waiting.length && this.#inFlight < this.limit) {
      this.#inFlight += 1;
      this.#waiting[this.#head++]?.();
    }
    if (this.#head > 1024 || this.#head === this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
  }
}
