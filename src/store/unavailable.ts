/**
 * The database is away, or too busy to answer in time. Nothing is wrong with the call: it may be
 * made again later. Whether a change that was asked for has happened is not known.
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}
