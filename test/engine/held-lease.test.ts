/** What a worker's leases count and log of themselves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../src/base/clock.ts';
import type { Log } from '../../src/base/log.ts';
import { HeldLeases } from '../../src/engine/held-lease.ts';
import { Family, Meters } from '../../src/metrics/index.ts';
import { type Lease, type Standing, type Store, StoreUnavailable } from '../../src/store/index.ts';

const LEASE: Lease = { jobId: 'j', kind: 'chunk', seq: 0, fence: 1, worker: 'w', until: 1e15 };

function scene() {
  const clock = new ManualClock();
  const meters = new Meters();
  const lines: string[] = [];
  const write = (fields: object, message: string): void => {
    lines.push(`${message} ${JSON.stringify(fields, ['times', 'forMs'])}`);
  };
  const log: Log = { debug: () => undefined, info: write, warn: write, error: write };
  let renew: () => Promise<boolean> = async () => true;
  const standing = { lease: LEASE, status: 'Active', tags: [], workers: ['w'] } as const;
  const store: Pick<Store, 'renew'> = {
    renew: async (): Promise<Standing[]> => [{ ...standing, held: await renew() }],
  };
  // Nothing else of it is called.
  const leases = new HeldLeases(
    { store: store as Store, clock, log, meters },
    { leaseMs: 10_000, turnRows: 3 },
  );
  const held = leases.hold(LEASE, [], clock.monotonic());
  const lost = (): number | undefined =>
    new Family(meters.registry)
      .read()
      .find(({ name }) => name === 'brigade_leases_lost_total')
      ?.series.at(0)?.value;
  const answer = (next: () => Promise<boolean>): void => void (renew = next);
  return { clock, leases, held, lines, lost, answer };
}

test('A lease that a heartbeat does not find is lost, and counted once', async () => {
  const { leases, held, lost, answer } = scene();
  await leases.beat();
  assert.equal(lost(), 0);
  answer(async () => false);
  await leases.beat();
  await leases.beat();
  assert.equal(held.course, 'lost');
  assert.equal(held.end, 'lost');
  assert.equal(await held.closing(async () => false), false);
  assert.equal(lost(), 1);
});

test('A lease that its own worker closes is not lost, though a heartbeat no longer finds it', async () => {
  const { leases, held, lost, answer } = scene();
  answer(async () => false);
  // The heartbeat falls between the commit and its answer.
  const isCommitted = await held.closing(async () => {
    await leases.beat();
    return true;
  });
  assert.ok(isCommitted);
  await leases.beat();
  assert.equal(held.end, 'done');
  assert.equal(lost(), 0);
});

test('The turn of a chunk ends when it has had its time and its rows, and that is told once', async () => {
  const { clock, leases, held } = scene();
  for (let row = 0; row < 3; row++) held.count(row !== 1);
  clock.advance(1900);
  assert.equal(await leases.beat(), false);
  assert.equal(held.isTurnOver, false);
  clock.advance(100);
  assert.equal(await leases.beat(), true);
  assert.ok(held.isTurnOver);
  assert.equal(await leases.beat(), false);
  assert.equal(held.course, 'run', 'what is under way is recorded as always');

  const slow = scene();
  slow.held.count(true);
  slow.clock.advance(60_000);
  assert.equal(await slow.leases.beat(), false);
  assert.equal(slow.held.isTurnOver, false);
});

test('Only chunks have turns: a report is written in one go', async () => {
  const { clock, leases } = scene();
  const held = leases.hold({ ...LEASE, kind: 'report' }, [], clock.monotonic());
  for (let row = 0; row < 10; row++) held.count(true);
  clock.advance(60_000);
  assert.equal(await leases.beat(), false);
  assert.equal(held.isTurnOver, false);
});

test('A commit that is refused is a lost lease; one without an answer is not yet', async () => {
  const { held, lost } = scene();
  await assert.rejects(held.closing(() => Promise.reject(new StoreUnavailable('away'))));
  assert.equal(held.end, 'given_back');
  assert.equal(lost(), 0);
  assert.equal(await held.closing(async () => false), false);
  assert.equal(held.end, 'lost');
  assert.equal(lost(), 1);
});

test('A database that is away for many heartbeats makes one line when it goes and one when it is back', async () => {
  const { clock, leases, lines, answer } = scene();
  answer(() => Promise.reject(new StoreUnavailable('away')));
  for (let beat = 0; beat < 100; beat++) {
    await leases.beat();
    clock.advance(300);
  }
  assert.equal(lines.length, 1, lines.join('\n'));
  answer(async () => true);
  await leases.beat();
  await leases.beat();
  assert.deepEqual(lines.slice(1), [
    'The store answers heartbeats again; work goes on. {"times":100,"forMs":30000}',
  ]);
});
