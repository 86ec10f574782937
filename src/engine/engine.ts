/**
 * A worker: leases units, runs them in lanes, keeps their leases alive, moves jobs on.
 *
 * I1. Everything that runs is a leased unit; when this process dies, its leases expire and another
 *     takes over, or the same one after a restart.
 * I2. `stop` starts nothing new, lets requests in flight end, records them, gives the rest back.
 * I3. Chunks of jobs with limits of their own take no lane: they are slow on purpose, and nobody else
 *     shall wait for them.
 * I4. A unit that ends in an unexpected error is given back and tried again; after FAILURES_MAX its
 *     job fails with InternalError instead of circling for ever. A database that is away is no such
 *     error, however long it is away.
 * I5. A worker whose clock cannot be trusted (roster.ts) leases nothing and moves no job on: with a
 *     wrong time it would take leases that are alive for dead, and young jobs for old ones.
 */
import { backoffMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { TaskTrace } from '../events/index.ts';
import type { Functions } from '../functions/index.ts';
import type { UnitKind } from '../lifecycle/index.ts';
import { Meters, type Trace, type UnitEnd } from '../metrics/index.ts';
import type { JobFailure } from '../model/job.ts';
import type { Roles } from '../roles/index.ts';
import type { S3 } from '../s3/index.ts';
import type { Staging } from '../staging/index.ts';
import { StagingUnavailable } from '../staging/index.ts';
import { StoreUnavailable, type LeasedUnit, type Store } from '../store/index.ts';
import { runChunk } from './chunk.ts';
import type { EngineContext, EngineOptions, RunUnit } from './context.ts';
import { asJobsRole } from './job-context.ts';
import { JobFailed, TryLater } from './unit-errors.ts';
import { runFinish } from './finish.ts';
import { Gate } from './gate.ts';
import { HeldLeases, type HeldLease } from './held-lease.ts';
import { OpenedOperations } from './opened-operations.ts';
import { runPrepare } from './prepare.ts';
import { runReport } from './report.ts';
import { Roster } from './roster.ts';
import { Spell } from './spell.ts';
import { steer, sweep } from './steer.ts';
import { Supply } from './supply.ts';
import { VitalSigns } from './vital-signs.ts';

const RUNNERS: Readonly<Record<UnitKind, RunUnit>> = {
  prepare: runPrepare,
  chunk: runChunk,
  report: runReport,
  finish: runFinish,
};

/** Each kind has lanes of its own: two manifests that nobody answers for keep no job from its report. */
const CONTROL_KINDS: readonly UnitKind[] = ['prepare', 'report', 'finish'];
/** Chunks of one job with limits, at once: a second one, so that the end of the first leaves no gap. */
const LIMITED_LANES = 2;
const FAILURES_MAX = 5;
/** From the last part to the finish unit a job takes four steps. */
const STEPS_PER_TICK = 8;
const SWEEP_MS = 60_000;
/** Until a job is seen that another process was given. */
const IDLE_MS = 1000;
const RETRY = { baseMs: 1000, capMs: 30_000 };

export interface EngineDeps {
  readonly store: Store;
  readonly staging: Staging;
  /** Signs with the service's own key. */
  readonly s3: S3;
  /** Absent: every job works with that key. */
  readonly roles?: Pick<Roles, 's3Of'>;
  readonly functions: Functions;
  /** Absent: nobody wants to know of tasks. */
  readonly taskTrace?: TaskTrace | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Absent: nobody reads them. */
  readonly meters?: Meters;
  /** Absent: there are no traces. */
  readonly trace?: Trace;
}

interface Running {
  readonly held: HeldLease;
  /** Of a chunk: those that were left when it was leased. */
  readonly rows: number;
}

export class Engine {
  readonly #context: EngineContext;
  readonly #leases: HeldLeases;
  readonly #roster: Roster;
  readonly #vitals: VitalSigns;
  readonly #supply = new Supply();
  readonly #running = new Map<Promise<void>, Running>();
  /** When all jobs are looked at again, at the latest. */
  #steersAt = -Infinity;
  /** The last look at all jobs has found nothing to do, and nothing runs. */
  #isIdle = false;
  /** Cut a loop's sleep short: a lane is free, or it is time to stop. */
  readonly #bells = { beat: new Bell(), tick: new Bell(), sweep: new Bell(), roster: new Bell() };
  #isStopping = false;
  #loops: Promise<unknown> | undefined;

  constructor(deps: EngineDeps, options: EngineOptions) {
    this.#context = {
      ...deps,
      meters: deps.meters ?? new Meters(),
      options,
      gate: new Gate(deps.clock, 0),
      operations: new OpenedOperations(deps),
      surprised: new Set(),
    };
    this.#leases = new HeldLeases(this.#context, options);
    this.#roster = new Roster(this.#context);
    this.#vitals = new VitalSigns(this.#context, this.#leases, this.#roster, deps.trace);
  }

  start(): void {
    const { heartbeatMs, tickMs } = this.#context.options;
    this.#loops ??= Promise.all([
      this.#every(
        () => this.#beat(),
        () => this.#restMs(heartbeatMs),
        this.#bells.beat,
      ),
      this.#every(
        () => this.#tick(),
        () => this.#restMs(tickMs),
        this.#bells.tick,
      ),
      this.#every(
        () => this.#sweep(),
        () => SWEEP_MS,
        this.#bells.sweep,
      ),
      this.#every(
        () => this.#checkIn(),
        () => this.#roster.everyMs,
        this.#bells.roster,
      ),
    ]);
  }

  /** Something has changed in the store that may be work: it is looked at now, not at the next tick. */
  wake(): void {
    this.#steersAt = -Infinity;
    this.#bells.tick.ring();
  }

  /** Who has nothing to do looks less often: most services are idle most of the time. */
  #restMs(ms: number): number {
    return this.#isIdle ? Math.max(ms, IDLE_MS) : ms;
  }

  /** Resolves when everything that was in flight is recorded (I2). */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#leases.drain();
    for (const bell of Object.values(this.#bells)) bell.ring();
    await this.#loops;
    await this.#drained();
    this.#vitals.stop();
    await this.#safely(() => this.#roster.leave());
  }

  async #beat(): Promise<void> {
    this.#vitals.beat(this.#running.size > 0);
    // What starts no more rows has left room for another.
    if (await this.#leases.beat()) this.#bells.tick.ring();
  }

  /** Leases are kept alive while the last units end: recording may wait for a slow request. */
  async #drained(): Promise<void> {
    const { clock, options } = this.#context;
    while (this.#running.size > 0) {
      await Promise.race([...this.#running.keys(), clock.sleep(options.heartbeatMs)]);
      await this.#leases.beat();
    }
  }

  async #every(work: () => Promise<void>, restMs: () => number, bell: Bell): Promise<void> {
    const { clock } = this.#context;
    const spell = new Spell(this.#context);
    while (!this.#isStopping) {
      try {
        await work();
        spell.worked('Rounds of the engine work again.');
      } catch (error) {
        const message = 'A round of the engine failed; it goes on with the next one.';
        spell.failed(error, isAway(error) ? 'warn' : 'error', message);
      }
      await clock.sleep(restMs(), bell.listen());
    }
  }

  async #checkIn(): Promise<void> {
    const { limit, isTrusted } = this.#roster;
    await this.#roster.checkIn(this.#leases.tasksEnded);
    if (isTrusted === this.#roster.isTrusted && limit > 0 === this.#roster.limit > 0) return;
    this.#bells.tick.ring();
    this.#bells.sweep.ring();
  }

  async #sweep(): Promise<void> {
    if (this.#roster.isTrusted) await sweep(this.#context); // I5
  }

  async #tick(): Promise<void> {
    if (!this.#roster.isTrusted) return; // I5
    const { controlLanes, tickMs } = this.#context.options;
    const now = this.#context.clock.monotonic();
    // Most rounds are for the end of a chunk. While there are chunks to lease no job has a step to take
    // that could not wait for the next full round, and asking costs more than leasing.
    if (now < this.#steersAt && (await this.#fillChunks())) return;
    this.#steersAt = now + tickMs;
    // A job goes through several steps at once; a limit keeps a mistake from spinning for ever.
    let steps = 0;
    while (steps < STEPS_PER_TICK && (await steer(this.#context)) > 0) steps += 1;
    await this.#fill(CONTROL_KINDS, controlLanes);
    await this.#fillChunks();
    this.#isIdle = steps === 0 && this.#running.size === 0;
  }

  /** True: there are as many as are wanted. */
  async #fillChunks(): Promise<boolean> {
    this.#supply.note(this.#leases.tasksEnded, this.#context.clock.monotonic());
    // Who may send nothing would only keep chunks from those who may.
    if (this.#roster.limit === 0) return false;
    return this.#fill(['chunk'], this.#context.options.chunkLanes);
  }

  /** True: the lanes of every kind are full, or hold enough. False: nothing is left to lease. */
  async #fill(kinds: readonly UnitKind[], lanesPerKind: number): Promise<boolean> {
    const { store, clock, options } = this.#context;
    while (!this.#isStopping) {
      const running = [...this.#running.values()].map(({ held }) => held);
      const limited = running.filter(isLimited);
      const free = (kind: UnitKind): number =>
        lanesPerKind -
        lanesTaken(
          running.filter((held) => held.lease.kind === kind && !isLimited(held)), // I3
          lanesPerKind,
        );
      const wanted = (kind: UnitKind): number =>
        kind === 'chunk' ? Math.min(free(kind), this.#chunksWanted()) : free(kind);
      const open = kinds.filter((kind) => wanted(kind) > 0);
      if (open.length === 0) return true;
      // As many as fit, should they all be of one kind.
      const limit = Math.min(...open.map(wanted));
      const askedAt = clock.monotonic();
      const now = clock.now();
      const units = await store.lease({
        worker: options.worker,
        now,
        until: now + options.leaseMs,
        limit,
        kinds: open,
        except: jobsHeldOften(limited),
      });
      for (const unit of units) this.#run(unit, askedAt);
      if (units.length < limit) return false;
    }
    return false;
  }

  #chunksWanted(): number {
    let rowsLeft = 0;
    // The next ones will be about as large as those that are held.
    let { chunkRows } = this.#context.options;
    for (const { held, rows } of this.#running.values()) {
      if (held.lease.kind !== 'chunk' || isLimited(held)) continue;
      const { succeeded, failed } = held.progress;
      if (!held.isTurnOver) rowsLeft += rows - succeeded - failed;
      chunkRows = Math.max(chunkRows, rows);
    }
    return this.#supply.wanted(rowsLeft, this.#roster.limit, chunkRows);
  }

  #run(unit: LeasedUnit, askedAt: number): void {
    const held = this.#leases.hold(unit.lease, unit.job.tags, askedAt);
    const isUnknown = isLimited(held) && held.limits.isUnknown;
    // Heartbeats may have been resting.
    if (this.#running.size === 0 || isUnknown) this.#bells.beat.ring();
    this.#isIdle = false;
    const running = this.#runToEnd(unit, held).finally(() => {
      this.#leases.drop(held);
      this.#running.delete(running);
      if (unit.lease.kind !== 'chunk') this.#steersAt = -Infinity;
      this.#bells.tick.ring();
    });
    const { range, mark = 0, holes = [] } = unit.work;
    this.#running.set(running, { held, rows: (range?.rows ?? 0) - mark + holes.length });
  }

  async #runToEnd(unit: LeasedUnit, held: HeldLease): Promise<void> {
    const { store, clock, random, log } = this.#context;
    const { jobId, kind, seq } = unit.lease;
    const [startedAt, began] = [clock.now(), clock.monotonic()];
    let isTold = false;
    const ended = (end: UnitEnd, failure?: string): void => {
      if (isTold) return;
      isTold = true;
      const ms = clock.monotonic() - began;
      this.#vitals.unitEnded(unit, held, { startedAt, ms, end }, failure);
    };
    try {
      await RUNNERS[kind](unit, held, await asJobsRole(unit.job, held, this.#context));
      ended(held.end);
      // A unit that ended without closing its lease gives it back.
      if (!held.isClosed) await store.release(held.lease, clock.now(), false);
    } catch (error) {
      const isWait = isAway(error);
      const isExpected = isWait || held.course !== 'run';
      const failure = failureOf(error, unit);
      ended(failure || !isExpected ? 'failed' : held.end, String(error));
      if (failure && held.course !== 'lost') {
        log.warn({ jobId, failure }, 'The job cannot go on.');
        await this.#safely(() =>
          store.apply(jobId, 'FailureDetected', { at: clock.now(), failure }),
        );
      } else if (!isExpected) {
        log.error({ jobId, kind, seq, error }, 'A unit of work failed; it will be tried again.');
      }
      const wait = isExpected ? 0 : backoffMs(unit.failures, RETRY, random);
      const pause = isWait ? RETRY.baseMs : wait;
      await this.#safely(() => store.release(held.lease, clock.now() + pause, !isExpected));
    }
  }

  /** The store may be away just when a unit ends; its lease then expires, and nothing is lost. */
  async #safely(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#context.log.warn({ error }, 'The store did not take the end of a unit.');
    }
  }
}

function isLimited({ lease, limits }: HeldLease): boolean {
  return lease.kind === 'chunk' && limits.isLimited;
}

function jobsHeldOften(held: readonly HeldLease[]): readonly string[] {
  const ids = [...new Set(held.map(({ lease }) => lease.jobId))];
  const of = (id: string): readonly HeldLease[] => held.filter(({ lease }) => lease.jobId === id);
  return ids.filter((id) => lanesTaken(of(id), LIMITED_LANES) >= LIMITED_LANES);
}

/**
 * What has had its turn only waits for its last requests: another may begin beside each, once. What
 * waits to be recorded keeps its lane, or nothing would end the beginning while no disk takes parts.
 */
function lanesTaken(held: readonly HeldLease[], lanes: number): number {
  const ending = held.filter(({ isEnding }) => isEnding).length;
  return held.length - Math.min(ending, lanes);
}

/** Cuts one sleep short; a ring while nobody sleeps cuts the next one. */
class Bell {
  #ringing = new AbortController();

  listen(): AbortSignal {
    const { signal } = this.#ringing;
    if (signal.aborted) this.#ringing = new AbortController();
    return signal;
  }

  ring(): void {
    this.#ringing.abort();
  }
}

/** Something is gone that comes back: nothing is wrong with the work, or with us. */
function isAway(error: unknown): boolean {
  return [TryLater, StoreUnavailable, StagingUnavailable].some((one) => error instanceof one);
}

function failureOf(error: unknown, unit: LeasedUnit): JobFailure | undefined {
  if (error instanceof JobFailed) return error.failure;
  if (isAway(error)) return undefined; // I4
  if (unit.failures + 1 < FAILURES_MAX) return undefined;
  const { kind } = unit.lease;
  const reason = `A ${kind} unit failed ${FAILURES_MAX} times, the last time with: ${String(error)}`;
  // With any other code the job would try to write its report for ever.
  const isReport = kind === 'report' || kind === 'finish';
  return { code: isReport ? 'JobReportWriteFailed' : 'InternalError', reason };
}
