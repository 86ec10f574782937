/**
 * How often each of many may do something: `perSecond` on average, `burst` at once. Of those that were
 * seen last `keysMax` are remembered; one that was forgotten begins anew.
 */
import type { Clock } from './clock.ts';

export interface BucketLimits {
  readonly perSecond: number;
  readonly burst: number;
  readonly keysMax: number;
}

export class TokenBuckets {
  readonly #clock: Clock;
  readonly #limits: BucketLimits;
  /** Those that were seen last are at the end. */
  readonly #buckets = new Map<string, { readonly tokens: number; readonly at: number }>();

  constructor(clock: Clock, limits: BucketLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Whether there is one; it stays. */
  has(key: string): boolean {
    return this.#tokensOf(key) >= 1;
  }

  /** Takes one, if there is one. */
  take(key: string): boolean {
    const tokens = this.#tokensOf(key);
    const isAllowed = tokens >= 1;
    this.#buckets.delete(key);
    this.#buckets.set(key, {
      tokens: isAllowed ? tokens - 1 : tokens,
      at: this.#clock.monotonic(),
    });
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > this.#limits.keysMax && oldest !== undefined) {
      this.#buckets.delete(oldest);
    }
    return isAllowed;
  }

  #tokensOf(key: string): number {
    const { perSecond, burst } = this.#limits;
    const known = this.#buckets.get(key);
    if (known === undefined) return burst;
    const seconds = (this.#clock.monotonic() - known.at) / 1000;
    return Math.min(burst, known.tokens + seconds * perSecond);
  }
}
