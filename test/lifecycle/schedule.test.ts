import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nextStatus, schedule, type Schedulable } from '../../src/lifecycle/index.ts';

const job = fc.record({
  id: fc.uuid(),
  status: fc.constantFrom('Ready', 'Active', 'Pausing', 'Paused'),
  priority: fc.integer({ min: 0, max: 5 }),
  createdAt: fc.integer({ min: 0, max: 100 }),
});
const jobs = fc.uniqueArray(job, { maxLength: 12, selector: (one) => one.id });

/** One round: the decisions are applied, and whatever was Pausing has drained. */
function round(before: readonly Schedulable[], limit: number): Schedulable[] {
  const decided = new Map(schedule(before, limit).map(({ jobId, event }) => [jobId, event]));
  return before.map((one) => {
    const event = decided.get(one.id) ?? (one.status === 'Pausing' ? 'Drained' : undefined);
    const status = event && nextStatus(one.status, event);
    assert.ok(!event || status, `${one.status} ${event}`);
    return status ? { ...one, status } : one;
  });
}

const occupied = (all: readonly Schedulable[]): number =>
  all.filter(({ status }) => status === 'Active' || status === 'Pausing').length;

test('the limit on active jobs is never exceeded by a decision', () => {
  fc.assert(
    fc.property(jobs, fc.integer({ min: 1, max: 4 }), (all, limit) => {
      const before = occupied(all);
      assert.ok(occupied(round(all, limit)) <= Math.max(limit, before));
    }),
  );
});

test('after a few rounds the jobs of highest priority are Active, and nothing moves any more', () => {
  fc.assert(
    fc.property(jobs, fc.integer({ min: 1, max: 4 }), (start, limit) => {
      let all: Schedulable[] = start;
      for (let i = 0; i < 30; i++) all = round(all, limit);
      assert.deepEqual(schedule(all, limit), []);
      const active = all.filter(({ status }) => status === 'Active');
      assert.equal(active.length, Math.min(limit, all.length));
      const lowest = Math.min(...active.map(({ priority }) => priority));
      for (const waiting of all.filter(({ status }) => status !== 'Active')) {
        assert.ok(waiting.priority <= lowest);
      }
    }),
  );
});

test('a running job is not displaced by one of equal priority', () => {
  const running = { id: 'a', status: 'Active', priority: 5, createdAt: 9 } as const;
  const waiting = { id: 'b', status: 'Ready', priority: 5, createdAt: 1 } as const;
  assert.deepEqual(schedule([running, waiting], 1), []);
});

test('a higher priority takes the only slot, and the displaced job comes back', () => {
  const low = { id: 'low', status: 'Active', priority: 1, createdAt: 1 } as const;
  const high = { id: 'high', status: 'Ready', priority: 9, createdAt: 2 } as const;
  assert.deepEqual(schedule([low, high], 1), [{ jobId: 'low', event: 'Preempted' }]);
  assert.deepEqual(schedule([{ ...low, status: 'Pausing' }, high], 1), []);
  assert.deepEqual(schedule([{ ...low, status: 'Paused' }, high], 1), [
    { jobId: 'high', event: 'Scheduled' },
  ]);
  assert.deepEqual(schedule([{ ...low, status: 'Paused' }], 1), [
    { jobId: 'low', event: 'Scheduled' },
  ]);
});
