/** Aim: whoever lists the bench's bucket finds every key once, or a peer is compared with other work. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Listing } from '../../bench/lib/bucket-lists.ts';

const KEYS = fc.uniqueArray(fc.stringMatching(/^[ab/]{1,6}$/), { maxLength: 40 });

/** All pages, one after the other. */
function listed(
  keys: readonly string[],
  asked: Readonly<Record<string, string>>,
  token: 'marker' | 'continuation-token',
): { readonly keys: string[]; readonly groups: string[] } {
  const listing = new Listing(keys);
  const found = { keys: [] as string[], groups: [] as string[] };
  for (let after = ''; ;) {
    const query = new URLSearchParams({ ...asked, ...(after === '' ? {} : { [token]: after }) });
    const page = listing.page(query);
    const all = (pattern: RegExp): string[] =>
      [...page.matchAll(pattern)].map(([, one = '']) => one);
    found.keys.push(...all(/<Contents><Key>([^<]*)</g));
    found.groups.push(...all(/<CommonPrefixes><Prefix>([^<]*)</g));
    if (!page.includes('<IsTruncated>true<')) return found;
    const [, next = ''] = /<Next(?:ContinuationToken|Marker)>([^<]*)</.exec(page) ?? [];
    assert.notEqual(next, after, 'a listing that does not go on');
    after = next;
  }
}

for (const [name, call, token] of [
  ['first', {}, 'marker'],
  ['second', { 'list-type': '2' }, 'continuation-token'],
] as const) {
  test(`the ${name} version of the call lists every key below a prefix once, in pages`, () => {
    const max = fc.integer({ min: 1, max: 5 }).map(String);
    fc.assert(
      fc.property(KEYS, fc.stringMatching(/^[ab/]{0,2}$/), max, (keys, prefix, most) => {
        const asked = { ...call, prefix, 'max-keys': most };
        const wanted = keys.filter((key) => key.startsWith(prefix)).sort();
        assert.deepEqual(listed(keys, asked, token), { keys: wanted, groups: [] });
      }),
    );
  });
}

test('with a delimiter each group is listed once, and keys outside of groups', () => {
  const max = fc.integer({ min: 1, max: 5 }).map(String);
  fc.assert(
    fc.property(KEYS, max, (keys, most) => {
      const asked = { 'list-type': '2', delimiter: '/', 'max-keys': most };
      const groups = new Set(
        keys.filter((key) => key.includes('/')).map((key) => key.slice(0, key.indexOf('/') + 1)),
      );
      const single = keys.filter((key) => !key.includes('/'));
      const found = listed(keys, asked, 'continuation-token');
      assert.deepEqual(found, { keys: single.sort(), groups: [...groups].sort() });
    }),
  );
});
