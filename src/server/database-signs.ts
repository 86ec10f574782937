/**
 * What the database knows of the whole service, as gauges. They survive every restart, and each process
 * that shows them shows the same.
 *
 * I1. Asked at most once in FRESH_MS, however many look; a database that is away holds nobody up for
 *     longer than PATIENCE_MS, and is then shown as away instead of with yesterday's numbers.
 */
import type { Clock } from '../base/clock.ts';
import type { Meters } from '../metrics/index.ts';
import { JOB_STATUSES } from '../model/vocabulary.ts';
import type { Store, Vitals } from '../store/index.ts';

const FRESH_MS = 5000;
const PATIENCE_MS = 2000;

export class DatabaseSigns {
  readonly #store: Pick<Store, 'vitals' | 'workers'>;
  readonly #clock: Clock;
  readonly #leaseMs: number;
  readonly #meters: Meters;
  #askedAt = -Infinity;
  #asking: Promise<void> | undefined;

  constructor(
    store: Pick<Store, 'vitals' | 'workers'>,
    meters: Meters,
    { clock, leaseMs }: { readonly clock: Clock; readonly leaseMs: number },
  ) {
    this.#store = store;
    this.#meters = meters;
    this.#clock = clock;
    this.#leaseMs = leaseMs;
  }

  /** Resolves when the gauges are as fresh as they get; never rejects. */
  async look(): Promise<void> {
    const now = this.#clock.monotonic();
    if (now - this.#askedAt >= FRESH_MS && !this.#asking) {
      this.#asking = this.#ask().finally(() => (this.#asking = undefined));
    }
    if (!this.#asking) return;
    const isLate = await Promise.race([
      this.#asking.then(() => false),
      this.#clock.sleep(PATIENCE_MS).then(() => true),
    ]);
    if (isLate) this.#show(undefined, NaN);
  }

  async #ask(): Promise<void> {
    try {
      const now = this.#clock.now();
      const vitals = await this.#store.vitals(now);
      const workers = await this.#store.workers(now - this.#leaseMs);
      this.#show(vitals, workers.length);
    } catch {
      this.#show(undefined, NaN);
    }
    this.#askedAt = this.#clock.monotonic();
  }

  #show(vitals: Vitals | undefined, workers: number): void {
    const { registry } = this.#meters;
    registry.cell('brigade_database_up').set(vitals ? 1 : 0);
    registry.cell('brigade_workers').set(workers);
    for (const status of JOB_STATUSES) {
      const jobs = vitals ? (vitals.jobs.get(status) ?? 0) : NaN;
      registry.cell('brigade_jobs', { status }).set(jobs);
    }
    registry.cell('brigade_job_tasks_left').set(vitals?.tasksLeft ?? NaN);
    for (const state of ['waiting', 'leased', 'done'] as const) {
      registry.cell('brigade_chunks', { state }).set(vitals?.chunks[state] ?? NaN);
    }
    for (const state of ['live', 'expired'] as const) {
      registry.cell('brigade_leases', { state }).set(vitals?.leases[state] ?? NaN);
    }
    const waitedMs = Math.max(0, this.#clock.now() - (vitals?.waitingSince ?? Infinity));
    registry.cell('brigade_queue_age_seconds').set(vitals ? waitedMs / 1000 : NaN);
  }
}
