/**
 * Brings the schema up to date. Several processes may start at once: one migrates, the others wait
 * and find it done. All steps are one transaction, so half a migration does not exist.
 */
import { NewerDatabase } from '../newer-database.ts';
import type { Database } from './database.ts';
import { MIGRATIONS } from './migrations.ts';

/** Any number will do, as long as every version takes the same. */
const LOCK = 2_744_233;

/** `place`: how its user knows the database, without secrets. `steps`: for tests of upgrades. */
export async function migrate(
  db: Database,
  place: string,
  steps: readonly string[] = MIGRATIONS,
): Promise<void> {
  await db.transaction(async (connection) => {
    // CREATE TABLE IF NOT EXISTS alone fails when two do it at once.
    await connection.get('SELECT pg_advisory_xact_lock($1)', LOCK);
    await connection.script(
      'CREATE TABLE IF NOT EXISTS brigade (name TEXT COLLATE "C" PRIMARY KEY, value BIGINT NOT NULL)',
    );
    const row = await connection.get(`SELECT value FROM brigade WHERE name = 'schema'`);
    const version = Number(row?.['value'] ?? 0);
    if (version > steps.length) throw new NewerDatabase(place, version, steps.length);
    for (const step of steps.slice(version)) await connection.script(step);
    await connection.run(
      `INSERT INTO brigade (name, value) VALUES ('schema', $1)
       ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
      steps.length,
    );
  });
}
