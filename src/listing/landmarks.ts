/**
 * Folders of a bucket, found out by surveys: lists with a delimiter, which name a thousand folders in
 * one answer whatever is in them. Where keys come in clusters, nothing else says where those are.
 *
 * I1. Landmarks only help to guess. A folder that has gone since, or one nobody has heard of, costs a
 *     request, never an object.
 * I2. Bounded: the surveys, and the landmarks kept.
 * I3. Outside of what is unknown a stretch holds what its landmarks hold, and no more.
 */
import { compareKeys } from './key-order.ts';
import { type Folders, PAGE_KEYS_MAX } from './pages.ts';

/** A page of folders to ask for. */
export interface Survey {
  readonly folder: string;
  /** What its folders end in. */
  readonly delimiter: string;
  /** Query members that continue an earlier page of the same folder. */
  readonly next: Readonly<Record<string, string>> | undefined;
}

export interface Marks {
  readonly count: number;
  /** 0 to count - 1; undefined elsewhere. */
  at(index: number): string | undefined;
}

/** Enough to divide a listing of any length; surveys under way then may still bring a page each. */
const LANDMARKS_MAX = 8192;
/** What may end the name of a folder, or of something like it. */
const DELIMITERS: readonly string[] = ['/', '-', '_', '.', ':', '='];
const SURVEYS_MAX = 256;
/** With fewer of them for each lane the folders within folders are looked at too. */
const LANDMARKS_PER_LANE = 4;
/** A page with fewer folders is one of objects: to go on would be to list those twice. */
const FOLDERS_MIN = PAGE_KEYS_MAX / 10;

export class Landmarks {
  /** In the order of keys. */
  #keys: string[] = [];
  readonly #enough: number;
  #delimiters = DELIMITERS;
  #waiting = new Map<string, Survey>();
  #surveys = 0;
  /** Of these folders it is known what there is up to a key, and nothing of what comes behind it. */
  readonly #unknown: Map<string, string>;
  #begun = 0;
  #seen = 0;

  constructor(prefixes: readonly string[], lanes: number) {
    this.#enough = lanes * LANDMARKS_PER_LANE;
    this.#unknown = new Map(prefixes.map((prefix) => [prefix, '']));
    this.#wait(prefixes);
  }

  /** The next survey as long as landmarks are few; `isOpen` tells whether a folder has more to list. */
  next(isOpen: (folder: string) => boolean): Survey | undefined {
    for (const survey of this.#waiting.values()) {
      const isBegun = this.#unknown.has(survey.folder);
      if (!isBegun && this.#keys.length >= this.#enough) return undefined;
      this.#waiting.delete(survey.folder);
      if (isOpen(survey.folder)) return this.#counted(survey);
    }
    return undefined;
  }

  /** A survey of the largest folder around a key that has not been looked into. */
  around(key: string): Survey | undefined {
    const { delimiter } = this;
    for (let at = key.indexOf(delimiter); at >= 0; at = key.indexOf(delimiter, at + 1)) {
      const survey = this.#waiting.get(key.slice(0, at + 1));
      if (!survey) continue;
      this.#waiting.delete(survey.folder);
      return this.#counted(survey);
    }
    return undefined;
  }

  add({ folder, delimiter, next: from }: Survey, found: Folders): void {
    const { folders, hasObjects, last, next } = found;
    const isRich = folders.length >= FOLDERS_MIN;
    if (next === undefined) this.#unknown.delete(folder);
    else if (isRich || this.#unknown.has(folder)) this.#unknown.set(folder, last);
    // What a folder has taken apart stands for it, unless it has objects of its own before that.
    const isReplaced = from === undefined && !hasObjects && folders.length > 0;
    const kept = isReplaced ? this.#keys.filter((key) => key !== folder) : this.#keys;
    this.#keys = [...new Set([...kept, ...folders])].sort(compareKeys);
    if (next && isRich) {
      const rest = this.#waiting;
      this.#waiting = new Map([[folder, { folder, delimiter, next }], ...rest]);
    }
    if (next && this.#keys.length === 0) this.#separateOtherwise(last);
    this.#wait(folders);
  }

  /** What ends a folder's name. */
  get delimiter(): string {
    return this.#delimiters[0] ?? '/';
  }

  /** No folders at all: perhaps names are put together by something else. */
  #separateOtherwise(key: string): void {
    const rest = this.#delimiters.slice(1).filter((one) => key.includes(one));
    if (rest.length === 0) return;
    this.#delimiters = rest;
    this.#wait([...this.#unknown.keys()]);
  }

  #wait(folders: readonly string[]): void {
    const { delimiter } = this;
    for (const folder of folders) this.#waiting.set(folder, { folder, delimiter, next: undefined });
  }

  #counted(survey: Survey): Survey | undefined {
    this.#surveys += 1;
    return this.#surveys <= SURVEYS_MAX && this.#keys.length < LANDMARKS_MAX ? survey : undefined;
  }

  /** The store does not want to be asked like this. */
  giveUp(): void {
    this.#waiting.clear();
  }

  /** All folders behind a key and up to another are landmarks, I3. */
  knows(after: string, end: string | undefined): boolean {
    for (const [folder, known] of this.#unknown) {
      const isBefore = end !== undefined && compareKeys(end, known === '' ? folder : known) <= 0;
      const isBehind = !after.startsWith(folder) && compareKeys(after, folder) > 0;
      if (!isBefore && !isBehind) return false;
    }
    return true;
  }

  /** Landmarks strictly between two keys. */
  within(after: string, end: string | undefined): Marks {
    const first = this.#rank(after, true);
    const behind = end === undefined ? this.#keys.length : this.#rank(end, false);
    const count = Math.max(0, behind - first);
    return {
      count,
      at: (index) => (index >= 0 && index < count ? this.#keys[first + index] : undefined),
    };
  }

  /** A page behind `after` brought so many keys, up to `last`. */
  learn(after: string, last: string, count: number): void {
    // The landmark that a range begins behind is the folder it begins with.
    this.#begun += this.#rank(last, false) - this.#rank(after, false);
    this.#seen += count;
  }

  /** Mean of what is behind a landmark, up to the next one. */
  get pagesEach(): number {
    return (this.#seen + PAGE_KEYS_MAX) / PAGE_KEYS_MAX / (this.#begun + 1);
  }

  /** How many come before a key; with it, or without. */
  #rank(key: string, isIncluded: boolean): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = compareKeys(this.#keys[middle] ?? '', key);
      if (order < 0 || (isIncluded && order === 0)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
