/** Aim: every rule finds what breaks it, and nothing in its near misses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CANARIES } from './canaries.ts';
import { PLAN } from './plan.ts';
import { RULES, type RuleName } from './rules/index.ts';

for (const [name, rule] of Object.entries(RULES)) {
  // RULES is the table whose keys are the RuleNames.
  const canaries = CANARIES[name as RuleName];

  test(`the rule can fail and can pass: ${name}`, () => {
    assert.ok(canaries.some((canary) => canary.finds.length > 0));
    assert.ok(canaries.some((canary) => canary.finds.length === 0));
    for (const { files, finds, plan } of canaries) {
      const found = rule(new Map(Object.entries(files)), plan ?? PLAN)
        .map(({ path, line, message }) => `${path}:${line} ${message}`)
        .sort();
      const shown = `${JSON.stringify(files, null, 2)}\nfound:\n${found.join('\n')}`;
      assert.equal(found.length, finds.length, shown);
      finds.forEach((pattern, index) => assert.match(found[index] ?? '', pattern, shown));
    }
  });
}
