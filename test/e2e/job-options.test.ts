// Aim: options given as tags of a job do what they say, in a service seen from outside.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StubWorld } from './stub-world.ts';
import { assertCounts, atOnce, World } from './world.ts';

const option = (name: string, value: string) => ({
  more: { Tags: [{ Key: `brigade:${name}`, Value: value }] },
});

test('a dry run changes nothing, and its report says what each task would have met', async () => {
  const world = await World.open();
  try {
    const bucket = await world.bucket({ versioned: true });
    const keys = Array.from({ length: 50 }, (_, n) => `here/${n}`);
    const versions = await world.upload(bucket, keys, { tag: 'state=old' });
    const list = [
      ...keys.map((key, n) => `${bucket},${key},${versions[n]}\n`),
      `${bucket},gone,${versions[0]}\n`,
    ];
    const lists = await world.bucket();
    const jobId = await world.createJob({
      manifest: await world.manifest(lists, list.join('')),
      fields: ['Bucket', 'Key', 'VersionId'],
      report: { bucket: lists },
      ...option('dry-run', 'true'),
    });
    const job = await world.ended(jobId);
    assert.equal(job.Status, 'Complete');
    const rows = await world.report(job);
    assertCounts(job, rows);
    const failed = rows.filter(({ status }) => status === 'failed');
    assert.deepEqual(
      failed.map(({ key, httpStatus }) => [key, httpStatus]),
      [['gone', '404']],
    );
    for (const { status, message } of rows) {
      if (status === 'succeeded') assert.match(message, /"size":\d+/);
    }
    await atOnce(keys, 16, async (key) => {
      assert.equal(await world.tags(bucket, key), 'state=old');
    });
  } finally {
    await world.close();
  }
});

test('an attempt that takes longer than task-timeout is given up, which is its outcome', async () => {
  // Alone with a slow store, a task would be waited for longer.
  const scene = await StubWorld.open({ BRIGADE_OUTAGE_MINUTES: '0' });
  const { world, stub } = scene;
  try {
    // Of two tasks one is answered, and the other when nobody waits for it any more.
    stub.reply = ({ key }) => {
      stub.delayMs = key.endsWith('/1') ? 2000 : 0;
      return 'default';
    };
    const job = await scene.job(2, option('task-timeout', '0.2'));
    const ended = await world.ended(job.id);
    const rows = await world.report(ended);
    const slow = rows.find(({ key }) => key.endsWith('/1'));
    assert.equal(slow?.status, 'failed');
    assert.equal(slow.errorCode, 'TaskTimeout');
    assert.equal(slow.message, 'The attempt took longer than 200 ms.');
    assertCounts(ended, rows);
  } finally {
    await scene.close();
  }
});
