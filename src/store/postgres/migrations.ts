/**
 * The schema, one step per entry. A step that has been released is never changed; the row `schema`
 * of the table `brigade` says how many have run.
 *
 * As in SQLite, with three differences, all for the sake of many workers at once:
 * - What every recorded part changes of a job is a narrow row of its own, `progress`: a job's row
 *   holds its whole request, and PostgreSQL writes a row anew for every change.
 * - Whose turn it is stands in `turns`, which only leases write: a lease waits for nobody.
 * - Names are compared as bytes (COLLATE "C"), whatever the database's language is.
 *
 * No foreign keys: each would lock the job's row for every unit. `brigade` also holds the number of
 * the last event, and the rows that whoever schedules or sweeps locks meanwhile.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE jobs (
    no BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    account TEXT COLLATE "C" NOT NULL,
    token TEXT COLLATE "C" NOT NULL,
    request_hash TEXT COLLATE "C" NOT NULL,
    operation TEXT COLLATE "C" NOT NULL,
    request TEXT NOT NULL,
    tags TEXT NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    priority BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    terminated_at BIGINT,
    suspended_at BIGINT,
    suspended_cause TEXT,
    user_paused SMALLINT NOT NULL DEFAULT 0,
    status_reason TEXT,
    failures TEXT NOT NULL,
    bucket TEXT,
    list TEXT,
    active_ms BIGINT NOT NULL DEFAULT 0,
    active_since BIGINT,
    UNIQUE (account, token)
  );
  CREATE INDEX jobs_listed ON jobs (account, created_at DESC, id DESC);
  CREATE INDEX jobs_listed_by_status ON jobs (account, status, created_at DESC, id DESC);
  CREATE INDEX jobs_live ON jobs (status) WHERE terminated_at IS NULL;
  CREATE INDEX jobs_waiting ON jobs (priority DESC, created_at, id)
    WHERE status IN ('Ready', 'Paused') AND user_paused = 0;
  CREATE INDEX jobs_ended ON jobs (terminated_at) WHERE terminated_at IS NOT NULL;

  CREATE TABLE progress (
    job BIGINT PRIMARY KEY,
    tasks_total BIGINT,
    succeeded BIGINT NOT NULL DEFAULT 0,
    failed BIGINT NOT NULL DEFAULT 0,
    chunks BIGINT NOT NULL DEFAULT 0,
    chunks_done BIGINT NOT NULL DEFAULT 0,
    chunks_touched BIGINT NOT NULL DEFAULT 0,
    sealed BOOLEAN NOT NULL DEFAULT FALSE
  ) WITH (fillfactor = 50);

  CREATE TABLE turns (
    job BIGINT PRIMARY KEY,
    priority BIGINT NOT NULL,
    served_at DOUBLE PRECISION NOT NULL DEFAULT 0,
    has_work BOOLEAN NOT NULL
  ) WITH (fillfactor = 50);
  CREATE INDEX turns_next ON turns (priority DESC, served_at, job) WHERE has_work;

  CREATE TABLE units (
    job BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    state SMALLINT NOT NULL DEFAULT 0,
    fence BIGINT NOT NULL DEFAULT 0,
    lease_until BIGINT NOT NULL DEFAULT 0,
    worker TEXT COLLATE "C",
    not_before BIGINT NOT NULL DEFAULT 0,
    failures BIGINT NOT NULL DEFAULT 0,
    live_succeeded BIGINT NOT NULL DEFAULT 0,
    live_failed BIGINT NOT NULL DEFAULT 0,
    first_row BIGINT,
    segment BIGINT,
    row_count BIGINT,
    byte_start BIGINT,
    byte_end BIGINT,
    mark BIGINT NOT NULL DEFAULT 0,
    parts TEXT,
    work TEXT,
    result TEXT,
    PRIMARY KEY (job, kind, seq)
  ) WITH (fillfactor = 85);
  CREATE INDEX units_open ON units (job, kind, seq) WHERE state < 2;
  CREATE INDEX units_leased ON units (job, kind) WHERE state = 1;

  CREATE TABLE workers (
    name TEXT COLLATE "C" PRIMARY KEY,
    host TEXT NOT NULL,
    pid BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    in_flight BIGINT NOT NULL,
    request_limit BIGINT NOT NULL,
    rate DOUBLE PRECISION NOT NULL
  );

  CREATE TABLE events (
    seq BIGINT PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    job TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    failures TEXT NOT NULL,
    reason TEXT
  );
  CREATE INDEX events_of_job ON events (job, seq);

  INSERT INTO brigade (name, value) VALUES ('last_event', 0), ('scheduler', 0), ('sweeper', 0);
  `,
  // Who may do what: users, their keys, policies and whom they are attached to.
  `
  CREATE TABLE access_users (
    account TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    group_names TEXT NOT NULL,
    tags TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account, name)
  );
  CREATE TABLE access_keys (
    id TEXT COLLATE "C" PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    user_name TEXT COLLATE "C" NOT NULL,
    sealed_secret TEXT NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    used_at BIGINT
  );
  CREATE INDEX access_keys_of_user ON access_keys (account, user_name);
  CREATE TABLE access_policies (
    account TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    document TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account, name)
  );
  CREATE TABLE access_attachments (
    account TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    holder TEXT COLLATE "C" NOT NULL,
    policy TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (account, kind, holder, policy)
  );
  `,
  // What sinks are fed from: records of calls and tasks, how far each sink is, what one would not take.
  `
  CREATE TABLE records (
    seq BIGINT PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    kind TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    job TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    body TEXT NOT NULL
  );
  CREATE INDEX records_of_kind ON records (kind);

  CREATE TABLE sinks (
    name TEXT COLLATE "C" PRIMARY KEY,
    fence BIGINT NOT NULL DEFAULT 0,
    worker TEXT COLLATE "C",
    lease_until BIGINT NOT NULL DEFAULT 0,
    seen_at BIGINT NOT NULL,
    events_after BIGINT NOT NULL,
    records_after BIGINT NOT NULL,
    state TEXT,
    problem TEXT NOT NULL DEFAULT ''
  );

  CREATE TABLE letters (
    no BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sink TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    turn TEXT COLLATE "C" NOT NULL,
    body TEXT NOT NULL,
    reason TEXT NOT NULL,
    parked_at BIGINT NOT NULL,
    is_replayed SMALLINT NOT NULL,
    UNIQUE (sink, id)
  );
  CREATE INDEX letters_of_turn ON letters (sink, turn);

  INSERT INTO brigade (name, value) VALUES ('last_record', 0);
  `,
];
