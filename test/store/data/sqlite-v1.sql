
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
  INSERT INTO jobs (no, id, account, token, request_hash, operation, request, tags, status, priority, created_at, terminated_at, suspended_at, suspended_cause, user_paused, status_reason, failures, bucket, list, tasks_total, succeeded, failed, active_ms, active_since, chunks, chunks_done, chunks_touched, sealed, served_at) VALUES (1, 'in-flight', '123456789012', 'token-in-flight', 'hash', 'S3PutObjectCopy', '{"AccountId":"123456789012","ConfirmationRequired":false,"Operation":{"S3PutObjectCopy":{"ModifiedSinceConstraint":{"$date":"2026-01-02T03:04:05.678Z"}}},"Report":{"Enabled":true,"Bucket":"arn:aws:s3:::reports","ReportScope":"AllTasks"},"ClientRequestToken":"token","Priority":10,"RoleArn":"arn:aws:iam::123456789012:role/role"}', '[]', 'Active', 20, 1767225600000, NULL, NULL, NULL, 0, NULL, '[]', 'objects', NULL, 40, 11, 3, 0, 1767225600000, 4, 1, 2, 0, 1767225600000.003);
INSERT INTO jobs (no, id, account, token, request_hash, operation, request, tags, status, priority, created_at, terminated_at, suspended_at, suspended_cause, user_paused, status_reason, failures, bucket, list, tasks_total, succeeded, failed, active_ms, active_since, chunks, chunks_done, chunks_touched, sealed, served_at) VALUES (2, 'new', '123456789012', 'token-new', 'hash', 'S3PutObjectCopy', '{"AccountId":"123456789012","ConfirmationRequired":false,"Operation":{"S3PutObjectCopy":{"ModifiedSinceConstraint":{"$date":"2026-01-02T03:04:05.678Z"}}},"Report":{"Enabled":true,"Bucket":"arn:aws:s3:::reports","ReportScope":"AllTasks"},"ClientRequestToken":"token","Priority":10,"RoleArn":"arn:aws:iam::123456789012:role/role"}', '[{"Key":"kept","Value":"é"}]', 'New', 10, 1767225600000, NULL, NULL, NULL, 0, NULL, '[]', NULL, NULL, NULL, 0, 0, 0, NULL, 0, 0, 0, 0, 0);
INSERT INTO units (job, kind, seq, state, fence, lease_until, worker, not_before, failures, live_succeeded, live_failed, first_row, segment, row_count, byte_start, byte_end, mark, parts, work, result) VALUES (1, 'chunk', 0, 2, 1, 1767225610000, NULL, 0, 0, 0, 0, 0, NULL, 10, 0, 100, 10, '1:10:8:2:72:18', NULL, NULL);
INSERT INTO units (job, kind, seq, state, fence, lease_until, worker, not_before, failures, live_succeeded, live_failed, first_row, segment, row_count, byte_start, byte_end, mark, parts, work, result) VALUES (1, 'chunk', 1, 0, 1, 1767225610000, NULL, 0, 0, 0, 0, 10, NULL, 10, 100, 200, 4, '1:4:3:1:27:9', NULL, NULL);
INSERT INTO units (job, kind, seq, state, fence, lease_until, worker, not_before, failures, live_succeeded, live_failed, first_row, segment, row_count, byte_start, byte_end, mark, parts, work, result) VALUES (1, 'chunk', 2, 1, 1, 1767225610000, 'worker', 0, 0, 0, 0, 20, NULL, 10, 200, 300, 0, NULL, NULL, NULL);
INSERT INTO units (job, kind, seq, state, fence, lease_until, worker, not_before, failures, live_succeeded, live_failed, first_row, segment, row_count, byte_start, byte_end, mark, parts, work, result) VALUES (1, 'chunk', 3, 0, 0, 0, NULL, 0, 0, 0, 0, 30, NULL, 10, 300, 400, 0, NULL, NULL, NULL);
INSERT INTO units (job, kind, seq, state, fence, lease_until, worker, not_before, failures, live_succeeded, live_failed, first_row, segment, row_count, byte_start, byte_end, mark, parts, work, result) VALUES (1, 'prepare', 0, 2, 1, 1767225610000, NULL, 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, 0, NULL, 'null', NULL);
INSERT INTO units (job, kind, seq, state, fence, lease_until, worker, not_before, failures, live_succeeded, live_failed, first_row, segment, row_count, byte_start, byte_end, mark, parts, work, result) VALUES (2, 'prepare', 0, 0, 0, 0, NULL, 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL);
INSERT INTO events (seq, id, job, account, name, status, at, failures, reason) VALUES (1, 'd3ead4635ff4807462e6d89f9ec2dfe6', 'in-flight', '123456789012', 'JobCreated', 'New', 1767225600000, '[]', NULL);
INSERT INTO events (seq, id, job, account, name, status, at, failures, reason) VALUES (2, '19098d50357be6995d8d03060068bb11', 'in-flight', '123456789012', 'JobStatusChanged', 'Preparing', 1767225600000, '[]', NULL);
INSERT INTO events (seq, id, job, account, name, status, at, failures, reason) VALUES (3, '8c83af9b981abfd81f6b90fc6fda94cd', 'in-flight', '123456789012', 'JobStatusChanged', 'Ready', 1767225600000, '[]', NULL);
INSERT INTO events (seq, id, job, account, name, status, at, failures, reason) VALUES (4, '716a2bfe728b4e831c480e20d5863c0d', 'in-flight', '123456789012', 'JobStatusChanged', 'Active', 1767225600000, '[]', NULL);
INSERT INTO events (seq, id, job, account, name, status, at, failures, reason) VALUES (5, '413a951b1cd148f3972bfbadee322271', 'new', '123456789012', 'JobCreated', 'New', 1767225600000, '[]', NULL);
PRAGMA user_version = 1;
