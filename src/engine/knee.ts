/**
 * How many requests in flight an endpoint is served best with: as few as give it its full rate. More
 * only lengthen its queue, and the answers of everybody else. Pure: times are handed in.
 *
 * I1. Between the floor and the maximum. It begins at the maximum: most endpoints bear it.
 * I2. Fewer are kept when the rate stays within LOSS of the best one known, more when they bring GAIN.
 *     What is compared are stretches of SETTLED requests in which the limit was in use throughout.
 * I3. The more often nothing was found, the rarer it is tried.
 */

const LOSS = 0.02;
const GAIN = 0.05;
const FEWER = 0.75;
const MORE = 4 / 3;
const WINDOW_MS = 1000;
/** Answers that a rate is measured from; fewer would measure chance. */
const WINDOW_ANSWERS = 400;
/** What the best rate is forgotten by per stretch: endpoints change. */
const FADING = 0.99;
const FLOOR = 8;
const STRETCHES_MAX = 64;

type Trial = 'none' | 'fewer' | 'more';

export class Knee {
  #max: number;
  #limit: number;
  /** Before the trial. */
  #known: number;
  #trial: Trial = 'none';
  #next: Trial = 'fewer';
  #best = 0;
  /** Stretches without a trial, done and asked for (I3). */
  #quiet = 0;
  #quietMax = 1;
  /** Answers to pass over: they belong to another limit. */
  #passOver = 0;
  #answers = 0;
  #since: number | undefined;

  constructor(max: number) {
    this.#max = max;
    this.#limit = max;
    this.#known = max;
  }

  get limit(): number {
    return this.#limit;
  }

  setMax(max: number): void {
    // It is told several times a second; what was learnt holds for as long as it stays.
    if (max === this.#max) return;
    const isOpen = this.#known === this.#max;
    this.#max = max;
    this.#known = isOpen ? max : Math.min(this.#known, max);
    this.#trial = 'none';
    this.#best = 0;
    this.#settle(this.#known);
  }

  /** A request ended. `isFull`: another one waited for its place, and for nothing else. */
  ended(now: number, isFull: boolean): void {
    if (!isFull) return this.#restart();
    if (this.#passOver > 0) {
      this.#passOver -= 1;
      return;
    }
    if (this.#since === undefined) {
      this.#since = now;
      return;
    }
    this.#answers += 1;
    const passedMs = now - this.#since;
    if (this.#answers < WINDOW_ANSWERS || passedMs < WINDOW_MS) return;
    this.#judge(this.#answers / passedMs);
    this.#restart();
  }

  #judge(rate: number): void {
    if (this.#trial === 'none') {
      this.#best = Math.max(rate, this.#best * FADING);
      this.#quiet += 1;
      if (this.#quiet >= this.#quietMax) this.#try();
      return;
    }
    const isFewer = this.#trial === 'fewer';
    const isBetter = rate >= this.#best * (isFewer ? 1 - LOSS : 1 + GAIN); // I2
    this.#best = Math.max(this.#best, rate);
    if (isBetter) {
      this.#known = this.#limit;
      this.#quietMax = 1;
      this.#try();
      return;
    }
    this.#next = isFewer ? 'more' : 'fewer';
    this.#quietMax = Math.min(STRETCHES_MAX, this.#quietMax * 2); // I3
    this.#trial = 'none';
    this.#quiet = 0;
    this.#settle(this.#known);
  }

  #try(): void {
    const floor = Math.min(FLOOR, this.#max);
    const fewer = Math.max(floor, Math.floor(this.#known * FEWER));
    const more = Math.min(this.#max, Math.ceil(this.#known * MORE));
    const [one, other]: Trial[] = this.#next === 'fewer' ? ['fewer', 'more'] : ['more', 'fewer'];
    const limitOf = (trial: Trial | undefined): number => (trial === 'fewer' ? fewer : more);
    const trial = limitOf(one) === this.#known ? other : one;
    this.#quiet = 0;
    this.#trial = limitOf(trial) === this.#known ? 'none' : (trial ?? 'none');
    this.#settle(this.#trial === 'none' ? this.#known : limitOf(this.#trial));
  }

  #settle(limit: number): void {
    this.#passOver = limit === this.#limit ? 0 : Math.max(limit, this.#limit);
    this.#limit = limit;
    this.#restart();
  }

  #restart(): void {
    this.#answers = 0;
    this.#since = undefined;
  }
}
