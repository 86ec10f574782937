/**
 * Ctrl-C, once and twice. Until the list is whole there is nothing to record, and once is enough.
 */
import { EXIT } from '../exit-codes.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export class Stopping {
  readonly #asked = new AbortController();
  #undo: (() => void) | undefined;
  readonly #onSignal = (): void => {
    if (this.#asked.signal.aborted) process.exit(EXIT.interrupted);
    if (this.#undo) {
      this.#undo();
      process.stderr.write('\nStopped before any object was touched.\n');
      process.exit(EXIT.interrupted);
    }
    this.#asked.abort();
    // Standard output may be a program's.
    process.stderr.write(
      '\nStopping: what is in flight is being recorded. Once more to stop at once.\n',
    );
  };

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
  }

  /** What a signal is to remove before it ends the process; undefined: the run has begun. */
  set undo(undo: (() => void) | undefined) {
    this.#undo = undo;
  }

  get isAsked(): boolean {
    return this.#asked.signal.aborted;
  }

  get signal(): AbortSignal {
    return this.#asked.signal;
  }

  end(): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
  }
}
