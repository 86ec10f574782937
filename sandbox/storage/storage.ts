/**
 * All that the sandbox keeps.
 *
 * I1. A change is a transaction, and it is answered only after its commit.
 * I2. `write` runs to its end without giving way to any other request, so what it reads cannot
 *     change before it writes: conditions such as If-Match are checked inside it.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Random } from '../../src/base/random.ts';
import { Blobs } from './blobs.ts';
import { Buckets } from './buckets.ts';
import { openDatabase } from './schema.ts';
import { Uploads } from './uploads.ts';
import { Versions } from './versions.ts';

export class Storage {
  readonly buckets: Buckets;
  readonly blobs: Blobs;
  readonly versions: Versions;
  readonly uploads: Uploads;
  readonly #db: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;

  constructor(dataDir: string, random: Random) {
    this.#db = openDatabase(dataDir);
    this.blobs = new Blobs(this.#db, dataDir, random);
    this.buckets = new Buckets(this.#db);
    this.versions = new Versions(this.#db, this.blobs, random);
    this.uploads = new Uploads(this.#db, this.blobs);
    this.#begin = this.#db.prepare('BEGIN IMMEDIATE');
    this.#commit = this.#db.prepare('COMMIT');
  }

  /** Runs `change` as one transaction; an error undoes all of it. */
  write<Result>(change: () => Result): Result {
    this.#begin.run();
    let result: Result;
    try {
      result = change();
      this.#commit.run();
    } catch (error) {
      this.#db.exec('ROLLBACK');
      this.blobs.keepUnused();
      this.buckets.reload();
      throw error;
    }
    this.blobs.removeUnused();
    return result;
  }

  close(): void {
    this.#db.close();
  }
}
