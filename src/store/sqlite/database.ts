/**
 * One SQLite file: opened, brought up to date, with short exclusive transactions.
 *
 * I1. synchronous=FULL in WAL mode: what a transaction returned has reached the disk.
 * I2. A write transaction is BEGIN IMMEDIATE: two processes on one machine wait for each other
 *     (up to five seconds) instead of failing half way.
 * I3. A file written by a newer version is refused, never guessed at.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { assert } from '../../base/assert.ts';
import { NewerDatabase } from '../newer-database.ts';
import { MIGRATIONS } from './migrations.ts';

export type Row = Record<string, SQLInputValue>;

export class Database {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #inTransaction = false;
  #synchronous: 'FULL' | 'NORMAL' = 'FULL';

  constructor(path: string) {
    this.#db = new DatabaseSync(path, { timeout: 5000 });
    this.#db.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -16000',
    );
    this.#migrate(path);
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#prepare(sql).all(...values);
  }

  /** Row by row: who stops early has read no more. Meanwhile nothing may change what it reads. */
  each(sql: string): Iterable<Row> {
    return this.#prepare(sql).iterate();
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...values);
  }

  /** Rows changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  /** All or nothing. `work` must not wait: it holds the write lock of the file. */
  transaction<T>(work: () => T): T {
    return this.#transaction(work, 'FULL');
  }

  /**
   * As `transaction`, but a loss of power may undo it (the death of the process may not). For leases
   * and their renewal: whoever held one is gone then as well, on this same machine.
   */
  fleetingTransaction<T>(work: () => T): T {
    return this.#transaction(work, 'NORMAL');
  }

  #transaction<T>(work: () => T, synchronous: 'FULL' | 'NORMAL'): T {
    assert(!this.#inTransaction, 'A transaction was opened inside a transaction.');
    if (synchronous !== this.#synchronous) {
      this.#db.exec(`PRAGMA synchronous = ${synchronous}`);
      this.#synchronous = synchronous;
    }
    this.#db.exec('BEGIN IMMEDIATE');
    this.#inTransaction = true;
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    } finally {
      this.#inTransaction = false;
    }
  }

  close(): void {
    this.#statements.clear();
    if (this.#db.isOpen) this.#db.close();
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, (statement = this.#db.prepare(sql)));
    return statement;
  }

  #migrate(path: string): void {
    this.transaction(() => {
      const version = Number(this.get('PRAGMA user_version')?.['user_version'] ?? 0);
      if (version > MIGRATIONS.length) {
        throw new NewerDatabase(path, version, MIGRATIONS.length);
      }
      for (const step of MIGRATIONS.slice(version)) this.#db.exec(step);
      if (version < MIGRATIONS.length) {
        this.#db.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
      }
    });
  }
}
