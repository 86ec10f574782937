// Aim: nothing is failed for an outage, and nobody waits an hour for one bad object.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { Gate } from '../../src/engine/gate.ts';
import { type IsAlive, Patience } from '../../src/engine/patience.ts';
import { failed } from '../../src/model/outcome.ts';

const SLOW_DOWN = failed(503, 'SlowDown', 'Please reduce your request rate.', 'slow-down');
const HOUR_MS = 3_600_000;

function scene(outageMs = HOUR_MS, isAlive?: IsAlive) {
  const clock = new ManualClock();
  clock.sleep = (ms) => Promise.resolve(clock.advance(ms));
  const gate = new Gate(clock, 8);
  const waiting = { clock, random: seededRandom(1), gate, options: { outageMs } };
  const patience = Patience.ofTask(waiting, isAlive);
  const { signal } = new AbortController();
  const start = clock.monotonic();
  return {
    clock,
    gate,
    waiting,
    next: () => patience.next(SLOW_DOWN, signal),
    triedMs: () => clock.monotonic() - start,
  };
}

test('with no time for outages a task is still tried eight times', async () => {
  const { waiting } = scene(0);
  for (const patience of [Patience.ofTask(waiting), Patience.ofJob(waiting)]) {
    let tries = 1;
    while (await patience.next(SLOW_DOWN, new AbortController().signal)) tries += 1;
    assert.equal(tries, 8);
  }
});

test('a task that is refused while others are served is tried eight times', async () => {
  const { clock, gate, next } = scene();
  let tries = 1;
  while (await next()) {
    tries += 1;
    gate.alive(clock.monotonic());
    clock.advance(1);
  }
  assert.equal(tries, 8);
});

test('answers to what was sent before prove nothing: an outage is waited for', async () => {
  const { clock, gate, next, triedMs } = scene(HOUR_MS, () => Promise.resolve(false));
  const before = clock.monotonic();
  clock.advance(10);
  assert.ok(await next());
  // They arrive one by one for as long as a minute.
  while (triedMs() < 60_000) {
    gate.alive(before);
    assert.ok(await next());
  }
  while (triedMs() < HOUR_MS - 60_000) assert.ok(await next());
});

test('a task whose last tries fall into an outage is tried again behind it', async () => {
  const { clock, gate, next } = scene(HOUR_MS, () => Promise.resolve(false));
  for (let tries = 1; tries < 7; tries++) {
    assert.ok(await next());
    gate.alive(clock.monotonic());
    clock.advance(1);
  }
  for (let tries = 7; tries < 20; tries++) assert.ok(await next(), `after ${tries} tries`);
});

test('tries that fell into an outage do not count', async () => {
  const { clock, gate, next } = scene(HOUR_MS, () => Promise.resolve(false));
  for (let outages = 0; outages < 7; outages++) {
    for (let tries = 0; tries < 4; tries++) assert.ok(await next());
    // The endpoint is back for a while, and the next try meets the next outage.
    gate.alive(clock.monotonic());
    clock.advance(1);
  }
  assert.equal(await next(), false, 'eight refusals by an endpoint that answered others');
});

test('a task that is refused alone, by an endpoint that answers, is given up within two minutes', async () => {
  let asked = 0;
  const { next, triedMs } = scene(HOUR_MS, () => {
    asked += 1;
    return Promise.resolve(true);
  });
  while (await next());
  assert.ok(triedMs() > 10_000 && triedMs() < 120_000, `${triedMs()} ms`);
  assert.equal(asked, 7, 'as often as it was refused after the first time');
});

test('one sign of life, just after the outage that the tries fell into, fails nothing', async () => {
  let isBack = false;
  const { next, triedMs } = scene(HOUR_MS, () => Promise.resolve(isBack));
  while (triedMs() < 60_000) assert.ok(await next());
  for (let outages = 1; outages < 7; outages++) {
    isBack = true;
    assert.ok(await next());
    isBack = false;
    for (let tries = 0; tries < 4; tries++) assert.ok(await next(), `${outages} outages`);
  }
});

test('an answer to a question that was asked before the last failure proves nothing', async () => {
  const answers: ((isAlive: boolean) => void)[] = [];
  const ask = (): Promise<boolean> => new Promise((resolve) => answers.push(resolve));
  const { next, triedMs } = scene(HOUR_MS, ask);
  for (let tries = 0; tries < 200 && triedMs() < HOUR_MS / 2; tries++) {
    assert.ok(await next());
    answers.at(-2)?.(true);
  }
});

test('whom nobody can ask for a sign of life is waited for', async () => {
  const { next, triedMs } = scene();
  while (await next());
  assert.ok(triedMs() >= HOUR_MS, `${triedMs()} ms`);
});
