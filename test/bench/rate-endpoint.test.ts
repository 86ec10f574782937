/** Aim: the endpoint admits the rate it says, or a bench of rates measures something else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bucket } from '../../bench/lib/rate-endpoint.ts';

/** Requests admitted of those that come every `everyMs` for `ms`. */
function admitted(bucket: Bucket, everyMs: number, ms: number): number {
  let count = 0;
  for (let now = 0; now < ms; now += everyMs) count += bucket.take(now) ? 1 : 0;
  return count;
}

test('of more than it takes, a bucket admits its rate and once what it holds', () => {
  assert.equal(admitted(new Bucket(1000, 0), 0.25, 10_000), 10_000 + 100 - 1);
  assert.equal(admitted(new Bucket(5, 0), 1, 60_000), 300);
});

test('of less than it takes, a bucket refuses nothing', () => {
  assert.equal(admitted(new Bucket(1000, 0), 2, 10_000), 5000);
});

test('what nobody asked for is not saved up', () => {
  const bucket = new Bucket(1000, 0);
  assert.ok(bucket.take(60_000));
  let more = 0;
  while (bucket.take(60_000)) more += 1;
  assert.equal(more, 99);
});
