export type * from './store.ts';
export { openSqliteStore, type SqliteOptions } from './sqlite/sqlite.ts';
export { claimFolder } from './sqlite/claim.ts';
export { NewerDatabase } from './newer-database.ts';
export { openPostgresStore, placeOf, type PostgresOptions } from './postgres/postgres.ts';
export { StoreUnavailable } from './unavailable.ts';
export { JOB_SORTS } from './views.ts';
