/** Something that is done again and again and fails for a while: one line when it begins, one when it is over. */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';

export class Spell {
  readonly #clock: Clock;
  readonly #log: Log;
  #since = 0;
  #times = 0;
  #last = '';

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Another error than the last one is told as well. */
  failed(error: unknown, level: 'warn' | 'error', message: string): void {
    if (this.#times++ === 0) this.#since = this.#clock.monotonic();
    const said = String(error);
    if (said === this.#last) this.#log.debug({ error }, message);
    else this.#log[level]({ error }, message);
    this.#last = said;
  }

  worked(message: string): void {
    if (this.#times === 0) return;
    const forMs = Math.round(this.#clock.monotonic() - this.#since);
    this.#log.warn({ times: this.#times, forMs }, message);
    this.#times = 0;
    this.#last = '';
  }
}
