/**
 * Time in a simulated world: it stands still while anything can run, and then jumps to the next
 * moment at which somebody wants to wake. Wakes of one moment come in the order of their sleeps, so
 * that a seed decides everything.
 */
import type { Clock } from '../../src/base/clock.ts';

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

export class WorldClock {
  #now = Date.parse('2026-01-01T00:00:00Z');
  /** By time, and by age among equals; the earliest comes last. */
  readonly #sleepers: Sleeper[] = [];

  now(): number {
    return Math.floor(this.#now);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const aborted = (): void => {
        this.#sleepers.splice(this.#sleepers.indexOf(sleeper), 1);
        resolve();
      };
      const wake = (): void => {
        signal?.removeEventListener('abort', aborted);
        resolve();
      };
      const sleeper = { due: this.#now + Math.max(0, ms), wake };
      this.#sleepers.splice(this.#placeOf(sleeper.due), 0, sleeper);
      signal?.addEventListener('abort', aborted, { once: true });
    });
  }

  /** Wakes the next sleeper; false when nobody sleeps. */
  step(): boolean {
    const next = this.#sleepers.pop();
    if (!next) return false;
    this.#now = Math.max(this.#now, next.due);
    next.wake();
    return true;
  }

  /** Runs the world until `done`, or `limitMs` of its time have passed (then false). */
  async run(done: () => boolean, limitMs: number): Promise<boolean> {
    const end = this.#now + limitMs;
    while (!done()) {
      // Everything that can run without time passing runs before the next step.
      await new Promise((resolve) => setImmediate(resolve));
      if (done()) return true;
      if (this.#now > end || !this.step()) return false;
    }
    return true;
  }

  /** Before all that wake sooner, and before those of the same moment that slept first. */
  #placeOf(due: number): number {
    let low = 0;
    let high = this.#sleepers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sleepers[middle]?.due ?? 0) > due) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The clock of one worker: its wall clock may be wrong and may jump, its stopwatch may not. */
export class WorkerClock implements Clock {
  readonly #world: WorldClock;
  offsetMs = 0;

  constructor(world: WorldClock) {
    this.#world = world;
  }

  now(): number {
    return this.#world.now() + Math.floor(this.offsetMs);
  }

  monotonic(): number {
    return this.#world.now();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#world.sleep(ms, signal);
  }
}
