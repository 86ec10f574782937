/** Ctrl-C, once and twice. */
import { EXIT } from '../exit-codes.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export class Stopping {
  readonly #asked = new AbortController();
  readonly #onSignal = (): void => {
    if (this.#asked.signal.aborted) process.exit(EXIT.interrupted);
    this.#asked.abort();
    // Standard output may be a program's.
    process.stderr.write(
      '\nStopping: what is in flight is being recorded. Once more to stop at once.\n',
    );
  };

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
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
