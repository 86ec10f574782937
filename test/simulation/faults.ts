/** How often what goes wrong, drawn from the seed: some worlds are quiet, some are terrible. */
import type { Random } from '../../src/base/random.ts';

export interface Faults {
  /** Share of S3 requests that get no answer before they had an effect. */
  readonly lostRequest: number;
  /** Share of S3 requests that had their effect and whose answer is lost. */
  readonly lostAnswer: number;
  /** Share of S3 requests answered 503 SlowDown or 500. */
  readonly refused: number;
  /** Share of S3 bodies that break off. */
  readonly brokenBody: number;
  /** Share of calls of the store that fail before they had an effect. */
  readonly storeRefused: number;
  /** Share of calls of the store that had their effect and reject all the same. */
  readonly storeAnswerLost: number;
  /** Share of calls of the staging that fail, as on a full disk. */
  readonly stagingRefused: number;
  /** Share of calls of S3 and the store that take up to LATE_MS: before their effect, or after it. */
  readonly late: number;
  /** Share of calls, of whatever, before and after which the worker dies on the spot. */
  readonly crashPoint: number;
  /** Mean time between two crashes, freezes, clock jumps or outages, in ms; 0: never. */
  readonly calamityMs: number;
  /** Latency of S3 up to this, in ms. */
  readonly latencyMs: number;
}

/** Several leases long. */
export const LATE_MS = 15_000;

export const NO_FAULTS: Faults = {
  lostRequest: 0,
  lostAnswer: 0,
  refused: 0,
  brokenBody: 0,
  storeRefused: 0,
  storeAnswerLost: 0,
  stagingRefused: 0,
  late: 0,
  crashPoint: 0,
  calamityMs: 0,
  latencyMs: 5,
};

export function drawFaults(random: Random): Faults {
  const rate = (max: number): number => (random.next() < 0.5 ? 0 : random.next() * max);
  const latencyMs = 1 + random.next() * 400;
  const ofS3 = { lostRequest: rate(0.2), lostAnswer: rate(0.2), refused: rate(0.4), latencyMs };
  // Where no worker dies and the store is there, all that ran must be in the report.
  if (random.next() < 0.25) return { ...NO_FAULTS, ...ofS3, brokenBody: rate(0.1) };
  return {
    ...ofS3,
    brokenBody: rate(0.1),
    storeRefused: rate(0.05),
    storeAnswerLost: rate(0.05),
    stagingRefused: rate(0.1),
    late: rate(0.02),
    crashPoint: rate(0.004),
    calamityMs: random.next() < 0.2 ? 0 : 500 + random.next() * 20_000,
  };
}

/** Nothing in it costs a worker its memory of what ran. */
export function isCalm(faults: Faults): boolean {
  const { storeRefused, storeAnswerLost, stagingRefused, late, crashPoint, calamityMs } = faults;
  return storeRefused + storeAnswerLost + stagingRefused + late + crashPoint + calamityMs === 0;
}
