// Aim: a worker holds as few chunks as keep it busy, at any speed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Supply } from '../../src/engine/supply.ts';

const TICK_MS = 200;
const CHUNK_ROWS = 1000;
const REQUESTS = 64;

/** A worker that looks every tick, at an endless job; resolves to what it held and how long it was idle. */
function play(perSecond: number, seconds: number, lanes = 3) {
  const supply = new Supply();
  const perTick = (perSecond * TICK_MS) / 1000;
  const held: number[] = [];
  const story = { most: 0, idleTicks: 0, ended: 0 };
  for (let at = 0; at < seconds * 1000; at += TICK_MS) {
    supply.note(story.ended, at);
    const left = held.reduce((sum, rows) => sum + rows, 0);
    const wanted = Math.min(lanes - held.length, supply.wanted(left, REQUESTS, CHUNK_ROWS));
    for (let lane = 0; lane < wanted; lane++) held.push(CHUNK_ROWS);
    story.most = Math.max(story.most, held.length);
    let todo = Math.min(perTick, left + Math.max(0, wanted) * CHUNK_ROWS);
    if (todo < perTick) story.idleTicks += 1;
    story.ended += todo;
    while (todo > 0) {
      const rows = Math.min(todo, held[0] ?? 0);
      held[0] = (held[0] ?? 0) - rows;
      todo -= rows;
      if (held[0] === 0) held.shift();
    }
  }
  return story;
}

test('a slow worker holds one chunk and the beginning of the next, and is never idle', () => {
  for (const perSecond of [10, 200, 800]) {
    const { most, idleTicks } = play(perSecond, 60);
    assert.equal(idleTicks, 0, `${perSecond} per second`);
    assert.ok(most <= 2, `${perSecond} per second: ${most}`);
  }
});

test('a fast worker holds as many as it works off until it can have more', () => {
  for (const perSecond of [2000, 4000, 5000]) {
    const { most, idleTicks } = play(perSecond, 60);
    assert.ok(idleTicks <= 1, `${perSecond} per second: idle for ${idleTicks} ticks`);
    assert.equal(most, 3, `${perSecond} per second`);
  }
});

test('a moment is too short to tell a rate from', () => {
  const supply = new Supply();
  supply.note(0, 0);
  supply.note(100, TICK_MS);
  supply.note(1100, TICK_MS + 1);
  // 100 in 200 ms: 300 in 600, and 64 in flight.
  assert.equal(supply.wanted(364, REQUESTS, CHUNK_ROWS), 1);
  assert.equal(supply.wanted(365, REQUESTS, CHUNK_ROWS), 0);
});
