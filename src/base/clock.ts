/**
 * The only door to time. Everything above takes a `Clock`, so that thirty days pass in a test in
 * no time and a simulation decides when anything happens.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** What tells the time. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds that never jump, for measuring how long something took. */
  monotonic(): number;
  /** Resolves after `ms`, or at once (without an error) when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const finish = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', finish);
        resolve();
      };
      const timer = setTimeout(finish, Math.max(0, ms));
      signal?.addEventListener('abort', finish, { once: true });
    }),
};

/** Calls `work` when all that has come from sockets and files by now was seen to. */
export function afterThisRound(work: () => void): void {
  setImmediate(work);
}

/** How late the event loop of this thread was, in seconds, since the last look. */
export interface LoopDelay {
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

/** A delay that matters is longer. Each look wakes a process that may have nothing else to do. */
const DELAY_RESOLUTION_MS = 100;

export function watchLoop(): { look(): LoopDelay; stop(): void } {
  const histogram = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  histogram.enable();
  // The timer's own period is no delay.
  const seconds = (percent: number): number =>
    histogram.count === 0
      ? 0
      : Math.max(0, histogram.percentile(percent) / 1e6 - DELAY_RESOLUTION_MS) / 1000;
  return {
    look() {
      const delay = { median: seconds(50), p99: seconds(99), max: seconds(100) };
      histogram.reset();
      return delay;
    },
    stop: () => void histogram.disable(),
  };
}

/** Milliseconds since the Unix epoch. */
export function processStartedAt(): number {
  return performance.timeOrigin;
}

/** A clock that stands still until it is told to move. */
export class ManualClock implements Clock {
  #now: number;
  #sleepers: { readonly due: number; readonly wake: () => void }[] = [];

  constructor(startMs = Date.parse('2026-01-01T00:00:00Z')) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms <= 0 || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#sleepers.push({ due: this.#now + ms, wake: resolve });
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  /** Moves time and wakes those whose time has come, earliest first. */
  advance(ms: number): void {
    this.#now += ms;
    const due = this.#sleepers.filter((s) => s.due <= this.#now).sort((a, b) => a.due - b.due);
    this.#sleepers = this.#sleepers.filter((s) => s.due > this.#now);
    for (const sleeper of due) sleeper.wake();
  }
}
