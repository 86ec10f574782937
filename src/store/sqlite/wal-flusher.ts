/**
 * Brings commits to the disk: one flush for all that wait, and not on the event loop.
 *
 * SQLite in WAL mode appends a commit to the `-wal` file; with synchronous=FULL it then flushes that
 * file and the process stands still meanwhile. We leave it at NORMAL and flush the same file from a
 * thread, so that commits share a flush (docs/decisions/010).
 *
 * I1. `flushed` resolves after a flush that began after it was called.
 * I2. A flush that failed may have lost what it was to save, and the next one would not say so:
 *     from then on every call rejects.
 */
import { closeSync, fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';

const flush = promisify(fdatasync);

export class WalFlusher {
  readonly #file: number;
  #underWay: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  /** Why nothing can be made durable any more (I2). */
  failure: Error | undefined;

  /** `path`: of the database, whose `-wal` file exists. */
  constructor(path: string) {
    // Flushing needs the right to write on some systems. SQLite keeps no lock on this file that
    // closing it here could take away.
    this.#file = openSync(`${path}-wal`, 'r+');
  }

  flushed(): Promise<void> {
    // Whatever is under way may have begun before the commit that the caller means.
    this.#next ??= this.#underWay.then(() => {
      const started = this.#flush();
      this.#underWay = started;
      this.#next = undefined;
      return started;
    });
    return this.#next;
  }

  async close(): Promise<void> {
    await this.flushed().catch(() => undefined);
    closeSync(this.#file);
  }

  async #flush(): Promise<void> {
    try {
      await flush(this.#file);
    } catch (cause) {
      this.failure = new Error('The disk did not take what the database wrote.', { cause });
      throw this.failure;
    }
  }
}
