/** The gate against endpoints of every temper, in simulated time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { ManualClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { backoffMs } from '../../src/base/backoff.ts';
import { Gate } from '../../src/engine/gate.ts';

const WHO = { course: 'run' } as const;

interface Endpoint {
  /** True: taken. False: SlowDown. Resolves when the answer arrives. */
  ask(): Promise<boolean>;
}

/** Takes `perSecond` requests a second, a twentieth of a second at once, and refuses the rest. */
class Refusing implements Endpoint {
  readonly #clock: ManualClock;
  perSecond: number;
  #tokens = 0;
  #at = 0;

  constructor(clock: ManualClock, perSecond: number) {
    this.#clock = clock;
    this.perSecond = perSecond;
    this.#at = clock.monotonic();
  }

  async ask(): Promise<boolean> {
    await this.#clock.sleep(3);
    const now = this.#clock.monotonic();
    const most = Math.max(1, this.perSecond / 20);
    this.#tokens = Math.min(most, this.#tokens + ((now - this.#at) * this.perSecond) / 1000);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    await this.#clock.sleep(17);
    return true;
  }
}

/** Serves `servers` requests at once, each in `serviceMs`; the others wait in its queue. */
class Queueing implements Endpoint {
  readonly #clock: ManualClock;
  readonly #serviceMs: number;
  servers: number;
  #busy = 0;
  readonly #queue: (() => void)[] = [];

  constructor(clock: ManualClock, servers: number, serviceMs: number) {
    this.#clock = clock;
    this.servers = servers;
    this.#serviceMs = serviceMs;
  }

  async ask(): Promise<boolean> {
    while (this.#busy >= this.servers) {
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    }
    this.#busy += 1;
    await this.#clock.sleep(this.#serviceMs);
    this.#busy -= 1;
    this.#queue.shift()?.();
    return true;
  }
}

interface Counts {
  taken: number;
  slowed: number;
}

/** A job with `lanes` tasks at once that never ends, and what became of its requests. */
function job(gate: Gate, clock: ManualClock, endpoint: Endpoint, lanes: number): Counts {
  const counts: Counts = { taken: 0, slowed: 0 };
  const random = seededRandom(lanes);
  const lane = async (): Promise<void> => {
    for (let failures = 0; ;) {
      if (!gate.tryEnter() && !(await gate.turn(WHO))) return;
      const isTaken = await endpoint.ask();
      gate.leave(isTaken ? 'never' : 'slow-down');
      counts[isTaken ? 'taken' : 'slowed'] += 1;
      failures = isTaken ? 0 : failures + 1;
      const wait = { baseMs: 200, capMs: 20_000 };
      if (!isTaken) await clock.sleep(backoffMs(failures - 1, wait, random));
    }
  };
  for (let i = 0; i < lanes; i++) void lane();
  return counts;
}

async function pass(clock: ManualClock, seconds: number): Promise<void> {
  for (let ms = 0; ms < seconds * 1000; ms++) {
    clock.advance(1);
    await turn();
  }
}

/** What the counts grew by while `seconds` passed. */
async function during(clock: ManualClock, seconds: number, ...all: Counts[]): Promise<Counts[]> {
  const before = all.map((counts) => ({ ...counts }));
  await pass(clock, seconds);
  return all.map((counts, i) => ({
    taken: (counts.taken - (before[i]?.taken ?? 0)) / seconds,
    slowed: (counts.slowed - (before[i]?.slowed ?? 0)) / seconds,
  }));
}

function assertSettled(counts: Counts | undefined, perSecond: number): void {
  assert.ok(counts);
  const { taken, slowed } = counts;
  const told = `${taken.toFixed(1)} of ${perSecond} a second, ${slowed.toFixed(2)} refused`;
  assert.ok(taken >= perSecond * 0.9 && taken <= perSecond * 1.001, told);
  assert.ok(slowed <= (taken + slowed) * 0.02, told);
}

for (const perSecond of [20, 300, 2000]) {
  test(`an endpoint that takes ${perSecond} a second gets nine tenths of it within 20 s, and refuses less than 2 %`, async () => {
    const clock = new ManualClock();
    const counts = job(new Gate(clock, 64), clock, new Refusing(clock, perSecond), 192);
    await pass(clock, 20);
    assertSettled((await during(clock, 30, counts))[0], perSecond);
  });
}

test('the rate follows an endpoint that takes half of it from now on, and one that takes twice as much', async () => {
  const clock = new ManualClock();
  const endpoint = new Refusing(clock, 1000);
  const counts = job(new Gate(clock, 64), clock, endpoint, 192);
  await pass(clock, 20);
  for (const perSecond of [500, 1000, 2000, 400]) {
    endpoint.perSecond = perSecond;
    await pass(clock, 20);
    assertSettled((await during(clock, 20, counts))[0], perSecond);
  }
});

test('an outage of refusals is no rate: when it is over, work goes on', async () => {
  const clock = new ManualClock();
  const gate = new Gate(clock, 64);
  const endpoint = new Refusing(clock, 1000);
  const counts = job(gate, clock, endpoint, 192);
  await pass(clock, 20);
  endpoint.perSecond = 0;
  await pass(clock, 8);
  endpoint.perSecond = 1000;
  // Those that wait for their next try do so for up to 20 s; the rate is not what holds them.
  await pass(clock, 20);
  assertSettled((await during(clock, 10, counts))[0], 1000);
});

test('two jobs share a refusing endpoint', async () => {
  const clock = new ManualClock();
  const gate = new Gate(clock, 64);
  const endpoint = new Refusing(clock, 600);
  const one = job(gate, clock, endpoint, 96);
  const other = job(gate, clock, endpoint, 96);
  await pass(clock, 20);
  const [a, b] = await during(clock, 20, one, other);
  assert.ok(a && b);
  assertSettled({ taken: a.taken + b.taken, slowed: a.slowed + b.slowed }, 600);
  assert.ok(Math.abs(a.taken - b.taken) < 30, `${a.taken} and ${b.taken}`);
});

test('two workers that know nothing of each other share a refusing endpoint', async () => {
  const clock = new ManualClock();
  const endpoint = new Refusing(clock, 600);
  const one = job(new Gate(clock, 64), clock, endpoint, 192);
  const other = job(new Gate(clock, 64), clock, endpoint, 192);
  await pass(clock, 60);
  const [a, b] = await during(clock, 60, one, other);
  assert.ok(a && b);
  assert.ok(a.taken + b.taken >= 540, `${a.taken} and ${b.taken}`);
  assert.ok(a.slowed + b.slowed <= 12, `${a.slowed} and ${b.slowed} refused`);
  assert.ok(Math.min(a.taken, b.taken) > 150, `${a.taken} and ${b.taken}`);
});

test('an endpoint that refuses nothing is not held back', async () => {
  const clock = new ManualClock();
  const gate = new Gate(clock, 64);
  const counts = job(gate, clock, new Queueing(clock, 1000, 20), 192);
  const [rate] = await during(clock, 20, counts);
  assert.equal(gate.perSecond, undefined);
  assert.ok((rate?.taken ?? 0) > 64 * 50 * 0.9, `${rate?.taken}`);
});

test('a rate that nobody uses up does not grow, and is forgotten after a minute', async () => {
  const clock = new ManualClock();
  const gate = new Gate(clock, 64);
  const endpoint = new Refusing(clock, 100);
  const counts = job(gate, clock, endpoint, 1);
  endpoint.perSecond = 20;
  await pass(clock, 5);
  assert.ok(counts.slowed > 0 && gate.perSecond !== undefined);
  endpoint.perSecond = 1000;
  await pass(clock, 120);
  assert.equal(gate.perSecond, undefined);
});

for (const servers of [10, 24]) {
  test(`an endpoint that serves ${servers} at once gets little more in flight, and loses no rate`, async () => {
    const clock = new ManualClock();
    const gate = new Gate(clock, 64);
    const counts = job(gate, clock, new Queueing(clock, servers, 10), 192);
    await pass(clock, 60);
    const [rate] = await during(clock, 30, counts);
    assert.ok((rate?.taken ?? 0) >= servers * 100 * 0.95, `${rate?.taken} a second`);
    assert.ok(gate.limit <= servers * 1.4, `${gate.limit} in flight`);
  });
}

test('an endpoint that grows gets more in flight again', async () => {
  const clock = new ManualClock();
  const gate = new Gate(clock, 64);
  const endpoint = new Queueing(clock, 10, 10);
  const counts = job(gate, clock, endpoint, 192);
  await pass(clock, 60);
  endpoint.servers = 50;
  await pass(clock, 180);
  const [rate] = await during(clock, 30, counts);
  assert.ok((rate?.taken ?? 0) >= 50 * 100 * 0.93, `${rate?.taken} a second`);
});

test('who leaves is let go, also where the rate would let nobody in for long', async () => {
  const clock = new ManualClock();
  const gate = new Gate(clock, 64);
  void job(gate, clock, new Refusing(clock, 1), 3);
  await pass(clock, 5);
  const who: { course: 'run' | 'stop' } = { course: 'run' };
  const waiting = gate.tryEnter() ? Promise.resolve(true) : gate.turn(who);
  who.course = 'stop';
  await pass(clock, 0.2);
  assert.equal(await waiting, false);
});

test('a share of nothing lets nobody in, and a share that grows lets them in at once', async () => {
  const clock = new ManualClock();
  const gate = new Gate(clock, 0);
  assert.equal(gate.tryEnter(), false);
  const turns = [gate.turn(WHO), gate.turn(WHO)];
  gate.setMax(2);
  assert.deepEqual(await Promise.all(turns), [true, true]);
  assert.equal(gate.inFlight, 2);
});
