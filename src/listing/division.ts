/**
 * How much is left of a range, and where it is best divided: what has been seen of the bucket, put
 * together. Guesses all; a wrong one costs requests.
 */
import { Alphabets, type Places } from './alphabet.ts';
import { codePoints } from './key-order.ts';
import type { KeyRange } from './key-range.ts';
import { Landmarks } from './landmarks.ts';
import { isBeyond, middleByDepth, middleByValue, pagesLeft, type Stretch } from './middle.ts';
import type { ListedObject } from './pages.ts';

/** Numbers do not describe such a stretch: its keys are elsewhere than they say. */
export const PIECES_MAX = 10_000;
/**
 * Less is not worth a request of its own where the border is a guess: each costs half a page that
 * belongs to others, and what is before a lane is guessed too high rather than too low. Simulated with
 * 1.5, 3 and 6: 6 lists least twice, and takes no more round trips.
 */
const GUESSED_PAGES_MIN = 6;
/** Where folders are known; with 3 and 6 lanes were without work while one still had five folders. */
const KNOWN_PAGES_MIN = 2;
/** Keys of each page that the alphabets learn from. */
const SAMPLES = 16;
/** Behind all keys of a folder. */
const LAST = '\u{10ffff}';

export interface Middle {
  readonly key: string;
  /** What is behind it may well be empty. */
  readonly isDoubtful: boolean;
}

export class Division {
  readonly landmarks: Landmarks;
  /** Of whole keys. */
  readonly #alphabets = new Alphabets();
  /** Of what follows on the last slash. */
  readonly #names = new Alphabets();

  constructor(prefixes: readonly string[], lanes: number) {
    this.landmarks = new Landmarks(prefixes, lanes);
  }

  /** A page behind `after` that belongs to a range. */
  learn(after: string, objects: readonly ListedObject[]): void {
    const step = Math.max(1, Math.floor(objects.length / SAMPLES));
    for (let i = 0; i < objects.length; i += step) {
      const key = objects[i]?.key ?? '';
      this.#alphabets.add(codePoints(key));
      this.#names.add(codePoints(key.slice(this.#folderOf(key).length)));
    }
    this.landmarks.learn(after, objects.at(-1)?.key ?? after, objects.length);
  }

  /**
   * Into how many pieces, each worth a request of its own, a range may be divided; at most PIECES_MAX,
   * which stands for: unknown. Undefined: not now.
   */
  piecesOf(range: KeyRange): number | undefined {
    if (range.isEnding || range.isWhole) return undefined;
    const marks = this.#marksOf(range);
    if (this.#isKnown(range)) {
      const pages = this.#pagesOfFolder(range) + marks.count * this.landmarks.pagesEach;
      return Math.min(pages / KNOWN_PAGES_MIN, PIECES_MAX);
    }
    if (!range.page) return marks.count > 0 ? PIECES_MAX : undefined;
    const stretch = { prefix: range.prefix, ...range.page, end: range.end };
    if (isBeyond(stretch, this.#alphabets)) return PIECES_MAX;
    return Math.min(pagesLeft(stretch, this.#alphabets) / GUESSED_PAGES_MIN, PIECES_MAX);
  }

  /** `share` of the pieces stay before it, 0 < share < 1. Undefined: there is none. */
  middleOf(range: KeyRange, pieces: number, share: number): Middle | undefined {
    if (this.#isKnown(range)) {
      const key = this.#knownMiddle(range, share);
      if (key !== undefined) return { key, isDoubtful: false };
    }
    if (!range.page) {
      const marks = this.#marksOf(range);
      const key = marks.at(marks.count - 1);
      return key === undefined ? undefined : { key, isDoubtful: false };
    }
    const stretch = { prefix: range.prefix, ...range.page, end: range.end };
    const isVague = range.isSkewed || pieces >= PIECES_MAX;
    const byValue = isVague ? undefined : middleByValue(stretch, share, this.#alphabets);
    const key = byValue ?? middleByDepth(stretch, share, this.#alphabets);
    return key === undefined ? undefined : { key, isDoubtful: byValue === undefined };
  }

  /** At a landmark, or in the folder before the first of them. */
  #knownMiddle(range: KeyRange, share: number): string | undefined {
    const marks = this.#marksOf(range);
    const { pagesEach } = this.landmarks;
    const inFolder = this.#pagesOfFolder(range);
    const place = (inFolder + marks.count * pagesEach) * share;
    const name = place < inFolder ? this.#nameIn(range, place / inFolder) : undefined;
    const index = Math.floor(Math.max(0, place - inFolder) / pagesEach);
    return name ?? marks.at(Math.min(index, marks.count - 1));
  }

  #marksOf(range: KeyRange): ReturnType<Landmarks['within']> {
    return this.landmarks.within(range.readTo, range.end);
  }

  #isKnown(range: KeyRange): boolean {
    return this.landmarks.knows(range.readTo, range.end);
  }

  /** What is left of the folder that the range is in. */
  #pagesOfFolder(range: KeyRange): number {
    const inside = this.#restOfFolder(range);
    if (inside) return Math.min(pagesLeft(inside.stretch, inside.places), PIECES_MAX);
    return range.page ? this.landmarks.pagesEach / 2 : this.landmarks.pagesEach;
  }

  #nameIn(range: KeyRange, share: number): string | undefined {
    const inside = this.#restOfFolder(range);
    return inside && middleByValue(inside.stretch, share, inside.places);
  }

  /** The stretch to the end of the folder that the page in hand lies in, when that is one folder. */
  #restOfFolder(range: KeyRange): { stretch: Stretch; places: Places } | undefined {
    if (!range.page) return undefined;
    const { first, last } = range.page;
    const folder = this.#folderOf(last);
    if (!first.startsWith(folder)) return undefined;
    const end = range.end?.startsWith(folder) ? range.end : folder + LAST;
    const length = codePoints(folder).length;
    const places = { at: (place: number) => this.#names.at(place - length) };
    return { stretch: { prefix: range.prefix, first, last, end }, places };
  }

  /** To the last slash, which belongs to it. */
  #folderOf(key: string): string {
    return key.slice(0, key.lastIndexOf(this.landmarks.delimiter) + 1);
  }
}
