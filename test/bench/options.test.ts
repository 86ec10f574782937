/** Aim: an option that is misspelt or senseless ends a bench instead of measuring something else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { benchOptions, chosenVariants, VALUED } from '../../bench/lib/options.ts';

const ROWS = { full: 1000, quick: 10 };

test('rows are those that were asked for, else the quick or the full number', () => {
  assert.equal(benchOptions(ROWS, []).rows, 1000);
  assert.equal(benchOptions(ROWS, ['--quick']).rows, 10);
  assert.equal(benchOptions(ROWS, ['--quick', '--rows', '77']).rows, 77);
});

test('a number of rows, rounds or chunks is whole and above zero', () => {
  for (const name of ['rows', 'rounds', 'chunks']) {
    for (const value of ['0', '1.5', 'x', '']) {
      assert.throws(() => benchOptions(ROWS, [`--${name}`, value]), /whole number above zero/);
    }
  }
});

test('an option that no bench knows is refused, and every valued one takes its value', () => {
  assert.throws(() => benchOptions(ROWS, ['--row', '5']));
  for (const name of VALUED) assert.equal(benchOptions(ROWS, [`--${name}`, '5']).json, false);
});

test('a variant that does not exist is refused by name', () => {
  const given = (args: string[]): readonly string[] =>
    chosenVariants(['one', 'two'], benchOptions(ROWS, args));
  assert.deepEqual(given([]), ['one', 'two']);
  assert.deepEqual(given(['--variant', 'two']), ['two']);
  assert.throws(() => given(['--variant', 'three']), /one of one, two, not three/);
});
