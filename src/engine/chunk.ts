/**
 * Running one chunk: every task at least once, every outcome recorded exactly once (D1).
 *
 * I1. Tasks start in the order of the manifest, several at a time; one lane is one task in flight.
 * I2. All that ended is recorded, however the lease ends: up to the last row that ended (the
 *     low-water mark, D3), with the rows below it that have not, and run first in the next lease. So
 *     the report of a job that is never resumed lists the tasks that ran (D5).
 * I3. When the job stops for good, a row that was waiting for its next try ends as its last one did.
 * I4. The part is on the disk before the ledger knows it, and is removed when the ledger refuses it.
 */
import { assert } from '../base/assert.ts';
import { readTasks } from '../manifest/index.ts';
import type { TaskMeter } from '../metrics/index.ts';
import { failed, type FailedOutcome, type Outcome, type Task } from '../model/outcome.ts';
import { OPERATIONS, type RunTask } from '../operations/index.ts';
import { encodePart } from '../report/index.ts';
import { type S3, toOutcome } from '../s3/index.ts';
import type { LeasedUnit, UnitWork } from '../store/index.ts';
import type { EngineContext, RunUnit } from './context.ts';
import type { HeldLease } from './held-lease.ts';
import { fieldsOf, readChunk } from './manifest-source.ts';
import { type IsAlive, Patience } from './patience.ts';
import { writeStaged } from './staged.ts';
import { tidyStaging } from './tidy-staging.ts';

/** AWS's words for a row whose VersionId column is empty, in general. */
const MISSING_VERSION = failed(400, 'InvalidRequest', 'Task failed due to missing VersionId');

export const runChunk: RunUnit = async (unit, held, context) => {
  const { job, work } = unit;
  assert(work.range && job.bucket, 'A chunk was leased before its job was prepared.');
  const { bucket } = job;
  const run = await context.operations.of(job, { bucket, s3: context.s3 }, held.left);
  const bytes = await readChunk(job, work.range, held, context);
  const tasks = readTasks(bytes, fieldsOf(job), work.range);
  assert(tasks.length === work.range.rows, 'A chunk holds other rows than when it was cut.');
  const rows = rowsLeft(work);
  const left = rows.map((row) => taskAt(tasks, row));
  const { missingVersion = MISSING_VERSION, isElsewhere } = OPERATIONS[job.operation];
  const isAlive = isElsewhere ? undefined : () => answers(context.s3, bucket);
  const meter = context.meters.tasks(job.operation);
  const outcomes = await runTasks(left, { run, missingVersion, isAlive, meter }, held, context);
  await context.taskTrace?.flush(job.id);
  await record(unit, recordable(work, rows, left, outcomes), held, context);
};

/** How the tasks of a chunk are run. */
interface Running {
  readonly run: RunTask;
  readonly missingVersion: Outcome;
  readonly isAlive: IsAlive | undefined;
  readonly meter: TaskMeter;
}

/** Whether the store has a final answer to the smallest question. */
async function answers(s3: S3, bucket: string): Promise<boolean> {
  const outcome = toOutcome(await s3.send({ method: 'HEAD', bucket }));
  return outcome.ok || outcome.again === 'never';
}

/** Rows of the chunk that nobody has recorded, in order. */
function rowsLeft({ range, mark = 0, holes = [] }: UnitWork): readonly number[] {
  const above = Math.max(0, (range?.rows ?? 0) - mark);
  return [...holes, ...Array.from({ length: above }, (_, index) => mark + index)];
}

function taskAt(tasks: readonly Task[], row: number): Task {
  const task = tasks[row];
  assert(task, 'The ledger names a row that the chunk does not have.');
  return task;
}

/** One outcome per task; undefined where a task has not run, or will be run again. */
async function runTasks(
  tasks: readonly Task[],
  running: Running,
  held: HeldLease,
  context: EngineContext,
): Promise<(Outcome | undefined)[]> {
  const { run, missingVersion, meter } = running;
  const { gate, options } = context;
  const { limits } = held;
  const outcomes = new Array<Outcome | undefined>(tasks.length);
  let next = 0;
  // The usual way of a row is written out here: a function for each step would cost a promise each,
  // for every row (bench/BENCHMARKS.md).
  const lane = async (): Promise<void> => {
    for (let index = next++; index < tasks.length; index = next++) {
      if (!held.mayStart() && !(await held.ready())) return;
      const task = tasks[index];
      assert(task, 'A lane ran past the end of its chunk.');
      let outcome: Outcome | undefined = missingVersion;
      if (task.versionId !== '') {
        if (!limits.tryEnter() && !(await limits.turn(held))) return;
        if (!gate.tryEnter() && !(await gate.turn(held))) return limits.leave();
        if (!held.mayStart() && !(await held.ready())) return leave(held, context);
        outcome = await attempt(task, run, held, context);
        if (isWorthRetry(outcome)) outcome = await tryAgain(task, outcome, running, held, context);
      }
      outcomes[index] = outcome;
      if (!outcome) continue;
      held.count(outcome.ok);
      meter.ended(outcome);
    }
  };
  const lanes = Math.min(options.requestsMax, tasks.length);
  await Promise.all(Array.from({ length: lanes }, lane));
  return outcomes;
}

const isWorthRetry = (outcome: Outcome): outcome is FailedOutcome =>
  !outcome.ok && outcome.again !== 'never';

/** Whoever entered goes without a request. */
function leave(held: HeldLease, { gate }: EngineContext): void {
  gate.leave(undefined);
  held.limits.leave();
}

/**
 * Tries a task whose first attempt failed until its outcome is final or patience ends. Undefined: the
 * job does not stop for good, and will run it again.
 */
async function tryAgain(
  task: Task,
  first: FailedOutcome,
  { run, isAlive, meter }: Running,
  held: HeldLease,
  context: EngineContext,
): Promise<Outcome | undefined> {
  const { gate } = context;
  const { limits } = held;
  const patience = Patience.ofTask(context, isAlive);
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
      leave(held, context);
      return leaving();
    }
    meter.retried();
    const outcome = await attempt(task, run, held, context);
    if (!isWorthRetry(outcome)) return outcome;
    last = outcome;
  }
}

/**
 * One attempt, which leaves the gate when it ends. With a limit of time the answer may come first and
 * the end later: a request is never cut off, and counts as in flight while it is.
 */
function attempt(
  task: Task,
  run: RunTask,
  held: HeldLease,
  context: EngineContext,
): Promise<Outcome> {
  const { taskTimeoutMs } = held.limits;
  if (taskTimeoutMs === undefined) return entered(task, run, held, held.left, context);
  const late = new AbortController();
  const ended = new AbortController();
  const stopping = AbortSignal.any([held.left, late.signal]);
  const outcome = entered(task, run, held, stopping, context).finally(() => ended.abort());
  const timedOut = context.clock.sleep(taskTimeoutMs, ended.signal).then(() => {
    if (ended.signal.aborted) return outcome;
    late.abort();
    return failed(0, 'TaskTimeout', `The attempt took longer than ${taskTimeoutMs} ms.`, 'later');
  });
  return Promise.race([outcome, timedOut]);
}

/** A bug that one row brings to light costs that row, not the thousand around it. */
async function entered(
  task: Task,
  run: RunTask,
  held: HeldLease,
  stopping: AbortSignal,
  { gate, clock, log, surprised }: EngineContext,
): Promise<Outcome> {
  let outcome: Outcome;
  const sentAt = clock.monotonic();
  try {
    outcome = await run(task, stopping);
  } catch (error) {
    const { jobId } = held.lease;
    const facts = { error, jobId, key: task.key };
    if (surprised.has(jobId)) log.debug(facts, 'A task ended in an unexpected error.');
    else
      log.error(facts, 'A task ended in an unexpected error; others of this job are not logged.');
    surprised.add(jobId);
    outcome = failed(500, 'InternalError', `Bucket Brigade failed unexpectedly: ${String(error)}`);
  }
  gate.leave(outcome.ok ? 'never' : outcome.again, sentAt);
  held.limits.leave();
  return outcome;
}

async function record(
  unit: LeasedUnit,
  ran: Recordable,
  held: HeldLease,
  context: EngineContext,
): Promise<void> {
  const { store, staging, clock } = context;
  if (held.course === 'lost') return;
  if (ran.tasks.length === 0) {
    await store.release(held.lease, clock.now(), false);
    return;
  }
  // Without a report nobody reads the rows; what failed is staged all the same, it costs little.
  const scope = unit.job.request.Report?.ReportScope ?? 'FailedTasksOnly';
  const part = encodePart(ran.tasks, ran.outcomes, scope);
  const { jobId, seq, fence } = held.lease;
  const name = { jobId, seq, fence };
  if (part.bytes.length > 0) await writeStaged(name, part.bytes, held, context); // I4
  const { succeeded, failed, succeededBytes, failedBytes } = part;
  const { to, holes } = ran;
  const counts = { to, holes, succeeded, failed, succeededBytes, failedBytes };
  if (await held.closing(() => store.commitPart(held.lease, counts, clock.now()))) return;
  context.log.warn({ jobId, seq, fence }, 'A lease was lost; its part is dropped.');
  await tidyStaging(context, () => staging.remove(name));
}

/** What goes into a part; `to` and `holes` are rows of the chunk (I2). */
interface Recordable {
  readonly tasks: readonly Task[];
  readonly outcomes: readonly Outcome[];
  readonly to: number;
  readonly holes: readonly number[];
}

function recordable(
  { mark = 0 }: UnitWork,
  rows: readonly number[],
  tasks: readonly Task[],
  outcomes: readonly (Outcome | undefined)[],
): Recordable {
  const hasEnded = (_: unknown, index: number): boolean => outcomes[index] !== undefined;
  const to = Math.max(mark, (rows.findLast(hasEnded) ?? -1) + 1);
  return {
    tasks: tasks.filter(hasEnded),
    outcomes: outcomes.filter((outcome) => outcome !== undefined),
    to,
    holes: rows.filter((row, index) => row < to && !hasEnded(row, index)),
  };
}
