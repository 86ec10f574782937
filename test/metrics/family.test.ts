/** The numbers of several processes as one service's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Family, Meters, type Reading } from '../../src/metrics/index.ts';
import { failed } from '../../src/model/outcome.ts';

const CONFIGURED = { endpoints: ['s3.test', 'other'], versions: ['1.2.3'], nodes: ['v24.0.0'] };

const valueOf = (
  readings: readonly Reading[],
  name: string,
  labels: Record<string, string> = {},
): number | undefined =>
  readings
    .find((one) => one.name === name)
    ?.series.find((one) =>
      Object.entries(labels).every(([key, value]) =>
        one.labels.some(([label, given]) => label === key && given === value),
      ),
    )?.value;

const process = () => new Meters(CONFIGURED);
const copyOf = (meters: Meters): Float64Array => Float64Array.from(meters.registry.values);

test('Counters of a service never go down, whatever children die, start again or fall silent', () => {
  const step = fc.record({
    child: fc.constantFrom('1', '2', '3'),
    act: fc.constantFrom('count', 'tell', 'die'),
    amount: fc.integer({ min: 0, max: 5 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const own = process();
      const family = new Family(own.registry);
      const children = new Map<string, Meters>();
      let told = 0;
      const toldBy = new Map<string, number>();
      const countedBy = new Map<string, number>();
      let before = 0;
      for (const { child, act, amount } of steps) {
        const meters = children.get(child) ?? process();
        children.set(child, meters);
        if (act === 'count') {
          meters.leasesLost.add(amount);
          countedBy.set(child, (countedBy.get(child) ?? 0) + amount);
        } else if (act === 'tell') {
          family.heard(child, copyOf(meters));
          told += (countedBy.get(child) ?? 0) - (toldBy.get(child) ?? 0);
          toldBy.set(child, countedBy.get(child) ?? 0);
        } else {
          family.buried(child);
          for (const map of [children, toldBy, countedBy]) map.delete(child);
        }
        const now = valueOf(family.read(), 'brigade_leases_lost_total') ?? NaN;
        assert.ok(now >= before, `${now} after ${before}`);
        assert.equal(now, told, 'all that was told, and nothing else');
        before = now;
      }
    }),
  );
});

test('Gauges are those of the living: added up, or the largest, as the metric is defined', () => {
  const own = process();
  const family = new Family(own.registry);
  const child = process();
  own.inFlight.set(3);
  child.inFlight.set(4);
  own.registry.cell('brigade_workers').set(2);
  family.heard('1', copyOf(child));
  assert.equal(valueOf(family.read(), 'brigade_tasks_in_flight'), 7);
  assert.equal(valueOf(family.read(), 'brigade_workers'), 2, 'a child does not know, and says so');
  family.buried('1');
  assert.equal(valueOf(family.read(), 'brigade_tasks_in_flight'), 3);
});

test('What each process says of itself keeps its process; a child of another version is not heard', () => {
  const own = process();
  const family = new Family(own.registry);
  const child = process();
  own.registry.cell('brigade_process_resident_memory_bytes').set(10);
  child.registry.cell('brigade_process_resident_memory_bytes').set(20);
  family.heard('1', copyOf(child));
  family.heard('2', new Float64Array(3));
  const memory = family.read().find(({ name }) => name === 'brigade_process_resident_memory_bytes');
  assert.deepEqual(
    memory?.series.map(({ labels, value }) => [Object.fromEntries(labels), value]),
    [
      [{ process: 'main' }, 10],
      [{ process: '1' }, 20],
    ],
  );
});

test('What is not known is absent, and comes back', () => {
  const own = process();
  const family = new Family(own.registry);
  const cell = own.registry.cell('brigade_queue_age_seconds');
  assert.equal(valueOf(family.read(), 'brigade_queue_age_seconds'), undefined);
  cell.set(0);
  assert.equal(valueOf(family.read(), 'brigade_queue_age_seconds'), 0);
  cell.set(NaN);
  assert.equal(valueOf(family.read(), 'brigade_queue_age_seconds'), undefined);
});

test('Ten thousand jobs with any codes, statuses, endpoints and calls make no more series than ten', () => {
  const own = process();
  const family = new Family(own.registry);
  const count = (): number => family.read().reduce((sum, { series }) => sum + series.length, 0);
  const jobs = (many: number): void => {
    fc.sample(fc.tuple(fc.string(), fc.string(), fc.integer({ min: 0, max: 999 })), {
      numRuns: many,
      seed: many,
    }).forEach(([code, name, status]) => {
      const tasks = own.tasks('S3PutObjectTagging');
      tasks.ended(failed(status, code, name));
      tasks.ended(failed(403, 'AccessDenied', name));
      tasks.ended({ ok: true, message: name });
      const requests = own.requests(name);
      for (const one of [0, 200, 301, 404, 503, status]) requests.answered('PUT', one, 1);
      for (const one of [200, 400, 500]) own.callAnswered(name, one, 1);
    });
  };
  jobs(10);
  const few = count();
  const { length } = own.registry.values;
  jobs(10_000);
  assert.equal(count(), few);
  assert.equal(own.registry.values.length, length);
  const readings = family.read();
  const label = { operation: 'S3PutObjectTagging' };
  const failures = 'brigade_task_failures_total';
  assert.equal(valueOf(readings, failures, { ...label, code: 'AccessDenied' }), 10_010);
  assert.equal(valueOf(readings, failures, { ...label, code: 'other' }), 10_010);
  assert.equal(
    valueOf(readings, 'brigade_tasks_total', { ...label, outcome: 'succeeded' }),
    10_010,
  );
});

test('A histogram keeps each value in the first bucket that holds it, and their sum', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 200, noNaN: true })), (values) => {
      const own = process();
      const requests = own.requests('s3.test');
      for (const value of values) requests.answered('GET', 200, value * 1000);
      const reading = new Family(own.registry)
        .read()
        .find(({ name }) => name === 'brigade_s3_request_duration_seconds');
      const bounds = reading?.definition.bounds ?? [];
      const [series] = reading?.series ?? [];
      if (values.length === 0) return assert.equal(series, undefined);
      const expected = [...bounds, Infinity].map(
        (bound, index) =>
          values.filter((value) => {
            const seconds = (value * 1000) / 1000;
            return seconds <= bound && seconds > (bounds[index - 1] ?? -1);
          }).length,
      );
      assert.deepEqual(series?.buckets, expected);
      assert.ok(Math.abs((series?.value ?? NaN) - values.reduce((a, b) => a + b, 0)) < 1e-6);
    }),
  );
});

test('A label that a metric does not have, or a value that no list holds, is a bug and not a series', () => {
  const { registry } = process();
  assert.throws(() => registry.cell('brigade_jobs', { status: 'Sleeping' }));
  assert.throws(() => registry.cell('brigade_jobs'));
  assert.throws(() => registry.cell('brigade_jobs', { state: 'New', status: 'New' }));
});
