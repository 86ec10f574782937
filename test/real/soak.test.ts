/** `npm run soak`, for about two minutes. */
import { test } from 'node:test';
import { inspect } from 'node:util';
import { soak } from '../soak/soak.ts';

/** Of faults; before and after them, and between the two stores, it takes as long again. */
const MINUTES = 1;

test('Under fire on Ceph RGW and on the sandbox every job ends, and everything agrees', async (t) => {
  const seed = Number(process.env['BRIGADE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  // Told as it happens: whoever waits sees that it goes on.
  const say = (line: string): void => t.diagnostic(line);
  say(`BRIGADE_TEST_SEED=${seed} repeats its choices.`);
  try {
    await soak({ minutes: MINUTES, seed, say });
  } catch (error) {
    throw new Error(`BRIGADE_TEST_SEED=${seed}: ${inspect(error)}`, { cause: error });
  }
});
