/**
 * The leases a worker holds, kept alive by one heartbeat for all of them.
 *
 * I1. No new request starts later than STALE_MS after the last time the store was asked about its
 *     lease, whether the store said stop or said nothing (D5: one second). Asked, not answered: an
 *     answer may be late.
 *     A job that its user paused stops as fast as one that was cancelled.
 * I2. A lease that the store calls lost is never committed by us; the fence refuses it anyway (D4).
 * I3. A chunk is held for one turn: until it is done, or was held for TURN_MS and `turnRows` of it have ended.
 *     What ran is then recorded, and the rest is anybody's. So what a crash repeats, and what a job of
 *     higher priority waits for, is a matter of seconds and not of how large chunks are.
 */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Meters } from '../metrics/index.ts';
import { courseOf, type Course } from '../lifecycle/index.ts';
import type { JobTag } from '../model/job.ts';
import type { Lease, Standing, Store } from '../store/index.ts';
import { JobLimits, STALE_MS } from './job-limits.ts';
import { Spell } from './spell.ts';

/** Limits of jobs of which nothing is held now, kept so that a pace goes on where it was. */
const LIMITS_KEPT = 64;
/** Long against what recording a turn costs. */
const TURN_MS = 2000;

export class HeldLease {
  readonly lease: Lease;
  readonly limits: JobLimits;
  /** Live progress: rows of this lease that have ended (D2). */
  #succeeded = 0;
  #failed = 0;
  #course: Course | 'lost' = 'run';
  /** Until then the store's last word about this lease counts. */
  #freshUntil: number;
  /** When its turn ends, should it have run enough rows by then (I3). */
  readonly #turnEndsAt: number;
  #isTurnOver = false;
  #hasRun = false;
  readonly #leases: HeldLeases;
  readonly #left = new AbortController();
  /** `closing`: what ends the lease is under way; nobody but us is to blame when it is gone then. */
  #state: 'open' | 'closing' | 'closed' | 'lost' = 'open';

  /** `askedAt`: monotonic time before the store was asked for this lease, which is its word as well. */
  constructor(lease: Lease, limits: JobLimits, leases: HeldLeases, askedAt: number) {
    this.lease = lease;
    this.limits = limits;
    this.#leases = leases;
    this.#freshUntil = askedAt + STALE_MS;
    this.#turnEndsAt = askedAt + TURN_MS;
  }

  get course(): Course | 'lost' {
    return this.#course;
  }

  get progress(): { readonly succeeded: number; readonly failed: number } {
    return { succeeded: this.#succeeded, failed: this.#failed };
  }

  /** No further row of it starts; those under way end (I3). */
  get isTurnOver(): boolean {
    return this.#isTurnOver;
  }

  /** Its turn is over, and requests of it are still under way. */
  get isEnding(): boolean {
    return this.#isTurnOver && !this.#hasRun;
  }

  /** No request of it is under way any more; what is left is to record what ran. */
  ran(): void {
    this.#hasRun = true;
  }

  /** To be asked with every heartbeat. True: its turn has ended since. */
  endTurn(now: number, turnRows: number): boolean {
    if (this.lease.kind !== 'chunk' || this.#isTurnOver || now < this.#turnEndsAt) return false;
    this.#isTurnOver = this.#succeeded + this.#failed >= turnRows;
    return this.#isTurnOver;
  }

  /** A row has ended. */
  count(isOk: boolean): void {
    if (isOk) this.#succeeded += 1;
    else this.#failed += 1;
    this.#leases.tasksEnded += 1;
  }

  /** Aborts when there is no reason to wait any more. Requests in flight are not for it to stop. */
  get left(): AbortSignal {
    return this.#left.signal;
  }

  mayStart(now = this.#leases.monotonic()): boolean {
    return this.#course === 'run' && now < this.#freshUntil;
  }

  /** As `mayStart`, but waits while the store is silent. False: never again. */
  async ready(): Promise<boolean> {
    while (this.#course === 'run' && !this.mayStart()) await this.#leases.nextBeat();
    return this.#course === 'run';
  }

  /** The store was asked about this lease at that monotonic time, and has answered. */
  heard(askedAt: number): void {
    this.#freshUntil = askedAt + STALE_MS;
  }

  /**
   * Ends the lease with `commit`, which resolves to false when it was lost. A heartbeat that no longer
   * finds it meanwhile is no loss.
   */
  async closing(commit: () => Promise<boolean>): Promise<boolean> {
    if (this.#state === 'lost') return commit();
    this.#state = 'closing';
    try {
      const isCommitted = await commit();
      this.#state = isCommitted ? 'closed' : 'open';
      if (!isCommitted) this.#lose();
      return isCommitted;
    } finally {
      if (this.#state === 'closing') this.#state = 'open'; // Nobody knows; the store was silent.
    }
  }

  /** It ended with what it was for: there is nothing to give back. */
  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** How it ended, for whoever counts. */
  get end(): 'done' | 'given_back' | 'lost' {
    if (this.#state === 'lost') return 'lost';
    const isWhole = this.#course === 'run' || this.#course === 'lost';
    return this.#state === 'closed' && isWhole ? 'done' : 'given_back';
  }

  #lose(): void {
    if (this.#state !== 'open') return;
    this.#state = 'lost';
    this.#leases.lost();
  }

  take(course: Course | 'lost'): void {
    this.#course = course;
    if (course === 'lost') this.#lose();
    if (course !== 'run') this.#left.abort();
  }
}

/** As EngineOptions has them. */
interface HeldOptions {
  readonly leaseMs: number;
  readonly turnRows: number;
}

export class HeldLeases {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #meters: Meters;
  readonly #silence: Spell;
  readonly #options: HeldOptions;
  /** Rows that ended here so far. */
  tasksEnded = 0;
  readonly #limits = new Map<string, JobLimits>();
  readonly #held = new Set<HeldLease>();
  #draining = false;
  #waiting: (() => void)[] = [];

  constructor(
    deps: { store: Store; clock: Clock; log: Log; meters: Meters },
    options: HeldOptions,
  ) {
    this.#store = deps.store;
    this.#clock = deps.clock;
    this.#meters = deps.meters;
    this.#silence = new Spell(deps);
    this.#options = options;
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  nextBeat(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** `askedAt`: monotonic time before the store was asked for this lease. */
  hold(lease: Lease, tags: readonly JobTag[], askedAt: number): HeldLease {
    const limits = this.#limitsOf(lease.jobId);
    limits.setOptions(tags);
    const held = new HeldLease(lease, limits, this, askedAt);
    this.#held.add(held);
    if (this.#draining) held.take('pause');
    return held;
  }

  get held(): Iterable<HeldLease> {
    return this.#held;
  }

  lost(): void {
    this.#meters.leasesLost.add();
  }

  drop(held: HeldLease): void {
    this.#held.delete(held);
  }

  /** From now on nothing new starts; what is done gets recorded. */
  drain(): void {
    this.#draining = true;
    for (const held of this.#held) held.take('pause');
    this.#wake();
  }

  /** Whether the turn of any has ended. */
  async beat(): Promise<boolean> {
    const asked = this.#clock.monotonic();
    const held = [...this.#held];
    if (held.length === 0) return false;
    const ends = held.filter((one) => one.endTurn(asked, this.#options.turnRows));
    try {
      const progress = held.map((one) => ({ lease: one.lease, ...one.progress }));
      const now = this.#clock.now();
      const standings = await this.#store.renew(progress, now + this.#options.leaseMs, now);
      standings.forEach((standing, index) => {
        const one = held[index];
        one?.heard(asked);
        if (!one || one.course !== 'run') return;
        const course = standing.held ? courseOf(standing.status, one.lease.kind) : 'lost';
        if (course !== 'run') one.take(course);
      });
      this.#share(standings, asked);
      this.#silence.worked('The store answers heartbeats again; work goes on.');
    } catch (error) {
      // I1: without the store's word nothing new starts; the next beat asks again.
      const message = 'The store did not answer a heartbeat; no new request is started.';
      this.#silence.failed(error, 'warn', message);
    }
    this.#wake();
    return ends.length > 0;
  }

  /** Limits are the job's, not the lease's: once for all leases of a job. */
  #share(standings: readonly Standing[], askedAt: number): void {
    const jobs = new Map(standings.map((standing) => [standing.lease.jobId, standing]));
    for (const [jobId, standing] of jobs) {
      this.#limitsOf(jobId).setShare(standing, standing.lease.worker, askedAt);
    }
  }

  #limitsOf(jobId: string): JobLimits {
    let limits = this.#limits.get(jobId);
    if (!limits) this.#limits.set(jobId, (limits = new JobLimits(this.#clock)));
    for (const id of this.#limits.keys()) {
      if (this.#limits.size <= LIMITS_KEPT) break;
      const isHeld = id === jobId || [...this.#held].some(({ lease }) => lease.jobId === id);
      if (!isHeld) this.#limits.delete(id);
    }
    return limits;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
