/** Questions of the console. */
import { eventOf, jobOf } from '../rows.ts';
import type { FoundJobs, JobCounts, JobSearch, StoreViews, Vitals } from '../store.ts';
import { JOB_EVENTS_MAX, type JobSort, likePattern, RUNNING_STATUSES } from '../views.ts';
import { vitalsOf, WAITING_JOBS_MAX, WAITING_KINDS } from '../vitals.ts';
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

    vitals: (now) => vitals(db, now),
  };
}

/** Two searches of each job: it may have a million chunks that are done. */
const WAITING_SINCE = `
  SELECT MIN(GREATEST(free.since, CASE WHEN j.status = 'Active' THEN j.active_since
    ELSE COALESCE((SELECT MAX(at) FROM events WHERE job = j.id), j.created_at) END)) AS since
  FROM unnest($1::text[], $2::text[]) AS offered(status, kind)
  CROSS JOIN LATERAL (
    SELECT no, id, status, created_at, active_since FROM jobs
    WHERE status = offered.status AND terminated_at IS NULL ORDER BY no LIMIT ${WAITING_JOBS_MAX}
  ) j
  CROSS JOIN LATERAL (
    (SELECT not_before AS since FROM units
     WHERE job = j.no AND kind = offered.kind AND state < 2 AND state = 0 AND not_before <= $3
     ORDER BY seq LIMIT 1)
    UNION ALL
    SELECT lease_until FROM units
    WHERE job = j.no AND kind = offered.kind AND state = 1 AND lease_until < $3
  ) free`;

async function vitals(db: Database, now: number): Promise<Vitals> {
  return db.statements(async (connection) => {
    const statuses = WAITING_KINDS.map(({ status }) => status);
    const kinds = WAITING_KINDS.map(({ kind }) => kind);
    return vitalsOf({
      jobs: await connection.all('SELECT status, COUNT(*) AS jobs FROM jobs GROUP BY status'),
      counts: await connection.get(
        `SELECT SUM(p.chunks) AS chunks, SUM(p.chunks_done) AS done,
           SUM(GREATEST(0, p.tasks_total - p.succeeded - p.failed))
             FILTER (WHERE j.status NOT IN ('New', 'Preparing')) AS tasks_left
         FROM jobs j JOIN progress p ON p.job = j.no WHERE j.terminated_at IS NULL`,
      ),
      leases: await connection.get(
        `SELECT COUNT(*) FILTER (WHERE lease_until >= $1) AS live,
           COUNT(*) FILTER (WHERE lease_until < $1) AS expired,
           COUNT(*) FILTER (WHERE kind = 'chunk') AS chunks
         FROM units WHERE state = 1`,
        now,
      ),
      since: (await connection.get(WAITING_SINCE, statuses, kinds, now))?.['since'],
    });
  });
}

async function findJobs(db: Database, search: JobSearch): Promise<FoundJobs> {
  const { account, statuses, operations, text, sort, isDescending, offset, limit } = search;
  const { createdFrom = 0, createdBefore = Number.MAX_SAFE_INTEGER } = search;
  const where = `WHERE j.account = $1
    AND (cardinality($2::text[]) = 0 OR j.status = ANY($2::text[]))
    AND ($3::text = '' OR j.id ILIKE $4 OR ${DESCRIPTION} ILIKE $4)
    AND (cardinality($5::text[]) = 0 OR j.operation = ANY($5::text[]))
    AND j.created_at >= $6::bigint AND j.created_at < $7::bigint`;
  const asked = [account, statuses, text, likePattern(text)] as const;
  const values = [...asked, operations, createdFrom, createdBefore] as const;
  const direction = isDescending ? 'DESC' : 'ASC';
  return db.statements(async (connection) => {
    const rows = await connection.all(
      `${SELECT_JOB} ${where}
       ORDER BY ${ORDER[sort]} ${direction} NULLS LAST, j.created_at ${direction}, j.id ${direction}
       LIMIT $8 OFFSET $9`,
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
