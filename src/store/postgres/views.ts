/** Questions of the console. */
import { eventOf, jobOf } from '../rows.ts';
import type { FoundJobs, JobCounts, JobSearch, StoreViews } from '../store.ts';
import { JOB_EVENTS_MAX, type JobSort, likePattern, RUNNING_STATUSES } from '../views.ts';
import { SELECT_JOB } from './changes.ts';
import type { Database } from './database.ts';

const DESCRIPTION = `(j.request::json ->> 'Description')`;
const ORDER: Readonly<Record<JobSort, string>> = {
  created: 'j.created_at',
  ended: 'j.terminated_at',
  status: 'j.status',
  operation: 'j.operation',
  description: `${DESCRIPTION} COLLATE "C"`,
  priority: 'j.priority',
  total: 'p.tasks_total',
  failed: 'p.failed',
  progress: '(p.succeeded + p.failed)::double precision / NULLIF(p.tasks_total, 0)',
};

export function viewsPart(db: Database): StoreViews {
  return {
    findJobs: (search) => findJobs(db, search),

    jobEvents: async (account, jobId) => {
      const sql = 'SELECT * FROM events WHERE job = $1 AND account = $2 ORDER BY seq LIMIT $3';
      const rows = await db.statements((connection) =>
        connection.all(sql, jobId, account, JOB_EVENTS_MAX),
      );
      return rows.map(eventOf);
    },

    jobWorkers: async (jobId, now) => {
      const rows = await db.statements((connection) =>
        connection.all(
          `SELECT DISTINCT u.worker COLLATE "C" AS worker FROM units u
           WHERE u.job = (SELECT no FROM jobs WHERE id = $1) AND u.state = 1 AND u.lease_until >= $2
           ORDER BY 1`,
          jobId,
          now,
        ),
      );
      return rows.map((row) => String(row['worker']));
    },

    runningCounts: async (now) => {
      const rows = await db.statements((connection) =>
        connection.all(
          `SELECT j.id, (p.succeeded + COALESCE(SUM(u.live_succeeded), 0))::bigint AS succeeded,
             (p.failed + COALESCE(SUM(u.live_failed), 0))::bigint AS failed
           FROM jobs j JOIN progress p ON p.job = j.no LEFT JOIN units u
             ON u.job = j.no AND u.kind = 'chunk' AND u.state = 1 AND u.lease_until >= $2
           WHERE j.terminated_at IS NULL AND j.status = ANY($1::text[])
           GROUP BY j.no, p.job`,
          RUNNING_STATUSES,
          now,
        ),
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

async function findJobs(db: Database, search: JobSearch): Promise<FoundJobs> {
  const { account, statuses, text, sort, isDescending, offset, limit } = search;
  const where = `WHERE j.account = $1
    AND (cardinality($2::text[]) = 0 OR j.status = ANY($2::text[]))
    AND ($3::text = '' OR j.id ILIKE $4 OR ${DESCRIPTION} ILIKE $4)`;
  const values = [account, statuses, text, likePattern(text)] as const;
  const direction = isDescending ? 'DESC' : 'ASC';
  return db.statements(async (connection) => {
    const rows = await connection.all(
      `${SELECT_JOB} ${where}
       ORDER BY ${ORDER[sort]} ${direction} NULLS LAST, j.created_at ${direction}, j.id ${direction}
       LIMIT $5 OFFSET $6`,
      ...values,
      limit,
      offset,
    );
    const counted = await connection.get(
      `SELECT COUNT(*) AS total FROM jobs j ${where}`,
      ...values,
    );
    return { jobs: rows.map(jobOf), total: Number(counted?.['total']) };
  });
}
