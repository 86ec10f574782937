/** A bar with rate and time left on a terminal; a line per tenth of the way elsewhere. */
import { systemClock } from '../src/base/clock.ts';

const WIDTH = 30;

export class Progress {
  readonly #label: string;
  readonly #startedAt = systemClock.monotonic();
  #lastTenth = -1;
  /** What was done before we looked says nothing about the rate. */
  #doneBefore: number | undefined;

  constructor(label: string) {
    this.#label = label;
  }

  /** `note` follows the numbers, such as how many failed. */
  show(done: number, total: number, note = ''): void {
    this.#doneBefore ??= done;
    const share = total === 0 ? 0 : Math.min(1, done / total);
    const seconds = (systemClock.monotonic() - this.#startedAt) / 1000;
    const rate = seconds > 0 ? (done - this.#doneBefore) / seconds : 0;
    const left = rate > 0 ? Math.ceil((total - done) / rate) : undefined;
    const numbers = [
      `${String(Math.floor(share * 100)).padStart(3)} %`,
      `${done.toLocaleString('en')}/${total.toLocaleString('en')}`,
      `${Math.round(rate).toLocaleString('en')}/s`,
      left === undefined || share === 1 ? '' : `${left} s left`,
      note,
    ].filter(Boolean);
    if (!process.stdout.isTTY) {
      const tenth = Math.floor(share * 10);
      if (tenth === this.#lastTenth) return;
      this.#lastTenth = tenth;
      process.stdout.write(`${this.#label} ${numbers.join('  ')}\n`);
      return;
    }
    const filled = Math.round(share * WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
    // A line that breaks would be drawn anew under its own beginning.
    const line = `${this.#label} ${bar} ${numbers.join('  ')}`.slice(0, process.stdout.columns - 1);
    process.stdout.write(`\r\x1b[2K${line}`);
  }

  end(): void {
    if (process.stdout.isTTY) process.stdout.write('\n');
  }
}
