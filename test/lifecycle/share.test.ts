import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { grant, shareOf, split } from '../../src/lifecycle/index.ts';

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

test('however workers come and go, they never take more than the limit together, and in the end their shares', () => {
  // Each script entry: which worker looks; `died` entries are removed before the others look again.
  const script = fc.array(
    fc.record({ who: fc.nat(5), does: fc.constantFrom('look', 'look', 'die') }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(script, fc.integer({ min: 1, max: 100 }), (steps, total) => {
      const present = new Map<string, number>();
      const look = (name: string): void => {
        const others = [...present].filter(([other]) => other !== name);
        present.set(
          name,
          grant(
            total,
            name,
            others.map(([other, limit]) => ({ name: other, limit })),
          ),
        );
      };
      const sum = (): number => [...present.values()].reduce((all, one) => all + one, 0);
      for (const { who, does } of steps) {
        if (does === 'die') present.delete(`w${who}`);
        else look(`w${who}`);
        assert.ok(sum() <= total);
      }
      if (present.size === 0) return;
      for (const _ of [1, 2]) for (const name of [...present.keys()]) look(name);
      assert.equal(sum(), total);
      const limits = [...present.values()];
      assert.ok(Math.max(...limits) - Math.min(...limits) <= 1);
    }),
  );
});
