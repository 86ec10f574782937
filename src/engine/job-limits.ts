/**
 * What one job may do in this worker: its options, and this worker's share of those that are limits.
 *
 * I1. A limit holds over all workers: each takes its share by who holds live leases of the job, which
 *     every renewal of a lease tells anew. A share that is not fresh counts as nothing, and whoever
 *     joins others waits until what these knew before is not fresh any more. Over the limit is only
 *     what was under way when somebody joined.
 * I2. First come, first served. Whoever leaves is let go within WAKE_MS.
 * I3. An attempt takes a turn of the pace, not a task: a retry is a request as well.
 */
import type { Clock } from '../base/clock.ts';
import { shareOf, split } from '../lifecycle/index.ts';
import { jobOptionsOf, type JobOptions } from '../model/job-options.ts';
import type { JobTag } from '../model/job.ts';
import { type Go, Line, type Who } from './line.ts';
import { Pace } from './pace.ts';

/** How long the store's word counts: D5's second, less the way of a request out of here. */
export const STALE_MS = 900;
export class JobLimits {
  readonly #clock: Clock;
  readonly #pace = new Pace();
  #options: JobOptions = {};
  #atOnce = Infinity;
  #knownUntil = -Infinity;
  /** Until then others may not know of us. */
  #joinsAt = -Infinity;
  #inFlight = 0;
  readonly #line: Line;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#line = new Line(
      clock,
      () => this.#enter(),
      () => this.#pace.waitMs(clock.monotonic()),
    );
  }

  /** Limited jobs run slowly on purpose: what they hold must not stand in the way of others. */
  get isLimited(): boolean {
    const { maxTasksPerSecond, concurrency } = this.#options;
    return maxTasksPerSecond !== undefined || concurrency !== undefined;
  }

  get taskTimeoutMs(): number | undefined {
    const { taskTimeout } = this.#options;
    return taskTimeout === undefined ? undefined : taskTimeout * 1000;
  }

  /** Nothing is known of this worker's share, or no longer (I1). */
  get isUnknown(): boolean {
    return this.isLimited && this.#clock.monotonic() >= this.#knownUntil;
  }

  /** What a lease says: the options, and nothing of who else is at work. */
  setOptions(tags: readonly JobTag[]): void {
    this.#options = jobOptionsOf(tags);
    if (!this.isLimited) this.#setShare(Infinity, undefined);
    this.#line.admit();
  }

  /** What a renewal says. `askedAt`: monotonic time before the store was asked. */
  setShare(
    job: { readonly tags: readonly JobTag[]; readonly workers: readonly string[] },
    worker: string,
    askedAt: number,
  ): void {
    this.#options = jobOptionsOf(job.tags);
    const { maxTasksPerSecond, concurrency } = this.#options;
    const share = shareOf(job.workers, worker);
    const isJoining = share !== undefined && share.of > 1 && askedAt >= this.#knownUntil;
    if (isJoining) this.#joinsAt = askedAt + STALE_MS; // I1
    this.#knownUntil = share ? askedAt + STALE_MS : -Infinity;
    const perSecond =
      maxTasksPerSecond === undefined ? undefined : maxTasksPerSecond / (share?.of ?? 1);
    this.#setShare(concurrency && share ? split(concurrency, share) : Infinity, perSecond);
    this.#line.admit();
  }

  /** As Line has it, like `queue` and `turn`. */
  tryEnter(): boolean {
    return this.#line.tryEnter();
  }

  queue(who: Who, go: Go): void {
    this.#line.queue(who, go);
  }

  turn(who: Who): Promise<boolean> {
    return this.#line.turn(who);
  }

  /** Every one who entered leaves, once. */
  leave(): void {
    this.#inFlight -= 1;
    this.#line.admit();
  }

  #setShare(atOnce: number, perSecond: number | undefined): void {
    this.#atOnce = atOnce;
    this.#pace.set(perSecond, this.#clock.monotonic());
  }

  #enter(): boolean {
    if (this.isLimited) {
      const now = this.#clock.monotonic();
      if (this.isUnknown || now < this.#joinsAt || this.#inFlight >= this.#atOnce) return false;
      if (!this.#pace.take(now)) return false;
    }
    this.#inFlight += 1;
    return true;
  }
}
