/**
 * Lists a bucket with many requests at once, by dividing what is left of it.
 *
 * S3 lists in order and has no way to ask for the tenth part of a bucket. But it lists from any key
 * on, also from one that does not exist. So a lane that has nothing to do takes the far part of what
 * another lane has before it, from a key that division.ts guesses; and where there is nothing to guess
 * by, it asks for the names of folders.
 *
 * I1. Every object that was there all the time is handed on exactly once, whatever the guesses: the
 *     open ranges never overlap, and what is in none of them has been handed on.
 * I2. The position that comes with a batch says what is left after this batch and all before it. A
 *     range gives and another takes in one step, so no position shows half a division.
 * I3. A store whose keys do not come in UTF-8 order, or come twice, cannot be listed like this: that
 *     is a failure, never a gap.
 * I4. Bounded: requests in flight and ranges by the lanes (and prefixes), the rows that wait by
 *     ROWS_CHARS_MAX. So is the position.
 *
 * In between objects come and go; those are listed or not, as with any listing.
 */
import { assert } from '../base/assert.ts';
import type { FailedOutcome } from '../model/outcome.ts';
import type { S3Answer, S3Request } from '../s3/index.ts';
import { Division, PIECES_MAX } from './division.ts';
import { compareKeys } from './key-order.ts';
import { KeyRange, type SavedRange } from './key-range.ts';
import type { Survey } from './landmarks.ts';
import {
  foldersRequest,
  type ListedObject,
  type ListPlan,
  type Marker,
  type Page,
  PAGE_KEYS_MAX,
  pageRequest,
  type Read,
  readFolders,
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
 * Keys of the first page of what may well be empty: an answer from there tells of keys that belong to
 * others, and a store lists those in full if it is let.
 */
const PROBE_KEYS = 1;

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
  readonly #division: Division;
  readonly #ranges: Set<KeyRange>;
  #seen: number;
  #idle = 0;
  #mayHaveWork = true;
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
    this.#division = new Division(prefixes, options.lanes);
    this.#ranges = new Set(saved.map((range) => new KeyRange(range)));
    this.#seen = from?.seen ?? 0;
  }

  /** Resolves when nothing is under way any more; what went wrong, `take` tells. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const lane = async (): Promise<void> => {
      try {
        for (let work = await this.#next(either); work; work = await this.#next(either)) {
          if (work instanceof KeyRange) await this.#list(work, either);
          else await this.#survey(work, either);
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

  #change(): void {
    this.#mayHaveWork = true;
    this.#changed.ring();
  }

  #wakeAll(): void {
    for (const bell of [this.#changed, this.#taken, this.#arrived]) bell.ring();
  }

  /** What a lane that has nothing to do can do; undefined when nothing is left. */
  async #next(signal: AbortSignal): Promise<KeyRange | Survey | undefined> {
    this.#idle += 1;
    try {
      while (this.#ranges.size > 0) {
        signal.throwIfAborted();
        // What one lane did not find, the others need not look for until something changes.
        const work = this.#mayHaveWork ? (this.#waiting() ?? this.#divide()) : undefined;
        this.#mayHaveWork = work !== undefined;
        if (work instanceof KeyRange) work.isTaken = true;
        if (work) return work;
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

  /** Takes the far part of the range that has most before it, or looks for what there is. */
  #divide(): KeyRange | Survey | undefined {
    let largest: { range: KeyRange; pieces: number } | undefined;
    let piecesAll = 0;
    for (const range of this.#ranges) {
      const pieces = this.#division.piecesOf(range) ?? 0;
      if (pieces < 1) continue;
      piecesAll += pieces;
      if (!largest || pieces > largest.pieces) largest = { range, pieces };
    }
    if (!largest) return this.#surveyAhead();
    const { range, pieces } = largest;
    const isUnknown = pieces >= PIECES_MAX;
    const survey = isUnknown ? this.#surveyOpen() : undefined;
    if (survey) return survey;
    // All who are idle will come one after the other, so the first leaves room for the others.
    const wanted = Math.max(1, Math.min(Math.round((this.#idle * pieces) / piecesAll), pieces));
    const share = wanted / (wanted + 1);
    const middle = this.#division.middleOf(range, pieces, share);
    if (middle === undefined) {
      range.isWhole = true;
      return this.#divide();
    }
    const { readTo, prefix: p, end: e } = range;
    assert(
      compareKeys(middle.key, readTo) > 0 && (e === undefined || compareKeys(middle.key, e) < 0),
      'A range is divided inside of it.',
    );
    const far = new KeyRange({ p, a: middle.key, ...(e === undefined ? {} : { e }) }, range);
    far.isDoubtful = middle.isDoubtful;
    range.end = middle.key; // I2: in one step with the next line.
    this.#ranges.add(far);
    return far;
  }

  /** Nothing is known to be large; where lanes are, there may be folders that nobody has looked into. */
  #surveyAhead(): Survey | undefined {
    const { landmarks } = this.#division;
    for (const { isEnding, readTo } of this.#ranges) {
      const survey = isEnding ? undefined : landmarks.around(readTo);
      if (survey) return survey;
    }
    return this.#surveyOpen();
  }

  #surveyOpen(): Survey | undefined {
    return this.#division.landmarks.next((folder) => this.#isOpen(folder));
  }

  /** Something of the folder has not been listed yet. */
  #isOpen(folder: string): boolean {
    for (const { prefix, after, end, isEnding } of this.#ranges) {
      if (isEnding || !folder.startsWith(prefix)) continue;
      const isAhead = after === '' || compareKeys(folder, after) > 0 || after.startsWith(folder);
      if (isAhead && (end === undefined || compareKeys(folder, end) < 0)) return true;
    }
    return false;
  }

  async #survey({ folder, delimiter, next }: Survey, signal: AbortSignal): Promise<void> {
    const { ask, plan } = this.#options;
    const { landmarks } = this.#division;
    const request = foldersRequest(plan, folder, delimiter, next);
    signal.throwIfAborted();
    const found = await ask(request, (answer) => readFolders(plan, answer), signal);
    if (found.ok) landmarks.add({ folder, delimiter, next }, found.value);
    else landmarks.giveUp();
    this.#change();
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
      if (next && next.token === undefined) range.readTo = next.key;
      this.#learn(range, from.key, objects, keysMax === PROBE_KEYS ? undefined : next);
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
    signal.throwIfAborted();
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
  #learn(
    range: KeyRange,
    after: string,
    objects: readonly ListedObject[],
    next: Marker | undefined,
  ): void {
    this.#division.learn(after, objects);
    range.isWhole = false;
    if (next && next.token === undefined) {
      range.page = { first: objects[0]?.key ?? next.key, last: next.key };
    }
    this.#change();
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
    this.#change();
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
