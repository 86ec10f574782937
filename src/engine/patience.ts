/**
 * How long to try again (D8).
 *
 * I1. A task whose failure is worth a retry is tried ATTEMPTS_MAX times, with exponential backoff and
 *     full jitter.
 * I2. While the endpoint gives nobody a final answer it is an outage: trying goes on, and nothing is
 *     failed for it, up to `outageMs` (and never less than by I1). Only refusals count towards the tries
 *     of I1: failures between which the endpoint gave a final answer, to others, or where nobody else
 *     asks to a question of our own (`isAlive`), sent since the try before: what was under way when the
 *     outage began proves nothing. One sign of life is not enough either: it may come just after the
 *     outage that the try fell into.
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
/** From this try on an endpoint that answers nobody is asked itself: most troubles are over by then. */
const ASKED_FROM = 4;
const BACKOFF = { baseMs: 200, capMs: 20_000 };

export interface Waiting {
  readonly clock: Clock;
  readonly random: Random;
  readonly gate: Gate;
  readonly options: { readonly outageMs: number };
}

/** Whether the endpoint gives any final answer now. */
export type IsAlive = () => Promise<boolean>;

export class Patience {
  readonly #waiting: Waiting;
  readonly #attemptsMax: number;
  readonly #isAlive: IsAlive | undefined;
  #attempts = 0;
  /** Failures while the endpoint answered others. */
  #refusals = 0;
  #firstFailureAt = 0;
  #lastFailureAt = Infinity;
  /** Our own question, asked since the last failure, got a final answer. */
  #isAnswered = false;

  private constructor(waiting: Waiting, attemptsMax: number, isAlive?: IsAlive) {
    this.#waiting = waiting;
    this.#attemptsMax = attemptsMax;
    this.#isAlive = isAlive;
  }

  /** `isAlive` absent: there is no asking whoever the task asks. */
  static ofTask(waiting: Waiting, isAlive?: IsAlive): Patience {
    return new Patience(waiting, ATTEMPTS_MAX, isAlive);
  }

  static ofJob(waiting: Waiting): Patience {
    return new Patience(waiting, Infinity); // I3
  }

  /** Resolves to whether to try again; after a backoff, which `signal` cuts short. */
  async next(failure: FailedOutcome, signal: AbortSignal): Promise<boolean> {
    const { clock, random } = this.#waiting;
    if (failure.again === 'never') return false;
    const now = clock.monotonic();
    if (this.#attempts++ === 0) this.#firstFailureAt = now;
    if (this.#attempts === 1 || this.#isRefusal(failure)) this.#refusals += 1;
    if (this.#isOver(failure, now)) return false;
    this.#lastFailureAt = now;
    this.#ask(now);
    await clock.sleep(backoffMs(this.#attempts - 1, BACKOFF, random), signal);
    return true;
  }

  #isRefusal({ isOwn, isOutage }: FailedOutcome): boolean {
    if (isOutage === true) return false;
    return isOwn === true || this.#isAnswered || this.#waiting.gate.aliveSince(this.#lastFailureAt);
  }

  #isOver(failure: FailedOutcome, now: number): boolean {
    // Who allows outages no time, or little, has not asked for tasks without a second try (I1).
    if (this.#attempts < ATTEMPTS_MAX) return false;
    if (now - this.#firstFailureAt >= this.#waiting.options.outageMs) return true;
    return this.#isRefusal(failure) && this.#refusals >= this.#attemptsMax;
  }

  /** Beside the backoff: an endpoint that is gone may keep the question for a minute. */
  #ask(failedAt: number): void {
    this.#isAnswered = false;
    if (this.#attempts < ASKED_FROM) return;
    void this.#isAlive?.().then(
      (isAlive) => {
        if (isAlive && this.#lastFailureAt === failedAt) this.#isAnswered = true;
      },
      () => undefined, // Who cannot even ask (no credentials, say) has learnt nothing.
    );
  }
}
