CREATE TABLE brigade (name TEXT COLLATE "C" PRIMARY KEY, value BIGINT NOT NULL);

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
  DELETE FROM brigade;
INSERT INTO brigade (name, value) OVERRIDING SYSTEM VALUE VALUES ('scheduler', '0');
INSERT INTO brigade (name, value) OVERRIDING SYSTEM VALUE VALUES ('sweeper', '0');
INSERT INTO brigade (name, value) OVERRIDING SYSTEM VALUE VALUES ('schema', '1');
INSERT INTO brigade (name, value) OVERRIDING SYSTEM VALUE VALUES ('last_event', '5');
INSERT INTO jobs (no, id, account, token, request_hash, operation, request, tags, status, priority, created_at, terminated_at, suspended_at, suspended_cause, user_paused, status_reason, failures, bucket, list, active_ms, active_since) OVERRIDING SYSTEM VALUE VALUES ('1', 'in-flight', '123456789012', 'token-in-flight', 'hash', 'S3PutObjectCopy', '{"AccountId":"123456789012","ConfirmationRequired":false,"Operation":{"S3PutObjectCopy":{"ModifiedSinceConstraint":{"$date":"2026-01-02T03:04:05.678Z"}}},"Report":{"Enabled":true,"Bucket":"arn:aws:s3:::reports","ReportScope":"AllTasks"},"ClientRequestToken":"token","Priority":10,"RoleArn":"arn:aws:iam::123456789012:role/role"}', '[]', 'Active', '20', '1767225600000', NULL, NULL, NULL, 0, NULL, '[]', 'objects', NULL, '0', '1767225600000');
INSERT INTO jobs (no, id, account, token, request_hash, operation, request, tags, status, priority, created_at, terminated_at, suspended_at, suspended_cause, user_paused, status_reason, failures, bucket, list, active_ms, active_since) OVERRIDING SYSTEM VALUE VALUES ('2', 'new', '123456789012', 'token-new', 'hash', 'S3PutObjectCopy', '{"AccountId":"123456789012","ConfirmationRequired":false,"Operation":{"S3PutObjectCopy":{"ModifiedSinceConstraint":{"$date":"2026-01-02T03:04:05.678Z"}}},"Report":{"Enabled":true,"Bucket":"arn:aws:s3:::reports","ReportScope":"AllTasks"},"ClientRequestToken":"token","Priority":10,"RoleArn":"arn:aws:iam::123456789012:role/role"}', '[{"Key":"kept","Value":"é"}]', 'New', '10', '1767225600000', NULL, NULL, NULL, 0, NULL, '[]', NULL, NULL, '0', NULL);
INSERT INTO progress (job, tasks_total, succeeded, failed, chunks, chunks_done, chunks_touched, sealed) OVERRIDING SYSTEM VALUE VALUES ('1', '40', '11', '3', '4', '1', '2', false);
INSERT INTO progress (job, tasks_total, succeeded, failed, chunks, chunks_done, chunks_touched, sealed) OVERRIDING SYSTEM VALUE VALUES ('2', NULL, '0', '0', '0', '0', '0', false);
INSERT INTO turns (job, priority, served_at, has_work) OVERRIDING SYSTEM VALUE VALUES ('1', '20', 1767225600000.003, true);
INSERT INTO turns (job, priority, served_at, has_work) OVERRIDING SYSTEM VALUE VALUES ('2', '10', 0, true);
INSERT INTO units (job, kind, seq, state, fence, lease_until, worker, not_before, failures, live_succeeded, live_failed, first_row, segment, row_count, byte_start, byte_end, mark, parts, work, result) OVERRIDING SYSTEM VALUE VALUES ('1', 'chunk', '3', 0, '0', '0', NULL, '0', '0', '0', '0', '30', NULL, '10', '300', '400', '0', NULL, NULL, NULL);
INSERT INTO units (job, kind, seq, state, fence, lease_until, worker, not_before, failures, live_succeeded, live_failed, first_row, segment, row_count, byte_start, byte_end, mark, parts, work, result) OVERRIDING SYSTEM VALUE VALUES ('1', 'prepare', '0', 2, '1', '1767225610000', NULL, '0', '0', '0', '0', NULL, NULL, NULL, NULL, NULL, '0', NULL, 'null', NULL);
INSERT INTO units (job, kind, seq, state, fence, lease_until, worker, not_before, failures, live_succeeded, live_failed, first_row, segment, row_count, byte_start, byte_end, mark, parts, work, result) OVERRIDING SYSTEM VALUE VALUES ('1', 'chunk', '2', 1, '1', '1767225610000', 'worker', '0', '0', '0', '0', '20', NULL, '10', '200', '300', '0', NULL, NULL, NULL);
INSERT INTO units (job, kind, seq, state, fence, lease_until, worker, not_before, failures, live_succeeded, live_failed, first_row, segment, row_count, byte_start, byte_end, mark, parts, work, result) OVERRIDING SYSTEM VALUE VALUES ('1', 'chunk', '0', 2, '1', '1767225610000', NULL, '0', '0', '0', '0', '0', NULL, '10', '0', '100', '10', '1:10:8:2:72:18', NULL, NULL);
INSERT INTO units (job, kind, seq, state, fence, lease_until, worker, not_before, failures, live_succeeded, live_failed, first_row, segment, row_count, byte_start, byte_end, mark, parts, work, result) OVERRIDING SYSTEM VALUE VALUES ('1', 'chunk', '1', 0, '1', '1767225610000', NULL, '0', '0', '0', '0', '10', NULL, '10', '100', '200', '4', '1:4:3:1:27:9', NULL, NULL);
INSERT INTO units (job, kind, seq, state, fence, lease_until, worker, not_before, failures, live_succeeded, live_failed, first_row, segment, row_count, byte_start, byte_end, mark, parts, work, result) OVERRIDING SYSTEM VALUE VALUES ('2', 'prepare', '0', 0, '0', '0', NULL, '0', '0', '0', '0', NULL, NULL, NULL, NULL, NULL, '0', NULL, NULL, NULL);
INSERT INTO events (seq, id, job, account, name, status, at, failures, reason) OVERRIDING SYSTEM VALUE VALUES ('1', 'e39a7a898adb82915e4095728aa81b2a', 'in-flight', '123456789012', 'JobCreated', 'New', '1767225600000', '[]', NULL);
INSERT INTO events (seq, id, job, account, name, status, at, failures, reason) OVERRIDING SYSTEM VALUE VALUES ('2', 'dcfd131688d79ee07395289db3cd1fe4', 'in-flight', '123456789012', 'JobStatusChanged', 'Preparing', '1767225600000', '[]', NULL);
INSERT INTO events (seq, id, job, account, name, status, at, failures, reason) OVERRIDING SYSTEM VALUE VALUES ('3', 'b29860f08f861c939750883db9a35f75', 'in-flight', '123456789012', 'JobStatusChanged', 'Ready', '1767225600000', '[]', NULL);
INSERT INTO events (seq, id, job, account, name, status, at, failures, reason) OVERRIDING SYSTEM VALUE VALUES ('4', '4dbb0b3280abfc98aa8aee244b8aa520', 'in-flight', '123456789012', 'JobStatusChanged', 'Active', '1767225600000', '[]', NULL);
INSERT INTO events (seq, id, job, account, name, status, at, failures, reason) OVERRIDING SYSTEM VALUE VALUES ('5', 'a36aaac8498a279d3d5365292925ae18', 'new', '123456789012', 'JobCreated', 'New', '1767225600000', '[]', NULL);
SELECT setval(pg_get_serial_sequence('jobs', 'no'), (SELECT max(no) FROM jobs));
