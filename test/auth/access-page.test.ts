// Aim: the policies that docs/ACCESS.md shows decide what it says that they decide.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contextOf, decide, MANAGED_POLICIES, readPolicy } from '../../src/auth/index.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { examplesOfPage } from './access-page.ts';

const EXAMPLES = examplesOfPage();

test('the page has the documented examples of AWS, each with allowed and denied rows', () => {
  const names = EXAMPLES.map(({ name }) => name);
  for (const name of ['priority-by-department', 'own-department', 'confirm-waiting', 'one-role']) {
    assert.ok(names.includes(name), name);
  }
  for (const { name, rows } of EXAMPLES) {
    assert.ok(rows.some(({ isAllowed }) => isAllowed) && rows.some((row) => !row.isAllowed), name);
  }
});

for (const { name, document, rows } of EXAMPLES) {
  for (const { action, resource, context, isAllowed } of rows) {
    const given = context.map(([key, value]) => `${key}=${value}`).join(' ');
    test(`example ${name}: ${action} on ${resource} with ${given || 'nothing'}`, () => {
      const entries: Record<string, string[]> = {};
      for (const [key, value] of context) (entries[key] ??= []).push(value);
      const ask = { action, resource, context: contextOf(entries) };
      assert.equal(decide(ask, [readPolicy(name, document)]).isAllowed, isAllowed);
    });
  }
}

test('the page names every managed policy', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/ACCESS.md'), 'utf8');
  for (const name of Object.keys(MANAGED_POLICIES)) assert.ok(page.includes(`\`${name}\` (`), name);
});
