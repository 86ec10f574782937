import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { afterKey, afterPrefix, walk } from '../../sandbox/storage/listing.ts';

function order(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Few letters, so that prefixes are shared, and characters on both sides of the surrogates. */
const key = fc
  .array(
    fc.constantFrom('a', 'b', '/', '//', 'é', '\ud7ff', '\ue000', '\uffff', '😀', '\u{10ffff}'),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((letters) => letters.join(''));

test('what comes after a prefix is the first key that does not start with it', () => {
  fc.assert(
    fc.property(key, key, (prefix, other) => {
      const after = afterPrefix(prefix);
      const isBehind = order(other, prefix) > 0 && !other.startsWith(prefix);
      assert.equal(after !== undefined && order(other, after) >= 0, isBehind);
      assert.ok(after === undefined || !after.startsWith(prefix));
    }),
  );
});

test('what comes after a key is the next one', () => {
  fc.assert(
    fc.property(key, key, (one, other) => {
      assert.equal(order(other, afterKey(one)) >= 0, order(other, one) > 0);
    }),
  );
});

test('a walk in pages of any size visits what the definition says, each once', () => {
  const scenario = fc.record({
    keys: fc.uniqueArray(key, { maxLength: 30 }),
    prefix: fc.oneof(fc.constant(''), key),
    delimiter: fc.constantFrom('', '/', '//', 'a', 'é'),
    max: fc.integer({ min: 1, max: 7 }),
    skipped: fc.constantFrom('b', 'é', 'x'),
  });
  fc.assert(
    fc.property(scenario, ({ keys, prefix, delimiter, max, skipped }) => {
      const sorted = [...keys].sort(order);
      const expected: string[] = [];
      for (const each of sorted) {
        if (!each.startsWith(prefix) || each.startsWith(skipped)) continue;
        const end = delimiter === '' ? -1 : each.indexOf(delimiter, prefix.length);
        const entry = end < 0 ? `key ${each}` : `group ${each.slice(0, end + delimiter.length)}`;
        if (expected.at(-1) !== entry) expected.push(entry);
      }
      const seen: string[] = [];
      let start: string | undefined = '';
      while (start !== undefined) {
        const page: ReturnType<typeof walk<{ key: string }>> = walk<{ key: string }>({
          prefix,
          delimiter,
          start,
          max,
          rows: (from) => sorted.filter((k) => order(k, from) >= 0).map((k) => ({ key: k })),
          keyOf: (row) => row.key,
          isSkipped: (row) => row.key.startsWith(skipped),
        });
        assert.ok(page.entries.length <= max);
        for (const entry of page.entries) {
          seen.push(typeof entry === 'string' ? `group ${entry}` : `key ${entry.key}`);
        }
        const last = page.entries.at(-1);
        if (!page.isTruncated || last === undefined) break;
        start = typeof last === 'string' ? afterPrefix(last) : afterKey(last.key);
      }
      assert.deepEqual(seen, expected);
    }),
    { numRuns: 300 },
  );
});
