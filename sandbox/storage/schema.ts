/**
 * The tables. One process holds the database: it is opened for exclusive use, so a second sandbox
 * on the same folder is refused instead of mixing its writes in.
 *
 * A commit reaches the operating system, so it survives the death of the process (kill -9);
 * synchronous=NORMAL means that a power failure may lose the last commits, never the consistency.
 *
 * A folder of an older version is brought up to date when it is opened.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { assert } from '../../src/base/assert.ts';

const SCHEMA_VERSION = 2;

const TABLES = `
CREATE TABLE bucket (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  owner TEXT NOT NULL,
  createdMs INTEGER NOT NULL,
  location TEXT NOT NULL,
  versioning TEXT NOT NULL DEFAULT '',
  acl TEXT NOT NULL,
  settings TEXT NOT NULL DEFAULT '{}'
) STRICT;

-- A larger id of the same key is a newer version; the largest is the current one.
CREATE TABLE version (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  bucket INTEGER NOT NULL,
  key TEXT NOT NULL,
  versionId TEXT NOT NULL,
  marker INTEGER NOT NULL,
  modifiedMs INTEGER NOT NULL,
  owner TEXT NOT NULL,
  size INTEGER NOT NULL,
  etag TEXT NOT NULL,
  storageClass TEXT NOT NULL,
  headers TEXT NOT NULL,
  metadata TEXT NOT NULL,
  encryption TEXT NOT NULL,
  tags TEXT NOT NULL,
  acl TEXT NOT NULL,
  checksum TEXT NOT NULL,
  parts TEXT NOT NULL,
  body TEXT NOT NULL,
  lock TEXT NOT NULL DEFAULT '{}',
  restore TEXT NOT NULL DEFAULT '{}',
  replication TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX versionByKey ON version (bucket, key, id DESC);

-- Immutable bytes, inline or in a file; refs counts the versions and parts that use them.
CREATE TABLE blob (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  refs INTEGER NOT NULL,
  bytes BLOB,
  file TEXT
) STRICT;

CREATE TABLE upload (
  id TEXT PRIMARY KEY,
  bucket INTEGER NOT NULL,
  key TEXT NOT NULL,
  startedMs INTEGER NOT NULL,
  owner TEXT NOT NULL,
  draft TEXT NOT NULL
) STRICT;
CREATE INDEX uploadByKey ON upload (bucket, key, id);

CREATE TABLE part (
  upload TEXT NOT NULL,
  number INTEGER NOT NULL,
  size INTEGER NOT NULL,
  etag TEXT NOT NULL,
  modifiedMs INTEGER NOT NULL,
  checksum TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (upload, number)
) STRICT, WITHOUT ROWID;
`;

/** From version 1 on: what makes version n + 1 of version n. */
const UPGRADES = [`ALTER TABLE version ADD COLUMN replication TEXT NOT NULL DEFAULT ''`];

export function openDatabase(dataDir: string): DatabaseSync {
  mkdirSync(dataDir, { recursive: true });
  const db = new DatabaseSync(join(dataDir, 'sandbox.sqlite'), { timeout: 2000 });
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE');
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = NORMAL');
    const found = Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
    assert(found <= SCHEMA_VERSION, `The sandbox's data has the unknown version ${found}.`);
    const steps = found === 0 ? TABLES : UPGRADES.slice(found - 1).join(';');
    db.exec(`BEGIN; ${steps}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
    return db;
  } catch (error) {
    db.close();
    throw new Error(`The sandbox cannot use ${dataDir}.`, { cause: error });
  }
}
