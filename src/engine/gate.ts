/**
 * The way to one endpoint: how many requests may be in flight, how many may begin per second, and
 * whether it is alive.
 *
 * I1. First come, first served: tasks of a chunk start in the order of the manifest.
 * I2. SlowDown lowers the rate (Throttle), and whoever only lengthens the endpoint's queue waits here
 *     instead (Knee) (D8).
 * I3. An answer that is not worth a retry proves the endpoint alive, whatever it says.
 */
import type { Clock } from '../base/clock.ts';
import type { Again } from '../model/outcome.ts';
import { Knee } from './knee.ts';
import { type Go, Line, type Who } from './line.ts';
import { Pace } from './pace.ts';
import { Throttle } from './throttle.ts';

export class Gate {
  readonly #clock: Clock;
  readonly #knee: Knee;
  readonly #throttle = new Throttle();
  readonly #pace = new Pace();
  /** A rate is in force: only then time is looked at. */
  #isPaced = false;
  #inFlight = 0;
  /** When the latest of those requests was sent that got a final answer. */
  #aliveAt = -Infinity;
  /** When the first failure since then came; undefined: none has. */
  #silentSince: number | undefined;
  readonly #line: Line;

  constructor(clock: Clock, limitMax: number) {
    this.#clock = clock;
    this.#knee = new Knee(limitMax);
    this.#line = new Line(
      clock,
      () => this.#enter(),
      () => (this.#isPaced ? this.#pace.waitMs(clock.monotonic()) : 0),
    );
  }

  /** Requests that may be in flight now. */
  get limit(): number {
    return this.#knee.limit;
  }

  /** Requests that may begin per second now; undefined: as many as there are. */
  get perSecond(): number | undefined {
    return this.#throttle.perSecond;
  }

  /** This worker's share of the endpoint has changed. */
  setMax(limitMax: number): void {
    this.#knee.setMax(limitMax);
    this.#line.admit();
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** As Line has it, like `queue` and `turn`. */
  tryEnter(): boolean {
    return this.#line.tryEnter();
  }

  queue(who: Who, go: Go): void {
    this.#line.queue(who, go);
  }

  turn(who: Who): Promise<boolean> {
    return this.#line.turn(who);
  }

  /** Every one who entered leaves, once. `again` undefined: no request was made. */
  leave(again: Again | undefined, sentAt = -Infinity): void {
    this.#inFlight -= 1;
    if (again !== undefined) this.#learn(again, sentAt);
    this.#line.admit();
  }

  #learn(again: Again, sentAt: number): void {
    const now = this.#clock.monotonic();
    if (again === 'never') this.alive(sentAt);
    else this.#silentSince ??= now;
    if (again === 'slow-down') this.#throttle.slowed(now);
    else if (again === 'never') this.#throttle.taken(now);
    const { perSecond } = this.#throttle;
    if (perSecond !== undefined || this.#isPaced) this.#pace.set(perSecond, now);
    this.#isPaced = perSecond !== undefined;
    const isFull = this.#inFlight === this.limit - 1 && !this.#line.isEmpty;
    this.#knee.ended(now, isFull && !this.#isPaced);
  }

  /** A request that was sent then (monotonic milliseconds) got a final answer. */
  alive(sentAt: number): void {
    this.#aliveAt = Math.max(this.#aliveAt, sentAt);
    this.#silentSince = undefined;
  }

  /** For how long there was nothing but failures that may pass; 0: the last answer was none. */
  silentMs(now: number): number {
    return this.#silentSince === undefined ? 0 : now - this.#silentSince;
  }

  /** Whether any request sent since then (monotonic milliseconds) got a final answer. */
  aliveSince(monotonicMs: number): boolean {
    return this.#aliveAt > monotonicMs;
  }

  #enter(): boolean {
    if (this.#inFlight >= this.limit) return false;
    if (this.#isPaced && !this.#pace.take(this.#clock.monotonic())) return false;
    this.#inFlight += 1;
    return true;
  }
}
