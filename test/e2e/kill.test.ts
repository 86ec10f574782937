/** kill -9 of the whole process, sandbox and all, again and again in the middle of a job. */
import { after, before, test } from 'node:test';
import { killAgainAndAgain } from './kill.ts';
import { World } from './world.ts';

let world: World;
before(async () => {
  world = await World.open();
});
after(() => world.close());

test('A job of 20,000 rows survives ten kills: each row once in its report, each object right', async (t) => {
  await killAgainAndAgain(world, { rows: 20_000, kills: 10, say: (text) => t.diagnostic(text) });
});
