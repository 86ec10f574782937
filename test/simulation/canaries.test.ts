/** Each checker of the simulation is shown something that it must not let pass. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MUTANTS } from './mutants.ts';
import { runWorld } from './world.ts';

/** Each is found out in far fewer; the numbers are in the diagnostics. */
const WORLDS_MAX = 150;

for (const { fault, symptom, sabotage } of MUTANTS) {
  test(`canary: a world in which ${fault} is found out`, async (t) => {
    const reasons = new Set<string>();
    for (let seed = 1; seed <= WORLDS_MAX; seed++) {
      const reason = await runWorld(seed, sabotage).then(
        () => undefined,
        (error: unknown) => String(error),
      );
      if (reason === undefined) continue;
      reasons.add(reason);
      if (!symptom.test(reason)) continue;
      t.diagnostic(`found out in world ${seed}`);
      return;
    }
    assert.fail(`${WORLDS_MAX} worlds did not show it. They showed: ${[...reasons].join('\n')}`);
  });
}

test('a seed decides everything: the same world tells the same story twice', async () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    assert.deepEqual(await runWorld(seed), await runWorld(seed));
  }
});
