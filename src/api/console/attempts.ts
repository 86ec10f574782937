/**
 * How often somebody may fail to sign in: FAILURES_MAX per address and minute. Only failures count,
 * so nobody who knows their secret is kept out by their own address's mistakes for longer than that.
 * Kept by each process for itself, for ADDRESSES_MAX addresses.
 */
import type { Clock } from '../../base/clock.ts';

const FAILURES_MAX = 10;
const WINDOW_MS = 60_000;
/** A flood from more addresses forgets the oldest ones; their guesses are still 160 bits short. */
const ADDRESSES_MAX = 10_000;

export class Attempts {
  readonly #clock: Clock;
  readonly #failures = new Map<string, { count: number; readonly since: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Seconds to wait; 0: go on. */
  waitSeconds(address: string): number {
    const failures = this.#failures.get(address);
    const left = (failures?.since ?? -Infinity) + WINDOW_MS - this.#clock.monotonic();
    if (left <= 0) this.#failures.delete(address);
    return left > 0 && (failures?.count ?? 0) >= FAILURES_MAX ? Math.ceil(left / 1000) : 0;
  }

  failed(address: string): void {
    const failures = this.#failures.get(address);
    if (failures) failures.count++;
    else this.#failures.set(address, { count: 1, since: this.#clock.monotonic() });
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > ADDRESSES_MAX && oldest !== undefined) this.#failures.delete(oldest);
  }
}
