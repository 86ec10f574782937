// Aim: what was written is read back by range, one job's files go together, and two leases share none.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  folderStaging,
  segmentNumber,
  type StagedName,
  type Staging,
} from '../../src/staging/index.ts';

async function withStaging(play: (staging: Staging) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'brigade-test-'));
  try {
    await play(folderStaging(folder));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function text(
  staging: Staging,
  name: StagedName,
  start = 0,
  end = Infinity,
): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of staging.read(name, start, end)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

test('segments and parts of a job are read back whole and by range', () =>
  withStaging(async (staging) => {
    const segment = { jobId: 'a', segment: segmentNumber(3, 0) };
    const part = { jobId: 'a', seq: 0, fence: 3 };
    await staging.write(segment, Buffer.from('0123456789'));
    await staging.write(part, Buffer.from('part'));
    assert.equal(await text(staging, segment), '0123456789');
    assert.equal(await text(staging, segment, 2, 5), '234');
    assert.equal(await text(staging, segment, 5, 5), '');
    assert.equal(await text(staging, part), 'part');
  }));

test('a lease that was lost overwrites nothing of the one after it', () =>
  withStaging(async (staging) => {
    const [old, next] = [1, 2].map((fence) => ({ jobId: 'a', segment: segmentNumber(fence, 0) }));
    assert.ok(old && next);
    await staging.write(next, Buffer.from('next'));
    await staging.write(old, Buffer.from('old'));
    await staging.remove(old);
    assert.equal(await text(staging, next), 'next');
    await assert.rejects(text(staging, old), /ENOENT/);
  }));

test('a job leaves nothing behind, and takes nothing of another', () =>
  withStaging(async (staging) => {
    for (const jobId of ['a', 'b']) await staging.write({ jobId, segment: 7 }, Buffer.from(jobId));
    await staging.removeJob('a');
    assert.deepEqual(await staging.jobs(), ['b']);
    assert.equal(await text(staging, { jobId: 'b', segment: 7 }), 'b');
  }));

test('numbers of segments differ between leases, however many one writes', () => {
  assert.ok(segmentNumber(1, 2 ** 24 - 1) < segmentNumber(2, 0));
  assert.throws(() => segmentNumber(1, 2 ** 24), /more segments than there are numbers/);
});
