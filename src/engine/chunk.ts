/**
 * Running one chunk: every task at least once, every outcome recorded exactly once (D1).
 *
 * I1. All that ended is recorded, however the lease ends: up to the last row that ended (the
 *     low-water mark, D3), with the rows below it that have not, and run first in the next lease. So
 *     the report of a job that is never resumed lists the tasks that ran (D5).
 * I2. The part is on the disk before the ledger knows it, and is removed when the ledger refuses it.
 */
import { assert } from '../base/assert.ts';
import { giveBackWhole } from '../base/bytes.ts';
import { readTasks } from '../manifest/index.ts';
import { failed, type Outcome, type TaskList } from '../model/outcome.ts';
import { OPERATIONS } from '../operations/index.ts';
import { encodePart } from '../report/index.ts';
import { type S3, toOutcome } from '../s3/index.ts';
import type { LeasedUnit, UnitWork } from '../store/index.ts';
import type { EngineContext, RunUnit } from './context.ts';
import type { HeldLease } from './held-lease.ts';
import { fieldsOf, readChunk } from './manifest-source.ts';
import { runTasks } from './run-tasks.ts';
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
  const left = rows.length === tasks.length ? tasks : picked(tasks, rows);
  const { missingVersion = MISSING_VERSION, isElsewhere } = OPERATIONS[job.operation];
  const isAlive = isElsewhere ? undefined : () => answers(context.s3, bucket);
  const meter = context.meters.tasks(job.operation);
  const outcomes = await runTasks(left, { run, missingVersion, isAlive, meter }, held, context);
  held.ran();
  await context.taskTrace?.flush(job.id);
  await record(unit, recordable(work, rows, left, outcomes), held, context);
  giveBackWhole(bytes); // Nobody asks for tasks any more.
};

/** Whether the store has a final answer to the smallest question. */
async function answers(s3: S3, bucket: string): Promise<boolean> {
  const outcome = toOutcome(await s3.send({ method: 'HEAD', bucket }));
  return outcome.ok || outcome.again === 'never';
}

/** Rows of the chunk that nobody has recorded, in order. */
function rowsLeft({ range, mark = 0, holes = [] }: UnitWork): readonly number[] {
  const rows = [...holes];
  for (let row = mark; row < (range?.rows ?? 0); row++) rows.push(row);
  return rows;
}

/** Some of the tasks, by their places. */
function picked(tasks: TaskList, places: readonly number[]): TaskList {
  return {
    length: places.length,
    at(index) {
      const place = places[index];
      return place === undefined ? undefined : tasks.at(place);
    },
  };
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
  if (part.bytes.length > 0) await writeStaged(name, part.bytes, held, context); // I2
  const { succeeded, failed, succeededBytes, failedBytes } = part;
  const { to, holes } = ran;
  const counts = { to, holes, succeeded, failed, succeededBytes, failedBytes };
  giveBackWhole(part.bytes);
  if (await held.closing(() => store.commitPart(held.lease, counts, clock.now()))) return;
  context.log.warn({ jobId, seq, fence }, 'A lease was lost; its part is dropped.');
  await tidyStaging(context, () => staging.remove(name));
}

/** What goes into a part; `to` and `holes` are rows of the chunk (I1). */
interface Recordable {
  readonly tasks: TaskList;
  readonly outcomes: readonly Outcome[];
  readonly to: number;
  readonly holes: readonly number[];
}

/** `rows` of the chunk, their tasks, and what those ended as. */
function recordable(
  { mark = 0 }: UnitWork,
  rows: readonly number[],
  tasks: TaskList,
  outcomes: readonly (Outcome | undefined)[],
): Recordable {
  const ended: number[] = [];
  const ends: Outcome[] = [];
  outcomes.forEach((outcome, index) => {
    if (outcome === undefined) return;
    ended.push(index);
    ends.push(outcome);
  });
  const last = ended.at(-1);
  const to = Math.max(mark, last === undefined ? 0 : (rows[last] ?? 0) + 1);
  const isWhole = ended.length === rows.length;
  return {
    tasks: isWhole ? tasks : picked(tasks, ended),
    outcomes: ends,
    to,
    holes: isWhole ? [] : rows.filter((row, index) => row < to && outcomes[index] === undefined),
  };
}
