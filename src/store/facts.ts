/** What can be known of a database without opening it as a store. */
export interface DatabaseFacts {
  /** 0: empty. */
  readonly schema: number;
  /** What this version makes of it, and the newest that it understands. */
  readonly known: number;
  /** The server's time, milliseconds since the epoch; absent: it is this machine's. */
  readonly at?: number;
  /** The server does not wait for its disk when it says that something is saved. */
  readonly isFleeting?: boolean;
}
