/**
 * The schema, one step per entry. A step that has been released is never changed; PRAGMA
 * user_version says how many have run.
 *
 * `units` is the one table of everything that runs. A chunk's `parts` is a short text, see parts.ts:
 * a table of parts would double the rows of a ledger that may hold twenty million of them.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE jobs (
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    token TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    operation TEXT NOT NULL,
    request TEXT NOT NULL,
    tags TEXT NOT NULL,
    status TEXT NOT NULL,
    priority INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    terminated_at INTEGER,
    suspended_at INTEGER,
    suspended_cause TEXT,
    user_paused INTEGER NOT NULL DEFAULT 0,
    status_reason TEXT,
    failures TEXT NOT NULL,
    bucket TEXT,
    list TEXT,
    tasks_total INTEGER,
    succeeded INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    active_ms INTEGER NOT NULL DEFAULT 0,
    active_since INTEGER,
    chunks INTEGER NOT NULL DEFAULT 0,
    chunks_done INTEGER NOT NULL DEFAULT 0,
    chunks_touched INTEGER NOT NULL DEFAULT 0,
    sealed INTEGER NOT NULL DEFAULT 0,
    served_at REAL NOT NULL DEFAULT 0,
    UNIQUE (account, token)
  ) STRICT;
  CREATE INDEX jobs_listed ON jobs (account, created_at DESC, id DESC);
  CREATE INDEX jobs_listed_by_status ON jobs (account, status, created_at DESC, id DESC);
  CREATE INDEX jobs_live ON jobs (status, priority DESC, served_at) WHERE terminated_at IS NULL;
  CREATE INDEX jobs_waiting ON jobs (priority DESC, created_at, id)
    WHERE status IN ('Ready', 'Paused') AND user_paused = 0;
  CREATE INDEX jobs_ended ON jobs (terminated_at) WHERE terminated_at IS NOT NULL;

  CREATE TABLE units (
    job INTEGER NOT NULL REFERENCES jobs (no),
    kind TEXT NOT NULL,
    seq INTEGER NOT NULL,
    state INTEGER NOT NULL DEFAULT 0,
    fence INTEGER NOT NULL DEFAULT 0,
    lease_until INTEGER NOT NULL DEFAULT 0,
    worker TEXT,
    not_before INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    live_succeeded INTEGER NOT NULL DEFAULT 0,
    live_failed INTEGER NOT NULL DEFAULT 0,
    first_row INTEGER,
    segment INTEGER,
    row_count INTEGER,
    byte_start INTEGER,
    byte_end INTEGER,
    mark INTEGER NOT NULL DEFAULT 0,
    parts TEXT,
    work TEXT,
    result TEXT,
    PRIMARY KEY (job, kind, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX units_pending ON units (job, kind, seq) WHERE state = 0;
  CREATE INDEX units_leased ON units (job, kind, lease_until) WHERE state = 1;

  CREATE TABLE workers (
    name TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    in_flight INTEGER NOT NULL,
    request_limit INTEGER NOT NULL,
    rate REAL NOT NULL
  ) STRICT;

  CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    job TEXT NOT NULL,
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    at INTEGER NOT NULL,
    failures TEXT NOT NULL,
    reason TEXT
  ) STRICT;
  CREATE INDEX events_of_job ON events (job, seq);
  `,
  // Who may do what: users, their keys, policies and whom they are attached to.
  `
  CREATE TABLE access_users (
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    id TEXT NOT NULL,
    group_names TEXT NOT NULL,
    tags TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account, name)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE access_keys (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    user_name TEXT NOT NULL,
    sealed_secret TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    used_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX access_keys_of_user ON access_keys (account, user_name);
  CREATE TABLE access_policies (
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    document TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (account, name)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE access_attachments (
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    holder TEXT NOT NULL,
    policy TEXT NOT NULL,
    PRIMARY KEY (account, kind, holder, policy)
  ) STRICT, WITHOUT ROWID;
  `,
  // What sinks are fed from: records of calls and tasks, how far each sink is, what one would not take.
  `
  CREATE TABLE records (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    job TEXT NOT NULL,
    at INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX records_of_kind ON records (kind);

  CREATE TABLE sinks (
    name TEXT PRIMARY KEY,
    fence INTEGER NOT NULL DEFAULT 0,
    worker TEXT,
    lease_until INTEGER NOT NULL DEFAULT 0,
    seen_at INTEGER NOT NULL,
    events_after INTEGER NOT NULL,
    records_after INTEGER NOT NULL,
    state TEXT,
    problem TEXT NOT NULL DEFAULT ''
  ) STRICT;

  CREATE TABLE letters (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    sink TEXT NOT NULL,
    id TEXT NOT NULL,
    turn TEXT NOT NULL,
    body TEXT NOT NULL,
    reason TEXT NOT NULL,
    parked_at INTEGER NOT NULL,
    is_replayed INTEGER NOT NULL,
    UNIQUE (sink, id)
  ) STRICT;
  CREATE INDEX letters_of_turn ON letters (sink, turn);
  `,
];
