/**
 * The session of one role, as one job uses it.
 *
 * I1. It is renewed when a third of it is left, beside the requests that go on with the old one; one
 *     AssumeRole at a time, however many requests want it.
 * I2. Requests wait only when there is nothing to sign with. What cannot be had now is not asked for
 *     again by each of a thousand waiting requests: within a pause the last word counts.
 * I3. What the store refused before its time is replaced, though not twice within RENEW_MS_MIN: a store
 *     that refuses every session would otherwise be met with one AssumeRole per request.
 */
import { backoffMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Identity, NoCredentials, S3Credentials } from '../s3/index.ts';
import type { Assumed } from './sts.ts';

/** A request signed now shall arrive in time; of a session that is very short, a tenth is enough. */
const MARGIN_MS_MAX = 5000;
const MARGIN_SHARE = 0.1;
const RENEW_MS_MIN = 10_000;
/** Of a session: as much is left when it is renewed. Fifteen minutes leave five to try again in. */
const LEFT_SHARE = 1 / 3;
const PAUSE = { baseMs: 1000, capMs: 30_000 };

export interface SessionNeeds {
  readonly assume: () => Promise<Assumed>;
  readonly clock: Clock;
  readonly random: Random;
}

type Held = S3Credentials & { readonly expiresAt: number };

export class RoleSession implements Identity {
  readonly #needs: SessionNeeds;
  #held: Held | undefined;
  #heldSince = -Infinity;
  #renewAt = Infinity;
  #goodUntil = -Infinity;
  #renewal: Promise<void> | undefined;
  #failures = 0;
  #lastFailure: NoCredentials | undefined;
  #askAgainAt = -Infinity;

  constructor(needs: SessionNeeds) {
    this.#needs = needs;
  }

  current(nowMs: number): S3Credentials | undefined {
    const held = this.#held;
    if (held === undefined || nowMs >= this.#goodUntil) return undefined;
    if (nowMs >= this.#renewAt && nowMs >= this.#askAgainAt) void this.#renew(); // I1
    return held;
  }

  async next(
    spent: S3Credentials | undefined,
    signal?: AbortSignal,
  ): Promise<S3Credentials | NoCredentials> {
    const now = this.#needs.clock.now();
    const held = this.current(now);
    if (held !== undefined && held !== spent) return held;
    if (held !== undefined && now - this.#heldSince < RENEW_MS_MIN) {
      return { reason: 'The store refuses the session of the role.', isFinal: true }; // I3
    }
    if (this.#lastFailure !== undefined && now < this.#askAgainAt) return this.#lastFailure; // I2
    await unlessAborted(this.#renew(), signal);
    const renewed = this.current(this.#needs.clock.now());
    if (renewed !== undefined && renewed !== spent) return renewed;
    return this.#lastFailure ?? { reason: 'The session was over at once.', isFinal: false };
  }

  #renew(): Promise<void> {
    return (this.#renewal ??= this.#ask().finally(() => (this.#renewal = undefined)));
  }

  async #ask(): Promise<void> {
    const { assume, clock, random } = this.#needs;
    const assumed = await assume();
    const now = clock.now();
    if (assumed.ok) {
      const { credentials } = assumed;
      this.#held = credentials;
      this.#heldSince = now;
      const lifeMs = credentials.expiresAt - now;
      this.#renewAt = credentials.expiresAt - lifeMs * LEFT_SHARE;
      this.#goodUntil = credentials.expiresAt - Math.min(MARGIN_MS_MAX, lifeMs * MARGIN_SHARE);
      this.#failures = 0;
      this.#lastFailure = undefined;
      return;
    }
    const { reason, isFinal } = assumed;
    this.#askAgainAt = now + PAUSE.baseMs / 2 + backoffMs(this.#failures++, PAUSE, random);
    this.#lastFailure = { reason, isFinal };
  }
}

/** Rejects with the reason of the signal when that comes first; the work goes on for others. */
async function unlessAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return work;
  signal.throwIfAborted();
  let leave = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    // An AbortSignal's reason is what its users are rejected with, whatever it is.
    leave = () => reject(signal.reason as Error);
    signal.addEventListener('abort', leave);
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
