/**
 * One process per data folder. The lock is SQLite's own file lock, which the operating system gives
 * back when the process dies, however it dies; a pid file would outlive it.
 */
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';

/** Undefined: another process holds the folder. Call the result to let go. */
export function claimFolder(folder: string): (() => void) | undefined {
  const db = new DatabaseSync(join(folder, 'claim.db'), { timeout: 0 });
  try {
    db.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (error instanceof Error && /locked|busy/i.test(error.message)) return undefined;
    throw error;
  }
  return () => db.close();
}
