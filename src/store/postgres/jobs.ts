/**
 * The part of the store that the API uses: jobs, tags, events.
 *
 * What a repetition asks, after a commit whose answer was lost (Database I2):
 *   createJob            whether the token's job is the one that we made: its id is ours alone
 *   apply, applyByUser   whether our event is there: its id is drawn once per call
 *   setPriority, setTags nothing: writing the same again changes nothing
 */
import type { Random } from '../../base/random.ts';
import { isTerminal, type EventDetails, type JobEvent } from '../../lifecycle/index.ts';
import type { Job, JobTag } from '../../model/job.ts';
import { eventOf, jobOf, NEW_JOB_COLUMNS, newJobValues, type Row } from '../rows.ts';
import type { Applied, Created, JobCounts, JobsQuery, NewJob, Store } from '../store.ts';
import { applyInTransaction, insertEvent, SELECT_JOB } from './changes.ts';
import type { Connection, Database } from './database.ts';

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

const BY_ID = 'WHERE j.id = $1';
const BY_ACCOUNT = 'WHERE j.id = $1 AND j.account = $2';

export function jobsPart(db: Database, random: Random): JobsPart {
  const find = (account: string, jobId: string): Promise<Row | undefined> =>
    db.statements((connection) => connection.get(`${SELECT_JOB} ${BY_ACCOUNT}`, jobId, account));

  return {
    createJob: (created) => createJob(db, random, created),

    job: async (account, jobId) => {
      const row = await find(account, jobId);
      return row && jobOf(row);
    },

    jobs: (query) => listJobs(db, query),

    liveCounts: async (jobIds, now) => {
      const rows = await db.statements((connection) =>
        connection.all(
          `SELECT j.id, SUM(u.live_succeeded)::bigint AS succeeded, SUM(u.live_failed)::bigint AS failed
           FROM jobs j JOIN units u ON u.job = j.no AND u.kind = 'chunk' AND u.state = 1
             JOIN progress p ON p.job = j.no AND NOT p.sealed
           WHERE j.id = ANY($1::text[]) AND u.lease_until >= $2 GROUP BY j.id`,
          jobIds,
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

    setPriority: (account, jobId, priority) =>
      db.transaction((connection) => setPriority(connection, account, jobId, priority)),

    tags: async (account, jobId) => {
      const row = await find(account, jobId);
      // Written by createJob and setTags only.
      return row && (JSON.parse(String(row['tags'])) as JobTag[]);
    },

    setTags: (account, jobId, tags) =>
      db.statements(async (connection) => {
        const sql = 'UPDATE jobs SET tags = $3 WHERE id = $1 AND account = $2';
        return (await connection.run(sql, jobId, account, JSON.stringify(tags))) === 1;
      }),

    apply: (jobId, event, details) => apply(db, random, BY_ID, [jobId], event, details),

    applyByUser: (account, jobId, event, details) =>
      apply(db, random, BY_ACCOUNT, [jobId, account], event, details),

    events: async (after, limit) => {
      const sql = 'SELECT * FROM events WHERE seq > $1 ORDER BY seq LIMIT $2';
      return (await db.statements((connection) => connection.all(sql, after, limit))).map(eventOf);
    },
  };
}

function createJob(db: Database, random: Random, created: NewJob): Promise<Created> {
  const { job, token, requestHash } = created;
  const eventId = random.hex(16);
  return db.transaction(async (connection, isRepeat): Promise<Created> => {
    // Waits for another CreateJob with this token that has not come to its end yet.
    const made = await connection.get(
      `INSERT INTO jobs (${NEW_JOB_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
       ON CONFLICT (account, token) DO NOTHING RETURNING no`,
      ...newJobValues(created),
    );
    if (!made) {
      const earlier = await connection.get(
        'SELECT id, request_hash FROM jobs WHERE account = $1 AND token = $2',
        job.account,
        token,
      );
      if (isRepeat && earlier?.['id'] === job.id) return { kind: 'created' };
      return earlier?.['request_hash'] === requestHash
        ? { kind: 'repeated', jobId: String(earlier['id']) }
        : { kind: 'conflict' };
    }
    await connection.run(
      `WITH counted AS (INSERT INTO progress (job) VALUES ($1::bigint)),
         waiting AS (INSERT INTO turns (job, priority, has_work) VALUES ($1::bigint, $2, TRUE))
       INSERT INTO units (job, kind, seq) VALUES ($1::bigint, 'prepare', 0)`,
      Number(made['no']),
      job.priority,
    );
    await insertEvent(connection, eventId, job, 'JobCreated', job.createdAt);
    return { kind: 'created' };
  });
}

function apply(
  db: Database,
  random: Random,
  where: string,
  key: readonly string[],
  event: JobEvent,
  details: EventDetails,
): Promise<Applied> {
  const eventId = random.hex(16);
  return db.transaction(async (connection, isRepeat) => {
    const row = await connection.get(`${SELECT_JOB} ${where} FOR UPDATE OF j`, ...key);
    if (row && isRepeat) {
      const done = await connection.get('SELECT 1 FROM events WHERE id = $1', eventId);
      if (done) return { ok: true, job: jobOf(row) };
    }
    return applyInTransaction(connection, eventId, row, event, details);
  });
}

async function setPriority(
  connection: Connection,
  account: string,
  jobId: string,
  priority: number,
): Promise<Job | undefined> {
  const row = await connection.get(`${SELECT_JOB} ${BY_ACCOUNT} FOR UPDATE OF j`, jobId, account);
  if (!row) return undefined;
  const job = jobOf(row);
  if (isTerminal(job.status)) return job;
  await connection.run(
    `WITH ranked AS (UPDATE jobs SET priority = $2 WHERE no = $1)
     UPDATE turns SET priority = $2 WHERE job = $1`,
    Number(row['no']),
    priority,
  );
  return { ...job, priority };
}

/** Of each status that was asked for the first ones, so that no page reads more than it needs. */
async function listJobs(db: Database, query: JobsQuery): Promise<readonly Job[]> {
  const { account, statuses, limit, after } = query;
  const before = after ? 'AND (created_at, id) < ($3::bigint, $4::text)' : '';
  const order = 'ORDER BY created_at DESC, id DESC LIMIT $2';
  const found =
    statuses.length === 0
      ? `SELECT no FROM jobs WHERE account = $1 ${before} ${order}`
      : `SELECT one.no, one.created_at, one.id
         FROM unnest($${after ? 5 : 3}::text[]) AS asked(status)
         CROSS JOIN LATERAL (
           SELECT no, created_at, id FROM jobs
           WHERE account = $1 AND status = asked.status ${before} ${order}) one
         ${order}`;
  const rows = await db.statements((connection) =>
    connection.all(
      `${SELECT_JOB} WHERE j.no IN (SELECT no FROM (${found}) page) ORDER BY j.created_at DESC, j.id DESC`,
      account,
      limit,
      ...(after ? [after.createdAt, after.id] : []),
      ...(statuses.length === 0 ? [] : [statuses]),
    ),
  );
  return rows.map(jobOf);
}
