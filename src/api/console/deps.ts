/** What the console's calls are handed, and what one of them is. */
import type { Principal } from '../../auth/index.ts';
import type { S3 } from '../../s3/index.ts';
import type { Staging } from '../../staging/index.ts';
import type { ApiDeps, Need } from '../call.ts';
import type { ProgressLog } from './progress-log.ts';

export interface ConsoleDeps extends ApiDeps {
  /** With the service's own key where jobs use that; where they have roles, as the console's. */
  readonly s3: S3;
  /** Failures of a job that runs are read from its parts. */
  readonly staging: Staging;
  readonly about: About;
  /** Milliseconds after which a worker that was not seen is taken for dead. */
  readonly leaseMs: number;
  /** Where the built page lies; it may come to be there later. */
  readonly folder: string;
}

/** What the system page shows of the service. */
export interface About {
  readonly version: string;
  readonly endpoint: string;
  readonly isSandbox: boolean;
  readonly account: string;
  /** Without secrets. */
  readonly database: string;
  /** Requests in flight per worker, jobs that run at once. */
  readonly limits: { readonly requestsMax: number; readonly activeJobsMax: number };
}

export interface ViewDeps extends ConsoleDeps {
  readonly progress: ProgressLog;
  readonly startedAt: number;
}

export interface ViewRequest {
  readonly principal: Principal;
  /** Of the path. */
  readonly jobId: string;
  readonly query: URLSearchParams;
  /** Parsed JSON; undefined when there was none. */
  readonly body: unknown;
  /** Throws AccessDenied unless its user may do this too, which only turned out on the way. */
  demand(need: Need): void;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
}

export type Needs = (request: ViewRequest, deps: ViewDeps) => Promise<readonly Need[]>;

export interface View {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Below /console/api/; `:jobId` is a job's id. */
  readonly path: string;
  /** What its user must be allowed before it runs, see may.ts. */
  readonly needs: Needs;
  /** Resolves to what is answered as JSON. Rejects with ApiError or ConsoleError for a refusal. */
  run(request: ViewRequest, deps: ViewDeps): Promise<unknown>;
}
