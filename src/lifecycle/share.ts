/** One limit, split over several workers. Pure; everybody comes to the same answer by themselves. */

/** The place of one worker among those that share something. */
export interface Share {
  readonly index: number;
  readonly of: number;
}

const WHOLE: Share = { index: 0, of: 1 };

/** Undefined: `name` is not among them. */
export function shareOf(names: readonly string[], name: string): Share | undefined {
  const index = [...names].sort().indexOf(name);
  return index < 0 ? undefined : { index, of: names.length };
}

/** The worker's part of a whole number: all parts add up to `total`, and differ by at most one. */
export function split(total: number, { index, of }: Share): number {
  return Math.floor(total / of) + (index < total % of ? 1 : 0);
}

/**
 * How much of a limit one worker may use: its share, as far as the others have let go of it. So a
 * newcomer waits until those that were there before have taken their new, smaller shares.
 */
export function grant(
  total: number,
  name: string,
  others: readonly { readonly name: string; readonly limit: number }[],
): number {
  const names = [name, ...others.map((other) => other.name)];
  const taken = others.reduce((sum, { limit }) => sum + limit, 0);
  return Math.min(split(total, shareOf(names, name) ?? WHOLE), Math.max(0, total - taken));
}
