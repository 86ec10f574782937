/**
 * The ledger: units are leased, renewed, recorded, given back. Every statement that ends a lease
 * compares the fence (Store I2).
 *
 * Locks are taken in one order, so that nobody waits in a circle: units by (job, kind, seq), then
 * progress by job, then jobs by number, then turns, then the number of the last event.
 *
 * Statements over several units first gather their keys (MATERIALIZED), then look each one up. In one
 * join the planner, which knows nothing of a table that was empty a minute ago, reads a whole job
 * (measured: 120 ms instead of 0.3 for eight chunks of 20,000).
 *
 * What a repetition asks, after a commit whose answer was lost (Database I2):
 *   lease            never repeated, see lease.ts
 *   renew            nothing: the same times and counts again
 *   addChunks        whether the job ends with our last row: only the holder of the lease adds any
 *   commitPart       whether a part of our fence is recorded, see commits.ts
 *   finishPreparing, finishJob, complete
 *                    whether the unit is closed under our fence: only its holder can have done it
 *   release          whether the unit is free under our fence
 *   voidLeases       nothing; the number that comes back may be too small
 */
import { assert } from '../../base/assert.ts';
import type { Random } from '../../base/random.ts';
import type { ChunkRange } from '../../manifest/index.ts';
import type { JobTag } from '../../model/job.ts';
import type { JobStatus } from '../../model/vocabulary.ts';
import { preparedEvent } from '../decide.ts';
import { parseParts } from '../parts.ts';
import { jobOf } from '../rows.ts';
import type { Lease, ManifestFacts, Progress, Standing, Store } from '../store.ts';
import { applyInTransaction, SELECT_JOB } from './changes.ts';
import { CommitQueue } from './commits.ts';
import type { Connection, Database, Work } from './database.ts';
import { leaseUnits } from './lease.ts';

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

/** What every statement about one lease begins its conditions with. */
const UNIT = 'job = (SELECT no FROM jobs WHERE id = $1) AND kind = $2 AND seq = $3 AND fence = $4';
const unitOf = (lease: Lease) => [lease.jobId, lease.kind, lease.seq, lease.fence] as const;
const FREE = 'state = 0, worker = NULL, live_succeeded = 0, live_failed = 0';

export function ledgerPart(db: Database, random: Random): LedgerPart {
  const commits = new CommitQueue(db, random);
  return {
    lease: (request) => leaseUnits(db, request),

    renew: (progress, until, now) => renew(db, progress, until, now),

    addChunks: (lease, chunks, checkpoint) =>
      db.transaction((connection, isRepeat) =>
        addChunks(connection, isRepeat, lease, chunks, checkpoint),
      ),

    finishPreparing: (lease, manifest, now) =>
      db.transaction(finishPreparing(random.hex(16), lease, manifest, now)),

    commitPart: (lease, part, now) => commits.add({ lease, part, now }),

    finishJob: (lease, now) => db.transaction(finishJob(random.hex(16), lease, now)),

    complete: (lease, result) =>
      db.statements((connection, isRepeat) =>
        closeUnit(connection, isRepeat, lease, JSON.stringify(result ?? null)),
      ),

    release: (lease, notBefore, failed) =>
      db.statements(async (connection, isRepeat) => {
        const released = await connection.run(
          `UPDATE units SET ${FREE}, not_before = $5, failures = failures + $6
           WHERE ${UNIT} AND state = 1`,
          ...unitOf(lease),
          notBefore,
          failed ? 1 : 0,
        );
        return released === 1 || (isRepeat && (await isInState(connection, lease, 0)));
      }),

    parts: async (jobId, first, end) => {
      const rows = await db.statements((connection) =>
        connection.all(
          `SELECT seq, parts FROM units WHERE job = (SELECT no FROM jobs WHERE id = $1)
             AND kind = 'chunk' AND seq >= $2 AND seq < $3 AND parts IS NOT NULL ORDER BY seq`,
          jobId,
          first,
          end,
        ),
      );
      return rows.flatMap((row) => parseParts(Number(row['seq']), String(row['parts'])));
    },

    reportResults: async (jobId) => {
      const rows = await db.statements((connection) =>
        connection.all(
          `SELECT result FROM units WHERE job = (SELECT no FROM jobs WHERE id = $1)
             AND kind = 'report' AND state = 2 ORDER BY seq`,
          jobId,
        ),
      );
      return rows.map((row): unknown => JSON.parse(String(row['result'])));
    },

    voidLeases: (worker) =>
      db.statements((connection) =>
        connection.run(`UPDATE units SET ${FREE} WHERE state = 1 AND worker = $1`, worker),
      ),
  };
}

/** All leases in one statement; those that are lost come back as not held. */
async function renew(
  db: Database,
  progress: readonly Progress[],
  until: number,
  now: number,
): Promise<readonly Standing[]> {
  if (progress.length === 0) return [];
  const column = <T>(pick: (one: Progress) => T): T[] => progress.map(pick);
  const rows = await db.statements((connection) =>
    connection.all(
      `WITH asked AS MATERIALIZED (
         SELECT a.*, j.no, j.status, j.tags
         FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
           WITH ORDINALITY AS a(id, kind, seq, fence, succeeded, failed, place)
         LEFT JOIN jobs j ON j.id = a.id
       ), held AS MATERIALIZED (
         SELECT u.job, u.kind, u.seq, u.fence, a.succeeded, a.failed, a.place
         FROM asked a JOIN units u ON u.job = a.no AND u.kind = a.kind AND u.seq = a.seq
         WHERE u.fence = a.fence AND u.state = 1
         ORDER BY u.job, u.kind, u.seq FOR UPDATE OF u
       ), renewed AS (
         UPDATE units u SET lease_until = $7, live_succeeded = h.succeeded, live_failed = h.failed
         FROM held h
         WHERE u.job = h.job AND u.kind = h.kind AND u.seq = h.seq
           AND u.fence = h.fence AND u.state = 1
         RETURNING h.place
       )
       SELECT a.status, a.tags, renewed.place IS NOT NULL AS held,
         (SELECT array_agg(DISTINCT w.worker ORDER BY w.worker) FROM units w
          WHERE w.job = a.no AND w.kind = 'chunk' AND w.state = 1 AND w.lease_until >= $8) AS workers
       FROM asked a LEFT JOIN renewed ON renewed.place = a.place
       ORDER BY a.place`,
      column(({ lease }) => lease.jobId),
      column(({ lease }) => lease.kind),
      column(({ lease }) => lease.seq),
      column(({ lease }) => lease.fence),
      column(({ succeeded }) => succeeded),
      column(({ failed }) => failed),
      until,
      now,
    ),
  );
  assert(rows.length === progress.length, 'A renewal was answered for other leases than asked.');
  return progress.map(({ lease }, index) => ({
    lease,
    held: rows[index]?.['held'] === true,
    // A job is deleted 90 days after its end: whoever still holds a lease of it has lost it.
    status: (rows[index]?.['status'] ?? 'Failed') as JobStatus,
    // Written by `newJobValues` and `setTags` only.
    tags: JSON.parse(String(rows[index]?.['tags'] ?? '[]')) as JobTag[],
    workers: (rows[index]?.['workers'] ?? []) as string[],
  }));
}

async function addChunks(
  connection: Connection,
  isRepeat: boolean,
  lease: Lease,
  chunks: readonly ChunkRange[],
  checkpoint: unknown,
): Promise<boolean> {
  const unit = await connection.get(
    `SELECT job FROM units WHERE ${UNIT} AND state = 1 FOR UPDATE`,
    ...unitOf(lease),
  );
  if (!unit) return false;
  const job = Number(unit['job']);
  const saved = await connection.get(
    'SELECT chunks, tasks_total FROM progress WHERE job = $1 FOR UPDATE',
    job,
  );
  const rows = Number(saved?.['tasks_total'] ?? 0);
  const last = chunks.at(-1);
  const end = last ? last.firstRow + last.rows : rows;
  if (chunks[0] && chunks[0].firstRow !== rows) return isRepeat && end === rows;
  const column = <T>(pick: (chunk: ChunkRange) => T): T[] => chunks.map(pick);
  await connection.run(
    `WITH counted AS (
       UPDATE progress SET chunks = chunks + $3, tasks_total = $4 WHERE job = $1::bigint
     ), kept AS (
       UPDATE units SET work = $5 WHERE job = $1::bigint AND kind = 'prepare' AND seq = $6
     )
     INSERT INTO units (job, kind, seq, first_row, row_count, segment, byte_start, byte_end)
     SELECT $1::bigint, 'chunk', $2::bigint + c.place - 1, c.first_row, c.row_count, c.segment,
       c.byte_start, c.byte_end
     FROM unnest($7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[])
       WITH ORDINALITY AS c(first_row, row_count, segment, byte_start, byte_end, place)`,
    job,
    Number(saved?.['chunks']),
    chunks.length,
    last ? end : null,
    JSON.stringify(checkpoint),
    lease.seq,
    column(({ firstRow }) => firstRow),
    column(({ rows: count }) => count),
    column(({ segment }) => segment ?? null),
    column(({ start }) => start),
    column(({ end: byteEnd }) => byteEnd),
  );
  return true;
}

function finishPreparing(
  eventId: string,
  lease: Lease,
  manifest: ManifestFacts,
  now: number,
): Work<boolean> {
  return async (connection, isRepeat) => {
    if (!(await closeUnit(connection, false, lease, null))) {
      return isRepeat && isInState(connection, lease, 2);
    }
    await connection.run(
      'UPDATE progress SET tasks_total = $2 WHERE job = (SELECT no FROM jobs WHERE id = $1)',
      lease.jobId,
      manifest.tasks,
    );
    await connection.run(
      'UPDATE jobs SET bucket = $2, list = $3 WHERE id = $1',
      lease.jobId,
      manifest.bucket,
      manifest.list ? JSON.stringify(manifest.list) : null,
    );
    const row = await connection.get(`${SELECT_JOB} WHERE j.id = $1`, lease.jobId);
    assert(row, 'A unit was held whose job is gone.');
    // Cancelled or failed in the meantime: the unit ends all the same.
    await applyInTransaction(connection, eventId, row, preparedEvent(jobOf(row)), { at: now });
    return true;
  };
}

function finishJob(eventId: string, lease: Lease, now: number): Work<boolean> {
  return async (connection, isRepeat) => {
    if (!(await closeUnit(connection, false, lease, null))) {
      return isRepeat && isInState(connection, lease, 2);
    }
    const row = await connection.get(`${SELECT_JOB} WHERE j.id = $1 FOR UPDATE OF j`, lease.jobId);
    const applied = await applyInTransaction(connection, eventId, row, 'Finished', { at: now });
    assert(applied.ok, 'A finish unit was leased in a status that cannot be finished.');
    return true;
  };
}

async function closeUnit(
  connection: Connection,
  isRepeat: boolean,
  lease: Lease,
  result: string | null,
): Promise<boolean> {
  const closed = await connection.run(
    `UPDATE units SET state = 2, worker = NULL, result = $5 WHERE ${UNIT} AND state = 1`,
    ...unitOf(lease),
    result,
  );
  return closed === 1 || (isRepeat && (await isInState(connection, lease, 2)));
}

async function isInState(connection: Connection, lease: Lease, state: 0 | 2): Promise<boolean> {
  const sql = `SELECT 1 FROM units WHERE ${UNIT} AND state = $5`;
  return (await connection.get(sql, ...unitOf(lease), state)) !== undefined;
}
