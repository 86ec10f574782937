/** The part of the store that the API uses: jobs, tags, events. */
import type { Random } from '../../base/random.ts';
import { isTerminal } from '../../lifecycle/index.ts';
import type { JobTag } from '../../model/job.ts';
import { eventOf, jobOf, NEW_JOB_COLUMNS, newJobValues } from '../rows.ts';
import type { Created, JobCounts, JobsQuery, NewJob, Store } from '../store.ts';
import type { Database } from './database.ts';
import { applyInTransaction, insertEvent } from './job-rows.ts';

type JobsPart = Pick<
  Store,
  | 'createJob'
  | 'job'
  | 'jobs'
  | 'liveCounts'
  | 'setPriority'
  | 'tags'
  | 'setTags'
  | 'apply'
  | 'applyByUser'
  | 'events'
>;

export function jobsPart(db: Database, random: Random): JobsPart {
  const find = (account: string, jobId: string) =>
    db.get('SELECT * FROM jobs WHERE id = ? AND account = ?', jobId, account);

  return {
    createJob: async (created) => createJob(db, random, created),

    job: async (account, jobId) => {
      const row = find(account, jobId);
      return row && jobOf(row);
    },

    jobs: async (query) => listJobs(db, query),

    liveCounts: async (jobIds, now) => {
      const rows = db.all(
        `SELECT j.id AS id, SUM(u.live_succeeded) AS succeeded, SUM(u.live_failed) AS failed
         FROM jobs j JOIN units u ON u.job = j.no AND u.state = 1 AND j.sealed = 0
         WHERE j.id IN (SELECT value FROM json_each(?)) AND u.kind = 'chunk' AND u.lease_until >= ?
         GROUP BY j.id`,
        JSON.stringify(jobIds),
        now,
      );
      return new Map<string, JobCounts>(
        rows.map((row) => [
          String(row['id']),
          { succeeded: Number(row['succeeded']), failed: Number(row['failed']) },
        ]),
      );
    },

    setPriority: async (account, jobId, priority) =>
      db.transaction(() => {
        const row = find(account, jobId);
        if (!row) return undefined;
        const job = jobOf(row);
        if (isTerminal(job.status)) return job;
        db.run('UPDATE jobs SET priority = ? WHERE id = ?', priority, jobId);
        return { ...job, priority };
      }),

    tags: async (account, jobId) => {
      const row = find(account, jobId);
      // Written by createJob and setTags only.
      return row && (JSON.parse(String(row['tags'])) as JobTag[]);
    },

    setTags: (account, jobId, tags) =>
      db.transaction(
        () =>
          db.run(
            'UPDATE jobs SET tags = ? WHERE id = ? AND account = ?',
            JSON.stringify(tags),
            jobId,
            account,
          ) === 1,
      ),

    apply: async (jobId, event, details) =>
      db.transaction(() => {
        const row = db.get('SELECT * FROM jobs WHERE id = ?', jobId);
        return applyInTransaction(db, random, row, event, details);
      }),

    applyByUser: async (account, jobId, event, details) =>
      db.transaction(() => applyInTransaction(db, random, find(account, jobId), event, details)),

    events: async (after, limit) =>
      db.all('SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?', after, limit).map(eventOf),
  };
}

function createJob(db: Database, random: Random, created: NewJob): Promise<Created> {
  const { job, token, requestHash } = created;
  return db.transaction((): Created => {
    const earlier = db.get(
      'SELECT id, request_hash FROM jobs WHERE account = ? AND token = ?',
      job.account,
      token,
    );
    if (earlier) {
      return earlier['request_hash'] === requestHash
        ? { kind: 'repeated', jobId: String(earlier['id']) }
        : { kind: 'conflict' };
    }
    db.run(
      `INSERT INTO jobs (${NEW_JOB_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...newJobValues(created),
    );
    db.run(
      `INSERT INTO units (job, kind, seq) SELECT no, 'prepare', 0 FROM jobs WHERE id = ?`,
      job.id,
    );
    insertEvent(db, random, job, 'JobCreated', job.createdAt);
    return { kind: 'created' };
  });
}

/** Of each status that was asked for the first ones, so that no page reads more than it needs. */
function listJobs(db: Database, query: JobsQuery) {
  const position = query.after ?? { createdAt: Number.MAX_SAFE_INTEGER, id: '' };
  const select = (status: string): string =>
    `SELECT * FROM (SELECT * FROM jobs WHERE account = ?1 ${status}
       AND (created_at, id) < (?2, ?3) ORDER BY created_at DESC, id DESC LIMIT ?4)`;
  const selects =
    query.statuses.length === 0
      ? [select('')]
      : query.statuses.map((_, index) => select(`AND status = ?${index + 5}`));
  return db
    .all(
      `${selects.join(' UNION ALL ')} ORDER BY created_at DESC, id DESC LIMIT ?4`,
      query.account,
      position.createdAt,
      position.id,
      query.limit,
      ...query.statuses,
    )
    .map(jobOf);
}
