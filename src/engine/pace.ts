/**
 * A number of turns per second, as a schedule of when the next one is due. Pure: times are handed in.
 *
 * I1. In any stretch of time there are at most rate * (stretch + BURST_MS) + 1 turns.
 * I2. Whoever asks often enough gets rate * stretch of them: what a stutter of up to BURST_MS delays
 *     is made up for, and what nobody asked for is not saved up.
 */

/** A collection of garbage or a slow commit is no reason to lose pace; a second of saved turns is a flood. */
const BURST_MS = 100;

export class Pace {
  /** Between two turns; 0: no limit. */
  #intervalMs = 0;
  #dueAt = -Infinity;

  /** Undefined: as fast as it goes. */
  set(perSecond: number | undefined, now: number): void {
    const intervalMs = perSecond === undefined ? 0 : 1000 / perSecond;
    if (intervalMs === this.#intervalMs) return;
    // From no limit to one: nothing is saved up. From a slow one to a fast one: no wait of the old kind.
    this.#dueAt = this.#intervalMs === 0 ? now : Math.min(this.#dueAt, now + intervalMs);
    this.#intervalMs = intervalMs;
  }

  /** True: a turn was due, and is taken. */
  take(now: number): boolean {
    if (this.#intervalMs === 0) return true;
    if (now < this.#dueAt) return false;
    this.#dueAt = Math.max(this.#dueAt, now - BURST_MS) + this.#intervalMs;
    return true;
  }

  /** Milliseconds until a turn is due. */
  waitMs(now: number): number {
    return this.#intervalMs === 0 ? 0 : Math.max(0, this.#dueAt - now);
  }
}
