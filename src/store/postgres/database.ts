/**
 * One PostgreSQL: a bounded pool, short transactions, and what becomes of a call whose connection
 * breaks.
 *
 * I1. A transaction that broke before its COMMIT was sent has not happened: it is run again.
 * I2. One that broke during COMMIT may have happened: it is run again too, and told so
 *     (`isRepeat`), so that it first asks. It cannot overtake the lost one: it begins by locking
 *     the rows that the lost one holds until the server has decided about it, or is itself undone
 *     by a unique key.
 * I3. What is not repeated, or fails ATTEMPTS times, rejects with StoreUnavailable.
 * I4. Nothing waits for ever: for a connection, a lock, a statement, an answer.
 *
 * Statements are prepared once per connection, under names of their own.
 */
import pg from 'pg';
import { assert } from '../../base/assert.ts';
import { backoffMs } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Row } from '../rows.ts';
import { StoreUnavailable } from '../unavailable.ts';
import { failureOf } from './failure.ts';

export type SqlValue = string | number | boolean | null | readonly (string | number | null)[];

/** Statements of one connection, in the order of the calls. */
export interface Connection {
  all(sql: string, ...values: SqlValue[]): Promise<Row[]>;
  get(sql: string, ...values: SqlValue[]): Promise<Row | undefined>;
  /** Rows changed. */
  run(sql: string, ...values: SqlValue[]): Promise<number>;
  /** Several statements at once, without values. */
  script(sql: string): Promise<void>;
}

export type Work<T> = (connection: Connection, isRepeat: boolean) => Promise<T>;

export interface DatabaseOptions {
  readonly url: string;
  readonly connectionsMax: number;
  readonly clock: Clock;
  readonly random: Random;
  /** In place of the limits below on locks, statements and answers. */
  readonly waitMsMax?: number;
}

const ATTEMPTS = 4;
/** A server that restarts is away for longer: then the caller is told, and asks again. */
const RETRY = { baseMs: 50, capMs: 400 };
const CONNECT_MS_MAX = 3000;
/** The server's: statements take milliseconds, so whoever waits for a second waits for something. */
const LOCK_MS_MAX = 4000;
const STATEMENT_MS_MAX = 8000;
/** Of a process that froze in the middle of a transaction: its locks are in everybody's way. */
const IDLE_MS_MAX = 8000;
/** Ours, for a server that says nothing any more. */
const ANSWER_MS_MAX = 10_000;
const INT8 = 20;

/** An error of the driver or the server, as opposed to one of the caller's own code. */
class QueryFailed extends Error {
  override readonly name = 'QueryFailed';
}

export class Database {
  readonly #pool: pg.Pool;
  readonly #options: DatabaseOptions;
  readonly #names = new Map<string, string>();

  constructor(options: DatabaseOptions) {
    this.#options = options;
    this.#pool = new pg.Pool({
      connectionString: options.url,
      max: options.connectionsMax,
      application_name: 'brigade',
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_MS_MAX,
      lock_timeout: options.waitMsMax ?? LOCK_MS_MAX,
      statement_timeout: options.waitMsMax ?? STATEMENT_MS_MAX,
      idle_in_transaction_session_timeout: IDLE_MS_MAX,
      query_timeout: options.waitMsMax ?? ANSWER_MS_MAX,
      types: { getTypeParser },
    });
    // A connection that breaks tells its next user, or is replaced before there is one.
    this.#pool.on('error', () => undefined);
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** Statements that each commit by themselves; `work` is repeated as a transaction is (I1, I2). */
  statements<T>(work: Work<T>): Promise<T> {
    return this.#repeated(async (client, isRepeat, sent) => {
      sent();
      return work(this.#connection(client), isRepeat);
    });
  }

  /** As `statements`, but not run again when it may have happened. */
  once<T>(work: Work<T>): Promise<T> {
    return this.#repeated(
      async (client, isRepeat, sent) => {
        sent();
        return work(this.#connection(client), isRepeat);
      },
      { evenIfSent: false },
    );
  }

  /** All or nothing. `work` awaits nothing but the connection: it holds locks. */
  transaction<T>(work: Work<T>): Promise<T> {
    return this.#repeated(async (client, isRepeat, sent) => {
      const connection = this.#connection(client);
      await connection.run('BEGIN');
      try {
        const result = await work(connection, isRepeat);
        // What changed nothing was decided under locks: whatever becomes of its COMMIT, it is so.
        if (connection.hasChanged) sent();
        await connection.run('COMMIT');
        return result;
      } catch (error) {
        // Of our own code: the connection is good, and goes back to the pool without a transaction.
        if (!(error instanceof QueryFailed)) await connection.run('ROLLBACK');
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  /** Tries `attempt` until it tells how it went. It calls `sent` before it may have an effect. */
  async #repeated<T>(
    attempt: (client: pg.PoolClient, isRepeat: boolean, sent: () => void) => Promise<T>,
    { evenIfSent } = { evenIfSent: true },
  ): Promise<T> {
    const { clock, random } = this.#options;
    let isRepeat = false;
    for (let count = 1; ; count++) {
      let isSent = false;
      try {
        return await this.#withClient((client) =>
          attempt(client, isRepeat, () => {
            isSent = true;
          }),
        );
      } catch (error) {
        if (!(error instanceof QueryFailed)) throw error;
        const failure = failureOf(error.cause);
        if (failure === 'refused') throw error.cause;
        const isUnknown = failure === 'away' && isSent;
        if (failure === 'busy' || count === ATTEMPTS || (isUnknown && !evenIfSent)) {
          throw unavailable(error.cause); // I3
        }
        if (isUnknown) isRepeat = true; // I2
      }
      await clock.sleep(backoffMs(count, RETRY, random));
    }
  }

  async #withClient<T>(use: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect().catch((cause: unknown) => {
      throw new QueryFailed('No connection.', { cause });
    });
    let isBroken = false;
    try {
      return await use(client);
    } catch (error) {
      // Also a connection with an open transaction: closing it undoes that.
      isBroken = error instanceof QueryFailed;
      throw error;
    } finally {
      client.release(isBroken);
    }
  }

  #connection(client: pg.PoolClient): Connection & { readonly hasChanged: boolean } {
    let hasChanged = false;
    const failing = async <T>(answer: Promise<T>): Promise<T> => {
      try {
        return await answer;
      } catch (cause) {
        throw new QueryFailed('A statement failed.', { cause });
      }
    };
    const query = async (text: string, values: SqlValue[]): Promise<pg.QueryResult<Row>> => {
      const name = this.#nameOf(text);
      const sent = client.query<Row>({ name, text, values: values.map(storable) });
      const result = await failing(sent);
      hasChanged ||= result.command !== 'SELECT' && (result.rowCount ?? 0) > 0;
      return result;
    };
    return {
      all: async (sql, ...values) => (await query(sql, values)).rows,
      get: async (sql, ...values) => (await query(sql, values)).rows[0],
      run: async (sql, ...values) => (await query(sql, values)).rowCount ?? 0,
      script: async (sql) => {
        hasChanged = true;
        await failing(client.query(sql));
      },
      get hasChanged() {
        return hasChanged;
      },
    };
  }

  #nameOf(sql: string): string {
    let name = this.#names.get(sql);
    if (name === undefined) this.#names.set(sql, (name = `brigade_${this.#names.size}`));
    return name;
  }
}

function unavailable(cause: unknown): StoreUnavailable {
  const why = cause instanceof Error && cause.message !== '' ? cause.message : String(cause);
  return new StoreUnavailable(`The database did not take the call: ${why}`, { cause });
}

/** PostgreSQL's text holds every character but one, which XML cannot show either. */
function storable(value: SqlValue): SqlValue {
  return typeof value === 'string' && value.includes('\0')
    ? value.replaceAll('\0', '\ufffd')
    : value;
}

/** Numbers of 64 bits come as text: every one of ours is a whole number that JavaScript can hold. */
const getTypeParser: pg.CustomTypesConfig['getTypeParser'] = (oid, format) =>
  Number(oid) === INT8 ? safeInteger : pg.types.getTypeParser(Number(oid), format);

function safeInteger(text: string): number {
  const value = Number(text);
  assert(Number.isSafeInteger(value), 'The database holds a number that is too large to be true.');
  return value;
}
