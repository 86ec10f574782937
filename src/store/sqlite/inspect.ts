/** A look at a database that changes nothing: it is not even brought up to date. */
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { DatabaseFacts } from '../facts.ts';
import { failureOf } from './failure.ts';
import { MIGRATIONS } from './migrations.ts';

/** Undefined: there is no such file. Throws StoreUnavailable, or what SQLite says of the file. */
export function inspectSqlite(path: string): DatabaseFacts | undefined {
  if (!existsSync(path)) return undefined;
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { timeout: 5000 });
    const schema = Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
    db.exec('BEGIN IMMEDIATE; ROLLBACK');
    return { schema, known: MIGRATIONS.length };
  } catch (error) {
    throw failureOf(error);
  } finally {
    db?.close();
  }
}
