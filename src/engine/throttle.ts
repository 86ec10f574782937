/**
 * How many requests per second an endpoint takes, learnt from its refusals. Pure: times are handed in.
 *
 * I1. Nothing is limited before the first SlowDown; a limit that has held nobody back for long is
 *     lifted.
 * I2. A SlowDown cuts the rate below what the endpoint took in the last second, at most once per
 *     DEAF_MS: one overload answers many requests. Where it took nothing there is no rate to learn: that is
 *     an outage, and what was known before holds when it is over.
 * I3. After a pause the rate grows, slowly at first, so that finding the limit again costs few
 *     refusals, and faster and faster while none comes, so that a limit that was lifted is found out.
 *     Only a rate that is used up grows: anything else would grow without knowing.
 */

/** Below the measured rate, for what is on its way already. */
const CUT = 0.93;
const DEAF_MS = 500;
const LEARN_MS = 1000;
const HOLD_MS = 1000;
/** Of itself per second. Slow rates grow slower, so that there are a hundred answers between refusals. */
const GROWTH = 0.02;
const GROWTH_PER_RATE = 0.0005;
/** Without a refusal for so long, the growth doubles, up to GROWTH_MAX. */
const DOUBLE_MS = 4000;
const GROWTH_MAX = 0.5;
/** Less than this part of the rate in use: somebody else is what limits. */
const USED_UP = 0.85;
const LIFT_MS = 60_000;
const RATE_MIN = 1;

const BUCKET_MS = 100;
const BUCKETS = 10;

export class Throttle {
  #perSecond: number | undefined;
  #slowedAt = -Infinity;
  #grownAt = 0;
  /** Final answers, in the last second and a bit. */
  readonly #buckets = new Array<number>(BUCKETS).fill(0);
  #bucketAt = -Infinity;
  #firstAt: number | undefined;

  /** Undefined: as many as there are. */
  get perSecond(): number | undefined {
    return this.#perSecond;
  }

  /** A final answer. */
  taken(now: number): void {
    this.#turn(now);
    this.#firstAt ??= now;
    this.#buckets[this.#index()] = (this.#buckets[this.#index()] ?? 0) + 1;
    if (this.#perSecond !== undefined && now - this.#grownAt >= BUCKET_MS) this.#grow(now);
  }

  slowed(now: number): void {
    this.#turn(now);
    this.#firstAt ??= now;
    // Before there is a second to look back on, nothing is known of what the endpoint takes.
    if (now - Math.max(this.#slowedAt + DEAF_MS, this.#firstAt + LEARN_MS) < 0) return;
    const taken = this.#measured(now);
    if (taken === 0) return;
    const most = Math.min(this.#perSecond ?? Infinity, taken);
    this.#perSecond = Math.max(RATE_MIN, most * CUT);
    this.#slowedAt = now;
    this.#grownAt = now;
  }

  #grow(now: number): void {
    const rate = this.#perSecond ?? 0;
    const passedMs = Math.min(now - this.#grownAt, 2 * BUCKET_MS);
    this.#grownAt = now;
    const cleanMs = now - this.#slowedAt;
    if (cleanMs < HOLD_MS) return;
    if (this.#measured(now) < rate * USED_UP) {
      if (cleanMs > LIFT_MS) this.#perSecond = undefined;
      return;
    }
    const first = Math.min(GROWTH, rate * GROWTH_PER_RATE);
    const growth = Math.min(GROWTH_MAX, first * 2 ** Math.floor(cleanMs / DOUBLE_MS));
    this.#perSecond = rate * (1 + (growth * passedMs) / 1000);
  }

  /** Per second, over the last second or since the first answer. */
  #measured(now: number): number {
    const count = this.#buckets.reduce((sum, one) => sum + one, 0);
    const inBucketMs = now - this.#bucketAt;
    const coveredMs = Math.min(
      (BUCKETS - 1) * BUCKET_MS + inBucketMs,
      now - (this.#firstAt ?? now) + BUCKET_MS,
    );
    return (count * 1000) / Math.max(BUCKET_MS, coveredMs);
  }

  #index(): number {
    return (this.#bucketAt / BUCKET_MS) % BUCKETS;
  }

  /** Empties the buckets that have become old. */
  #turn(now: number): void {
    if (now - this.#bucketAt < BUCKET_MS) return;
    const current = Math.floor(now / BUCKET_MS) * BUCKET_MS;
    const old = Math.min(BUCKETS, (current - this.#bucketAt) / BUCKET_MS);
    for (let i = 0; i < old; i++) {
      this.#buckets[(current / BUCKET_MS - i) % BUCKETS] = 0;
    }
    this.#bucketAt = Math.max(current, this.#bucketAt);
  }
}
