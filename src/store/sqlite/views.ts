/** Questions of the console. Descriptions stand in the request only: 5,000 of them are read in 15 ms. */
import { eventOf, jobOf } from '../rows.ts';
import type { FoundJobs, JobCounts, JobSearch, StoreViews, Vitals } from '../store.ts';
import { JOB_EVENTS_MAX, type JobSort, likePattern, RUNNING_STATUSES } from '../views.ts';
import { vitalsOf, WAITING_JOBS_MAX, WAITING_KINDS } from '../vitals.ts';
import type { Database } from './database.ts';

const DESCRIPTION = `json_extract(request, '$.Description')`;
const ORDER: Readonly<Record<JobSort, string>> = {
  created: 'created_at',
  ended: 'terminated_at',
  status: 'status',
  operation: 'operation',
  description: DESCRIPTION,
  priority: 'priority',
  total: 'tasks_total',
  failed: 'failed',
  progress: '1.0 * (succeeded + failed) / NULLIF(tasks_total, 0)',
};
const RUNNING = JSON.stringify(RUNNING_STATUSES);

export function viewsPart(db: Database): StoreViews {
  return {
    findJobs: async (search) => findJobs(db, search),

    jobEvents: async (account, jobId) =>
      db
        .all(
          'SELECT * FROM events WHERE job = ? AND account = ? ORDER BY seq LIMIT ?',
          jobId,
          account,
          JOB_EVENTS_MAX,
        )
        .map(eventOf),

    jobWorkers: async (jobId, now) =>
      db
        .all(
          `SELECT DISTINCT u.worker AS worker FROM units u
           WHERE u.job = (SELECT no FROM jobs WHERE id = ?) AND u.state = 1 AND u.lease_until >= ?
           ORDER BY 1`,
          jobId,
          now,
        )
        .map((row) => String(row['worker'])),

    runningCounts: async (now) => {
      const rows = db.all(
        `SELECT j.id AS id, j.succeeded + COALESCE(SUM(u.live_succeeded), 0) AS succeeded,
           j.failed + COALESCE(SUM(u.live_failed), 0) AS failed
         FROM jobs j LEFT JOIN units u
           ON u.job = j.no AND u.kind = 'chunk' AND u.state = 1 AND u.lease_until >= ?2
         WHERE j.terminated_at IS NULL AND j.status IN (SELECT value FROM json_each(?1))
         GROUP BY j.no`,
        RUNNING,
        now,
      );
      return new Map<string, JobCounts>(
        rows.map((row) => [
          String(row['id']),
          { succeeded: Number(row['succeeded']), failed: Number(row['failed']) },
        ]),
      );
    },

    vitals: async (now) => vitals(db, now),
  };
}

/** Two searches, each by its own index: a job may have a million chunks that are done. */
const WAITING_SINCE = `
  SELECT MIN(since) AS since FROM (
    SELECT MAX(
      CASE WHEN j.status = 'Active' THEN j.active_since
        ELSE COALESCE((SELECT MAX(at) FROM events WHERE job = j.id), j.created_at) END,
      (SELECT MIN(free) FROM (
        SELECT * FROM (
          SELECT not_before AS free FROM units
          WHERE job = j.no AND kind = ?2 AND state = 0 AND not_before <= ?3 ORDER BY seq LIMIT 1)
        UNION ALL
        SELECT MIN(lease_until) FROM units
        WHERE job = j.no AND kind = ?2 AND state = 1 AND lease_until < ?3
      ))
    ) AS since
    FROM (
      SELECT no, id, status, created_at, active_since FROM jobs
      WHERE status = ?1 AND terminated_at IS NULL ORDER BY no LIMIT ${WAITING_JOBS_MAX}
    ) j
  )`;

function vitals(db: Database, now: number): Vitals {
  const since = WAITING_KINDS.map(
    ({ status, kind }) => db.get(WAITING_SINCE, status, kind, now)?.['since'],
  ).filter((at) => typeof at === 'number');
  return vitalsOf({
    jobs: db.all('SELECT status, COUNT(*) AS jobs FROM jobs GROUP BY status'),
    counts: db.get(
      `SELECT SUM(chunks) AS chunks, SUM(chunks_done) AS done,
         SUM(CASE WHEN status IN ('New', 'Preparing') THEN 0
           ELSE MAX(0, COALESCE(tasks_total, 0) - succeeded - failed) END) AS tasks_left
       FROM jobs WHERE terminated_at IS NULL`,
    ),
    leases: db.get(
      `SELECT SUM(lease_until >= ?1) AS live, SUM(lease_until < ?1) AS expired,
         SUM(kind = 'chunk') AS chunks
       FROM units WHERE state = 1`,
      now,
    ),
    since: since.length === 0 ? undefined : Math.min(...since),
  });
}

function findJobs(db: Database, search: JobSearch): FoundJobs {
  const { account, statuses, operations, text, sort, isDescending, offset, limit } = search;
  const { createdFrom = 0, createdBefore = Number.MAX_SAFE_INTEGER } = search;
  const where = `account = ?1
    AND (?2 = '[]' OR status IN (SELECT value FROM json_each(?2)))
    AND (?3 = '' OR id LIKE ?4 ESCAPE '\\' OR ${DESCRIPTION} LIKE ?4 ESCAPE '\\')
    AND (?5 = '[]' OR operation IN (SELECT value FROM json_each(?5)))
    AND created_at >= ?6 AND created_at < ?7`;
  const asked = [account, JSON.stringify(statuses), text, likePattern(text)] as const;
  const values = [...asked, JSON.stringify(operations), createdFrom, createdBefore] as const;
  const direction = isDescending ? 'DESC' : 'ASC';
  const rows = db.all(
    `SELECT * FROM jobs WHERE ${where}
     ORDER BY ${ORDER[sort]} ${direction} NULLS LAST, created_at ${direction}, id ${direction}
     LIMIT ?8 OFFSET ?9`,
    ...values,
    limit,
    offset,
  );
  const counted = db.get(`SELECT COUNT(*) AS total FROM jobs WHERE ${where}`, ...values);
  return { jobs: rows.map(jobOf), total: Number(counted?.['total']) };
}
