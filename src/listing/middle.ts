/**
 * Where to divide a stretch of keys that nobody has seen.
 *
 * I1. What comes out lies strictly between the last key that was seen and the end, and is whole
 *     characters. Any such key divides without losing one, since both sides are listed; a bad choice
 *     costs an empty answer, never an object.
 * I2. Two ways to guess. By value: keys are numbers in a base of the alphabet's size, good where names
 *     are spread evenly. By depth: any character of the last key may be the one that changes next,
 *     and those places are divided; a binary search over its length finds where names begin to
 *     differ, behind whatever prefix they share.
 * I3. Deeper than the page in hand varies there is nothing to find: those keys are in it.
 */
import type { Alphabet } from './alphabet.ts';
import { codePoints, compareKeys, sharedLength } from './key-order.ts';

/** A stretch whose beginning has just been seen. */
export interface Stretch {
  /** All its keys begin with this. */
  readonly prefix: string;
  /** First key of the page in hand. */
  readonly first: string;
  /** Its last key; the stretch begins behind it. */
  readonly last: string;
  /** Inclusive; undefined: to the end of the prefix. */
  readonly end: string | undefined;
}

/** Numbers are exact up to here. */
const EXACT_BITS = 52;
const POINT_MAX = 0x10ffff;

/** How many more pages like the one in hand the stretch may hold; a guess, Infinity when unknown. */
export function pagesLeft({ first, last, end }: Stretch, alphabet: Alphabet): number {
  if (end === undefined) return Infinity;
  const [from, to, bound] = [codePoints(first), codePoints(last), codePoints(end)];
  const shared = sharedLength(from, bound);
  // Behind all characters that have been seen there is no telling.
  if (alphabet.rank(bound[shared] ?? 0) >= alphabet.symbols.length) return Infinity;
  const valueOf = (key: readonly number[]): number => value(key, shared, alphabet);
  const page = valueOf(to) - valueOf(from);
  return page <= 0 ? Infinity : Math.max(0, (valueOf(bound) - valueOf(to)) / page);
}

/** `share` of the stretch stays on the left, 0 < share < 1. Undefined: by this way there is none. */
export function middleByValue(
  { last, end }: Stretch,
  share: number,
  alphabet: Alphabet,
): string | undefined {
  if (end === undefined) return undefined;
  const [from, to] = [codePoints(last), codePoints(end)];
  const shared = sharedLength(from, to);
  const low = value(from, shared, alphabet);
  const high = value(to, shared, alphabet);
  let left = Math.floor(low + (high - low) * share);
  // The shortest beginning of the number that lies between says enough.
  const base = baseOf(alphabet);
  let text = String.fromCodePoint(...from.slice(0, shared));
  for (let unit = base ** (digitsOf(alphabet) - 1); unit >= 1; unit /= base) {
    const digit = Math.floor(left / unit);
    left -= digit * unit;
    const symbol = alphabet.symbols[digit - 1];
    if (symbol === undefined) return undefined;
    text += String.fromCodePoint(symbol);
    if (isBetween(text, last, end)) return text;
  }
  return undefined;
}

export function middleByDepth(
  stretch: Stretch,
  share: number,
  alphabet: Alphabet,
): string | undefined {
  const { prefix, last, end } = stretch;
  const [first, from] = [codePoints(stretch.first), codePoints(last)];
  const to = end === undefined ? undefined : codePoints(end);
  const top = to === undefined ? codePoints(prefix).length : sharedLength(from, to);
  const bottom = Math.max(top, Math.min(from.length, sharedLength(first, from) + 1)); // I3

  const at = (depth: number, shareOfDepth: number): string | undefined => {
    const low = from[depth] ?? -1;
    const bound = depth === top ? to?.[depth] : undefined;
    // Its own character alone is still before a longer end.
    const high =
      (bound ?? POINT_MAX + 1) + (bound !== undefined && depth + 1 < (to?.length ?? 0) ? 1 : 0);
    const point = pointBetween(low, high, shareOfDepth, alphabet);
    if (point === undefined) return undefined;
    const text = String.fromCodePoint(...from.slice(0, depth), point);
    return isBetween(text, last, end) ? text : undefined;
  };

  const position = share * (bottom - top + 1);
  const depth = bottom - Math.floor(position);
  const found = at(depth, position % 1);
  if (found !== undefined) return found;
  for (let other = depth + 1; other <= bottom; other++) {
    const deeper = at(other, 0.5);
    if (deeper !== undefined) return deeper;
  }
  for (let other = depth - 1; other >= top; other--) {
    const higher = at(other, 0.5);
    if (higher !== undefined) return higher;
  }
  return undefined;
}

/** A character of the alphabet above `low` and below `high`, or any, if it has none there. */
function pointBetween(
  low: number,
  high: number,
  share: number,
  alphabet: Alphabet,
): number | undefined {
  const from = alphabet.rank(low + 1);
  const count = alphabet.rank(high) - from;
  if (count > 0) return alphabet.symbols[from + Math.floor(count * share)];
  const point = low + 1 + Math.floor((high - low - 1) * share);
  if (point >= high) return undefined;
  // Halves of surrogate pairs are no characters.
  return point >= 0xd800 && point <= 0xdfff ? 0xd7ff : point;
}

function isBetween(key: string, after: string, before: string | undefined): boolean {
  return (
    compareKeys(key, after) > 0 && (before === undefined || compareKeys(key, before) < 0) // I1
  );
}

/** The characters from `start` on as a number; no character counts less than any. */
function value(key: readonly number[], start: number, alphabet: Alphabet): number {
  const base = baseOf(alphabet);
  const digits = digitsOf(alphabet);
  let number = 0;
  for (let i = start; i < start + digits; i++) {
    const point = key[i];
    number = number * base + (point === undefined ? 0 : alphabet.rank(point) + 1);
  }
  return number;
}

/** A digit for each symbol, one for the end of a key, and one for what lies behind all symbols. */
function baseOf(alphabet: Alphabet): number {
  return alphabet.symbols.length + 2;
}

function digitsOf(alphabet: Alphabet): number {
  return Math.floor(EXACT_BITS / Math.log2(baseOf(alphabet)));
}
