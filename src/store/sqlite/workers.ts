/** The part of the store that knows who is at work. */
import { WORKER_COLUMNS, workerOf, workerValues } from '../rows.ts';
import type { Store } from '../store.ts';
import type { Database } from './database.ts';

type WorkersPart = Pick<Store, 'checkIn' | 'checkOut' | 'workers' | 'clock'>;

export function workersPart(db: Database): WorkersPart {
  return {
    checkIn: async (worker, forgetBefore) =>
      db.fleetingTransaction(() => {
        db.run('DELETE FROM workers WHERE seen_at < ?', forgetBefore);
        db.run(
          `INSERT OR REPLACE INTO workers (${WORKER_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
          ...workerValues(worker),
        );
      }),

    checkOut: async (name) => void db.run('DELETE FROM workers WHERE name = ?', name),

    clock: () => Promise.resolve(undefined),

    workers: async (seenSince) =>
      db.all('SELECT * FROM workers WHERE seen_at >= ? ORDER BY name', seenSince).map(workerOf),
  };
}
