/** What every unit of work is given, and the ways it can end. */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Meters } from '../metrics/index.ts';
import { CHUNK_ROWS, CHUNK_ROWS_MAX, LEASE_MS } from '../model/limits.ts';
import type { Roles } from '../roles/index.ts';
import type { TaskTrace } from '../events/index.ts';
import type { S3 } from '../s3/index.ts';
import type { Staging } from '../staging/index.ts';
import type { LeasedUnit, Store } from '../store/index.ts';
import type { Gate } from './gate.ts';
import type { HeldLease } from './held-lease.ts';
import type { OpenedOperations } from './opened-operations.ts';

export interface EngineOptions {
  /** Name of this worker, unique among those that are alive. */
  readonly worker: string;
  /** Where it runs, for people. */
  readonly host: string;
  readonly pid: number;
  /** Chunks worked on at once: more than one, so that the end of one chunk leaves no gap. */
  readonly chunkLanes: number;
  /** Prepare, report and finish units worked on at once, of each kind; a long one blocks no tasks. */
  readonly controlLanes: number;
  /** Requests in flight to the endpoint, split over all workers that are alive. */
  readonly requestsMax: number;
  /** Jobs that may be Active at once; AWS does not publish its number. */
  readonly activeJobsMax: number;
  readonly leaseMs: number;
  readonly heartbeatMs: number;
  readonly tickMs: number;
  /** How long an endpoint may answer nothing but retryable failures before tasks fail for it. */
  readonly outageMs: number;
  /** Rows of the first chunks of a list, and of the largest. */
  readonly chunkRows: number;
  readonly chunkRowsMax: number;
  /** A chunk is held for so many rows at least (held-lease.ts, I3). */
  readonly turnRows: number;
}

export const ENGINE_DEFAULTS: Omit<EngineOptions, 'worker'> = {
  host: '',
  pid: 0,
  chunkLanes: 3,
  controlLanes: 2,
  requestsMax: 64,
  activeJobsMax: 6,
  leaseMs: LEASE_MS,
  heartbeatMs: 300,
  tickMs: 200,
  outageMs: 60 * 60 * 1000,
  chunkRows: CHUNK_ROWS,
  chunkRowsMax: CHUNK_ROWS_MAX,
  turnRows: CHUNK_ROWS,
};

export interface EngineContext {
  readonly store: Store;
  readonly staging: Staging;
  /** As the role of the unit's job sees it (job-context.ts). */
  readonly s3: S3;
  /** Absent: every job works with the service's own key. */
  readonly roles?: Pick<Roles, 's3Of'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly meters: Meters;
  readonly options: EngineOptions;
  readonly gate: Gate;
  readonly operations: OpenedOperations;
  /** Jobs whose first unexpected error was logged; the rest of it is in their reports. */
  readonly surprised: Set<string>;
  readonly taskTrace?: TaskTrace | undefined;
}

/** Runs one leased unit to its end. What it throws is a bug or a store that is away. */
export type RunUnit = (unit: LeasedUnit, held: HeldLease, context: EngineContext) => Promise<void>;
