/** What a call of S3 Control is, and what it is handed. */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Keyring } from '../auth/index.ts';
import type { Store } from '../store/index.ts';
import type { Query } from './query.ts';

export interface ApiDeps {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly random: Random;
  /** Stands in the ARN of a job; a client may sign for any region. */
  readonly region: string;
  /** What the workers of this house can run. */
  readonly supports: Supports;
  readonly log?: Log;
}

export interface Supports {
  readonly manifestFormats: readonly string[];
  readonly generator: boolean;
}

export interface CallRequest {
  readonly account: string;
  /** Decoded; empty for calls that are not about one job. */
  readonly jobId: string;
  readonly query: Query;
  readonly body: Uint8Array;
}

export interface Answer {
  readonly status: number;
  /** A whole XML document, or empty. */
  readonly body: string;
}

export interface Call {
  readonly name: string;
  readonly method: string;
  /** Below the API version; `{id}` is a job's id. */
  readonly path: 'jobs' | 'jobs/{id}' | `jobs/{id}/${string}`;
  /** Rejects with ApiError for a refusal. */
  run(request: CallRequest, deps: ApiDeps): Promise<Answer>;
}
