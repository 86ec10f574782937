/** Retries for the control plane: manifests, reports, checks before a job. Tasks are the engine's. */
import { backoffMs, type BackoffLimits } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { toOutcome } from './outcome.ts';
import type { S3, S3Answer, S3Request } from './s3.ts';

export interface RetryOptions {
  /** Requests at most, the first included. */
  readonly attempts: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal?: AbortSignal;
}

/** First waits around 100 ms: an overloaded store is rarely over it sooner. Ten seconds at most. */
const BACKOFF: BackoffLimits = { baseMs: 200, capMs: 10_000 };

/** The first answer that is not worth another try, or the last one. Rejects only on abort. */
export async function sendWithRetry(
  s3: Pick<S3, 'send'>,
  request: S3Request,
  options: RetryOptions,
): Promise<S3Answer> {
  for (let attempt = 0; ; attempt++) {
    const answer = await s3.send(request, options.signal);
    const outcome = toOutcome(answer);
    if (outcome.ok || outcome.again === 'never' || attempt + 1 >= options.attempts) return answer;
    await options.clock.sleep(backoffMs(attempt, BACKOFF, options.random), options.signal);
    options.signal?.throwIfAborted();
  }
}
