/**
 * Lists a bucket with many requests at once, by dividing what is left of it.
 *
 * S3 lists in order and has no way to ask for the tenth part of a bucket. But it lists from any key
 * on, also from one that does not exist. So a lane that has nothing to do takes the far part of what
 * another lane has before it, from a key that middle.ts guesses.
 *
 * I1. Every object that was there all the time is handed on exactly once, whatever the guesses: the
 *     open ranges never overlap, and what is in none of them has been handed on.
 * I2. The position that comes with a batch says what is left after this batch and all before it. A
 *     range gives and another takes in one step, so no position shows half a division.
 * I3. A store whose keys do not come in UTF-8 order, or come twice, cannot be listed like this: that
 *     is a failure, never a gap.
 * I4. Bounded: the ranges by the lanes (and prefixes), the rows that wait by ROWS_CHARS_MAX. So is the
 *     position.
 *
 * In between objects come and go; those are listed or not, as with any listing.
 */
import { assert } from '../base/assert.ts';
import type { FailedOutcome } from '../model/outcome.ts';
import type { S3Answer, S3Request } from '../s3/index.ts';
import { Alphabets } from './alphabet.ts';
import { codePoints, compareKeys } from './key-order.ts';
import { KeyRange, type SavedRange } from './key-range.ts';
import { middleByDepth, middleByValue, pagesLeft, type Stretch } from './middle.ts';
import {
  type ListedObject,
  type ListPlan,
  type Marker,
  type Page,
  PAGE_KEYS_MAX,
  pageRequest,
  type Read,
  readPage,
} from './pages.ts';

/** Sends until the answer is final. Pace, retries and outages are whoever's who hands this in. */
export type Ask = <T>(
  request: S3Request,
  read: (answer: S3Answer) => Read<T>,
  signal: AbortSignal,
) => Promise<Read<T>>;

/** JSON. */
export interface ListPosition {
  readonly ranges: readonly SavedRange[];
  /** Keys, or versions of them, that have been looked at. */
  readonly seen: number;
}

export interface ListerOptions {
  readonly plan: ListPlan;
  /** None of them the beginning of another; `['']` is the whole bucket. */
  readonly prefixes: readonly string[];
  readonly ask: Ask;
  /** Requests for pages in flight. */
  readonly lanes: number;
  /** From a page's objects to what is handed on of them: manifest rows, or ''. */
  readonly rowsOf: (objects: readonly ListedObject[], signal: AbortSignal) => Promise<string>;
  /** Where an earlier listing stopped. */
  readonly from?: ListPosition;
}

export interface ListedRows {
  readonly rows: string;
  readonly position: ListPosition;
}

/** The store refused to list, or lists what cannot be worked with. */
export class ListingFailed extends Error {
  override readonly name = 'ListingFailed';
  readonly failure: FailedOutcome;

  constructor(failure: FailedOutcome) {
    super(`${failure.httpStatus} ${failure.code}: ${failure.message}`);
    this.failure = failure;
  }
}

/** Rows that wait to be fetched: a few pages of long keys, or dozens of usual ones. */
const ROWS_CHARS_MAX = 2 * 1024 * 1024;
/**
 * Less is not worth a request of its own: each border costs half a page that belongs to others, and
 * what is before a lane is guessed too high rather than too low. Simulated with 1.5, 3 and 6: 6 lists
 * least twice, and takes no more round trips.
 */
const PIECE_PAGES_MIN = 6;
/** Numbers do not describe such a stretch: its keys are elsewhere than they say. */
const PAGES_LEFT_MAX = 100_000;
/**
 * Keys of the first page of what may well be empty: an answer from there tells of keys that belong to
 * others, and a store lists those in full if it is let.
 */
const PROBE_KEYS = 1;
/** Keys of each page that the alphabets learn from. */
const SAMPLES = 16;

/** Ends when everything is listed. Throws ListingFailed, what `ask` and `rowsOf` throw, and on abort. */
export async function* listInParallel(
  options: ListerOptions,
  signal: AbortSignal,
): AsyncGenerator<ListedRows, void, void> {
  const lister = new Lister(options);
  const stop = new AbortController();
  const running = lister.run(AbortSignal.any([signal, stop.signal]));
  try {
    for (;;) {
      const batch = await lister.take();
      if (batch === undefined) break;
      yield batch;
    }
  } finally {
    stop.abort();
    await running;
  }
}

class Lister {
  readonly #options: ListerOptions;
  readonly #alphabets = new Alphabets();
  readonly #ranges: Set<KeyRange>;
  #seen: number;
  #idle = 0;
  #rows: string[] = [];
  #rowsChars = 0;
  /** Something was looked at since the last batch. */
  #isNews = false;
  #hasEnded = false;
  #error: { readonly cause: unknown } | undefined;
  readonly #changed = new Bell();
  readonly #taken = new Bell();
  readonly #arrived = new Bell();

  constructor(options: ListerOptions) {
    const { from, prefixes } = options;
    const saved = from?.ranges ?? prefixes.map((prefix) => ({ p: prefix, a: '' }));
    this.#options = options;
    this.#ranges = new Set(saved.map((range) => new KeyRange(range)));
    this.#seen = from?.seen ?? 0;
  }

  /** Resolves when nothing is under way any more; what went wrong, `take` tells. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const lane = async (): Promise<void> => {
      try {
        for (let range = await this.#next(either); range; range = await this.#next(either)) {
          await this.#list(range, either);
        }
      } catch (error) {
        this.#error ??= { cause: error };
        stop.abort();
        this.#wakeAll();
      }
    };
    // A lane that waits for work or for room has to hear of it.
    either.addEventListener('abort', () => this.#wakeAll(), { once: true });
    await Promise.all(Array.from({ length: this.#options.lanes }, lane));
    this.#hasEnded = true;
    this.#arrived.ring();
  }

  /** What has come in since the last call, after waiting for it; undefined at the end. */
  async take(): Promise<ListedRows | undefined> {
    while (!this.#isNews && !this.#hasEnded && !this.#error) await this.#arrived.rung();
    if (this.#error) throw this.#error.cause;
    if (!this.#isNews) return undefined;
    const rows = this.#rows.join('');
    this.#rows = [];
    this.#rowsChars = 0;
    this.#isNews = false;
    this.#taken.ring();
    const ranges = Array.from(this.#ranges, (range) => range.saved()); // I2
    return { rows, position: { ranges, seen: this.#seen } };
  }

  #wakeAll(): void {
    for (const bell of [this.#changed, this.#taken, this.#arrived]) bell.ring();
  }

  /** A range for a lane that has nothing to do; undefined when nothing is left. */
  async #next(signal: AbortSignal): Promise<KeyRange | undefined> {
    this.#idle += 1;
    try {
      while (this.#ranges.size > 0) {
        signal.throwIfAborted();
        const range = this.#waiting() ?? this.#divide();
        if (range) {
          range.isTaken = true;
          return range;
        }
        await this.#changed.rung();
      }
      return undefined;
    } finally {
      this.#idle -= 1;
    }
  }

  #waiting(): KeyRange | undefined {
    for (const range of this.#ranges) {
      if (!range.isTaken) return range;
    }
    return undefined;
  }

  /** Takes the far part of the range that has most before it. */
  #divide(): KeyRange | undefined {
    let largest: { range: KeyRange; stretch: Stretch; pages: number } | undefined;
    let pagesAll = 0;
    for (const range of this.#ranges) {
      if (!range.page || range.isEnding || range.isWhole) continue;
      const stretch = { prefix: range.prefix, ...range.page, end: range.end };
      const pages = Math.min(pagesLeft(stretch, this.#alphabets), PAGES_LEFT_MAX);
      if (pages < PIECE_PAGES_MIN) continue;
      pagesAll += pages;
      if (!largest || pages > largest.pages) largest = { range, stretch, pages };
    }
    if (!largest) return undefined;
    const { range, stretch, pages } = largest;
    // All who are idle will come one after the other, so the first leaves room for the others.
    const pieces = Math.min(Math.round((this.#idle * pages) / pagesAll), pages / PIECE_PAGES_MIN);
    const share = Math.max(1, pieces) / (Math.max(1, pieces) + 1);
    const isVague = range.isSkewed || pages === PAGES_LEFT_MAX;
    const byValue = isVague ? undefined : middleByValue(stretch, share, this.#alphabets);
    const middle = byValue ?? middleByDepth(stretch, share, this.#alphabets);
    if (middle === undefined) {
      range.isWhole = true;
      return this.#divide();
    }
    const { prefix: p, end: e } = stretch;
    const far = new KeyRange({ p, a: middle, ...(e === undefined ? {} : { e }) }, range);
    far.isDoubtful = byValue === undefined;
    range.end = middle; // I2: in one step with the next line.
    this.#ranges.add(far);
    return far;
  }

  async #list(range: KeyRange, signal: AbortSignal): Promise<void> {
    const { plan } = this.#options;
    let from: Marker = {
      key: range.after,
      ...(range.afterVersion === undefined ? {} : { versionId: range.afterVersion }),
    };
    for (let isFirst = true; ; isFirst = false) {
      const keysMax = isFirst && range.isDoubtful ? PROBE_KEYS : PAGE_KEYS_MAX;
      const page = await this.#fetch(pageRequest(plan, range.prefix, from, keysMax), signal);
      const objects = this.#within(range, from, page);
      const { next } = page;
      range.isEnding = !next || (range.end !== undefined && compareKeys(next.key, range.end) >= 0);
      // In the middle of the end's own versions there is more to come.
      if (next?.versionId !== undefined && next.key === range.end) range.isEnding = false;
      if (next?.token !== undefined) range.isEnding = false;
      if (isFirst && range.origin) range.origin.isSkewed = range.isEnding;
      this.#learn(range, objects, keysMax === PROBE_KEYS ? undefined : next);
      const rows = objects.length > 0 ? await this.#options.rowsOf(objects, signal) : '';
      while (this.#rowsChars >= ROWS_CHARS_MAX && !signal.aborted) await this.#taken.rung(); // I4
      signal.throwIfAborted();
      this.#handOn(range, rows, objects.length, next);
      if (range.isEnding || !next) return;
      from = next.token === undefined ? next : { ...next, key: from.key };
    }
  }

  async #fetch(request: S3Request, signal: AbortSignal): Promise<Page> {
    const { ask, plan } = this.#options;
    const read = await ask(request, (answer) => readPage(plan, answer), signal);
    if (!read.ok) throw new ListingFailed(read);
    return read.value;
  }

  /** The page's objects that belong to the range as it is now. Its end may have moved meanwhile. */
  #within(range: KeyRange, from: Marker, { objects, next }: Page): readonly ListedObject[] {
    const { versions } = this.#options.plan;
    let before = from.key;
    // The same key again is right behind another version of it only.
    let mayRepeat = from.versionId !== undefined;
    const check = (key: string): void => {
      const order = before === '' ? 1 : compareKeys(key, before);
      const isRight = key.startsWith(range.prefix) && (order > 0 || (order === 0 && mayRepeat));
      if (!isRight) throw new ListingFailed(disorder(before, key)); // I3
      before = key;
      mayRepeat = versions;
    };
    for (const { key } of objects) check(key);
    const isStuck =
      next !== undefined &&
      (next.token === undefined ? isSame(next, from) : next.token === from.token);
    if (isStuck) throw new ListingFailed(disorder(from.key, next.key));
    if (next && next.token === undefined && next.key !== before) check(next.key);
    const { end } = range;
    if (end === undefined || compareKeys(before, end) <= 0) return objects;
    return objects.filter(({ key }) => compareKeys(key, end) <= 0);
  }

  /** What the page in hand tells for dividing the rest. */
  #learn(range: KeyRange, objects: readonly ListedObject[], next: Marker | undefined): void {
    const step = Math.max(1, Math.floor(objects.length / SAMPLES));
    for (let i = 0; i < objects.length; i += step) {
      this.#alphabets.add(codePoints(objects[i]?.key ?? ''));
    }
    range.isWhole = false;
    if (next && next.token === undefined) {
      range.page = { first: objects[0]?.key ?? next.key, last: next.key };
    }
    this.#changed.ring();
  }

  #handOn(range: KeyRange, rows: string, count: number, next: Marker | undefined): void {
    assert(this.#ranges.has(range), 'A range that has been listed to its end was listed again.');
    if (range.isEnding || !next) this.#ranges.delete(range);
    else if (next.token === undefined) {
      range.after = next.key;
      range.afterVersion = next.versionId;
    }
    this.#seen += count;
    this.#isNews = true;
    if (rows !== '') this.#rows.push(rows);
    this.#rowsChars += rows.length;
    this.#arrived.ring();
    this.#changed.ring();
  }
}

function isSame(a: Marker, b: Marker): boolean {
  return a.key === b.key && a.versionId === b.versionId;
}

function disorder(before: string, key: string): FailedOutcome {
  const [one, other] = [before, key].map((text) => JSON.stringify(text.slice(-40)));
  return {
    ok: false,
    httpStatus: 200,
    code: 'InvalidList',
    message: `The store does not list keys in the order of their bytes: ${other} follows on ${one}.`,
    again: 'never',
  };
}

/** Wakes all who wait; a ring that nobody hears is forgotten. */
class Bell {
  #waiting: (() => void)[] = [];

  rung(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  ring(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
