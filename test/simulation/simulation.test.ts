/**
 * Hundreds of small worlds, each decided by a seed. A world that fails prints its seed and how to run
 * it again; it is kept in SEEDS_KEPT when it is mended. Thousands: `npm run sim`.
 */
import { test } from 'node:test';
import { SEEDS_KEPT, Tally } from './tally.ts';
import { runWorld } from './world.ts';

const WORLDS = Number(process.env['BRIGADE_WORLDS'] ?? 300);

function seeds(): readonly number[] {
  const given = process.env['BRIGADE_SEED'];
  if (given) return [Number(given)];
  const fresh = Math.floor(Math.random() * 1e9);
  return [...SEEDS_KEPT, ...Array.from({ length: WORLDS }, (_, index) => fresh + index)];
}

test('in every world each row is reported once, and every job ends', async (t) => {
  const tally = new Tally();
  for (const seed of seeds()) {
    try {
      tally.add(await runWorld(seed));
    } catch (error) {
      const again = `npm run sim -- --seed ${seed}`;
      throw new Error(`World ${seed} fails. Again: ${again}`, { cause: error });
    }
  }
  t.diagnostic(tally.toString());
});
