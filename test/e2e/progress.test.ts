/** What DescribeJob tells of a job on its way, and a service that is stopped and started again. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { StubWorld } from './stub-world.ts';
import type { JobDescriptor } from './world.ts';

let scene: StubWorld;
before(async () => {
  scene = await StubWorld.open();
});
after(() => scene.close());

const done = (job: JobDescriptor): number =>
  (job.ProgressSummary?.NumberOfTasksSucceeded ?? 0) +
  (job.ProgressSummary?.NumberOfTasksFailed ?? 0);

/** Collects the counters of each answer; they never fall, and never exceed what was requested. */
function watching(
  job: { readonly prefix: string },
  counts: number[],
): (job: JobDescriptor) => void {
  return (answer) => {
    const count = done(answer);
    assert.ok(count >= (counts.at(-1) ?? 0), `the counters fell from ${counts.at(-1)} to ${count}`);
    const requested = scene.stub.tasks.filter(({ key }) => key.startsWith(job.prefix)).length;
    assert.ok(count <= requested, `${count} tasks are counted, ${requested} were requested`);
    counts.push(count);
  };
}

test('The counters grow while the job runs, and at its end they are those of the report', async () => {
  scene.stub.delayMs = 100;
  // One row in ten fails, so that both counters have something to count.
  scene.stub.reply = ({ key }) =>
    key.endsWith('7') ? { status: 403, code: 'AccessDenied' } : 'default';
  const job = await scene.job(2000);
  const look = watching(job, []);
  const succeeded = new Set<number>();
  const failed = new Set<number>();
  const ended = await scene.world.ended(job.id, (answer) => {
    look(answer);
    succeeded.add(answer.ProgressSummary?.NumberOfTasksSucceeded ?? 0);
    failed.add(answer.ProgressSummary?.NumberOfTasksFailed ?? 0);
  });
  assert.equal(ended.Status, 'Complete');
  // Recording whole chunks would show three numbers: none, the first of the two, both.
  for (const shown of [succeeded, failed]) {
    assert.ok(shown.size >= 6, `only ${[...shown].join()} was shown`);
  }
  assert.equal(ended.ProgressSummary?.NumberOfTasksFailed, 200);
  assert.equal(await scene.assertReportsWhatRan(job, ended), 2000);
  assert.ok((ended.ProgressSummary.Timers?.ElapsedTimeInActiveSeconds ?? 0) >= 2);
  assert.deepEqual(await scene.world.staged(job.id), [], 'parts were left in staging');
});

test('A service that is stopped in the middle records what is in flight, and goes on later', async () => {
  scene.stub.delayMs = 200;
  scene.stub.reply = () => 'default';
  const job = await scene.job(1500);
  const counts: number[] = [];
  await scene.until(job, 300);
  await scene.world.service.restart();
  const ended = await scene.world.ended(job.id, watching(job, counts));
  assert.equal(ended.Status, 'Complete');
  assert.ok((counts[0] ?? 0) >= 300, `after the restart only ${counts[0]} tasks were counted`);
  assert.equal(await scene.assertReportsWhatRan(job, ended), 1500);
  // Nothing was cut off: no task had to be done again.
  scene.assertOnce(job);
});
