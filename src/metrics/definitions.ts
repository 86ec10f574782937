/**
 * Every metric of the service, defined once: the Prometheus page, OTLP and CloudWatch's format are
 * made of this table, and docs/METRICS.md, the dashboard and the alert rules are tested against it.
 *
 * I1. Each label has a closed list of values, or one that the installation's configuration closes
 *     (`endpoint`, `process`): no job, bucket, key or message is ever a label, so the number of series
 *     does not grow with use.
 * I2. Names end in their unit; counters in `_total`.
 */
import { JOB_STATUSES, OPERATION_NAMES } from '../model/vocabulary.ts';
import {
  API_ACTIONS,
  DATABASE_CALLS,
  S3_METHODS,
  SINK_KINDS,
  STATUS_CLASSES,
  TASK_ERROR_CODES,
  UNIT_ENDS,
  UNIT_KIND_VALUES,
} from './codes.ts';

/**
 * In UCUM, as OpenTelemetry writes them; a word in braces is what is counted. Empty rather than `1`: what
 * turns OTLP into Prometheus's names would append `_ratio`.
 */
export type Unit = 's' | 'By' | '' | `{${string}}`;

/** What the configuration of an installation names, and no user of it. */
export type ConfiguredLabel = 'endpoints' | 'versions' | 'nodes';

export interface Definition {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly unit: Unit;
  readonly help: string;
  readonly labels: Readonly<Record<string, readonly string[] | ConfiguredLabel>>;
  /** Upper bounds of a histogram's buckets, in its unit; one without bound follows. */
  readonly bounds?: readonly number[];
  /**
   * What the value of several processes of one service is: `sum` and `max` are one series for all,
   * `each` has a label `process`.
   */
  readonly over: 'sum' | 'max' | 'each';
  /** A gauge that is absent until it is set, and again when it is not known. */
  readonly mayBeAbsent?: true;
}

type Labels = Definition['labels'];
interface Options {
  readonly labels?: Labels;
  readonly over?: Definition['over'];
}

const counter = (unit: Unit, help: string, { labels = {}, over = 'sum' }: Options = {}) =>
  ({ kind: 'counter', unit, help, labels, over }) satisfies Definition;
const gauge = (unit: Unit, help: string, { labels = {}, over = 'sum' }: Options = {}) =>
  ({ kind: 'gauge', unit, help, labels, over }) satisfies Definition;
/** Known only where the database or the state of the moment says so. */
const known = (unit: Unit, help: string, options: Options = {}) =>
  ({ ...gauge(unit, help, options), mayBeAbsent: true }) satisfies Definition;
const histogram = (help: string, bounds: readonly number[], labels: Labels) =>
  ({ kind: 'histogram', unit: 's', help, labels, bounds, over: 'sum' }) satisfies Definition;

/** From a store on this machine to one that is nearly given up: a factor of two and a half each. */
const REQUEST_BOUNDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];
const DATABASE_BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 15];
const UNIT_BOUNDS = [0.01, 0.05, 0.25, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200];

export const METRICS = {
  // What the database knows; on the page of a process that serves the API.
  brigade_jobs: known('{job}', 'Jobs that the database holds, by status.', {
    labels: { status: JOB_STATUSES },
    over: 'max',
  }),
  brigade_job_tasks_left: known(
    '{task}',
    'Tasks of prepared jobs that have not ended, of jobs that have not ended.',
    { over: 'max' },
  ),
  brigade_chunks: known('{chunk}', 'Chunks of jobs that have not ended, by state.', {
    labels: { state: ['waiting', 'leased', 'done'] },
    over: 'max',
  }),
  brigade_leases: known(
    '{lease}',
    'Leases of all workers, by whether they are alive or have expired and wait for a new owner.',
    { labels: { state: ['live', 'expired'] }, over: 'max' },
  ),
  brigade_queue_age_seconds: known(
    's',
    'How long the unit of work that has waited longest could have been leased; 0 when none waits.',
    { over: 'max' },
  ),
  brigade_workers: known('{worker}', 'Workers that are alive, on all machines.', { over: 'max' }),
  brigade_database_up: known(
    '',
    'Whether the database answered the last question (1) or not (0).',
    {
      over: 'max',
    },
  ),

  // Tasks, as the workers of this process or its children ran them.
  brigade_tasks_total: counter('{task}', 'Tasks that ended, by operation and outcome.', {
    labels: { operation: OPERATION_NAMES, outcome: ['succeeded', 'failed'] },
  }),
  brigade_task_failures_total: counter(
    '{task}',
    'Tasks that failed, by operation and error code.',
    {
      labels: { operation: OPERATION_NAMES, code: TASK_ERROR_CODES },
    },
  ),
  brigade_task_retries_total: counter(
    '{attempt}',
    'Further tries of tasks, after a failure that may pass.',
  ),
  brigade_slow_downs_total: counter(
    '{answer}',
    'Attempts of tasks that the store refused for its load.',
  ),
  brigade_outage_seconds_total: counter(
    's',
    'Time in which work was held and the endpoint gave nothing but failures that may pass.',
  ),
  brigade_tasks_in_flight: gauge('{task}', 'Tasks in flight.'),
  brigade_tasks_in_flight_max: gauge(
    '{task}',
    'Tasks that may be in flight: the share of BRIGADE_CONCURRENCY, or less where more did not help.',
  ),
  brigade_tasks_in_flight_share: gauge('{task}', 'The share of BRIGADE_CONCURRENCY.'),
  brigade_tasks_per_second_max: known(
    '',
    'The rate (tasks per second) learnt from SlowDown answers; absent while there is no limit.',
  ),

  // Units of work.
  brigade_unit_duration_seconds: histogram(
    'Time from the lease of a unit to its end here, by kind and end.',
    UNIT_BOUNDS,
    { kind: UNIT_KIND_VALUES, end: UNIT_ENDS },
  ),
  brigade_leases_held: gauge('{lease}', 'Leases held, by kind of unit.', {
    labels: { kind: UNIT_KIND_VALUES },
  }),
  brigade_leases_lost_total: counter('{lease}', 'Leases that were lost while their unit ran.'),
  brigade_manifest_rows_total: counter('{row}', 'Rows of manifests that were cut into chunks.'),
  brigade_staging_written_bytes_total: counter('By', 'Bytes written to staging.'),
  brigade_staging_waiting: gauge('{unit}', 'Units that wait for staging, which is full or away.'),
  brigade_report_files_total: counter('{file}', 'Files of reports that were written.'),

  // The doors: to the store, to the database, to callers, to the sinks of events.
  brigade_s3_request_duration_seconds: histogram(
    'Time from a request to the S3 endpoint to its answer, by method and class of status.',
    REQUEST_BOUNDS,
    { endpoint: 'endpoints', method: S3_METHODS, status: STATUS_CLASSES },
  ),
  brigade_database_call_duration_seconds: histogram(
    'Time that calls of the database took, by purpose.',
    DATABASE_BOUNDS,
    { call: DATABASE_CALLS },
  ),
  brigade_database_failures_total: counter(
    '{call}',
    'Calls that the database did not answer, by purpose.',
    { labels: { call: DATABASE_CALLS } },
  ),
  brigade_api_request_duration_seconds: histogram(
    'Time that requests of S3 Control took, by action and class of status.',
    REQUEST_BOUNDS,
    { action: API_ACTIONS, status: ['2xx', '4xx', '5xx'] },
  ),
  brigade_events_pending: known(
    '{event}',
    'Events that wait for their delivery, by kind of sink.',
    {
      labels: { sink: SINK_KINDS },
      over: 'max',
    },
  ),
  brigade_events_dead_letters: known(
    '{event}',
    'Events that were given up and can be replayed, by kind of sink.',
    { labels: { sink: SINK_KINDS }, over: 'max' },
  ),
  brigade_events_delivered_total: counter(
    '{event}',
    'Events that were delivered, by kind of sink.',
    {
      labels: { sink: SINK_KINDS },
    },
  ),
  brigade_events_delivery_failures_total: counter(
    '{attempt}',
    'Deliveries that failed and are tried again or given up, by kind of sink.',
    { labels: { sink: SINK_KINDS } },
  ),

  // Each process by itself.
  brigade_process_cpu_seconds_total: counter('s', 'Time of processors used, user and system.', {
    over: 'each',
  }),
  brigade_process_resident_memory_bytes: gauge('By', 'Resident memory.', { over: 'each' }),
  brigade_process_heap_used_bytes: gauge('By', 'Used part of the JavaScript heap.', {
    over: 'each',
  }),
  brigade_process_event_loop_lag_seconds: gauge(
    's',
    'Delay of the event loop since the last look.',
    { labels: { stat: ['median', 'p99', 'max'] }, over: 'each' },
  ),
  brigade_process_open_fds: known(
    '{file}',
    'Open file descriptors; absent where there is no /proc.',
    {
      over: 'each',
    },
  ),
  brigade_process_start_time_seconds: gauge(
    's',
    'When the process started, since the Unix epoch.',
    {
      over: 'each',
    },
  ),
  brigade_build_info: gauge('', 'Always 1; its labels say what is running.', {
    labels: { version: 'versions', node: 'nodes' },
    over: 'max',
  }),
} as const satisfies Record<string, Definition>;

export type MetricName = keyof typeof METRICS;
export type NamesOf<Kind extends Definition['kind']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['kind'] extends Kind ? Name : never;
}[MetricName];
