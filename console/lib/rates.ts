/** Tasks per second from samples of counters. Pure. */
import type { Sample } from './types.ts';

export interface RatePoint {
  readonly at: Date;
  readonly succeeded: number;
  readonly failed: number;
}

/** What the rate of "now" is taken from: long enough that whole chunks do not show as jumps. */
const WINDOW_MS = 15_000;

/** Undefined: nothing to compare yet. */
export function currentRate(samples: readonly Sample[]): number | undefined {
  const last = samples.at(-1);
  const first = last && samples.find(({ at }) => at >= last.at - WINDOW_MS);
  if (!first || !last || first.at === last.at) return undefined;
  const done = doneOf(last) - doneOf(first);
  return Math.max(0, (done * 1000) / (last.at - first.at));
}

/** Between each two samples; a lease that was lost takes its live counts back, which is no rate. */
export function ratePoints(samples: readonly Sample[]): RatePoint[] {
  return samples.slice(1).map((sample, i) => {
    const before = samples[i] ?? sample;
    const seconds = Math.max(0.001, (sample.at - before.at) / 1000);
    const per = (now: number, then: number): number => Math.max(0, (now - then) / seconds);
    return {
      at: new Date(sample.at),
      succeeded: per(sample.succeeded, before.succeeded),
      failed: per(sample.failed, before.failed),
    };
  });
}

function doneOf({ succeeded, failed }: Sample): number {
  return succeeded + failed;
}
