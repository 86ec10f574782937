/**
 * What the rooms record with: handles by name, made where a job, a client or a process is opened.
 * Whoever is given none makes a set of its own that nobody reads, so that no path asks whether
 * metrics are on.
 */
import type { Again, Outcome } from '../model/outcome.ts';
import type { OperationName } from '../model/vocabulary.ts';
import {
  API_ACTIONS,
  DATABASE_CALLS,
  type DatabaseCall,
  OTHER,
  S3_METHODS,
  type SinkKind,
  STATUS_CLASSES,
  TASK_ERROR_CODES,
  UNIT_ENDS,
  UNIT_KIND_VALUES,
  type UnitEnd,
} from './codes.ts';
import { type Buckets, type Cell, type Configured, Registry } from './registry.ts';

const NOTHING_CONFIGURED: Configured = { endpoints: [OTHER], versions: [OTHER], nodes: [OTHER] };

type UnitKind = (typeof UNIT_KIND_VALUES)[number];
type S3Method = (typeof S3_METHODS)[number];
type StatusClass = (typeof STATUS_CLASSES)[number];

export class Meters {
  readonly registry: Registry;
  readonly retries: Cell;
  readonly slowDowns: Cell;
  readonly outageSeconds: Cell;
  readonly inFlight: Cell;
  readonly inFlightMax: Cell;
  readonly inFlightShare: Cell;
  readonly perSecondMax: Cell;
  readonly leasesHeld: Readonly<Record<UnitKind, Cell>>;
  readonly leasesLost: Cell;
  readonly manifestRows: Cell;
  readonly stagingBytes: Cell;
  readonly stagingWaiting: Cell;
  readonly reportFiles: Cell;
  readonly #units: Readonly<Record<UnitKind, Readonly<Record<UnitEnd, Buckets>>>>;
  readonly #calls: ReadonlyMap<string, Readonly<Record<'2xx' | '4xx' | '5xx', Buckets>>>;

  constructor(configured: Configured = NOTHING_CONFIGURED) {
    const registry = new Registry(configured);
    this.registry = registry;
    this.retries = registry.cell('brigade_task_retries_total');
    this.slowDowns = registry.cell('brigade_slow_downs_total');
    this.outageSeconds = registry.cell('brigade_outage_seconds_total');
    this.inFlight = registry.cell('brigade_tasks_in_flight');
    this.inFlightMax = registry.cell('brigade_tasks_in_flight_max');
    this.inFlightShare = registry.cell('brigade_tasks_in_flight_share');
    this.perSecondMax = registry.cell('brigade_tasks_per_second_max');
    this.leasesHeld = tableOf(UNIT_KIND_VALUES, (kind) =>
      registry.cell('brigade_leases_held', { kind }),
    );
    this.leasesLost = registry.cell('brigade_leases_lost_total');
    this.manifestRows = registry.cell('brigade_manifest_rows_total');
    this.stagingBytes = registry.cell('brigade_staging_written_bytes_total');
    this.stagingWaiting = registry.cell('brigade_staging_waiting');
    this.reportFiles = registry.cell('brigade_report_files_total');
    this.#units = tableOf(UNIT_KIND_VALUES, (kind) =>
      tableOf(UNIT_ENDS, (end) => registry.buckets('brigade_unit_duration_seconds', { kind, end })),
    );
    this.#calls = new Map(
      API_ACTIONS.map((action) => [
        action,
        tableOf(['2xx', '4xx', '5xx'] as const, (status) =>
          registry.buckets('brigade_api_request_duration_seconds', { action, status }),
        ),
      ]),
    );
  }

  /** Of the tasks of one job. */
  tasks(operation: OperationName): TaskMeter {
    return new TaskMeter(this, operation);
  }

  /** Of the requests of one client; `endpoint` as the configuration has it, or it is `other`. */
  requests(endpoint: string): RequestMeter {
    return new RequestMeter(this.registry, endpoint);
  }

  unitEnded(kind: UnitKind, end: UnitEnd, seconds: number): void {
    this.#units[kind][end].observe(seconds);
  }

  callAnswered(action: string, httpStatus: number, seconds: number): void {
    const buckets = this.#calls.get(action) ?? this.#calls.get(OTHER);
    if (httpStatus >= 500) buckets?.['5xx'].observe(seconds);
    else buckets?.[httpStatus >= 400 ? '4xx' : '2xx'].observe(seconds);
  }

  database(): Readonly<Record<DatabaseCall, { readonly took: Buckets; readonly failures: Cell }>> {
    return tableOf(DATABASE_CALLS, (call) => ({
      took: this.registry.buckets('brigade_database_call_duration_seconds', { call }),
      failures: this.registry.cell('brigade_database_failures_total', { call }),
    }));
  }

  /** For one kind of sink. `pending` and `deadLetters` are set, the others are added to. */
  sink(sink: SinkKind): Readonly<Record<'pending' | 'deadLetters' | 'delivered' | 'failed', Cell>> {
    return {
      pending: this.registry.cell('brigade_events_pending', { sink }),
      deadLetters: this.registry.cell('brigade_events_dead_letters', { sink }),
      delivered: this.registry.cell('brigade_events_delivered_total', { sink }),
      failed: this.registry.cell('brigade_events_delivery_failures_total', { sink }),
    };
  }
}

/** The tasks of one job. */
export class TaskMeter {
  readonly #meters: Meters;
  readonly #operation: OperationName;
  readonly #succeeded: Cell;
  readonly #failed: Cell;
  /** Few codes occur in a job; each is resolved when it first does. At most those of the list. */
  readonly #codes = new Map<string, Cell>();

  constructor(meters: Meters, operation: OperationName) {
    const { registry } = meters;
    this.#meters = meters;
    this.#operation = operation;
    this.#succeeded = registry.cell('brigade_tasks_total', { operation, outcome: 'succeeded' });
    this.#failed = registry.cell('brigade_tasks_total', { operation, outcome: 'failed' });
  }

  ended(outcome: Outcome): void {
    if (outcome.ok) return this.#succeeded.add();
    this.#failed.add();
    this.#codeCell(outcome.code).add();
  }

  /** An attempt failed in a way that may pass. */
  refused(again: Again): void {
    if (again === 'slow-down') this.#meters.slowDowns.add();
  }

  retried(): void {
    this.#meters.retries.add();
  }

  #codeCell(code: string): Cell {
    const name = KNOWN_CODES.has(code) ? code : OTHER;
    let cell = this.#codes.get(name);
    if (!cell) {
      const labels = { operation: this.#operation, code: name };
      cell = this.#meters.registry.cell('brigade_task_failures_total', labels);
      this.#codes.set(name, cell);
    }
    return cell;
  }
}

const KNOWN_CODES: ReadonlySet<string> = new Set(TASK_ERROR_CODES);

/** The requests of one client of one endpoint. */
export class RequestMeter {
  readonly #byMethod: Readonly<Record<S3Method, Readonly<Record<StatusClass, Buckets>>>>;

  constructor(registry: Registry, endpoint: string) {
    this.#byMethod = tableOf(S3_METHODS, (method) =>
      tableOf(STATUS_CLASSES, (status) =>
        registry.buckets('brigade_s3_request_duration_seconds', { endpoint, method, status }),
      ),
    );
  }

  /** `httpStatus` 0: no answer. */
  answered(method: S3Method, httpStatus: number, ms: number): void {
    this.#byMethod[method][classOf(httpStatus)].observe(ms / 1000);
  }
}

function classOf(httpStatus: number): StatusClass {
  if (httpStatus < 200) return 'none';
  if (httpStatus < 300) return '2xx';
  if (httpStatus < 400) return '3xx';
  return httpStatus < 500 ? '4xx' : '5xx';
}

function tableOf<Key extends string, Value>(
  keys: readonly Key[],
  make: (key: Key) => Value,
): Readonly<Record<Key, Value>> {
  // Every key of the list gets its value in this line.
  return Object.fromEntries(keys.map((key) => [key, make(key)])) as Record<Key, Value>;
}
