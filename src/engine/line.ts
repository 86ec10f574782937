/**
 * Tasks that wait for their turn, first come, first served.
 *
 * I1. Whoever leaves (their job stopped or paused) is let go within WAKE_MS, without having entered.
 * I2. `enter` says whether one more may enter now, and counts them when they may; `waitMs` in how many
 *     milliseconds that may change by itself, 0 when it may not.
 */
import type { Clock } from '../base/clock.ts';
import type { Course } from '../lifecycle/index.ts';

const WAKE_MS = 100;
/** A queue with a moving head: shift() on a long array would copy it. */
const HEAD_MAX = 1024;

/** On whose behalf somebody waits. */
export interface Who {
  readonly course: Course | 'lost';
}

/** Told true when it is somebody's turn, who has then entered; false when they left. */
export type Go = (hasEntered: boolean) => void;

interface Waiter {
  readonly who: Who;
  readonly go: Go;
}

export class Line {
  readonly #clock: Clock;
  readonly #enter: () => boolean;
  readonly #waitMs: () => number;
  #waiting: Waiter[] = [];
  #head = 0;
  #isPumping = false;

  constructor(clock: Clock, enter: () => boolean, waitMs: () => number) {
    this.#clock = clock;
    this.#enter = enter;
    this.#waitMs = waitMs;
  }

  get isEmpty(): boolean {
    return this.#head === this.#waiting.length;
  }

  /** True: go. False: wait in `queue` or for `turn`. Two calls, so that the usual case costs nothing to wait with. */
  tryEnter(): boolean {
    return this.isEmpty && this.#enter();
  }

  /** Calls `go` once, which must not throw. A promise less than `turn` for each task. */
  queue(who: Who, go: Go): void {
    this.#waiting.push({ who, go });
    if (!this.#isPumping) void this.#pump();
  }

  /** Resolves to true when it is the caller's turn, who has then entered; to false when they left. */
  turn(who: Who): Promise<boolean> {
    return new Promise((resolve) => this.queue(who, resolve));
  }

  /** Lets in whoever may enter now. */
  admit(): void {
    while (!this.isEmpty && this.#enter()) this.#waiting[this.#head++]?.go(true);
    if (this.#head > (this.isEmpty ? 0 : HEAD_MAX)) this.#forget();
  }

  #forget(): void {
    this.#waiting = this.#waiting.slice(this.#head);
    this.#head = 0;
  }

  async #pump(): Promise<void> {
    this.#isPumping = true;
    while (!this.isEmpty) {
      this.#forget();
      const gone = this.#waiting.filter(({ who }) => who.course !== 'run');
      if (gone.length > 0) {
        this.#waiting = this.#waiting.filter(({ who }) => who.course === 'run');
        for (const { go } of gone) go(false); // I1
      }
      this.admit();
      if (this.isEmpty) break;
      await this.#clock.sleep(Math.min(WAKE_MS, Math.ceil(this.#waitMs()) || WAKE_MS));
    }
    this.#isPumping = false;
  }
}
