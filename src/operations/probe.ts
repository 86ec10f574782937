/** What `open` may find out before the first task: one sentence each, and whether to ask again. */
import type { FailedOutcome } from '../model/outcome.ts';
import type { Opened } from './operation.ts';

type Obstacle = Extract<Opened, { ok: false }>;

/** The endpoint gave no answer to tell its traits by. */
export const ENDPOINT_UNKNOWN: Obstacle = {
  ok: false,
  again: true,
  reason: 'The S3 endpoint did not say what it is.',
};

/** Undefined when the failure is final; else the reason to wait. */
export function worthWaiting(failure: FailedOutcome, what: string): Obstacle | undefined {
  if (failure.again === 'never') return undefined;
  return { ok: false, again: true, reason: `${what}: ${failure.message}` };
}
