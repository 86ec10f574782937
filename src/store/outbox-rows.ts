/** Rows of the outbox's tables to what the house knows. */
import type {
  DeadLetter,
  NewRecord,
  OutboxRecord,
  ParkedTurn,
  RecordKind,
  SinkLease,
  SinkStanding,
} from './outbox.ts';
import type { Row, Value } from './rows.ts';

export const RECORD_COLUMNS = 'id, kind, account, job, at, body';

export function recordValues({ id, kind, account, jobId, at, body }: NewRecord): Value[] {
  return [id, kind, account, jobId, at, body];
}

export function recordOf(row: Row): OutboxRecord {
  return {
    seq: Number(row['seq']),
    id: String(row['id']),
    // Written by `recordValues` only.
    kind: String(row['kind']) as RecordKind,
    account: String(row['account']),
    jobId: String(row['job']),
    at: Number(row['at']),
    body: String(row['body']),
  };
}

export function sinkLeaseOf(row: Row): SinkLease {
  return {
    name: String(row['name']),
    worker: String(row['worker']),
    fence: Number(row['fence']),
    until: Number(row['lease_until']),
    eventsAfter: Number(row['events_after']),
    recordsAfter: Number(row['records_after']),
    state: row['state'] === null ? null : String(row['state']),
  };
}

export function sinkOf(row: Row): SinkStanding {
  const since = [row['first_event'], row['first_record']].flatMap((at) =>
    at === null || at === undefined ? [] : [Number(at)],
  );
  return {
    name: String(row['name']),
    worker: row['worker'] === null ? '' : String(row['worker']),
    until: Number(row['lease_until']),
    seenAt: Number(row['seen_at']),
    problem: String(row['problem']),
    waiting: Number(row['events']) + Number(row['records']),
    waitingSince: since.length === 0 ? undefined : Math.min(...since),
    letters: Number(row['letters']),
  };
}

export function letterOf(row: Row): DeadLetter {
  return {
    no: Number(row['no']),
    sink: String(row['sink']),
    id: String(row['id']),
    turn: String(row['turn']),
    body: String(row['body']),
    reason: String(row['reason']),
    parkedAt: Number(row['parked_at']),
    isReplayed: Number(row['is_replayed']) === 1,
  };
}

export function parkedTurnOf(row: Row): ParkedTurn {
  return { turn: String(row['turn']), isReplayed: Number(row['is_replayed']) === 1 };
}

/** Alike on both databases: how far each sink is behind. */
export const SINKS = `
  SELECT s.*,
    (SELECT COUNT(*) FROM events e WHERE e.seq > s.events_after) AS events,
    (SELECT MIN(e.at) FROM events e WHERE e.seq > s.events_after) AS first_event,
    (SELECT COUNT(*) FROM records r WHERE r.seq > s.records_after) AS records,
    (SELECT MIN(r.at) FROM records r WHERE r.seq > s.records_after) AS first_record,
    (SELECT COUNT(*) FROM letters l WHERE l.sink = s.name) AS letters
  FROM sinks s ORDER BY s.name`;
