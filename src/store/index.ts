export type * from './store.ts';
export { openSqliteStore, type SqliteOptions } from './sqlite/sqlite.ts';
export { NewerDatabase } from './sqlite/database.ts';
export { claimFolder } from './sqlite/claim.ts';
