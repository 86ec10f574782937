/**
 * How long to try again (D8).
 *
 * I1. A task whose failure is worth a retry is tried ATTEMPTS_MAX times, with exponential backoff and
 *     full jitter.
 * I2. While the endpoint has answered nothing final since the first failure, it is an outage: trying
 *     goes on, and nothing is failed for it, up to `outageMs` (and never less than by I1).
 * I3. What the whole job hangs on (its manifest, its report) is not given up after a number of tries,
 *     only after `outageMs`.
 */
import { backoffMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { FailedOutcome } from '../model/outcome.ts';
import type { Gate } from './gate.ts';

/** Eight tries with this backoff take 13 s on average: longer than a restart of a proxy. */
const ATTEMPTS_MAX = 8;
const BACKOFF = { baseMs: 200, capMs: 20_000 };

export interface Waiting {
  readonly clock: Clock;
  readonly random: Random;
  readonly gate: Gate;
  readonly options: { readonly outageMs: number };
}

export class Patience {
  readonly #waiting: Waiting;
  readonly #attemptsMax: number;
  #attempts = 0;
  #firstFailureAt = 0;

  private constructor(waiting: Waiting, attemptsMax: number) {
    this.#waiting = waiting;
    this.#attemptsMax = attemptsMax;
  }

  static ofTask(waiting: Waiting): Patience {
    return new Patience(waiting, ATTEMPTS_MAX);
  }

  static ofJob(waiting: Waiting): Patience {
    return new Patience(waiting, Infinity); // I3
  }

  /** Resolves to whether to try again; after a backoff, which `signal` cuts short. */
  async next(failure: FailedOutcome, signal: AbortSignal): Promise<boolean> {
    const { clock, random, gate, options } = this.#waiting;
    if (failure.again === 'never') return false;
    const now = clock.monotonic();
    if (this.#attempts++ === 0) this.#firstFailureAt = now;
    const outage = !failure.isOwn && !gate.aliveSince(this.#firstFailureAt); // I2
    if (!outage && this.#attempts >= this.#attemptsMax) return false;
    const isLate = now - this.#firstFailureAt >= options.outageMs;
    // Who allows outages no time, or little, has not asked for tasks without a second try (I1).
    if (isLate && this.#attempts >= ATTEMPTS_MAX) return false;
    await clock.sleep(backoffMs(this.#attempts - 1, BACKOFF, random), signal);
    return true;
  }
}
