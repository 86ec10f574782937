/** kill -9 of the service alone, while the store, a real Ceph RGW, lives on. */
import { after, before, test } from 'node:test';
import { killAgainAndAgain } from '../e2e/kill.ts';
import { openOn } from '../e2e/on-store.ts';
import { startRgw } from './rgw.ts';

let scene: Awaited<ReturnType<typeof openOn>>;
before(async () => {
  scene = await openOn(startRgw);
});
after(() => scene.close());

test('A job on Ceph RGW survives five kills: each row once in its report, each object right', async (t) => {
  const say = (text: string): void => t.diagnostic(text);
  await killAgainAndAgain(scene.world, { rows: 20_000, kills: 5, say });
});
