/**
 * The failure threshold: from 1,000 tasks that ran on, a job fails when more than half of them
 * failed. Aim: the edges of both numbers, and a report of exactly what ran.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { StubWorld } from './stub-world.ts';
import { failureOf } from './world.ts';

let scene: StubWorld;
before(async () => {
  scene = await StubWorld.open();
});
after(() => scene.close());

/** The first `count` keys of every job do not exist. */
function failFirst(count: number): void {
  scene.stub.reply = ({ key }) =>
    Number(key.split('/').at(-1)) < count ? { status: 404, code: 'NoSuchKey' } : 'default';
}

test('A job of 999 tasks completes even when all of them fail', async () => {
  failFirst(999);
  const job = await scene.job(999);
  const ended = await scene.world.ended(job.id);
  assert.equal(ended.Status, 'Complete');
  assert.deepEqual(ended.FailureReasons ?? [], []);
  assert.equal(ended.ProgressSummary?.NumberOfTasksFailed, 999);
  assert.equal(await scene.assertReportsWhatRan(job, ended), 999);
});

test('Of 1,000 tasks 501 failed: the job fails, and reports them all', async () => {
  failFirst(501);
  const job = await scene.job(1000);
  const ended = await scene.world.ended(job.id);
  assert.equal(ended.Status, 'Failed');
  assert.match(failureOf(ended), /^TaskFailureThresholdExceeded: 501 of the 1000 tasks/);
  assert.equal(ended.ProgressSummary?.NumberOfTasksSucceeded, 499);
  assert.equal(await scene.assertReportsWhatRan(job, ended), 1000);
  scene.assertOnce(job);
});

test('Of 1,000 tasks exactly 500 failed: the job completes', async () => {
  failFirst(500);
  const job = await scene.job(1000);
  const ended = await scene.world.ended(job.id);
  assert.equal(ended.Status, 'Complete');
  assert.deepEqual(
    [ended.ProgressSummary?.NumberOfTasksSucceeded, ended.ProgressSummary?.NumberOfTasksFailed],
    [500, 500],
  );
  assert.equal(await scene.assertReportsWhatRan(job, ended), 1000);
});

test('A long job over the threshold stops early, and reports exactly the tasks that ran', async () => {
  failFirst(Infinity);
  scene.stub.delayMs = 20;
  const job = await scene.job(30_000);
  const ended = await scene.world.ended(job.id);
  assert.equal(ended.Status, 'Failed');
  assert.match(failureOf(ended), /^TaskFailureThresholdExceeded: /);
  assert.equal(ended.ProgressSummary?.TotalNumberOfTasks, 30_000);
  const ran = await scene.assertReportsWhatRan(job, ended);
  assert.ok(ran >= 1000 && ran < 15_000, `${ran} of 30,000 tasks ran`);
  scene.assertOnce(job);
});
