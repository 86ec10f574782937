import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { shareOf, split } from '../../src/lifecycle/index.ts';

const names = fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 12 });

test('the parts of a limit add up to it, and differ by at most one', () => {
  fc.assert(
    fc.property(names, fc.nat(1000), (all, total) => {
      const parts = all.map((name) => split(total, shareOf(all, name) ?? { index: 0, of: 1 }));
      assert.equal(
        parts.reduce((sum, part) => sum + part, 0),
        total,
      );
      assert.ok(Math.max(...parts) - Math.min(...parts) <= 1);
    }),
  );
});

test('in whatever order the names come, everybody finds the same place', () => {
  fc.assert(
    fc.property(names, (all) => {
      const places = all.map((name) => shareOf([...all].reverse(), name)?.index);
      assert.deepEqual(
        places,
        all.map((name) => shareOf(all, name)?.index),
      );
      assert.equal(new Set(places).size, all.length);
    }),
  );
});

test('who is not among them has no share', () => {
  assert.equal(shareOf(['a', 'b'], 'c'), undefined);
});
