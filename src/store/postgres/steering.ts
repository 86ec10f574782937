/**
 * The part of the store by which the service moves jobs on.
 *
 * I1. Who schedules holds the row `scheduler` meanwhile: the limit on active jobs is decided over
 *     by one process at a time. A row, where an advisory lock would do: every relative of
 *     PostgreSQL has rows.
 * I2. No statement deletes more than a bounded number of rows, however large a job was.
 *
 * A repetition after a commit whose answer was lost asks nothing: each of these calls may be made
 * twice. `schedule` then decides over what it finds, `deleteJobs` counts what is gone as deleted.
 */
import { assert } from '../../base/assert.ts';
import type { Random } from '../../base/random.ts';
import { schedule, type Schedulable } from '../../lifecycle/index.ts';
import type { JobStatus } from '../../model/vocabulary.ts';
import { MOVING_STATUSES } from '../decide.ts';
import { jobOf, type Row } from '../rows.ts';
import type { MovingJob, Store } from '../store.ts';
import { applyInTransaction, SELECT_JOB } from './changes.ts';
import type { Connection, Database } from './database.ts';

type SteeringPart = Pick<
  Store,
  'schedule' | 'movingJobs' | 'seal' | 'addUnits' | 'unconfirmedJobs' | 'deleteJobs' | 'ended'
>;

const UNITS_PER_DELETE = 5000;
/** The others go with the next sweep, a minute later. */
const JOBS_PER_SWEEP = 1000;
const MOVING = MOVING_STATUSES.map((status) => `'${status}'`).join(', ');

export function steeringPart(db: Database, random: Random): SteeringPart {
  return {
    schedule: async (limit, now) => {
      // Nothing to decide is the usual case, and reading takes no lock.
      const jobs = await db.statements((connection) => schedulable(connection, limit));
      if (schedule(jobs, limit).length === 0) return 0;
      return db.transaction((connection) => applySchedule(connection, random, limit, now));
    },

    movingJobs: async (now) => {
      const rows = await db.statements((connection) => connection.all(MOVING_JOBS, now));
      return rows.map(movingJob);
    },

    seal: (jobId) =>
      db.statements(async (connection) => {
        const sql =
          'UPDATE progress SET sealed = TRUE WHERE job = (SELECT no FROM jobs WHERE id = $1)';
        await connection.run(sql, jobId);
      }),

    addUnits: (jobId, units) =>
      db.statements(async (connection) => {
        await connection.run(
          `INSERT INTO units (job, kind, seq, work)
           SELECT j.no, u.kind, u.seq, u.work
           FROM jobs j, unnest($2::text[], $3::bigint[], $4::text[]) AS u(kind, seq, work)
           WHERE j.id = $1 ON CONFLICT (job, kind, seq) DO NOTHING`,
          jobId,
          units.map(({ kind }) => kind),
          units.map(({ seq }) => seq),
          units.map(({ work }) => JSON.stringify(work)),
        );
      }),

    unconfirmedJobs: async (suspendedBefore) => {
      const rows = await db.statements((connection) =>
        connection.all(
          `SELECT id FROM jobs WHERE terminated_at IS NULL AND status = 'Suspended'
             AND suspended_at < $1 ORDER BY no`,
          suspendedBefore,
        ),
      );
      return rows.map((row) => String(row['id']));
    },

    deleteJobs: (terminatedBefore) => deleteJobs(db, terminatedBefore),

    ended: async (jobIds) => {
      const rows = await db.statements((connection) =>
        connection.all(
          'SELECT id FROM jobs WHERE terminated_at IS NOT NULL AND id = ANY($1::text[])',
          jobIds,
        ),
      );
      return new Set(rows.map((row) => String(row['id'])));
    },
  };
}

/** Those that run, and of those that wait as many as could be scheduled: the rest has no say. */
async function schedulable(connection: Connection, limit: number): Promise<Schedulable[]> {
  const columns = 'no, id, status, priority, created_at';
  const rows = await connection.all(
    `(SELECT ${columns} FROM jobs WHERE terminated_at IS NULL AND status IN ('Active', 'Pausing'))
     UNION ALL
     (SELECT ${columns} FROM jobs WHERE status IN ('Ready', 'Paused') AND user_paused = 0
      ORDER BY priority DESC, created_at, id LIMIT $1)`,
    limit,
  );
  return rows.map((row) => ({
    id: String(row['id']),
    // Written by `newJobValues` and `statusValues` only.
    status: String(row['status']) as JobStatus,
    priority: Number(row['priority']),
    createdAt: Number(row['created_at']),
  }));
}

async function applySchedule(
  connection: Connection,
  random: Random,
  limit: number,
  now: number,
): Promise<number> {
  await connection.get(`SELECT 1 FROM brigade WHERE name = 'scheduler' FOR UPDATE`); // I1
  const decided = schedule(await schedulable(connection, limit), limit);
  const rows = await connection.all(
    `${SELECT_JOB} WHERE j.id = ANY($1::text[]) ORDER BY j.no FOR UPDATE OF j`,
    decided.map(({ jobId }) => jobId),
  );
  for (const { jobId, event } of decided) {
    const row = rows.find((one) => one['id'] === jobId);
    // Cancelled in the meantime: the move is illegal then, and another job's turn comes next time.
    await applyInTransaction(connection, random.hex(16), row, event, { at: now });
  }
  return decided.length;
}

const MOVING_JOBS = `
  SELECT j.*, p.*,
    (SELECT count(*) FROM units u WHERE u.job = j.no AND u.kind IN ('chunk', 'prepare')
       AND u.state = 1 AND u.lease_until >= $1) AS leases_live,
    (SELECT count(*) FROM units u WHERE u.job = j.no AND u.kind = 'report') AS reports,
    (SELECT count(*) FROM units u WHERE u.job = j.no AND u.kind = 'report' AND u.state = 2)
      AS reports_done,
    (SELECT count(*) FROM units u WHERE u.job = j.no AND u.kind = 'finish') AS finishes
  FROM jobs j JOIN progress p ON p.job = j.no
  WHERE j.terminated_at IS NULL AND j.status IN (${MOVING})
  ORDER BY j.no`;

function movingJob(row: Row): MovingJob {
  const count = (column: string): number => Number(row[column]);
  return {
    job: jobOf(row),
    ledger: {
      chunks: count('chunks'),
      chunksDone: count('chunks_done'),
      chunksTouched: count('chunks_touched'),
      isSealed: row['sealed'] === true,
      leasesLive: count('leases_live'),
      reports: count('reports'),
      reportsDone: count('reports_done'),
      finishes: count('finishes'),
    },
  };
}

/** Only ended jobs: nothing of theirs changes any more, so nothing needs to hold still for it. */
async function deleteJobs(db: Database, terminatedBefore: number): Promise<readonly string[]> {
  const jobs = await db.statements((connection) =>
    connection.all(
      'SELECT no, id FROM jobs WHERE terminated_at < $1 ORDER BY terminated_at LIMIT $2',
      terminatedBefore,
      JOBS_PER_SWEEP,
    ),
  );
  const deleted: string[] = [];
  for (const { no, id } of jobs) {
    assert(typeof no === 'number' && typeof id === 'string', 'A job has no number.');
    let left = UNITS_PER_DELETE;
    while (left === UNITS_PER_DELETE) left = await deleteUnits(db, no); // I2
    const isDeleted = await db.transaction(
      async (connection, isRepeat) => (await deleteJob(connection, no, id)) || isRepeat,
    );
    if (isDeleted) deleted.push(id);
  }
  return deleted;
}

/** Two processes that sweep at once take turns, one batch each. */
function deleteUnits(db: Database, no: number): Promise<number> {
  return db.transaction(async (connection) => {
    await lockSweeper(connection);
    return connection.run(
      `DELETE FROM units WHERE job = $1 AND (kind, seq) IN
         (SELECT kind, seq FROM units WHERE job = $1 LIMIT ${UNITS_PER_DELETE})`,
      no,
    );
  });
}

async function deleteJob(connection: Connection, no: number, id: string): Promise<boolean> {
  await lockSweeper(connection);
  await connection.run('DELETE FROM progress WHERE job = $1', no);
  await connection.run('DELETE FROM turns WHERE job = $1', no);
  await connection.run('DELETE FROM events WHERE job = $1', id);
  return (await connection.run('DELETE FROM jobs WHERE no = $1', no)) === 1;
}

async function lockSweeper(connection: Connection): Promise<void> {
  await connection.get(`SELECT 1 FROM brigade WHERE name = 'sweeper' FOR UPDATE`);
}
