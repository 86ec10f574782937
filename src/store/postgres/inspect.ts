/** A look at a database that changes nothing: it is not even brought up to date. */
import pg from 'pg';
import type { DatabaseFacts } from '../facts.ts';
import { MIGRATIONS } from './migrations.ts';

const CONNECT_MS_MAX = 10_000;

/** Rejects with what the driver or the server says; also when nothing can be written there. */
export async function inspectPostgres(url: string): Promise<DatabaseFacts> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    query_timeout: CONNECT_MS_MAX,
    application_name: 'brigade doctor',
  });
  client.on('error', () => undefined); // The query that is under way tells.
  try {
    await client.connect();
    const { rows } = await client.query<Facts>(
      `SELECT to_regclass('brigade') IS NOT NULL AS has_schema,
         extract(epoch FROM clock_timestamp()) * 1000 AS at,
         current_setting('synchronous_commit') = 'off' OR current_setting('fsync') = 'off' AS fleeting`,
    );
    const [facts] = rows;
    await client.query('BEGIN');
    await client.query('CREATE TABLE brigade_doctor (n INT)');
    await client.query('ROLLBACK');
    const schema = facts?.has_schema ? await schemaOf(client) : 0;
    const isFleeting = facts?.fleeting === true;
    return { schema, known: MIGRATIONS.length, at: Number(facts?.at), isFleeting };
  } finally {
    await client.end().catch(() => undefined);
  }
}

interface Facts {
  readonly has_schema: boolean;
  readonly at: string;
  readonly fleeting: boolean;
}

async function schemaOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ value: string }>(
    `SELECT value FROM brigade WHERE name = 'schema'`,
  );
  return Number(rows[0]?.value ?? 0);
}
