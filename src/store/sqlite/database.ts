/**
 * One SQLite file: opened, brought up to date, with short exclusive transactions.
 *
 * I1. What a `transaction` resolved to has reached the disk (WalFlusher). Commits are flushed in their
 *     order, so whatever was decided on top of one is never there without it.
 * I2. A write transaction is BEGIN IMMEDIATE: two processes on one machine wait for each other
 *     (up to five seconds) instead of failing half way.
 * I3. A file written by a newer version is refused, never guessed at.
 * I4. A full disk, a disk that refuses and a file that is held for too long are StoreUnavailable: the
 *     transaction has not happened, and the call may be made again.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { assert } from '../../base/assert.ts';
import { NewerDatabase } from '../newer-database.ts';
import { failureOf } from './failure.ts';
import { MIGRATIONS } from './migrations.ts';
import { WalFlusher } from './wal-flusher.ts';

export type Row = Record<string, SQLInputValue>;

export class Database {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  /** Undefined: a database in memory. */
  readonly #flusher: WalFlusher | undefined;
  #inTransaction = false;

  constructor(path: string) {
    this.#db = new DatabaseSync(path, { timeout: 5000 });
    this.#db.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -16000',
    );
    this.#migrate(path);
    this.#db.exec('PRAGMA synchronous = NORMAL');
    if (path !== ':memory:') this.#flusher = new WalFlusher(path);
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    try {
      return this.#prepare(sql).all(...values);
    } catch (error) {
      throw failureOf(error);
    }
  }

  /** Row by row: who stops early has read no more. Meanwhile nothing may change what it reads. */
  each(sql: string): Iterable<Row> {
    return this.#prepare(sql).iterate();
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    try {
      return this.#prepare(sql).get(...values);
    } catch (error) {
      throw failureOf(error);
    }
  }

  /** Rows changed. Alone, as fleeting as a `fleetingTransaction`. */
  run(sql: string, ...values: SQLInputValue[]): number {
    try {
      return Number(this.#prepare(sql).run(...values).changes);
    } catch (error) {
      throw failureOf(error);
    }
  }

  /** All or nothing, and durable. `work` must not wait: it holds the write lock of the file. */
  async transaction<T>(work: () => T): Promise<T> {
    const result = this.fleetingTransaction(work);
    await this.#flusher?.flushed();
    return result;
  }

  /**
   * As `transaction`, but a loss of power may undo it (the death of the process may not). For leases
   * and their renewal: whoever held one is gone then as well, on this same machine.
   */
  fleetingTransaction<T>(work: () => T): T {
    assert(!this.#inTransaction, 'A transaction was opened inside a transaction.');
    if (this.#flusher?.failure) throw this.#flusher.failure;
    this.#inTransaction = true;
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw failureOf(error);
    } finally {
      this.#inTransaction = false;
    }
  }

  async close(): Promise<void> {
    if (!this.#db.isOpen) return;
    await this.#flusher?.close();
    this.#statements.clear();
    this.#db.close();
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, (statement = this.#db.prepare(sql)));
    return statement;
  }

  #migrate(path: string): void {
    this.fleetingTransaction(() => {
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
