/**
 * Texts with wildcards and policy variables, as in Resource and in conditions.
 *
 * I1. What a variable stands for is compared letter by letter: an asterisk in somebody's tag is an
 *     asterisk, and a colon in it moves no part of an ARN.
 * I2. Time is at most the product of both lengths, whatever the pattern.
 */
import { type Context, valuesOf } from './context.ts';

const ANY = Symbol('any characters');
const ONE = Symbol('one character');
type Piece = string | typeof ANY | typeof ONE;
const WILD: ReadonlyMap<string, Piece> = new Map<string, Piece>([
  ['*', ANY],
  ['?', ONE],
]);
/** A pattern after its variables; undefined: one of them stands for nothing here. */
export type Pattern = readonly Piece[] | undefined;

const VARIABLE = /\$\{([^}]*)\}/y;
/** `aws:username`, `aws:PrincipalTag/team, 'nobody'`; a wildcard as itself. */
const INSIDE = /^\s*([A-Za-z0-9-]+:[^,']+?)\s*(?:,\s*'([^']*)'\s*)?$/;
const LITERALS = ['*', '?', '$'];

/** Why a text is no pattern; undefined: it is one. */
export function problemOfPattern(text: string): string | undefined {
  for (let at = text.indexOf('${'); at >= 0; at = text.indexOf('${', at + 2)) {
    VARIABLE.lastIndex = at;
    const inside = VARIABLE.exec(text)?.[1];
    if (inside === undefined) return 'has a ${ without its }';
    if (!LITERALS.includes(inside) && !INSIDE.test(inside)) {
      return `has the variable \${${inside}}, which is none`;
    }
  }
  return undefined;
}

export function hasVariables(text: string): boolean {
  return text.includes('${');
}

/** `withVariables`: false for documents of the old version, which have none. */
export function patternOf(text: string, context: Context, withVariables: boolean): Pattern {
  const pieces: Piece[] = [];
  for (let at = 0; at < text.length;) {
    VARIABLE.lastIndex = at;
    const found = withVariables ? VARIABLE.exec(text) : null;
    if (found) {
      const value = valueOfVariable(found[1] ?? '', context);
      if (value === undefined) return undefined;
      pieces.push(...value); // I1
      at += found[0].length;
      continue;
    }
    const char = String.fromCodePoint(text.codePointAt(at) ?? 0);
    pieces.push(WILD.get(char) ?? char);
    at += char.length;
  }
  return pieces;
}

/** As `patternOf`, without wildcards; undefined as there. */
export function textOf(text: string, context: Context, withVariables: boolean): string | undefined {
  const pattern = patternOf(text, context, withVariables);
  const plain = (piece: Piece): string => {
    if (piece === ANY) return '*';
    return piece === ONE ? '?' : piece;
  };
  return pattern?.map(plain).join('');
}

function valueOfVariable(inside: string, context: Context): string | undefined {
  if (LITERALS.includes(inside)) return inside;
  const [, key = '', fallback] = INSIDE.exec(inside) ?? [];
  const values = valuesOf(context, key);
  // What has several values has none that could stand here.
  return values.length === 1 ? values[0] : fallback;
}

/** Greedy, with one place to go back to (I2). */
export function fits(text: string, pattern: readonly Piece[]): boolean {
  const chars = [...text];
  let [at, p, back, backAt] = [0, 0, -1, 0];
  while (at < chars.length) {
    if (p < pattern.length && pattern[p] === ANY) {
      back = p++;
      backAt = at;
    } else if (p < pattern.length && (pattern[p] === ONE || pattern[p] === chars[at])) {
      p++;
      at++;
    } else if (back >= 0) {
      p = back + 1;
      at = ++backAt;
    } else {
      return false;
    }
  }
  while (pattern[p] === ANY) p++;
  return p === pattern.length;
}

/** Whether an ARN fits part by part: no wildcard reaches over a colon before the sixth part. */
export function fitsArn(
  arn: string,
  pattern: string,
  context: Context,
  withVariables: boolean,
): boolean | undefined {
  if (pattern === '*') return true;
  const [have, want] = [partsOf(arn), partsOf(pattern)];
  const patterns = want.map((part) => patternOf(part, context, withVariables));
  if (patterns.some((one) => one === undefined)) return undefined;
  if (have.length !== want.length) return false;
  return have.every((part, i) => fits(part, patterns[i] ?? []));
}

/** Six, the last one with all that follows; a colon inside of a variable parts nothing. */
export function partsOf(arn: string): string[] {
  const parts: string[] = [];
  let [from, depth] = [0, 0];
  for (let at = 0; at < arn.length && parts.length < 5; at++) {
    if (arn.startsWith('${', at)) depth = 1;
    else if (arn[at] === '}') depth = 0;
    else if (arn[at] === ':' && depth === 0) {
      parts.push(arn.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, arn.slice(from)];
}

/** Actions: in any case, with wildcards and without variables. */
export function fitsAction(action: string, pattern: string): boolean {
  const none: Context = new Map();
  return fits(action.toLowerCase(), patternOf(pattern.toLowerCase(), none, false) ?? []);
}
