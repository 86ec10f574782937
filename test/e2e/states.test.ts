/**
 * Jobs that their users confirm, cancel and outrank. One job at a time may be Active. Aim: after a
 * cancel no new request reaches the store, what was in flight is recorded, and the report tells of
 * exactly the tasks for which the stub saw a request (D5).
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { UpdateJobPriorityCommand } from '@aws-sdk/client-s3-control';
import { BUCKET, StubWorld, type TextJob } from './stub-world.ts';

/** D5 promises one second; the margin is for a busy machine that reads its own clock late. */
const STOP_MS = 1000;
const MARGIN_MS = 500;

let scene: StubWorld;
before(async () => {
  scene = await StubWorld.open({ BRIGADE_ACTIVE_JOBS: '1' });
});
after(() => scene.close());
afterEach(() => {
  scene.stub.delayMs = 0;
  scene.stub.reply = () => 'default';
  scene.stub.gate = () => Promise.resolve('default');
});

const CONFIRM = { more: { ConfirmationRequired: true } } as const;
const COMPLETE = 'Complete';

test('A job that says nothing of confirmation waits for it, and runs when it is confirmed', async () => {
  const { world } = scene;
  const job = await scene.job(10, { more: { ConfirmationRequired: undefined } });
  const suspended = await world.inStatus(job.id, 'Suspended');
  assert.equal(suspended.SuspendedCause, 'AWAITING_CONFIRMATION');
  assert.ok(suspended.SuspendedDate);
  assert.equal(suspended.ConfirmationRequired, true);
  assert.equal(suspended.ProgressSummary?.TotalNumberOfTasks, 10);
  assert.equal(scene.seen(job).length, 0);
  assert.equal(await world.updateStatus(job.id, 'Ready'), 'Ready');
  const ended = await world.ended(job.id);
  assert.equal(ended.Status, COMPLETE);
  assert.equal(await scene.assertReportsWhatRan(job, ended), 10);
});

test('A job that is confirmed twice, or after its end, is refused', async () => {
  const { world } = scene;
  const job = await scene.job(1);
  await world.ended(job.id);
  await refusesStatus(job, 'Ready', /The job is Complete/);
  await refusesStatus(job, 'Cancelled', /The job is Complete/);
});

test('A job cancelled in Suspended ends without a request and without a report', async () => {
  const { world } = scene;
  const job = await scene.job(10, CONFIRM);
  await world.inStatus(job.id, 'Suspended');
  await world.updateStatus(job.id, 'Cancelled');
  await assertNothingRan(job);
  await refusesStatus(job, 'Ready', /The job is Cancelled/);
});

test('Jobs cancelled in New and Preparing end, although their manifests never arrive', async () => {
  const { world, stub } = scene;
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  stub.gate = async ({ method, key }) => {
    if (method === 'GET' && key.startsWith('manifests/')) await released;
    return 'default';
  };
  try {
    // As many as are prepared at once, and one more.
    const preparing = [await scene.job(5), await scene.job(5)];
    for (const { id } of preparing) await world.inStatus(id, 'Preparing');
    const fresh = await scene.job(5);
    assert.equal((await world.describe(fresh.id)).Status, 'New');
    for (const { id } of [fresh, ...preparing]) {
      assert.equal(await world.updateStatus(id, 'Cancelled'), 'Cancelling');
    }
    for (const job of [fresh, ...preparing]) await assertNothingRan(job);
  } finally {
    release();
  }
});

test('A job cancelled in Active sends nothing later than a second after, and records the rest', async () => {
  const { world, stub } = scene;
  stub.delayMs = 300;
  const job = await scene.job(5000);
  await scene.until(job, 200);
  await world.updateStatus(job.id, 'Cancelled');
  const ended = await assertStopped(job);
  assert.ok(ended.ran < 5000, 'the job ran to its end');
  scene.assertOnce(job);
});

test('Requests that are still in flight long after a cancel are awaited and recorded', async () => {
  const { world, stub } = scene;
  stub.delayMs = 2500;
  const job = await scene.job(1000);
  await scene.until(job, 64);
  await world.updateStatus(job.id, 'Cancelled');
  assert.equal((await world.describe(job.id)).Status, 'Cancelling');
  await refusesStatus(job, 'Cancelled', /The job is Cancelling/);
  const { ran, succeeded } = await assertStopped(job);
  assert.equal(succeeded, ran, 'an answer in flight was not taken for what it was');
});

test('A job cancelled while the store refuses everything reports what it tried', async () => {
  const { world, stub } = scene;
  stub.reply = () => ({ status: 503, code: 'SlowDown' });
  const job = await scene.job(500);
  await scene.until(job, 70);
  await world.updateStatus(job.id, 'Cancelled');
  const { succeeded } = await assertStopped(job);
  assert.equal(succeeded, 0);
});

test('A job cancelled in Ready ends without a request; the one before it goes on', async () => {
  const { world, stub } = scene;
  stub.delayMs = 200;
  const active = await scene.job(1000);
  await world.inStatus(active.id, 'Active');
  const ready = await scene.job(10);
  await world.inStatus(ready.id, 'Ready');
  await world.updateStatus(ready.id, 'Cancelled');
  await assertNothingRan(ready);
  assert.equal((await world.describe(active.id)).Status, 'Active');
  await world.updateStatus(active.id, 'Cancelled');
  await assertStopped(active);
});

test('A job of higher priority takes over; the lower one pauses, comes back and is complete', async () => {
  const { world, stub } = scene;
  stub.delayMs = 700;
  const low = await scene.job(400, { priority: 1 });
  await scene.until(low, 100);
  const high = await scene.job(100, { priority: 100 });
  const met = new Set<string | undefined>();
  await world.until(
    low.id,
    ({ Status }) => Status === 'Paused',
    ({ Status }) => met.add(Status),
  );
  assert.ok(met.has('Pausing'), `the low one was only met in ${[...met].join()}`);
  const seenWhenPaused = scene.seen(low).length;
  const highEnded = await world.ended(high.id);
  assert.equal(highEnded.Status, COMPLETE);
  const lastOfHigh = Math.max(...scene.seen(high).map(({ at }) => at));
  assert.equal(await scene.assertReportsWhatRan(high, highEnded), 100);
  const lowEnded = await world.ended(low.id);
  assert.equal(lowEnded.Status, COMPLETE);
  assert.equal(await scene.assertReportsWhatRan(low, lowEnded), 400);
  scene.assertOnce(low);
  const afterPause = scene.seen(low).slice(seenWhenPaused);
  assert.ok(afterPause.length > 0, 'nothing of the low one was left to come back for');
  assert.ok(
    afterPause.every(({ at }) => at > lastOfHigh),
    'the low one went on before the high one was through',
  );
});

test('A job cancelled in Pausing, and one cancelled in Paused, report what ran', async () => {
  const { world, stub } = scene;
  stub.delayMs = 1500;
  const pausing = await scene.job(1000, { priority: 1 });
  await scene.until(pausing, 64);
  const high = await scene.job(1000, { priority: 100 });
  await world.inStatus(pausing.id, 'Pausing');
  await world.updateStatus(pausing.id, 'Cancelled');
  const { succeeded } = await assertStopped(pausing);
  assert.equal(succeeded, scene.seen(pausing).length);

  await scene.until(high, 64);
  const higher = await scene.job(1000, { priority: 200 });
  await world.inStatus(high.id, 'Paused');
  await world.updateStatus(high.id, 'Cancelled');
  const stopped = await assertStopped(high);
  assert.equal(stopped.succeeded, scene.seen(high).length);
  scene.assertOnce(high);

  await world.updateStatus(higher.id, 'Cancelled');
  await assertStopped(higher);
});

test('A job whose priority is raised takes over from the one that runs', async () => {
  const { world, stub } = scene;
  stub.delayMs = 300;
  const first = await scene.job(600, { priority: 5 });
  await scene.until(first, 64);
  const second = await scene.job(20, { priority: 5 });
  await world.inStatus(second.id, 'Ready');
  const AccountId = world.service.account;
  const raise = new UpdateJobPriorityCommand({ AccountId, JobId: second.id, Priority: 6 });
  assert.equal((await world.control.send(raise)).Priority, 6);
  await world.inStatus(first.id, 'Pausing', 'Paused');
  assert.equal((await world.ended(second.id)).Status, COMPLETE);
  const ended = await world.ended(first.id);
  assert.equal(await scene.assertReportsWhatRan(first, ended), 600);
  scene.assertOnce(first);
});

test('A job in Completing is past being cancelled, and ends when its report is written', async () => {
  const { world, stub } = scene;
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  stub.gate = async ({ method, key }) => {
    if (method === 'PUT' && key.includes('/results/')) await released;
    return 'default';
  };
  const job = await scene.job(10);
  try {
    await world.inStatus(job.id, 'Completing');
    await refusesStatus(job, 'Cancelled', /The job is Completing/);
  } finally {
    release();
  }
  const ended = await world.ended(job.id);
  assert.equal(ended.Status, COMPLETE);
  assert.equal(await scene.assertReportsWhatRan(job, ended), 10);
});

async function refusesStatus(
  job: TextJob,
  requested: 'Ready' | 'Cancelled',
  message: RegExp,
): Promise<void> {
  await assert.rejects(scene.world.updateStatus(job.id, requested), {
    name: 'JobStatusException',
    message,
  });
}

/** The job ends as Cancelled without a request, a counted task or a report. */
async function assertNothingRan(job: TextJob): Promise<void> {
  const ended = await scene.world.ended(job.id);
  assert.equal(ended.Status, 'Cancelled');
  assert.equal(scene.seen(job).length, 0);
  assert.equal(ended.ProgressSummary?.NumberOfTasksSucceeded, 0);
  assert.equal(ended.ProgressSummary.NumberOfTasksFailed, 0);
  assert.deepEqual(await scene.world.keys(BUCKET, `reports/job-${job.id}`), []);
}

/** Call right after the cancel was answered: from then on the second counts. */
async function assertStopped(job: TextJob): Promise<{ ran: number; succeeded: number }> {
  const { world, stub } = scene;
  const cancelledAt = performance.now();
  const ended = await world.ended(job.id);
  assert.equal(ended.Status, 'Cancelled');
  const late = scene
    .seen(job)
    .map(({ at }) => Math.round(at - cancelledAt))
    .filter((ms) => ms > STOP_MS + MARGIN_MS);
  assert.deepEqual(late, [], 'requests that came so many milliseconds after the cancel');
  assert.ok(
    !stub.waiting.some(({ key }) => key.startsWith(job.prefix)),
    'the job ended before its requests were answered',
  );
  const ran = await scene.assertReportsWhatRan(job, ended);
  assert.ok(ran > 0);
  return { ran, succeeded: ended.ProgressSummary?.NumberOfTasksSucceeded ?? 0 };
}
