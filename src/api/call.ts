/** What a call of S3 Control is, and what it is handed. */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { ContextEntries, Keyring, Principal } from '../auth/index.ts';
import type { Meters, Trace } from '../metrics/index.ts';
import type { CallObserver } from '../events/index.ts';
import type { Store } from '../store/index.ts';
import type { Door } from './door.ts';
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
  /** Absent: nobody reads them. */
  readonly meters?: Meters;
  /** Absent: there are no traces. */
  readonly trace?: Trace;
  /** Is told of every call before its answer goes out. */
  readonly observer?: CallObserver;
  /** Absent: everybody is let in, at any rate. */
  readonly door?: Door;
}

export interface Supports {
  readonly manifestFormats: readonly string[];
  readonly generator: boolean;
  /** Whether a role stands for anything here. Absent: every one does. */
  readonly isRole?: (arn: string) => boolean;
}

export interface CallRequest {
  readonly account: string;
  /** Decoded; empty for calls that are not about one job. */
  readonly jobId: string;
  readonly query: Query;
  readonly body: Uint8Array;
}

/** One thing that the caller must be allowed. */
export interface Need {
  readonly action: string;
  /** An ARN, or `*` for what is not about one thing. */
  readonly resource: string;
  /** What conditions may ask about, beyond caller and connection. */
  readonly entries?: ContextEntries;
}

export interface Visitor {
  readonly principal: Principal;
  /** Of the connection; of a header only where a trusted proxy wrote it. */
  readonly sourceIp: string;
  readonly isTls: boolean;
  readonly requestId: string;
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
  /** What the caller must be allowed before it runs. Rejects with ApiError for what cannot be read. */
  needs(request: CallRequest, deps: ApiDeps): Promise<readonly Need[]>;
  /** Rejects with ApiError for a refusal. */
  run(request: CallRequest, deps: ApiDeps): Promise<Answer>;
}
