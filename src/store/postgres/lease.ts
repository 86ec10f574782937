/**
 * Leasing: two statements, neither of which waits for anybody.
 *
 * I1. Workers that ask at once get different units: rows that another one is taking are skipped.
 * I2. A job's status holds still while its units are leased: its row is locked in share mode, so a
 *     cancel commits either before the lease, which then finds nothing, or after it, and sees it.
 *     Without that, a job could be sealed while a lease of it was about to appear.
 * I3. Jobs of higher priority first; among equals by turns, whoever waited longest for a unit.
 *
 * The first statement looks, without locks, at the few jobs whose turn it is; the second takes what
 * is then still free. What another worker took in between is not made up for: the caller asks again
 * a moment later. A call whose answer is lost is not repeated (Database.once): its units come back
 * when the lease ends, and taking others instead would only add to them.
 */
import { UNITS_OF_STATUS, type UnitKind } from '../../lifecycle/index.ts';
import { JOB_STATUSES } from '../../model/vocabulary.ts';
import { jobOf, leasedUnitOf, type Row } from '../rows.ts';
import type { LeasedUnit, LeaseRequest } from '../store.ts';
import type { Database } from './database.ts';

/** Units that may be leased at the time of a parameter. */
const isFree = (now: string): string =>
  `state < 2 AND ((state = 0 AND not_before <= ${now}) OR (state = 1 AND lease_until < ${now}))`;

/** Of each job whose turn it is the kind of unit that comes first, and how many of it are free. */
const look = (jobs: string): string => `
  SELECT t.job, t.priority, j.status, free.kind, free.units
  FROM ${jobs}
  CROSS JOIN LATERAL (
    SELECT offered.kind, counted.units
    FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS offered(status, kind, place)
    CROSS JOIN LATERAL (
      SELECT count(*) AS units FROM (
        SELECT 1 FROM units WHERE job = t.job AND kind = offered.kind AND ${isFree('$1::bigint')}
        LIMIT $2::bigint
      ) found
    ) counted
    WHERE offered.status = j.status AND counted.units > 0
    ORDER BY offered.place LIMIT 1
  ) free
  WHERE t.has_work AND j.id <> ALL ($5::text[])
  ORDER BY t.priority DESC, t.served_at, t.job
  LIMIT $2::bigint`;

/**
 * Thousands of jobs may wait to be prepared: they are read in the order of their turns, and of those
 * that are read nearly all have a unit to give. All others are few, and are looked up by their status
 * without a look at those thousands.
 */
const LOOK_BY_TURNS = look('turns t JOIN jobs j ON j.no = t.job');
const LOOK_BY_STATUS = `
  WITH few AS MATERIALIZED (
    SELECT no, id, status FROM jobs WHERE terminated_at IS NULL AND status = ANY ($3::text[])
  ) ${look('few j JOIN turns t ON t.job = j.no')}`;

const TAKE = `
  WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::float8[])
      AS w(job, status, kind, units, served_at)
  ), picked AS MATERIALIZED (
    SELECT unit.job, unit.kind, unit.seq
    FROM wanted
    CROSS JOIN LATERAL (
      SELECT no FROM jobs WHERE no = wanted.job AND status = wanted.status FOR SHARE SKIP LOCKED
    ) held
    CROSS JOIN LATERAL (
      SELECT job, kind, seq FROM units
      WHERE job = held.no AND kind = wanted.kind AND ${isFree('$6::bigint')}
      ORDER BY seq LIMIT wanted.units FOR UPDATE SKIP LOCKED
    ) unit
  ), leased AS (
    UPDATE units u SET state = 1, fence = u.fence + 1, lease_until = $7, worker = $8,
      live_succeeded = 0, live_failed = 0
    FROM picked WHERE u.job = picked.job AND u.kind = picked.kind AND u.seq = picked.seq
    RETURNING u.*
  ), idle_turns AS MATERIALIZED (
    SELECT job FROM turns WHERE job IN (SELECT job FROM picked) FOR UPDATE SKIP LOCKED
  ), turned AS (
    UPDATE turns t SET served_at = wanted.served_at
    FROM wanted JOIN idle_turns USING (job) WHERE t.job = wanted.job
  )
  SELECT u.kind, u.seq, u.fence, u.failures AS unit_failures, u.mark, u.parts, u.first_row, u.row_count,
    u.segment, u.byte_start, u.byte_end, u.work, j.*, p.*
  FROM leased u JOIN jobs j ON j.no = u.job JOIN progress p ON p.job = u.job
  ORDER BY u.job, u.seq`;

/** How many units of one job to take, and the places in the order of turns that they take. */
interface Share {
  readonly row: Row;
  readonly turns: number[];
}

export async function leaseUnits(db: Database, request: LeaseRequest): Promise<LeasedUnit[]> {
  const { now, until, worker, limit } = request;
  if (limit < 1) return [];
  const offered = JOB_STATUSES.flatMap((status) =>
    UNITS_OF_STATUS[status]
      .filter((kind) => request.kinds.includes(kind))
      .map((kind) => ({ status, kind })),
  );
  const rows = await db.statements((connection) =>
    connection.all(
      request.kinds.includes('prepare') ? LOOK_BY_TURNS : LOOK_BY_STATUS,
      now,
      limit,
      offered.map(({ status }) => status),
      offered.map(({ kind }) => kind),
      request.except ?? [],
    ),
  );
  const shares = shareOut(rows, limit);
  if (shares.length === 0) return [];
  const column = (name: string) => shares.map(({ row }) => row[name] as string | number);
  const taken = await db.once((connection) =>
    connection.all(
      TAKE,
      column('job'),
      column('status'),
      column('kind'),
      shares.map(({ turns }) => turns.length),
      // The fraction keeps the order of turns inside one millisecond.
      shares.map(({ turns }) => now + ((turns.at(-1) ?? 0) + 1) / 1024),
      now,
      until,
      worker,
    ),
  );
  return inTurns(taken, shares, request);
}

/** Rounds over the jobs of the highest priority, then over those of the next one (I3). */
function shareOut(rows: readonly Row[], limit: number): Share[] {
  const shares: Share[] = [];
  let turn = 0;
  for (let first = 0; first < rows.length && turn < limit;) {
    const priority = rows[first]?.['priority'];
    const next = rows.findIndex((row, index) => index > first && row['priority'] !== priority);
    const end = next < 0 ? rows.length : next;
    const group = rows.slice(first, end).map((row): Share => ({ row, turns: [] }));
    for (let served = true; served && turn < limit;) {
      served = false;
      for (const { row, turns } of group) {
        if (turn === limit || turns.length === Number(row['units'])) continue;
        turns.push(turn++);
        served = true;
      }
    }
    shares.push(...group.filter(({ turns }) => turns.length > 0));
    first = end;
  }
  return shares;
}

function inTurns(
  taken: readonly Row[],
  shares: readonly Share[],
  request: LeaseRequest,
): LeasedUnit[] {
  const units: { readonly turn: number; readonly unit: LeasedUnit }[] = [];
  for (const { row, turns } of shares) {
    const own = taken.filter((one) => one['job'] === row['job']);
    const [first] = own;
    if (!first) continue;
    const job = jobOf(first);
    for (const [index, one] of own.entries()) {
      // Made by `offered` above, from UNITS_OF_STATUS.
      const unit = leasedUnitOf(job, row['kind'] as UnitKind, one, request);
      units.push({ turn: turns[index] ?? 0, unit });
    }
  }
  return units.sort((a, b) => a.turn - b.turn).map(({ unit }) => unit);
}
