/**
 * The characters that the keys of a bucket are made of, as far as they have been seen. Half way
 * between two keys lies somewhere else when names are made of ten digits than when they are made of
 * all of Unicode, so the search for a middle reckons in these characters.
 *
 * A character of a family (digits, lower case, upper case) brings its family along; of letters only
 * A to F have been seen as long as names may be hexadecimal.
 */

/** Enough for every script but Chinese, and there any thousand of them divide the rest as well. */
const SYMBOLS_MAX = 1024;

const FAMILIES: readonly (readonly [first: string, last: string])[] = [
  ['0', '9'],
  ['a', 'f'],
  ['g', 'z'],
  ['A', 'F'],
  ['G', 'Z'],
];

export class Alphabet {
  /** Code points, ascending. */
  readonly symbols: number[] = [];
  readonly #known = new Set<number>();

  add(key: readonly number[]): void {
    for (const point of key) {
      if (this.#known.has(point) || this.symbols.length >= SYMBOLS_MAX) continue;
      this.#insert(point);
      for (const [first, last] of FAMILIES) {
        const low = first.charCodeAt(0);
        const high = last.charCodeAt(0);
        if (point < low || point > high) continue;
        for (let one = low; one <= high; one++) this.#insert(one);
        // Whoever has letters behind F has those before it as well.
        if (first === 'g') this.add([0x61]);
        if (first === 'G') this.add([0x41]);
      }
    }
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
    if (this.#known.has(point)) return;
    this.#known.add(point);
    this.symbols.splice(this.rank(point), 0, point);
  }
}
