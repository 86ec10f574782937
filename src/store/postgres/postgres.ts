/**
 * The store on PostgreSQL, for when one machine is not enough. Every process opens its own; they
 * meet in the database and nowhere else.
 *
 * It rejects with StoreUnavailable while the database is away and is there again as soon as the
 * database is. Durable is what the server calls so: with synchronous_commit off, or a standby that
 * is promoted without the last commits, a promise of this store is broken by the server.
 */
import { systemClock, type Clock } from '../../base/clock.ts';
import { systemRandom, type Random } from '../../base/random.ts';
import type { Store } from '../store.ts';
import { accessPart } from './access.ts';
import { jobsPart } from './jobs.ts';
import { ledgerPart } from './ledger.ts';
import { migrate } from './migrate.ts';
import { outboxPart } from './outbox.ts';
import { steeringPart } from './steering.ts';
import { viewsPart } from './views.ts';
import { workersPart } from './workers.ts';

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`; TLS and more as the library `pg` takes them. */
  readonly url: string;
  /** Connections at most. Default 10: a worker has few calls under way at once. */
  readonly connectionsMax?: number;
  readonly random?: Random;
  readonly clock?: Clock;
}

/** Migrations may have a large ledger to go through, and wait for each other. */
const MIGRATION_MS_MAX = 15 * 60 * 1000;

/** Rejects with NewerDatabase, StoreUnavailable, or what the server refuses a login with. */
export async function openPostgresStore(options: PostgresOptions): Promise<Store> {
  const { url, connectionsMax = 10, random = systemRandom, clock = systemClock } = options;
  // The driver is loaded by those who use it only.
  const { Database } = await import('./database.ts');
  const patient = new Database({
    url,
    connectionsMax: 1,
    random,
    clock,
    waitMsMax: MIGRATION_MS_MAX,
  });
  try {
    await migrate(patient, placeOf(url));
  } finally {
    await patient.close();
  }
  const db = new Database({ url, connectionsMax, random, clock });
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

/** Host and name of the database, and nothing that is a secret. */
export function placeOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
