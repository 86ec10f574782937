/** The store on one SQLite file: the embedded default, and enough for several processes of one machine. */
import { systemRandom, type Random } from '../../base/random.ts';
import type { Store } from '../store.ts';
import { accessPart } from './access.ts';
import { Database } from './database.ts';
import { jobsPart } from './jobs.ts';
import { ledgerPart } from './ledger.ts';
import { outboxPart } from './outbox.ts';
import { steeringPart } from './steering.ts';
import { viewsPart } from './views.ts';
import { workersPart } from './workers.ts';

export interface SqliteOptions {
  /** A file, or `:memory:`. */
  readonly path: string;
  readonly random?: Random;
}

export function openSqliteStore(options: SqliteOptions): Store {
  const random = options.random ?? systemRandom;
  const db = new Database(options.path);
  return {
    ...jobsPart(db, random),
    ...ledgerPart(db, random),
    ...steeringPart(db, random),
    ...workersPart(db),
    ...viewsPart(db),
    ...accessPart(db),
    ...outboxPart(db),
    close: () => db.close(),
  };
}
