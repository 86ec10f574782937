/**
 * Where to divide a stretch of keys that nobody has seen.
 *
 * I1. What comes out lies strictly between the last key that was seen and the end, and is whole
 *     characters. Any such key divides without losing one, since both sides are listed; a bad choice
 *     costs an answer that brings nothing, never an object.
 * I2. Two ways to guess. By value: keys are numbers, each place a digit in the base of its alphabet,
 *     good where names are spread evenly. By depth: any character of the last key may be the one that
 *     changes next, and those places are divided; a binary search over its length finds where names
 *     begin to differ, behind whatever prefix they share.
 * I3. Deeper than the page in hand varies there is nothing to find: those keys are in it.
 */
import type { Alphabet, Alphabets, Places } from './alphabet.ts';
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

/** Numbers up to here, times any base, are exact. */
const VALUE_MAX = 2 ** 44;
const POINT_MAX = 0x10ffff;

/** How many more pages like the one in hand the stretch may hold; a guess, Infinity when unknown. */
export function pagesLeft({ first, last, end }: Stretch, places: Places): number {
  if (end === undefined) return Infinity;
  const [from, to, bound] = [codePoints(first), codePoints(last), codePoints(end)];
  const shared = sharedLength(from, bound);
  const bases = basesFrom(shared, places);
  const valueOf = (key: readonly number[]): number => value(key, shared, bases, places);
  const page = valueOf(to) - valueOf(from);
  return page <= 0 ? Infinity : Math.max(0, (valueOf(bound) - valueOf(to)) / page);
}

/** The bound lies behind all characters that have been seen there: there is no telling how far. */
export function isBeyond({ first, end }: Stretch, places: Places): boolean {
  if (end === undefined) return true;
  const [from, bound] = [codePoints(first), codePoints(end)];
  const shared = sharedLength(from, bound);
  return (bound[shared] ?? 0) > (places.at(shared).symbols.at(-1) ?? 0);
}

/** `share` of the stretch stays on the left, 0 < share < 1. Undefined: by this way there is none. */
export function middleByValue(
  { last, end }: Stretch,
  share: number,
  places: Places,
): string | undefined {
  if (end === undefined) return undefined;
  const [from, to] = [codePoints(last), codePoints(end)];
  const shared = sharedLength(from, to);
  const bases = basesFrom(shared, places);
  const low = value(from, shared, bases, places);
  const high = value(to, shared, bases, places);
  let left = Math.floor(low + (high - low) * share);
  let unit = bases.reduce((product, base) => product * base, 1);
  let text = String.fromCodePoint(...from.slice(0, shared));
  // The shortest beginning of the number that lies between says enough.
  for (const [i, base] of bases.entries()) {
    unit /= base;
    const digit = Math.floor(left / unit);
    left -= digit * unit;
    const symbol = places.at(shared + i).symbols[digit - 1];
    if (symbol === undefined) return undefined;
    text += String.fromCodePoint(symbol);
    if (isBetween(text, last, end)) return text;
  }
  return undefined;
}

/** As `middleByValue`. Finds one wherever there is one, sooner or later. */
export function middleByDepth(
  stretch: Stretch,
  share: number,
  alphabets: Alphabets,
): string | undefined {
  const { prefix, last, end } = stretch;
  const [first, from] = [codePoints(stretch.first), codePoints(last)];
  const to = end === undefined ? undefined : codePoints(end);
  const top = to === undefined ? codePoints(prefix).length : sharedLength(from, to);
  const bottom = Math.max(top, Math.min(from.length, sharedLength(first, from) + 1)); // I3

  const at = (depth: number, shareOfDepth: number): string | undefined => {
    const low = from[depth] ?? -1;
    const bound = depth === top ? to?.[depth] : undefined;
    // Of a longer end the bound is only the beginning, which alone lies before it.
    const isIncluded = bound === undefined || (to !== undefined && to.length > depth + 1);
    const high = (bound ?? POINT_MAX) + (isIncluded ? 1 : 0);
    const point =
      symbolBetween(low, high, shareOfDepth, alphabets.at(depth)) ??
      symbolBetween(low, high, shareOfDepth, alphabets.anywhere) ??
      pointBetween(low, high, shareOfDepth);
    if (point === undefined) return undefined;
    const text = String.fromCodePoint(...from.slice(0, depth), point);
    return isBetween(text, last, end) ? text : undefined;
  };

  const position = share * (bottom - top + 1);
  const depth = bottom - Math.floor(position);
  let found = at(depth, position % 1);
  for (let other = depth + 1; !found && other <= bottom; other++) found = at(other, 0.5);
  for (let other = depth - 1; !found && other >= top; other--) found = at(other, 0.5);
  return found;
}

/** Above `low` and below `high`. */
function symbolBetween(
  low: number,
  high: number,
  share: number,
  alphabet: Alphabet,
): number | undefined {
  const from = alphabet.rank(low + 1);
  const count = alphabet.rank(high) - from;
  return count > 0 ? alphabet.symbols[from + Math.floor(count * share)] : undefined;
}

/** As `symbolBetween`, when no character that was seen is there: any. */
function pointBetween(low: number, high: number, share: number): number | undefined {
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

/** A digit for each symbol, one for the end of a key, and one for what lies behind all symbols. */
function basesFrom(start: number, places: Places): number[] {
  const bases: number[] = [];
  for (let product = 1; product < VALUE_MAX;) {
    const base = places.at(start + bases.length).symbols.length + 2;
    bases.push(base);
    product *= base;
  }
  return bases;
}

/** The characters from `start` on as a number; no character counts less than any. */
function value(
  key: readonly number[],
  start: number,
  bases: readonly number[],
  places: Places,
): number {
  return bases.reduce((number, base, i) => {
    const point = key[start + i];
    const digit = point === undefined ? 0 : places.at(start + i).rank(point) + 1;
    return number * base + digit;
  }, 0);
}
