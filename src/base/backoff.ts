import type { Random } from './random.ts';

export interface BackoffLimits {
  readonly baseMs: number;
  readonly capMs: number;
}

/**
 * Exponential backoff with full jitter: uniform over [0, min(cap, base * 2^attempt)). Full jitter
 * spreads a herd of waiting requests best, at the price of an occasional very short wait. Whole
 * milliseconds: they are added to times, and the store keeps times as integers.
 */
export function backoffMs(attempt: number, limits: BackoffLimits, random: Random): number {
  const ceiling = Math.min(limits.capMs, limits.baseMs * 2 ** Math.min(attempt, 30));
  return Math.floor(random.next() * ceiling);
}
