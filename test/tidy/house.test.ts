/** The rules, applied to this repository. That each rule can fail is shown in canary.test.ts. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { PLAN } from './plan.ts';
import { readRepo } from './repo.ts';
import { RULES } from './rules/index.ts';

const repo = readRepo(join(import.meta.dirname, '../..'));

for (const [name, rule] of Object.entries(RULES)) {
  test(name, () => {
    const findings = rule(repo, PLAN).map(
      ({ path, line, message }) => `${path}:${line} ${message}`,
    );
    assert.ok(findings.length === 0, `\n  ${findings.join('\n  ')}`);
  });
}

test('the rules have read the house, not an empty folder', () => {
  for (const path of ['package.json', 'src/base/clock.ts', 'bin/brigade.js', '.ci/run']) {
    assert.ok(repo.has(path), path);
  }
});
