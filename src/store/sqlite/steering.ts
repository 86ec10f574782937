/** The part of the store by which the service moves jobs on. */
import type { Random } from '../../base/random.ts';
import { schedule, type Schedulable } from '../../lifecycle/index.ts';
import type { JobStatus } from '../../model/vocabulary.ts';
import { MOVING_STATUSES } from '../decide.ts';
import { jobOf } from '../rows.ts';
import type { MovingJob, Store } from '../store.ts';
import type { Database, Row } from './database.ts';
import { applyInTransaction } from './job-rows.ts';

type SteeringPart = Pick<
  Store,
  'schedule' | 'movingJobs' | 'seal' | 'addUnits' | 'unconfirmedJobs' | 'deleteJobs' | 'ended'
>;

const MOVING = MOVING_STATUSES.map((status) => `'${status}'`).join(', ');

export function steeringPart(db: Database, random: Random): SteeringPart {
  return {
    schedule: async (limit, now) => {
      // Nothing to decide is the usual case, and reading takes no lock.
      if (schedule(schedulable(db, limit), limit).length === 0) return 0;
      return db.transaction(() => {
        const decided = schedule(schedulable(db, limit), limit);
        for (const { jobId, event } of decided) {
          const row = db.get('SELECT * FROM jobs WHERE id = ?', jobId);
          applyInTransaction(db, random, row, event, { at: now });
        }
        return decided.length;
      });
    },

    movingJobs: async (now) =>
      db
        .all(`SELECT * FROM jobs WHERE terminated_at IS NULL AND status IN (${MOVING})`)
        .map((row) => movingJob(db, row, now)),

    seal: (jobId) =>
      db.transaction(() => void db.run('UPDATE jobs SET sealed = 1 WHERE id = ?', jobId)),

    addUnits: async (jobId, units) =>
      db.transaction(() => {
        const no = db.get('SELECT no FROM jobs WHERE id = ?', jobId)?.['no'] ?? null;
        for (const { kind, seq, work } of units) {
          db.run(
            'INSERT OR IGNORE INTO units (job, kind, seq, work) VALUES (?, ?, ?, ?)',
            no,
            kind,
            seq,
            JSON.stringify(work),
          );
        }
      }),

    unconfirmedJobs: async (suspendedBefore) =>
      db
        .all(
          `SELECT id FROM jobs WHERE terminated_at IS NULL AND status = 'Suspended'
             AND suspended_at < ?`,
          suspendedBefore,
        )
        .map((row) => String(row['id'])),

    deleteJobs: async (terminatedBefore) =>
      db.transaction(() => {
        const rows = db.all('SELECT no, id FROM jobs WHERE terminated_at < ?', terminatedBefore);
        for (const { no = null, id = null } of rows) {
          db.run('DELETE FROM units WHERE job = ?', no);
          db.run('DELETE FROM events WHERE job = ?', id);
          db.run('DELETE FROM jobs WHERE no = ?', no);
        }
        return rows.map((row) => String(row['id']));
      }),

    ended: async (jobIds) =>
      new Set(
        db
          .all(
            `SELECT id FROM jobs WHERE terminated_at IS NOT NULL
               AND id IN (SELECT value FROM json_each(?))`,
            JSON.stringify(jobIds),
          )
          .map((row) => String(row['id'])),
      ),
  };
}

/**
 * Those that run, and of those that wait as many as could be scheduled: the rest has no say. The limit is
 * part of the text: SQLite plans a statement anew whenever a limit is bound to it.
 */
function schedulable(db: Database, limit: number): Schedulable[] {
  return db
    .all(
      `SELECT id, status, priority, created_at FROM jobs
       WHERE terminated_at IS NULL AND status IN ('Active', 'Pausing')
       UNION ALL
       SELECT * FROM (
         SELECT id, status, priority, created_at FROM jobs
         WHERE status IN ('Ready', 'Paused') AND user_paused = 0
         ORDER BY priority DESC, created_at, id LIMIT ${limit})`,
    )
    .map((row) => ({
      id: String(row['id']),
      // Written by `newJobValues` and `statusValues` only.
      status: String(row['status']) as JobStatus,
      priority: Number(row['priority']),
      createdAt: Number(row['created_at']),
    }));
}

function movingJob(db: Database, row: Row, now: number): MovingJob {
  const no = row['no'] ?? null;
  const count = (sql: string, ...values: (string | number)[]): number =>
    Number(
      db.get(`SELECT COUNT(*) AS n FROM units WHERE job = ? AND ${sql}`, no, ...values)?.['n'],
    );
  return {
    job: jobOf(row),
    ledger: {
      chunks: Number(row['chunks']),
      chunksDone: Number(row['chunks_done']),
      chunksTouched: Number(row['chunks_touched']),
      isSealed: row['sealed'] !== 0,
      leasesLive:
        count(`kind = 'chunk' AND state = 1 AND lease_until >= ?`, now) +
        count(`kind = 'prepare' AND state = 1 AND lease_until >= ?`, now),
      reports: count(`kind = 'report'`),
      reportsDone: count(`kind = 'report' AND state = 2`),
      finishes: count(`kind = 'finish'`),
    },
  };
}
