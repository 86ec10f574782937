/**
 * The part of the store that knows who is at work. A repetition after a commit whose answer was lost
 * asks nothing: writing the same again changes nothing.
 */
import { WORKER_COLUMNS, workerOf, workerValues } from '../rows.ts';
import type { Store } from '../store.ts';
import type { Database } from './database.ts';

type WorkersPart = Pick<Store, 'checkIn' | 'checkOut' | 'workers' | 'clock'>;

const CHANGES = WORKER_COLUMNS.split(', ').map((name) => `${name} = excluded.${name}`);
const CHECK_IN = `
  INSERT INTO workers (${WORKER_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
  ON CONFLICT (name) DO UPDATE SET ${CHANGES.join(', ')}`;

export function workersPart(db: Database): WorkersPart {
  return {
    checkIn: (worker, forgetBefore) =>
      db.statements(async (connection) => {
        await connection.run('DELETE FROM workers WHERE seen_at < $1', forgetBefore);
        await connection.run(CHECK_IN, ...workerValues(worker));
      }),

    checkOut: (name) =>
      db.statements(async (connection) => {
        await connection.run('DELETE FROM workers WHERE name = $1', name);
      }),

    clock: async () => {
      const sql = 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now';
      const row = await db.statements((connection) => connection.get(sql));
      return Number(row?.['now']);
    },

    workers: async (seenSince) => {
      const sql = 'SELECT * FROM workers WHERE seen_at >= $1 ORDER BY name';
      const rows = await db.statements((connection) => connection.all(sql, seenSince));
      return rows.map(workerOf);
    },
  };
}
