/** How often what goes wrong, drawn from the seed: some worlds are quiet, some are terrible. */
import type { Random } from '../../src/base/random.ts';

export interface Faults {
  /** Share of S3 requests that get no answer before they had an effect. */
  readonly lostRequest: number;
  /** Share of S3 requests that had their effect and whose answer is lost. */
  readonly lostAnswer: number;
  /** Share of S3 requests answered 503 SlowDown or 500. */
  readonly refused: number;
  /** Share of calls of the store that fail before they had an effect. */
  readonly storeRefused: number;
  /** Share of calls of the store that had their effect and reject all the same. */
  readonly storeAnswerLost: number;
  /** Mean time between two crashes, freezes or clock jumps of a worker, in ms; 0: never. */
  readonly calamityMs: number;
  /** Latency of S3 up to this, in ms. */
  readonly latencyMs: number;
}

export const NO_FAULTS: Faults = {
  lostRequest: 0,
  lostAnswer: 0,
  refused: 0,
  storeRefused: 0,
  storeAnswerLost: 0,
  calamityMs: 0,
  latencyMs: 5,
};

export function drawFaults(random: Random): Faults {
  const rate = (max: number): number => (random.next() < 0.5 ? 0 : random.next() * max);
  return {
    lostRequest: rate(0.2),
    lostAnswer: rate(0.2),
    refused: rate(0.4),
    storeRefused: rate(0.05),
    storeAnswerLost: rate(0.05),
    calamityMs: random.next() < 0.2 ? 0 : 500 + random.next() * 20_000,
    latencyMs: 1 + random.next() * 400,
  };
}
