/**
 * The tasks of one chunk, run to their ends, several at a time.
 *
 * I1. Tasks start in the order of the manifest. At most `requestsMax` of a chunk are open at once, those
 *     that wait for their next try included: an endpoint that refuses all is not asked for the whole chunk.
 * I2. None starts, first try or not, before its lease, its job's limits and the gate of the endpoint let it.
 * I3. When the job stops for good, a row that was waiting for its next try ends as its last one did.
 * I4. A bug that one row brings to light costs that row, not the thousand around it.
 *
 * What a task costs is what a job costs, so nobody waits who need not: tasks are started from where room
 * is made, by calls; with a lane for each task in flight every one waited in line for a promise of its
 * own (bench/BENCHMARKS.md).
 */
import { assert } from '../base/assert.ts';
import type { TaskMeter } from '../metrics/index.ts';
import {
  failed,
  type FailedOutcome,
  type Outcome,
  type Task,
  type TaskList,
} from '../model/outcome.ts';
import type { RunTask } from '../operations/index.ts';
import type { EngineContext } from './context.ts';
import type { HeldLease } from './held-lease.ts';
import { type IsAlive, Patience } from './patience.ts';

/** How the tasks of a chunk are run. */
export interface Running {
  readonly run: RunTask;
  /** What a row with an empty VersionId column ends as. */
  readonly missingVersion: Outcome;
  readonly isAlive: IsAlive | undefined;
  readonly meter: TaskMeter;
}

/** One outcome per task; undefined where a task has not run, or will be run again. */
export function runTasks(
  tasks: TaskList,
  running: Running,
  held: HeldLease,
  context: EngineContext,
): Promise<readonly (Outcome | undefined)[]> {
  return new Runner(tasks, running, held, context).run();
}

class Runner {
  readonly #tasks: TaskList;
  readonly #running: Running;
  readonly #held: HeldLease;
  readonly #context: EngineContext;
  readonly #outcomes: (Outcome | undefined)[];
  readonly #done = Promise.withResolvers<readonly (Outcome | undefined)[]>();
  #next = 0;
  /** The one that starts next, once it was asked for. */
  #task: Task | undefined;
  #open = 0;
  /** Somebody will call `feed`: the line of a limit, or the next heartbeat. */
  #isWaiting = false;
  /** No task starts any more. */
  #isOver = false;

  constructor(tasks: TaskList, running: Running, held: HeldLease, context: EngineContext) {
    this.#tasks = tasks;
    this.#running = running;
    this.#held = held;
    this.#context = context;
    this.#outcomes = new Array<Outcome | undefined>(tasks.length);
  }

  run(): Promise<readonly (Outcome | undefined)[]> {
    this.#feed();
    return this.#done.promise;
  }

  /** Starts tasks until none may start now. To be called when that may have changed. */
  #feed(): void {
    const { requestsMax } = this.#context.options;
    const held = this.#held;
    while (!this.#isWaiting && !this.#isOver && this.#open < requestsMax) {
      this.#task ??= this.#tasks.at(this.#next);
      // Whoever was told to stop once is never told to go on.
      this.#isOver = this.#task === undefined || held.isTurnOver || held.course !== 'run';
      if (this.#isOver) break;
      if (this.#task?.versionId === '') this.#skip();
      else if (this.#passLimits() && this.#passGate()) this.#startFresh();
    }
    if (this.#isOver && this.#open === 0 && !this.#isWaiting) this.#done.resolve(this.#outcomes);
  }

  /** I2. Each of the three goes on at once, or sees to it that somebody feeds later. */
  #passLimits(): boolean {
    const { limits } = this.#held;
    if (limits.tryEnter()) return true;
    this.#isWaiting = true;
    limits.queue(this.#held, (hasEntered) => {
      this.#isWaiting = false;
      if (!hasEntered) this.#isOver = true;
      else if (this.#passGate()) this.#startFresh();
      this.#feed();
    });
    return false;
  }

  #passGate(): boolean {
    const { gate } = this.#context;
    if (gate.tryEnter()) return true;
    this.#isWaiting = true;
    gate.queue(this.#held, this.#gateOpened);
    return false;
  }

  readonly #gateOpened = (hasEntered: boolean): void => {
    this.#isWaiting = false;
    if (hasEntered) this.#startFresh();
    else {
      this.#held.limits.leave();
      this.#isOver = true;
    }
    this.#feed();
  };

  /** The next task has entered everything, and may have waited for long: now the lease must be fresh. */
  #startFresh(): void {
    const task = this.#task;
    assert(task, 'A task was started behind the end of its chunk.');
    const now = this.#context.clock.monotonic();
    if (this.#held.mayStart(now)) {
      this.#task = undefined;
      this.#open += 1;
      void this.#toEnd(this.#next++, task, now);
      return;
    }
    this.#leave();
    this.#isWaiting = true;
    void this.#held.ready().then((isRunning) => {
      this.#isWaiting = false;
      this.#isOver ||= !isRunning;
      this.#feed();
    });
  }

  #skip(): void {
    this.#task = undefined;
    this.#end(this.#next++, this.#running.missingVersion);
  }

  async #toEnd(index: number, task: Task, sentAt: number): Promise<void> {
    const { left, limits } = this.#held;
    let outcome: Outcome | undefined;
    try {
      if (limits.taskTimeoutMs === undefined) {
        // As `#entered` does it; to wait for that would cost every row a promise more.
        try {
          outcome = await this.#running.run(task, left);
        } catch (error) {
          outcome = this.#surprise(task, error);
        }
        this.#left(outcome, sentAt);
      } else outcome = await this.#attempt(task);
      if (isWorthRetry(outcome)) outcome = await this.#tryAgain(task, outcome);
    } catch (error) {
      this.#isOver = true;
      this.#done.reject(error);
    }
    this.#open -= 1;
    this.#end(index, outcome);
    this.#feed();
  }

  #end(index: number, outcome: Outcome | undefined): void {
    this.#outcomes[index] = outcome;
    if (!outcome) return;
    this.#held.count(outcome.ok);
    this.#running.meter.ended(outcome);
  }

  /** Whoever entered goes without a request. */
  #leave(): void {
    this.#context.gate.leave(undefined);
    this.#held.limits.leave();
  }

  /**
   * Tries a task whose first attempt failed until its outcome is final or patience ends. Undefined: the
   * job does not stop for good, and will run it again.
   */
  async #tryAgain(task: Task, first: FailedOutcome): Promise<Outcome | undefined> {
    const { isAlive, meter } = this.#running;
    const { gate } = this.#context;
    const held = this.#held;
    const { limits } = held;
    const patience = Patience.ofTask(this.#context, isAlive);
    let last = first;
    const leaving = (): Outcome | undefined => (held.course === 'stop' ? last : undefined); // I3
    for (;;) {
      meter.refused(last.again);
      if (!(await patience.next(last, held.left))) return last;
      if (!limits.tryEnter() && !(await limits.turn(held))) return leaving();
      if (!gate.tryEnter() && !(await gate.turn(held))) {
        limits.leave();
        return leaving();
      }
      if (!held.mayStart() && !(await held.ready())) {
        this.#leave();
        return leaving();
      }
      meter.retried();
      const outcome = await this.#attempt(task);
      if (!isWorthRetry(outcome)) return outcome;
      last = outcome;
    }
  }

  /**
   * One attempt, which leaves the gate when it ends. With a limit of time the answer may come first and
   * the end later: a request is never cut off, and counts as in flight while it is.
   */
  #attempt(task: Task): Promise<Outcome> {
    const { taskTimeoutMs } = this.#held.limits;
    const { left } = this.#held;
    if (taskTimeoutMs === undefined) return this.#entered(task, left);
    const late = new AbortController();
    const ended = new AbortController();
    const stopping = AbortSignal.any([left, late.signal]);
    const outcome = this.#entered(task, stopping).finally(() => ended.abort());
    const timedOut = this.#context.clock.sleep(taskTimeoutMs, ended.signal).then(() => {
      if (ended.signal.aborted) return outcome;
      late.abort();
      return failed(0, 'TaskTimeout', `The attempt took longer than ${taskTimeoutMs} ms.`, 'later');
    });
    return Promise.race([outcome, timedOut]);
  }

  async #entered(task: Task, stopping: AbortSignal): Promise<Outcome> {
    const sentAt = this.#context.clock.monotonic();
    let outcome: Outcome;
    try {
      outcome = await this.#running.run(task, stopping);
    } catch (error) {
      outcome = this.#surprise(task, error); // I4
    }
    this.#left(outcome, sentAt);
    return outcome;
  }

  #left(outcome: Outcome, sentAt: number): void {
    this.#context.gate.leave(outcome.ok ? 'never' : outcome.again, sentAt);
    this.#held.limits.leave();
  }

  #surprise({ key }: Task, error: unknown): Outcome {
    const { log, surprised } = this.#context;
    const { jobId } = this.#held.lease;
    const facts = { error, jobId, key };
    if (surprised.has(jobId)) log.debug(facts, 'A task ended in an unexpected error.');
    else
      log.error(facts, 'A task ended in an unexpected error; others of this job are not logged.');
    surprised.add(jobId);
    return failed(500, 'InternalError', `Bucket Brigade failed unexpectedly: ${String(error)}`);
  }
}

const isWorthRetry = (outcome: Outcome): outcome is FailedOutcome =>
  !outcome.ok && outcome.again !== 'never';
