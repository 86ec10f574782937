import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sameSecret } from '../../src/auth/index.ts';

test('only the secret itself is the secret, and nobody has an empty one', () => {
  assert.equal(sameSecret('secret', 'secret'), true);
  for (const [text, secret] of [
    ['secre', 'secret'],
    ['secret ', 'secret'],
    ['', 'secret'],
    ['', ''],
    ['', undefined],
    ['undefined', undefined],
  ] as const) {
    assert.equal(sameSecret(text, secret), false, `${text} for ${secret}`);
  }
});
