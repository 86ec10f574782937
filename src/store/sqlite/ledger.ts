/**
 * The ledger: units are leased, renewed, recorded, given back. Every statement that ends a lease
 * compares the fence (Store I2), and no statement touches more than the units it is about.
 */
import { assert } from '../../base/assert.ts';
import type { Random } from '../../base/random.ts';
import { thresholdFailure, UNITS_OF_STATUS, type UnitKind } from '../../lifecycle/index.ts';
import type { JobTag } from '../../model/job.ts';
import type { JobStatus } from '../../model/vocabulary.ts';
import { isLastPart, isStopping, preparedEvent, STATUSES_WITH_WORK } from '../decide.ts';
import { appendPart, parseParts } from '../parts.ts';
import { jobOf, leasedUnitOf } from '../rows.ts';
import type { Lease, LeasedUnit, LeaseRequest, PartRecord, Standing, Store } from '../store.ts';
import type { Database } from './database.ts';
import { applyInTransaction } from './job-rows.ts';

type LedgerPart = Pick<
  Store,
  | 'lease'
  | 'renew'
  | 'addChunks'
  | 'finishPreparing'
  | 'commitPart'
  | 'complete'
  | 'finishJob'
  | 'release'
  | 'parts'
  | 'reportResults'
  | 'voidLeases'
>;

/** What every statement about a held lease ends with. */
const HELD = `job = (SELECT no FROM jobs WHERE id = ?) AND kind = ? AND seq = ? AND fence = ? AND state = 1`;
const heldBy = (lease: Lease) => [lease.jobId, lease.kind, lease.seq, lease.fence] as const;

export function ledgerPart(db: Database, random: Random): LedgerPart {
  return {
    lease: async (request) => leaseUnits(db, request),

    renew: async (progress, until, now) =>
      db.fleetingTransaction(() => {
        const jobs = new Map(
          progress.map(({ lease: { jobId } }) => [jobId, standingOf(db, jobId, now)]),
        );
        return progress.map(({ lease, succeeded, failed }) => {
          const held = db.run(
            `UPDATE units SET lease_until = ?, live_succeeded = ?, live_failed = ? WHERE ${HELD}`,
            until,
            succeeded,
            failed,
            ...heldBy(lease),
          );
          const job = jobs.get(lease.jobId);
          return { lease, ...(job ?? GONE), held: held === 1 && job !== undefined };
        });
      }),

    addChunks: async (lease, chunks, checkpoint) =>
      db.transaction(() => {
        if (!isHeld(db, lease)) return false;
        const no = jobNo(db, lease.jobId);
        const saved = db.get('SELECT chunks, tasks_total FROM jobs WHERE no = ?', no);
        if (chunks[0] && chunks[0].firstRow !== Number(saved?.['tasks_total'] ?? 0)) return false;
        let seq = Number(saved?.['chunks']);
        for (const { firstRow, rows, segment, start, end } of chunks) {
          db.run(
            `INSERT INTO units (job, kind, seq, first_row, row_count, segment, byte_start, byte_end)
             VALUES (?, 'chunk', ?, ?, ?, ?, ?, ?)`,
            no,
            seq++,
            firstRow,
            rows,
            segment ?? null,
            start,
            end,
          );
        }
        const last = chunks.at(-1);
        const total = last ? last.firstRow + last.rows : null;
        db.run(
          'UPDATE jobs SET chunks = ?, tasks_total = COALESCE(?, tasks_total) WHERE no = ?',
          seq,
          total,
          no,
        );
        db.run(
          `UPDATE units SET work = ? WHERE ${HELD}`,
          JSON.stringify(checkpoint),
          ...heldBy(lease),
        );
        return true;
      }),

    finishPreparing: async (lease, manifest, now) =>
      db.transaction(() => {
        if (!isHeld(db, lease)) return false;
        const no = jobNo(db, lease.jobId);
        db.run(
          'UPDATE jobs SET tasks_total = ?, bucket = ?, list = ? WHERE no = ?',
          manifest.tasks,
          manifest.bucket,
          manifest.list ? JSON.stringify(manifest.list) : null,
          no,
        );
        const row = db.get('SELECT * FROM jobs WHERE no = ?', no);
        // Cancelled or failed in the meantime: the unit ends all the same.
        if (row) applyInTransaction(db, random, row, preparedEvent(jobOf(row)), { at: now });
        return closeUnit(db, lease, null);
      }),

    commitPart: async (lease, part, now) => commitPart(db, random, lease, part, now),

    finishJob: async (lease, now) =>
      db.transaction(() => {
        if (!closeUnit(db, lease, null)) return false;
        const row = db.get('SELECT * FROM jobs WHERE id = ?', lease.jobId);
        const applied = applyInTransaction(db, random, row, 'Finished', { at: now });
        assert(applied.ok, 'A finish unit was leased in a status that cannot be finished.');
        return true;
      }),

    complete: (lease, result) =>
      db.transaction(() => closeUnit(db, lease, JSON.stringify(result ?? null))),

    release: async (lease, notBefore, failed) =>
      db.run(
        `UPDATE units SET state = 0, worker = NULL, live_succeeded = 0, live_failed = 0,
           not_before = ?, failures = failures + ? WHERE ${HELD}`,
        notBefore,
        failed ? 1 : 0,
        ...heldBy(lease),
      ) === 1,

    parts: async (jobId, first, end) =>
      db
        .all(
          `SELECT seq, parts FROM units WHERE job = (SELECT no FROM jobs WHERE id = ?)
             AND kind = 'chunk' AND seq >= ? AND seq < ? AND parts IS NOT NULL ORDER BY seq`,
          jobId,
          first,
          end,
        )
        .flatMap((row) => parseParts(Number(row['seq']), String(row['parts']))),

    reportResults: async (jobId) =>
      db
        .all(
          `SELECT result FROM units WHERE job = (SELECT no FROM jobs WHERE id = ?)
             AND kind = 'report' AND state = 2 ORDER BY seq`,
          jobId,
        )
        .map((row): unknown => JSON.parse(String(row['result']))),

    voidLeases: async (worker) =>
      db.run(
        `UPDATE units SET state = 0, worker = NULL, live_succeeded = 0, live_failed = 0
         WHERE state = 1 AND worker = ?`,
        worker,
      ),
  };
}

function jobNo(db: Database, jobId: string): number {
  return Number(db.get('SELECT no FROM jobs WHERE id = ?', jobId)?.['no']);
}

function isHeld(db: Database, lease: Lease): boolean {
  return db.get(`SELECT 1 FROM units WHERE ${HELD}`, ...heldBy(lease)) !== undefined;
}

function closeUnit(db: Database, lease: Lease, result: string | null): boolean {
  return (
    db.run(
      `UPDATE units SET state = 2, worker = NULL, result = ? WHERE ${HELD}`,
      result,
      ...heldBy(lease),
    ) === 1
  );
}

/** A job is deleted 90 days after its end: whoever still holds a lease of it has lost it. */
const GONE = { status: 'Failed', tags: [], workers: [] } as const;

/** What all leases of one job are told. */
function standingOf(
  db: Database,
  jobId: string,
  now: number,
): Pick<Standing, 'status' | 'tags' | 'workers'> | undefined {
  const row = db.get('SELECT no, status, tags FROM jobs WHERE id = ?', jobId);
  if (!row) return undefined;
  const workers = db.all(
    `SELECT DISTINCT worker FROM units
     WHERE job = ? AND kind = 'chunk' AND state = 1 AND lease_until >= ? ORDER BY worker`,
    row['no'] ?? null,
    now,
  );
  return {
    // Written by `newJobValues`, `statusValues` and `setTags` only.
    status: row['status'] as JobStatus,
    tags: JSON.parse(String(row['tags'])) as JobTag[],
    workers: workers.map(({ worker }) => String(worker)),
  };
}

/**
 * Jobs of higher priority first; among equals by turns, whoever waited longest for a unit. Jobs are
 * read in this order until there are enough units, so a lease costs what it returns.
 */
function leaseUnits(db: Database, request: LeaseRequest): LeasedUnit[] {
  const waiting = waitingJobs(request.kinds);
  if (request.limit < 1 || waiting === undefined) return [];
  // Nobody waits, most of the time, and reading takes no lock.
  if (!db.get(waiting)) return [];
  const except = new Set(request.except);
  return db.fleetingTransaction(() => {
    const leased: LeasedUnit[] = [];
    const isEnough = (): boolean => leased.length >= request.limit;
    /** When each job was served last; saved at the end, since the order hangs on it. */
    const served = new Map<number, number>();
    let equals: number[] = [];
    let priority: unknown;
    const serve = (no: number): void => {
      const unit = leaseOne(db, no, request);
      if (!unit) return;
      leased.push(unit);
      equals.push(no);
      // The fraction keeps the order of turns inside one millisecond.
      served.set(no, request.now + leased.length / 1024);
    };
    const serveAgain = (): void => {
      for (let no = equals.shift(); no !== undefined && !isEnough(); no = equals.shift()) serve(no);
      equals = [];
    };
    for (const row of db.each(waiting)) {
      if (row['priority'] !== priority) serveAgain();
      if (isEnough()) break;
      priority = row['priority'];
      if (!except.has(String(row['id']))) serve(Number(row['no']));
      if (isEnough()) break;
    }
    serveAgain();
    for (const [no, at] of served) db.run('UPDATE jobs SET served_at = ? WHERE no = ?', at, no);
    return leased;
  });
}

/** Each status comes from the index in order, and they are merged as they are read. */
function waitingJobs(kinds: readonly UnitKind[]): string | undefined {
  const statuses = STATUSES_WITH_WORK.filter((status) =>
    UNITS_OF_STATUS[status].some((kind) => kinds.includes(kind)),
  );
  if (statuses.length === 0) return undefined;
  const selects = statuses.map(
    (status) =>
      `SELECT no, id, priority, served_at FROM jobs WHERE terminated_at IS NULL AND status = '${status}'`,
  );
  return `${selects.join(' UNION ALL ')} ORDER BY priority DESC, served_at, no`;
}

function leaseOne(db: Database, no: number, request: LeaseRequest): LeasedUnit | undefined {
  // Written by `newJobValues` and `statusValues` only.
  const status = db.get('SELECT status FROM jobs WHERE no = ?', no)?.['status'] as JobStatus;
  for (const kind of UNITS_OF_STATUS[status]) {
    if (!request.kinds.includes(kind)) continue;
    const row =
      db.get(
        `SELECT * FROM units WHERE job = ? AND kind = ? AND state = 1 AND lease_until < ? LIMIT 1`,
        no,
        kind,
        request.now,
      ) ??
      db.get(
        `SELECT * FROM units WHERE job = ? AND kind = ? AND state = 0 AND not_before <= ? ORDER BY seq LIMIT 1`,
        no,
        kind,
        request.now,
      );
    if (!row) continue;
    const fence = Number(row['fence']) + 1;
    db.run(
      `UPDATE units SET state = 1, fence = ?, lease_until = ?, worker = ?, live_succeeded = 0,
         live_failed = 0 WHERE job = ? AND kind = ? AND seq = ?`,
      fence,
      request.until,
      request.worker,
      no,
      kind,
      row['seq'] ?? null,
    );
    const job = jobOf(db.get('SELECT * FROM jobs WHERE no = ?', no) ?? {});
    return leasedUnitOf(job, kind, { ...row, fence, unit_failures: row['failures'] }, request);
  }
  return undefined;
}

function commitPart(
  db: Database,
  random: Random,
  lease: Lease,
  part: PartRecord,
  now: number,
): Promise<boolean> {
  return db.transaction(() => {
    const unit = db.get(`SELECT mark, row_count, parts FROM units WHERE ${HELD}`, ...heldBy(lease));
    const job = db.get('SELECT * FROM jobs WHERE id = ?', lease.jobId);
    if (!unit || !job || job['sealed'] !== 0) return false;
    const done = isLastPart(unit, part);
    db.run(
      `UPDATE units SET state = ?, worker = NULL, live_succeeded = 0, live_failed = 0, mark = ?,
         parts = ? WHERE ${HELD}`,
      done ? 2 : 0,
      part.to,
      appendPart(unit['parts'] === null ? null : String(unit['parts']), lease.fence, part),
      ...heldBy(lease),
    );
    const succeeded = Number(job['succeeded']) + part.succeeded;
    const failed = Number(job['failed']) + part.failed;
    db.run(
      `UPDATE jobs SET succeeded = ?, failed = ?, chunks_done = chunks_done + ?,
         chunks_touched = MAX(chunks_touched, ?) WHERE id = ?`,
      succeeded,
      failed,
      done ? 1 : 0,
      lease.seq + 1,
      lease.jobId,
    );
    const failure = thresholdFailure(succeeded, failed);
    // Written by `statusValues` only.
    if (failure && !isStopping(job['status'] as JobStatus)) {
      applyInTransaction(db, random, job, 'FailureDetected', { at: now, failure });
    }
    return true;
  });
}
