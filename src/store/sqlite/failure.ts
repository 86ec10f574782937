/** What an error of SQLite says about the call that it ended. */
import { StoreUnavailable } from '../unavailable.ts';

/** Primary result codes that say nothing against the statement: what they tell of can be mended, and passes. */
const PASSING: Readonly<Record<number, string>> = {
  5: 'another process holds the database for too long',
  6: 'another connection holds the database for too long',
  8: 'the database may only be read',
  10: 'the disk refused to read or to write',
  13: 'the disk is full',
  14: 'the file cannot be opened',
};
/** The lower byte of an extended result code. */
const PRIMARY = 0xff;

/** StoreUnavailable for what passes; anything else is handed through. */
export function failureOf(error: unknown): unknown {
  if (!(error instanceof Error) || !('errcode' in error)) return error;
  const why = PASSING[Number(error.errcode) & PRIMARY];
  if (why === undefined) return error;
  return new StoreUnavailable(`SQLite cannot go on: ${why} (${error.message}).`, { cause: error });
}
