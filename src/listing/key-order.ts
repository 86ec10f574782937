/** The order in which S3 lists keys: that of their UTF-8 bytes, which is not that of JavaScript. */

/**
 * Negative, zero or positive, as a comparator. UTF-16 puts the pairs of U+10000 and above before
 * U+E000 to U+FFFF; in UTF-8 they come last.
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return x >= 0xd800 && y >= 0xd800 ? inUtf8Order(x) - inUtf8Order(y) : x - y;
  }
  return a.length - b.length;
}

/** For units from D800 on: surrogates change places with what follows on them. */
function inUtf8Order(unit: number): number {
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** How many characters two keys, given as code points, share at their beginning. */
export function sharedLength(a: readonly number[], b: readonly number[]): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a[i] !== b[i]) return i;
  }
  return length;
}

export function codePoints(key: string): number[] {
  return Array.from(key, (char) => char.codePointAt(0) ?? 0);
}
