/**
 * The part of the store that sinks are fed from.
 *
 * Records are numbered as events are (changes.ts), by a locked row, so that who reads on from the
 * last number seen misses none. A repetition after a commit whose answer was lost asks nothing: ids
 * are unique, positions and letters are written as they were, and who holds a sink may lease it again.
 */
import { letterOf, parkedTurnOf, RECORD_COLUMNS, recordOf, recordValues } from '../outbox-rows.ts';
import { sinkLeaseOf, sinkOf, SINKS } from '../outbox-rows.ts';
import {
  type SinkLease,
  type SinkProgress,
  type StoreOutbox,
  TRIM_ROWS,
  WANTS_NONE,
} from '../outbox.ts';
import type { Connection, Database } from './database.ts';

/** Takes the numbers of as many records as there are. */
const NUMBERS = `UPDATE brigade SET value = value + $1 WHERE name = 'last_record' RETURNING value`;
const INSERT = `
  INSERT INTO records (seq, ${RECORD_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6::bigint, $7)
  ON CONFLICT (id) DO NOTHING`;
const OPEN = `
  INSERT INTO sinks (name, events_after, records_after, seen_at)
  SELECT $1, (SELECT value FROM brigade WHERE name = 'last_event'),
    CASE WHEN $2::boolean THEN (SELECT value FROM brigade WHERE name = 'last_record')
         ELSE ${WANTS_NONE} END, $3::bigint
  ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at, records_after =
    CASE WHEN excluded.records_after = ${WANTS_NONE} OR sinks.records_after = ${WANTS_NONE}
         THEN excluded.records_after ELSE sinks.records_after END`;
const SAVE = `
  UPDATE sinks SET lease_until = $1, seen_at = $2, events_after = COALESCE($3::bigint, events_after),
    records_after = COALESCE($4::bigint, records_after), state = COALESCE($5, state),
    problem = COALESCE($6, problem) WHERE name = $7 AND fence = $8`;
const PARK = `
  INSERT INTO letters (sink, id, turn, body, reason, parked_at, is_replayed)
  SELECT $1, $2, $3, $4, $5, $6::bigint, CASE WHEN NOT $7::boolean THEN 0 ELSE COALESCE(
    (SELECT MIN(is_replayed) FROM letters WHERE sink = $1 AND turn = $3), 1) END
  ON CONFLICT (sink, id) DO NOTHING`;

export function outboxPart(db: Database): StoreOutbox {
  return {
    records: async (after, limit) => {
      const sql = 'SELECT * FROM records WHERE seq > $1 ORDER BY seq LIMIT $2';
      return (await db.statements((c) => c.all(sql, after, limit))).map(recordOf);
    },

    addRecords: (records, rowsMax) =>
      db.transaction(async (c) => {
        const last = await c.get(NUMBERS, records.length);
        const sql = 'SELECT COUNT(*) AS n FROM records WHERE kind = $1';
        const count = await c.get(sql, records[0]?.kind ?? '');
        if (Number(count?.['n']) + records.length > rowsMax) return false;
        let seq = Number(last?.['value']) - records.length;
        for (const record of records) await c.run(INSERT, ++seq, ...recordValues(record));
        return true;
      }),

    openSinks: (sinks, now, forgetBefore) =>
      db.transaction(async (c) => {
        for (const { name, wantsRecords } of sinks) await c.run(OPEN, name, wantsRecords, now);
        await c.run('DELETE FROM sinks WHERE seen_at < $1', forgetBefore);
      }),

    leaseSink: async (name, worker, now, until) => {
      const row = await db.statements((c) =>
        c.get(
          `UPDATE sinks SET fence = fence + 1, worker = $1, lease_until = $2, seen_at = $3
           WHERE name = $4 AND (lease_until < $3 OR worker = $1) RETURNING *`,
          worker,
          until,
          now,
          name,
        ),
      );
      return row && sinkLeaseOf(row);
    },

    saveSink: (lease, progress) => db.transaction((c) => saveSink(c, lease, progress)),

    trimRecords: () =>
      db.statements((c) =>
        c.run(
          `DELETE FROM records WHERE seq IN (
             SELECT seq FROM records WHERE seq <= (SELECT MIN(records_after) FROM sinks)
             ORDER BY seq LIMIT ${TRIM_ROWS})`,
        ),
      ),

    sinks: async () => (await db.statements((c) => c.all(SINKS))).map(sinkOf),

    deadLetters: async ({ sink = '', replayedOnly = false, after, limit }) => {
      const sql = `SELECT * FROM letters WHERE ($1::text = '' OR sink = $1) AND is_replayed >= $2
        AND no > $3 ORDER BY no LIMIT $4`;
      const values = [sink, replayedOnly ? 1 : 0, after, limit];
      return (await db.statements((c) => c.all(sql, ...values))).map(letterOf);
    },

    parkedTurns: async (sink) => {
      const sql =
        'SELECT turn, MIN(is_replayed) AS is_replayed FROM letters WHERE sink = $1 GROUP BY turn';
      return (await db.statements((c) => c.all(sql, sink))).map(parkedTurnOf);
    },

    replayLetters: (sink, id) =>
      db.transaction(async (c) => {
        // Whoever parks a letter behind these holds this row as well.
        await c.get('SELECT 1 FROM sinks WHERE name = $1 FOR UPDATE', sink);
        return c.run(
          `UPDATE letters SET is_replayed = 1 WHERE sink = $1 AND ($2::text IS NULL OR turn =
             (SELECT turn FROM letters WHERE sink = $1 AND id = $2))`,
          sink,
          id ?? null,
        );
      }),

    dropLetters: (sink, id) =>
      db.statements((c) =>
        c.run(
          'DELETE FROM letters WHERE sink = $1 AND ($2::text IS NULL OR id = $2)',
          sink,
          id ?? null,
        ),
      ),
  };
}

async function saveSink(c: Connection, lease: SinkLease, progress: SinkProgress): Promise<boolean> {
  const { until, now, eventsAfter, recordsAfter, state, problem } = progress;
  const changed = await c.run(
    SAVE,
    ...[until, now, eventsAfter ?? null, recordsAfter ?? null, state ?? null, problem ?? null],
    ...[lease.name, lease.fence],
  );
  if (changed === 0) return false; // I1
  for (const { id, turn, body, reason, isBehind } of progress.park ?? []) {
    await c.run(PARK, lease.name, id, turn, body, reason, now, isBehind);
  }
  if (progress.delivered && progress.delivered.length > 0) {
    await c.run('DELETE FROM letters WHERE no = ANY($1::bigint[])', progress.delivered);
  }
  for (const { no, reason } of progress.refused ?? []) {
    await c.run('UPDATE letters SET reason = $1 WHERE no = $2', reason, no);
    await c.run(
      `UPDATE letters SET is_replayed = 0 WHERE sink = $1
         AND turn = (SELECT turn FROM letters WHERE no = $2)`,
      lease.name,
      no,
    );
  }
  return true;
}
