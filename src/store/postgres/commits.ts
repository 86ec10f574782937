/**
 * Recording parts: all that wait are committed together.
 *
 * Every part of a job adds to one row of counters, and whoever holds that row keeps it until the
 * disk has confirmed the commit. One part per commit would bind a job to the rate at which a disk
 * flushes (bench/ledger.bench.ts). So while one transaction is under way the parts of this process
 * gather, and the next one takes them all.
 *
 * I1. Every part is answered for itself: one that lost its lease, comes after the seal or does not
 *     fit does not keep the others out.
 * I2. The failure threshold is looked at after every part, in order, as if each had come alone.
 * I3. A part whose commit was lost is not refused by its own repetition: the engine would remove
 *     the staged rows that the ledger counts.
 */
import { assert } from '../../base/assert.ts';
import type { Random } from '../../base/random.ts';
import { thresholdFailure } from '../../lifecycle/index.ts';
import type { JobFailure } from '../../model/job.ts';
import type { JobStatus } from '../../model/vocabulary.ts';
import { isLastPart, isStopping } from '../decide.ts';
import { appendPart, parseParts } from '../parts.ts';
import type { Row } from '../rows.ts';
import type { Lease, PartRecord } from '../store.ts';
import { applyInTransaction, SELECT_JOB } from './changes.ts';
import type { Connection, Database } from './database.ts';

const PARTS_PER_COMMIT = 128;

export interface PartToCommit {
  readonly lease: Lease;
  readonly part: PartRecord;
  readonly now: number;
}

interface Waiting extends PartToCommit {
  readonly eventId: string;
  readonly settle: (answer: boolean | Error) => void;
}

/** A part whose unit is locked and held. */
interface Held {
  readonly waiting: Waiting;
  readonly job: number;
  readonly isDone: boolean;
  readonly parts: string;
}

type Answers = Map<Waiting, boolean | Error>;

export class CommitQueue {
  readonly #db: Database;
  readonly #random: Random;
  #waiting: Waiting[] = [];
  #isRunning = false;

  constructor(db: Database, random: Random) {
    this.#db = db;
    this.#random = random;
  }

  add(part: PartToCommit): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const settle = (answer: boolean | Error): void =>
        answer instanceof Error ? reject(answer) : resolve(answer);
      this.#waiting.push({ ...part, eventId: this.#random.hex(16), settle });
      if (!this.#isRunning) void this.#run();
    });
  }

  /** Never rejects: what goes wrong is the answer of those that it went wrong for. */
  async #run(): Promise<void> {
    this.#isRunning = true;
    await Promise.resolve(); // Parts that come in the same breath go together.
    for (let batch = this.#next(); batch.length > 0; batch = this.#next()) {
      try {
        const answers = await this.#db.transaction((connection, isRepeat) =>
          commitParts(connection, isRepeat, batch),
        );
        for (const one of batch) one.settle(answers.get(one) ?? false);
      } catch (error) {
        for (const one of batch)
          one.settle(error instanceof Error ? error : new Error(String(error)));
      }
    }
    this.#isRunning = false;
  }

  /** Of one unit at most one part at a time: the second one would be looked at too early. */
  #next(): Waiting[] {
    const units = new Set<string>();
    const batch: Waiting[] = [];
    const later: Waiting[] = [];
    for (const one of this.#waiting) {
      const unit = `${one.lease.jobId}/${one.lease.seq}`;
      const hasRoom = batch.length < PARTS_PER_COMMIT && !units.has(unit);
      (hasRoom ? batch : later).push(one);
      units.add(unit);
    }
    this.#waiting = later;
    return batch;
  }
}

async function commitParts(
  connection: Connection,
  isRepeat: boolean,
  batch: readonly Waiting[],
): Promise<Answers> {
  const answers: Answers = new Map();
  const units = await lockUnits(connection, batch);
  const held: Held[] = [];
  batch.forEach((waiting, index) => {
    const unit = units.get(index);
    try {
      const one = unit && heldPart(unit, waiting);
      if (one) held.push(one);
      else answers.set(waiting, isRepeat && unit !== undefined && isRecorded(unit, waiting)); // I3
    } catch (error) {
      answers.set(waiting, error as Error); // I1; `assert` throws nothing else.
    }
  });
  if (held.length === 0) return answers;
  const counters = await record(connection, held);
  for (const { waiting, job } of held) answers.set(waiting, counters.has(job));
  await failOverThreshold(connection, held, counters);
  return answers;
}

/** Rows of the units by their place in the batch, locked in the order of their keys. */
async function lockUnits(
  connection: Connection,
  batch: readonly Waiting[],
): Promise<ReadonlyMap<number, Row>> {
  const rows = await connection.all(
    `WITH asked AS MATERIALIZED (
       SELECT j.no, a.kind, a.seq, a.place
       FROM unnest($1::text[], $2::text[], $3::bigint[]) WITH ORDINALITY AS a(id, kind, seq, place)
       JOIN jobs j ON j.id = a.id
     )
     SELECT a.place, u.job, u.fence, u.state, u.mark, u.row_count, u.parts
     FROM asked a JOIN units u ON u.job = a.no AND u.kind = a.kind AND u.seq = a.seq
     ORDER BY u.job, u.kind, u.seq FOR UPDATE OF u`,
    batch.map(({ lease }) => lease.jobId),
    batch.map(({ lease }) => lease.kind),
    batch.map(({ lease }) => lease.seq),
  );
  return new Map(rows.map((row) => [Number(row['place']) - 1, row]));
}

/** Undefined: the lease is lost. */
function heldPart(unit: Row, waiting: Waiting): Held | undefined {
  const { lease, part } = waiting;
  if (unit['state'] !== 1 || unit['fence'] !== lease.fence) return undefined;
  return {
    waiting,
    job: Number(unit['job']),
    isDone: isLastPart(unit, part),
    parts: appendPart(textOf(unit['parts']), lease.fence, part),
  };
}

function isRecorded(unit: Row, { lease }: Waiting): boolean {
  const parts = parseParts(lease.seq, textOf(unit['parts']));
  return parts.some(({ fence }) => fence === lease.fence);
}

function textOf(value: unknown): string | null {
  return value === null ? null : String(value);
}

/** Counters after this batch, of the jobs that still take parts; the others stay as they are. */
async function record(
  connection: Connection,
  held: readonly Held[],
): Promise<ReadonlyMap<number, Row>> {
  const jobs = [...new Set(held.map(({ job }) => job))].sort((a, b) => a - b);
  const sum = (job: number, pick: (one: Held) => number): number =>
    held.reduce((total, one) => total + (one.job === job ? pick(one) : 0), 0);
  const touched = (job: number): number =>
    Math.max(...held.filter((one) => one.job === job).map((one) => one.waiting.lease.seq + 1));
  const column = <T>(pick: (one: Held) => T): T[] => held.map(pick);
  const rows = await connection.all(
    `WITH open AS MATERIALIZED (
       SELECT job FROM progress WHERE job = ANY($1::bigint[]) AND NOT sealed ORDER BY job FOR UPDATE
     ), parts AS MATERIALIZED (
       SELECT r.* FROM unnest($6::bigint[], $7::bigint[], $8::bigint[], $9::boolean[], $10::text[])
         AS r(job, seq, mark, done, parts) JOIN open ON open.job = r.job
     ), recorded AS (
       UPDATE units u SET state = CASE WHEN r.done THEN 2 ELSE 0 END, worker = NULL,
         live_succeeded = 0, live_failed = 0, mark = r.mark, parts = r.parts
       FROM parts r WHERE u.job = r.job AND u.kind = 'chunk' AND u.seq = r.seq
     )
     UPDATE progress p SET succeeded = p.succeeded + c.succeeded, failed = p.failed + c.failed,
       chunks_done = p.chunks_done + c.done, chunks_touched = GREATEST(p.chunks_touched, c.touched)
     FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
       AS c(job, succeeded, failed, done, touched) JOIN open ON open.job = c.job
     WHERE p.job = c.job
     RETURNING p.job, p.succeeded, p.failed`,
    jobs,
    jobs.map((job) => sum(job, ({ waiting }) => waiting.part.succeeded)),
    jobs.map((job) => sum(job, ({ waiting }) => waiting.part.failed)),
    jobs.map((job) => sum(job, ({ isDone }) => (isDone ? 1 : 0))),
    jobs.map(touched),
    column(({ job }) => job),
    column(({ waiting }) => waiting.lease.seq),
    column(({ waiting }) => waiting.part.to),
    column(({ isDone }) => String(isDone)),
    column(({ parts }) => parts),
  );
  return new Map(rows.map((row) => [Number(row['job']), row]));
}

/** I2: walks the parts of each job again, from the counters before them. */
async function failOverThreshold(
  connection: Connection,
  held: readonly Held[],
  counters: ReadonlyMap<number, Row>,
): Promise<void> {
  const failing: {
    readonly job: number;
    readonly waiting: Waiting;
    readonly failure: JobFailure;
  }[] = [];
  for (const [job, row] of counters) {
    const own = held.filter((one) => one.job === job).map(({ waiting }) => waiting);
    let succeeded = Number(row['succeeded']);
    let failed = Number(row['failed']);
    for (const { part } of own) {
      succeeded -= part.succeeded;
      failed -= part.failed;
    }
    for (const waiting of own) {
      succeeded += waiting.part.succeeded;
      failed += waiting.part.failed;
      const failure = thresholdFailure(succeeded, failed);
      if (!failure) continue;
      failing.push({ job, waiting, failure });
      break;
    }
  }
  if (failing.length === 0) return;
  const rows = await connection.all(
    `${SELECT_JOB} WHERE j.no = ANY($1::bigint[]) ORDER BY j.no FOR UPDATE OF j`,
    failing.map(({ job }) => job),
  );
  for (const { job, waiting, failure } of failing) {
    const row = rows.find((one) => one['no'] === job);
    assert(row, 'A part was recorded of a job that is gone.');
    // Written by `statusValues` only. A job that is failing or cancelled already stays so.
    const status = row['status'] as JobStatus;
    if (!isStopping(status)) {
      const details = { at: waiting.now, failure };
      await applyInTransaction(connection, waiting.eventId, row, 'FailureDetected', details);
    }
  }
}
