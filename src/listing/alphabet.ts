/**
 * The characters that the keys of a bucket are made of, as far as they have been seen, place by
 * place. Half way between two keys lies somewhere else when the character that differs is a digit
 * than when it may be anything of Unicode, so the search for a middle reckons in these characters.
 *
 * A character of a family (digits, lower case, upper case) brings its family along; of letters only
 * A to F as long as names may be hexadecimal.
 */
import { KEY_BYTES_MAX } from '../model/limits.ts';

/** Per place. Enough for every script but Chinese; there any hundred of them divide the rest as well. */
const SYMBOLS_MAX = 256;

const FAMILIES: readonly (readonly [first: string, last: string])[] = [
  ['0', '9'],
  ['a', 'f'],
  ['a', 'z'],
  ['A', 'F'],
  ['A', 'Z'],
];

export interface Places {
  /** Of the characters at this place of a key. */
  at(place: number): Alphabet;
}

/** One for each place in a key. */
export class Alphabets implements Places {
  /** Whatever was seen at any place. */
  readonly anywhere = new Alphabet();
  readonly #places: Alphabet[] = [];

  add(key: readonly number[]): void {
    key.forEach((point, place) => {
      this.at(place).add(point);
      this.anywhere.add(point);
    });
  }

  at(place: number): Alphabet {
    while (this.#places.length <= Math.min(place, KEY_BYTES_MAX)) this.#places.push(new Alphabet());
    return this.#places[Math.min(place, KEY_BYTES_MAX)] ?? new Alphabet();
  }
}

export class Alphabet {
  /** Code points, ascending. */
  readonly symbols: number[] = [];
  readonly #seen = new Set<number>();

  add(point: number): void {
    if (this.#seen.has(point) || this.symbols.length >= SYMBOLS_MAX) return;
    this.#seen.add(point);
    this.#insert(point);
    const family = FAMILIES.map((ends) => ends.map((end) => end.charCodeAt(0))).find(
      ([low = 0, high = 0]) => point >= low && point <= high,
    );
    if (!family) return;
    const [low = 0, high = 0] = family;
    for (let one = low; one <= high; one++) this.#insert(one);
  }

  /** How many symbols come before this code point. */
  rank(point: number): number {
    let low = 0;
    let high = this.symbols.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.symbols[middle] ?? 0) < point) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insert(point: number): void {
    const rank = this.rank(point);
    if (this.symbols[rank] !== point) this.symbols.splice(rank, 0, point);
  }
}
