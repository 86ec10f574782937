/**
 * What its user may do to a job that runs: pause it, resume it, change its limits. Aim: a pause stops
 * as fast as a cancel (D5), costs no task a second time, and new limits hold for what begins next.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { PutJobTaggingCommand } from '@aws-sdk/client-s3-control';
import { StubWorld, type TextJob } from './stub-world.ts';
import { assertReports, manifestTasks } from './world.ts';

let scene: StubWorld;
before(async () => {
  scene = await StubWorld.open({ BRIGADE_CONCURRENCY: '32' });
});
after(() => scene.close());
beforeEach(() => {
  scene.stub.delayMs = 10;
  scene.stub.reply = () => 'default';
});

const ROWS = 3000;
/** One second, and what a request needs to be here. */
const STOP_MS = 1100;

test('A job that its user pauses stops within a second, waits for them alone, and repeats nothing', async () => {
  const { world } = scene;
  const job = await scene.job(ROWS);
  for (const share of [0.2, 0.6]) {
    await scene.until(job, ROWS * share);
    const decidedAt = performance.now();
    assert.match((await world.updateStatus(job.id, 'Paused' as never)) ?? '', /^Paus(ing|ed)$/);
    await world.inStatus(job.id, 'Paused');
    const seen = scene.seen(job).length;
    assert.ok(seen < ROWS, 'the job was paused too late');
    const last = scene.seen(job).at(-1)?.at ?? 0;
    assert.ok(last <= decidedAt + STOP_MS, `a task began ${last - decidedAt} ms after the pause`);
    const { ProgressSummary: progress } = await world.describe(job.id);
    assert.equal(progress?.NumberOfTasksSucceeded, seen, 'what was in flight is recorded');
    // Another job has the service for itself, and ends; this one does not move.
    const other = await scene.job(500);
    assert.equal((await world.ended(other.id)).Status, 'Complete');
    assert.equal((await world.describe(job.id)).Status, 'Paused');
    assert.equal(scene.seen(job).length, seen);
    await world.updateStatus(job.id, 'Ready');
  }
  const ended = await world.ended(job.id);
  assert.equal(ended.Status, 'Complete');
  assertReports(await world.report(ended), manifestTasks(job.text));
  scene.assertOnce(job);
});

test('A job that is cancelled while its user has paused it reports every task that ended', async () => {
  const { world, stub } = scene;
  const job = await scene.job(ROWS);
  // One row in ten waits for its next try, far below rows that have ended.
  stub.reply = ({ key }) => (key.endsWith('0') ? { status: 503, code: 'SlowDown' } : 'default');
  await scene.until(job, 200);
  await world.updateStatus(job.id, 'Paused' as never);
  await world.inStatus(job.id, 'Paused');
  await world.updateStatus(job.id, 'Cancelled');
  const ended = await world.ended(job.id);
  assert.equal(ended.Status, 'Cancelled');
  const answered = new Set(
    scene
      .seen(job)
      .map(({ key }) => key)
      .filter((key) => !key.endsWith('0')),
  );
  const rows = await world.report(ended);
  assert.ok(rows.length < ROWS, 'the job was paused too late');
  assert.deepEqual(rows.map(({ key }) => key).sort(), [...answered].sort());
  assert.equal(ended.ProgressSummary?.NumberOfTasksSucceeded, rows.length);
});

test('Limits that are changed in the middle of a job hold for what begins next', async () => {
  const { world, stub } = scene;
  const inFlight = (): number =>
    stub.waiting.filter(({ key }) => key.startsWith(job.prefix)).length;
  const job = await scene.job(ROWS, {
    more: { Tags: [{ Key: 'brigade:concurrency', Value: '2' }] },
  });
  await scene.until(job, 50);
  assert.equal(await mostInFlight(job, 100), 2);
  await setTags(job, { 'brigade:concurrency': '12' });
  await world.until(job.id, () => inFlight() > 2);
  assert.ok((await mostInFlight(job, 300)) <= 12);
  await setTags(job, { 'brigade:concurrency': '1' });
  // Those that had begun are not cut off, and a moment with none of them says nothing.
  while ((await mostInFlight(job, 20)) > 1) {
    assert.ok(scene.seen(job).length < ROWS / 2, 'the limit did not come down');
  }
  assert.equal(await mostInFlight(job, 50), 1);
  await setTags(job, { 'brigade:max-tasks-per-second': '2' });
  await world.until(job.id, () => inFlight() === 0);
  // At that pace it would take twenty minutes.
  await setTags(job, {});
  const ended = await world.ended(job.id);
  assert.equal(ended.Status, 'Complete');
  assertReports(await world.report(ended), manifestTasks(job.text));
  scene.assertOnce(job);
});

/** Over the next so many tasks, looked at as each arrives. */
async function mostInFlight(job: TextJob, tasks: number): Promise<number> {
  const { stub } = scene;
  let most = 0;
  stub.reply = ({ key }) => {
    const waiting = stub.waiting.filter((one) => one.key.startsWith(job.prefix)).length;
    if (key.startsWith(job.prefix)) most = Math.max(most, waiting);
    return 'default';
  };
  await scene.until(job, scene.seen(job).length + tasks);
  stub.reply = () => 'default';
  return most;
}

async function setTags(job: TextJob, tags: Readonly<Record<string, string>>): Promise<void> {
  const { world } = scene;
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const of = { AccountId: world.service.account, JobId: job.id };
  await world.control.send(new PutJobTaggingCommand({ ...of, Tags }));
}
