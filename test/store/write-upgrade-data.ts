/**
 * Writes what a database of today holds, with a job in flight, as test data for the versions to come:
 * `node test/store/write-upgrade-data.ts`. Once a version is released its files are not written again.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openPostgresStore, openSqliteStore, type Store } from '../../src/store/index.ts';
import { MIGRATIONS as POSTGRES_STEPS } from '../../src/store/postgres/migrations.ts';
import { MIGRATIONS as SQLITE_STEPS } from '../../src/store/sqlite/migrations.ts';
import { active, lease, newJob, part, T0 } from '../contract/store.contract.ts';
import { startPostgres } from '../lib/postgres.ts';

const DATA = join(import.meta.dirname, 'data');

/** One chunk recorded, one half recorded, one leased, one untouched; and a job that is new. */
async function fill(store: Store): Promise<void> {
  await active(store, [10, 10, 10, 10], { id: 'in-flight', priority: 20 });
  const [one, two] = await lease(store, T0, 3, 'worker');
  if (!one || !two) throw new Error('Nothing was leased.');
  await store.commitPart(one.lease, part(10, 2), T0);
  await store.commitPart(two.lease, part(4, 1), T0);
  await store.createJob(newJob({ id: 'new', tags: [{ Key: 'kept', Value: 'é' }] }));
  await store.close();
}

type Rows = readonly Readonly<Record<string, unknown>>[];

function inserts(table: string, rows: Rows): string {
  const literal = (value: unknown): string => {
    if (value === null) return 'NULL';
    return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value);
  };
  return rows
    .map((row) => {
      const values = Object.values(row).map(literal).join(', ');
      return `INSERT INTO ${table} (${Object.keys(row).join(', ')}) OVERRIDING SYSTEM VALUE VALUES (${values});\n`;
    })
    .join('');
}

async function writeSqlite(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'brigade-upgrade-'));
  const path = join(folder, 'store.db');
  await fill(openSqliteStore({ path }));
  const db = new DatabaseSync(path);
  const tables = ['jobs', 'units', 'events', 'workers', 'records', 'sinks', 'letters'];
  // The driver knows its columns; none of ours holds bytes.
  const rows = tables.map((table) =>
    inserts(table, db.prepare(`SELECT * FROM ${table}`).all() as Rows),
  );
  db.close();
  rmSync(folder, { recursive: true });
  const data = rows.join('').replaceAll(' OVERRIDING SYSTEM VALUE', '');
  const version = `PRAGMA user_version = ${SQLITE_STEPS.length};\n`;
  writeFileSync(
    join(DATA, `sqlite-v${SQLITE_STEPS.length}.sql`),
    SQLITE_STEPS.join('') + data + version,
  );
}

async function writePostgres(): Promise<void> {
  const postgres = await startPostgres();
  const url = await postgres.createDatabase();
  await fill(await openPostgresStore({ url }));
  const client = await postgres.connect(url);
  let data = 'CREATE TABLE brigade (name TEXT COLLATE "C" PRIMARY KEY, value BIGINT NOT NULL);\n';
  data += `${POSTGRES_STEPS.join('')}DELETE FROM brigade;\n`;
  for (const table of [
    'brigade',
    'jobs',
    'progress',
    'turns',
    'units',
    'events',
    'workers',
    'records',
    'sinks',
    'letters',
  ]) {
    const { rows } = await client.query<Record<string, unknown>>(`SELECT * FROM ${table}`);
    // The driver gives numbers of 64 bits as text; as literals PostgreSQL takes both.
    data += inserts(table, rows);
  }
  data += `SELECT setval(pg_get_serial_sequence('jobs', 'no'), (SELECT max(no) FROM jobs));\n`;
  await client.end();
  await postgres.stop();
  writeFileSync(join(DATA, `postgres-v${POSTGRES_STEPS.length}.sql`), data);
}

await writeSqlite();
await writePostgres();
