/**
 * What an error of the driver says about the call that it ended.
 *
 * `away`: the connection could not be had, or broke. A statement that was under way may have
 * happened: pg_terminate_backend after a commit and a server that dies look the same from here.
 * `conflict`: the server undid the transaction to let another one through; it may be run again.
 * `busy`: the server gave up waiting, or cannot write just now (a full disk, a standby that has not
 * been promoted yet), and undid the statement.
 * `refused`: anything else, a bug or a setting that somebody has to mend.
 */
import { DatabaseError } from 'pg';

export type Failure = 'away' | 'conflict' | 'busy' | 'refused';

/** Class 08 and 57P0x: the connection ends; 53300: no connection is left; 25P03: idle for too long. */
const AWAY = /^(08|57P0|53300|25P0[34])/;
const CONFLICT = /^(40001|40P01)$/;
/** Timeouts: of a lock, of a statement. Full: the disk, the memory. An error of the disk; read-only. */
const BUSY = /^(55P03|57014|53100|53200|58030|25006)$/;

export function failureOf(error: unknown): Failure {
  // Of the driver itself, not of the server: it did not get through, or lost the connection.
  if (!(error instanceof DatabaseError)) return 'away';
  const code = error.code ?? '';
  if (AWAY.test(code)) return 'away';
  if (CONFLICT.test(code)) return 'conflict';
  return BUSY.test(code) ? 'busy' : 'refused';
}
