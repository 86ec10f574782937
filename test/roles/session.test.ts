// Aim: a session is renewed before its end, once for however many requests, and whoever gives out
// sessions being away is felt only when the old one is over.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { RoleSession } from '../../src/roles/session.ts';
import type { Assumed } from '../../src/roles/index.ts';

const SESSION_MS = 900_000;
const AWAY: Assumed = { ok: false, reason: 'STS is away', isFinal: false };
const GONE: Assumed = { ok: false, reason: 'NoSuchEntity', isFinal: true };

function scene() {
  const clock = new ManualClock();
  const scene = { clock, calls: 0, answer: undefined as Assumed | undefined, session };
  const assume = (): Promise<Assumed> => {
    const accessKeyId = `ASIA${++scene.calls}`;
    const expiresAt = clock.now() + SESSION_MS;
    const credentials = { accessKeyId, secretAccessKey: 's', sessionToken: 't', expiresAt };
    return Promise.resolve(scene.answer ?? { ok: true, credentials });
  };
  const made = new RoleSession({ assume, clock, random: seededRandom(1) });
  function session(): RoleSession {
    return made;
  }
  return scene;
}

const idOf = (one: object | undefined): unknown =>
  one && ('accessKeyId' in one ? one.accessKeyId : one);
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a thousand requests that need a session at once ask for it once', async () => {
  const { session, ...all } = scene();
  const one = session();
  assert.equal(one.current(all.clock.now()), undefined);
  const got = await Promise.all(Array.from({ length: 1000 }, () => one.next(undefined)));
  assert.deepEqual(new Set(got.map(idOf)), new Set(['ASIA1']));
});

test('a session is renewed when a third of it is left, and requests go on with the old one meanwhile', async () => {
  const world = scene();
  const one = world.session();
  await one.next(undefined);
  world.clock.advance(SESSION_MS * 0.66);
  assert.equal(idOf(one.current(world.clock.now())), 'ASIA1');
  await settle();
  assert.equal(world.calls, 1);
  world.clock.advance(SESSION_MS * 0.02);
  for (let i = 0; i < 100; i++) assert.equal(idOf(one.current(world.clock.now())), 'ASIA1');
  await settle();
  assert.equal(world.calls, 2);
  assert.equal(idOf(one.current(world.clock.now())), 'ASIA2');
});

test('while STS is away the old session signs to its end, and then nobody does', async () => {
  const world = scene();
  const one = world.session();
  await one.next(undefined);
  world.answer = AWAY;
  for (let at = 0; at < SESSION_MS - 10_000; at += 1000) {
    world.clock.advance(1000);
    assert.equal(idOf(one.current(world.clock.now())), 'ASIA1');
    await settle();
  }
  // Five minutes of asking: with pauses of up to half a minute, not once a second.
  assert.ok(world.calls > 5 && world.calls < 60, `asked ${world.calls} times`);
  world.clock.advance(10_000);
  assert.equal(one.current(world.clock.now()), undefined);
  assert.deepEqual(await one.next(undefined), { reason: 'STS is away', isFinal: false });
  const { calls } = world;
  await Promise.all(Array.from({ length: 100 }, () => one.next(undefined)));
  assert.ok(world.calls <= calls + 1, 'a hundred waiting requests asked for themselves');
  world.answer = undefined;
  world.clock.advance(31_000);
  assert.match(String(idOf(await one.next(undefined))), /^ASIA/);
});

test('a role that is refused says so, and is asked for again after a pause', async () => {
  const world = scene();
  world.answer = GONE;
  const one = world.session();
  assert.deepEqual(await one.next(undefined), { reason: 'NoSuchEntity', isFinal: true });
  world.answer = undefined;
  world.clock.advance(31_000);
  assert.equal(idOf(await one.next(undefined)), 'ASIA2');
});

test('a session that the store refuses is replaced, though not twice in ten seconds', async () => {
  const world = scene();
  const one = world.session();
  const first = await one.next(undefined);
  assert.ok('accessKeyId' in first);
  assert.ok('reason' in (await one.next(first)), 'a session one instant old was replaced');
  world.clock.advance(11_000);
  const second = await one.next(first);
  assert.equal(idOf(second), 'ASIA2');
  // Who was refused with the first one is given the second, and nobody is asked.
  assert.equal(idOf(await one.next(first)), 'ASIA2');
  assert.equal(world.calls, 2);
});

test('who stops waiting is rejected with their reason, and the session comes for the others', async () => {
  const world = scene();
  const one = world.session();
  const leaving = new AbortController();
  const [mine, theirs] = [one.next(undefined, leaving.signal), one.next(undefined)];
  leaving.abort(new Error('I left'));
  await assert.rejects(mine, /I left/);
  assert.equal(idOf(await theirs), 'ASIA1');
});
