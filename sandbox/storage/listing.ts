/**
 * Walks keys in the order of their UTF-8 bytes, rolling up what shares a prefix up to a delimiter.
 *
 * I1. A group is visited once, and the walk jumps over the rest of its keys.
 * I2. Never more than `max` visits; `next` says whether and where more would come.
 */

export interface Walk<Row> {
  readonly prefix: string;
  /** Empty: no groups. */
  readonly delimiter: string;
  /** Where the walk starts, inclusive. */
  readonly start: string;
  /** At most this many rows and groups. */
  readonly max: number;
  /** Rows from a key on, in order. */
  readonly rows: (from: string) => Iterable<Row>;
  readonly keyOf: (row: Row) => string;
  /** Rows that are not part of the listing. */
  readonly isSkipped: (row: Row) => boolean;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Common prefixes. */
  readonly groups: readonly string[];
  /** Both, in the order of the walk. */
  readonly entries: readonly (Row | string)[];
  readonly isTruncated: boolean;
}

export function walk<Row extends object>(options: Walk<Row>): Page<Row> {
  const { prefix, delimiter, max, rows, keyOf, isSkipped } = options;
  const entries: (Row | string)[] = [];
  let isTruncated = false;
  let from: string | undefined = laterKey(prefix, options.start);

  const pass = (cursor: string): string | undefined => {
    for (const row of rows(cursor)) {
      const key = keyOf(row);
      if (!key.startsWith(prefix)) return undefined;
      if (isSkipped(row)) continue;
      if (entries.length >= max) {
        isTruncated = max > 0;
        return undefined;
      }
      const group = groupOf(key, prefix, delimiter);
      entries.push(group ?? row);
      if (group !== undefined) return afterPrefix(group); // I1
    }
    return undefined;
  };
  while (from !== undefined) from = pass(from);

  return {
    entries,
    rows: entries.filter((entry) => typeof entry !== 'string'),
    groups: entries.filter((entry) => typeof entry === 'string'),
    isTruncated,
  };
}

/** The common prefix that a key belongs to, or undefined when it stands for itself. */
export function groupOf(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '') return undefined;
  const end = key.indexOf(delimiter, prefix.length);
  return end < 0 ? undefined : key.slice(0, end + delimiter.length);
}

/** The first key after `key`. */
export function afterKey(key: string): string {
  return `${key}\0`;
}

/** The first key that sorts after all keys with this prefix; undefined when there can be none. */
export function afterPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const point = last.codePointAt(0) ?? 0;
    if (point === 0x10ffff) continue;
    // UTF-8 bytes sort as code points do, and surrogates are no characters.
    const next = point === 0xd7ff ? 0xe000 : point + 1;
    return points.join('') + String.fromCodePoint(next);
  }
  return undefined;
}

/** The later of two keys in the order of UTF-8 bytes, which is not the order of JavaScript. */
function laterKey(a: string, b: string): string {
  return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0 ? b : a;
}
