/** The part of the store that sinks are fed from. */
import { letterOf, parkedTurnOf, RECORD_COLUMNS, recordOf, recordValues } from '../outbox-rows.ts';
import { sinkLeaseOf, sinkOf, SINKS } from '../outbox-rows.ts';
import {
  type SinkLease,
  type SinkProgress,
  type StoreOutbox,
  TRIM_ROWS,
  WANTS_NONE,
} from '../outbox.ts';
import type { Database } from './database.ts';

export function outboxPart(db: Database): StoreOutbox {
  return {
    records: async (after, limit) =>
      db
        .all('SELECT * FROM records WHERE seq > ? ORDER BY seq LIMIT ?', after, limit)
        .map(recordOf),

    addRecords: (records, rowsMax) =>
      db.transaction(() => {
        const kind = records[0]?.kind ?? null;
        const count = db.get('SELECT COUNT(*) AS n FROM records WHERE kind = ?', kind)?.['n'];
        if (Number(count) + records.length > rowsMax) return false;
        for (const record of records) {
          db.run(
            `INSERT INTO records (${RECORD_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`,
            ...recordValues(record),
          );
        }
        return true;
      }),

    openSinks: (sinks, now, forgetBefore) =>
      db.transaction(() => {
        const last = (table: string): number =>
          Number(db.get('SELECT seq FROM sqlite_sequence WHERE name = ?', table)?.['seq'] ?? 0);
        for (const { name, wantsRecords } of sinks) {
          const records = wantsRecords ? last('records') : WANTS_NONE;
          db.run(
            `INSERT INTO sinks (name, events_after, records_after, seen_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (name) DO UPDATE SET seen_at = ?4, records_after =
               CASE WHEN ?3 = ${WANTS_NONE} OR records_after = ${WANTS_NONE} THEN ?3
                    ELSE records_after END`,
            name,
            last('events'),
            records,
            now,
          );
        }
        db.run('DELETE FROM sinks WHERE seen_at < ?', forgetBefore);
      }),

    leaseSink: async (name, worker, now, until) =>
      db.fleetingTransaction(() => {
        const row = db.get(
          `UPDATE sinks SET fence = fence + 1, worker = ?1, lease_until = ?2, seen_at = ?3
           WHERE name = ?4 AND (lease_until < ?3 OR worker = ?1) RETURNING *`,
          worker,
          until,
          now,
          name,
        );
        return row && sinkLeaseOf(row);
      }),

    saveSink: async (lease, progress) => {
      const save = (): boolean => saveSink(db, lease, progress);
      // A renewal alone may be lost with the power: so is its holder then.
      return isRenewal(progress) ? db.fleetingTransaction(save) : db.transaction(save);
    },

    trimRecords: () =>
      db.transaction(() =>
        db.run(
          `DELETE FROM records WHERE seq IN (
             SELECT seq FROM records WHERE seq <= (SELECT MIN(records_after) FROM sinks)
             ORDER BY seq LIMIT ${TRIM_ROWS})`,
        ),
      ),

    sinks: async () => db.all(SINKS).map(sinkOf),

    deadLetters: async ({ sink = '', replayedOnly = false, after, limit }) =>
      db
        .all(
          `SELECT * FROM letters WHERE (?1 = '' OR sink = ?1) AND is_replayed >= ?2 AND no > ?3
           ORDER BY no LIMIT ?4`,
          sink,
          replayedOnly ? 1 : 0,
          after,
          limit,
        )
        .map(letterOf),

    parkedTurns: async (sink) =>
      db
        .all(
          'SELECT turn, MIN(is_replayed) AS is_replayed FROM letters WHERE sink = ? GROUP BY turn',
          sink,
        )
        .map(parkedTurnOf),

    replayLetters: (sink, id) =>
      db.transaction(() =>
        db.run(
          `UPDATE letters SET is_replayed = 1 WHERE sink = ?1 AND (?2 IS NULL OR turn =
             (SELECT turn FROM letters WHERE sink = ?1 AND id = ?2))`,
          sink,
          id ?? null,
        ),
      ),

    dropLetters: (sink, id) =>
      db.transaction(() =>
        db.run('DELETE FROM letters WHERE sink = ?1 AND (?2 IS NULL OR id = ?2)', sink, id ?? null),
      ),
  };
}

function isRenewal({ eventsAfter, recordsAfter, state, park, delivered, refused }: SinkProgress) {
  return [eventsAfter, recordsAfter, state, park, delivered, refused].every(
    (one) => one === undefined,
  );
}

function saveSink(db: Database, lease: SinkLease, progress: SinkProgress): boolean {
  const { until, now, eventsAfter, recordsAfter, state, problem } = progress;
  const changed = db.run(
    `UPDATE sinks SET lease_until = ?, seen_at = ?, events_after = COALESCE(?, events_after),
       records_after = COALESCE(?, records_after), state = COALESCE(?, state),
       problem = COALESCE(?, problem) WHERE name = ? AND fence = ?`,
    until,
    now,
    eventsAfter ?? null,
    recordsAfter ?? null,
    state ?? null,
    problem ?? null,
    lease.name,
    lease.fence,
  );
  if (changed === 0) return false; // I1
  for (const { id, turn, body, reason, isBehind } of progress.park ?? []) {
    db.run(
      `INSERT OR IGNORE INTO letters (sink, id, turn, body, reason, parked_at, is_replayed)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, CASE WHEN ?7 = 0 THEN 0 ELSE COALESCE(
         (SELECT MIN(is_replayed) FROM letters WHERE sink = ?1 AND turn = ?3), 1) END)`,
      ...[lease.name, id, turn, body, reason, now, isBehind ? 1 : 0],
    );
  }
  for (const no of progress.delivered ?? []) db.run('DELETE FROM letters WHERE no = ?', no);
  for (const { no, reason } of progress.refused ?? []) {
    db.run('UPDATE letters SET reason = ? WHERE no = ?', reason, no);
    db.run(
      `UPDATE letters SET is_replayed = 0 WHERE sink = ?1
         AND turn = (SELECT turn FROM letters WHERE no = ?2)`,
      lease.name,
      no,
    );
  }
  return true;
}
