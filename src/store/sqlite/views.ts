/** Questions of the console. Descriptions stand in the request only: 5,000 of them are read in 15 ms. */
import { eventOf, jobOf } from '../rows.ts';
import type { FoundJobs, JobCounts, JobSearch, StoreViews } from '../store.ts';
import { JOB_EVENTS_MAX, type JobSort, likePattern, RUNNING_STATUSES } from '../views.ts';
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
  };
}

function findJobs(db: Database, search: JobSearch): FoundJobs {
  const { account, statuses, text, sort, isDescending, offset, limit } = search;
  const where = `account = ?1
    AND (?2 = '[]' OR status IN (SELECT value FROM json_each(?2)))
    AND (?3 = '' OR id LIKE ?4 ESCAPE '\\' OR ${DESCRIPTION} LIKE ?4 ESCAPE '\\')`;
  const values = [account, JSON.stringify(statuses), text, likePattern(text)] as const;
  const direction = isDescending ? 'DESC' : 'ASC';
  const rows = db.all(
    `SELECT * FROM jobs WHERE ${where}
     ORDER BY ${ORDER[sort]} ${direction} NULLS LAST, created_at ${direction}, id ${direction}
     LIMIT ?5 OFFSET ?6`,
    ...values,
    limit,
    offset,
  );
  const counted = db.get(`SELECT COUNT(*) AS total FROM jobs WHERE ${where}`, ...values);
  return { jobs: rows.map(jobOf), total: Number(counted?.['total']) };
}
