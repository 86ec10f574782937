/**
 * What the service does about failures of the store (D8). Aim: what may pass is tried again until it
 * has passed, what cannot is asked once, and an outage fails nothing.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { Arrival, Reply } from '../lib/slow-s3.ts';
import { StubWorld, type TextJob } from './stub-world.ts';
import { failureOf } from './world.ts';

let scene: StubWorld;
before(async () => {
  scene = await StubWorld.open();
});
after(() => scene.close());
afterEach(() => {
  scene.stub.delayMs = 0;
  scene.stub.reply = () => 'default';
  scene.stub.gate = () => Promise.resolve('default');
});

const rowOf = ({ key }: Arrival): number => Number(key.split('/').at(-1));

/** How often the stub was asked about each row. */
function tries(job: TextJob): Map<number, number> {
  const counts = new Map<number, number>();
  for (const arrival of scene.seen(job)) {
    counts.set(rowOf(arrival), (counts.get(rowOf(arrival)) ?? 0) + 1);
  }
  return counts;
}

const PASSING: readonly Reply[] = [
  { status: 503, code: 'SlowDown' },
  { status: 500, code: 'InternalError' },
  'reset',
  { status: 429, code: 'TooManyRequests' },
  { status: 408, code: 'RequestTimeout' },
  { status: 502, code: 'BadGateway' },
];

test('Failures that pass are tried again until they have passed', async () => {
  const { world, stub } = scene;
  const asked = new Map<string, number>();
  // Row n fails n % 4 times, each time in another way.
  stub.reply = (arrival) => {
    const before = asked.get(arrival.key) ?? 0;
    asked.set(arrival.key, before + 1);
    const row = rowOf(arrival);
    return before < row % 4 ? (PASSING[(row + before) % PASSING.length] ?? 'reset') : 'default';
  };
  const job = await scene.job(120);
  const ended = await world.ended(job.id);
  assert.equal(ended.Status, 'Complete');
  assert.equal(ended.ProgressSummary?.NumberOfTasksSucceeded, 120);
  assert.equal(await scene.assertReportsWhatRan(job, ended), 120);
  for (const [row, count] of tries(job)) assert.equal(count, 1 + (row % 4), `row ${row}`);
});

test('Failures that cannot pass are asked once, and reported as the store said them', async () => {
  const { world, stub } = scene;
  const final = [
    { status: 400, code: 'InvalidTag', message: 'The tag provided, was "not" valid' },
    { status: 403, code: 'AccessDenied', message: 'Access Denied' },
    { status: 404, code: 'NoSuchKey', message: 'The specified key does not exist.' },
    { status: 405, code: 'MethodNotAllowed', message: 'Not allowed against this resource.' },
    { status: 412, code: 'PreconditionFailed', message: 'It did not hold' },
    { status: 501, code: 'NotImplemented', message: 'Not here' },
  ];
  stub.reply = (arrival) => final[rowOf(arrival)] ?? 'default';
  const job = await scene.job(final.length + 1);
  const ended = await world.ended(job.id);
  assert.equal(ended.ProgressSummary?.NumberOfTasksFailed, final.length);
  assert.equal(await scene.assertReportsWhatRan(job, ended), final.length + 1);
  for (const row of await world.report(ended)) {
    const expected = final[Number(row.key.split('/').at(-1))];
    if (expected === undefined) continue;
    assert.deepEqual(
      [row.httpStatus, row.errorCode, row.message],
      [String(expected.status), expected.code, expected.message],
    );
  }
  scene.assertOnce(job);
});

test('A row that fails for ever, while others succeed, is given up and reported', async () => {
  const { world, stub } = scene;
  stub.delayMs = 100;
  stub.reply = (arrival) =>
    rowOf(arrival) === 7 ? { status: 500, code: 'InternalError' } : 'default';
  const stuck = await scene.job(8);
  // Keeps the store alive in the eyes of the service for as long as it takes.
  const others = await scene.job(20_000);
  stub.reply = (arrival) =>
    arrival.key === `${stuck.prefix}7` ? { status: 500, code: 'InternalError' } : 'default';
  const ended = await world.ended(stuck.id);
  await world.updateStatus(others.id, 'Cancelled');
  assert.equal(ended.Status, 'Complete');
  const failed = (await world.report(ended)).filter(({ status }) => status === 'failed');
  assert.deepEqual(
    failed.map(({ key, httpStatus, errorCode }) => [key, httpStatus, errorCode]),
    [[`${stuck.prefix}7`, '500', 'InternalError']],
  );
  const asked = tries(stuck).get(7) ?? 0;
  assert.ok(asked > 3 && asked < 20, `it was asked ${asked} times`);
  await world.ended(others.id);
});

/** Longer than a row that fails alone would be tried, for many of the rows. */
const OUTAGE_MS = 8000;

test('An outage of the store fails nothing: the job waits and is complete', async () => {
  const { world, stub } = scene;
  stub.delayMs = 20;
  const job = await scene.job(1500);
  await scene.until(job, 200);
  const until = performance.now() + OUTAGE_MS;
  let refused = 0;
  stub.reply = () => {
    if (performance.now() > until) return 'default';
    return PASSING[refused++ % PASSING.length] ?? 'reset';
  };
  const ended = await world.ended(job.id);
  assert.equal(ended.Status, 'Complete');
  assert.ok(refused > 100, `the outage was met ${refused} times only`);
  assert.equal(ended.ProgressSummary?.NumberOfTasksSucceeded, 1500);
  assert.equal(await scene.assertReportsWhatRan(job, ended), 1500);
});

test('A manifest and a report are fetched and written through passing failures', async () => {
  const { world, stub } = scene;
  const asked = new Map<string, number>();
  stub.gate = ({ method, key }) => {
    const isMine = key.startsWith('manifests/') === (method === 'GET') && key !== '';
    const name = `${method} ${key}`;
    const before = asked.get(name) ?? 0;
    asked.set(name, before + 1);
    const isRead = key.startsWith('reports/') && method === 'GET';
    if (!isMine || isRead || before >= 2) return Promise.resolve('default');
    return Promise.resolve(before === 0 ? 'reset' : { status: 503, code: 'SlowDown' });
  };
  const job = await scene.job(10);
  const ended = await world.ended(job.id);
  assert.equal(ended.Status, 'Complete', JSON.stringify(ended.FailureReasons));
  assert.equal(await scene.assertReportsWhatRan(job, ended), 10);
  const again = [...asked].filter(([, count]) => count >= 3).map(([name]) => name);
  assert.ok(
    again.some((name) => name.startsWith('GET manifests/')),
    again.join(),
  );
  assert.ok(
    again.some((name) => name.endsWith('manifest.json')),
    again.join(),
  );
});

test("A manifest that may not be read fails the job with AWS's text", async () => {
  const { world, stub } = scene;
  stub.gate = ({ method, key }) =>
    Promise.resolve(
      method === 'GET' && key.startsWith('manifests/')
        ? { status: 403, code: 'AccessDenied' }
        : 'default',
    );
  const job = await scene.job(3);
  const ended = await world.ended(job.id);
  assert.equal(ended.Status, 'Failed');
  assert.match(
    failureOf(ended),
    /^ManifestAccessDenied: Reading the manifest is forbidden: AccessDenied/,
  );
  assert.equal(scene.seen(job).length, 0);
});
