/** The staging contract over a folder and over a bucket of the sandbox, and the names of files. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { folderStaging, segmentNumber } from '../../src/staging/index.ts';
import { isPathOf, pathOf } from '../../src/staging/names.ts';
import { bucketGround } from '../contract/staging-bucket.ts';
import { stagingContract } from '../contract/staging.contract.ts';
import { startTestSandbox } from '../sandbox/start.ts';

stagingContract('a folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'brigade-staging-'));
  await writeFile(join(folder, 'a-file'), '');
  return {
    open: (name) => folderStaging(join(folder, name)),
    refused: () => folderStaging(join(folder, 'a-file/below')),
    async files(name) {
      const entries = await readdir(join(folder, name), { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => relative(join(folder, name), join(entry.parentPath, entry.name)));
    },
    async put(name, path, bytes) {
      await mkdir(dirname(join(folder, name, path)), { recursive: true });
      await writeFile(join(folder, name, path), bytes);
    },
    close: () => rm(folder, { recursive: true }),
  };
});

stagingContract('a bucket of the sandbox', async () => bucketGround(await startTestSandbox()));

test('numbers of segments differ between leases, however many one writes', () => {
  assert.ok(segmentNumber(1, 2 ** 24 - 1) < segmentNumber(2, 0));
  assert.throws(() => segmentNumber(1, 2 ** 24), /more segments than there are numbers/);
});

test('every path that a name makes is known as one of its job, and of no other', () => {
  const natural = fc.nat({ max: Number.MAX_SAFE_INTEGER });
  const name = fc.oneof(
    fc.record({ jobId: fc.uuid(), seq: natural, fence: natural }),
    fc.record({ jobId: fc.uuid(), segment: natural }),
  );
  fc.assert(
    fc.property(name, fc.uuid(), (one, other) => {
      assert.ok(isPathOf(one.jobId, pathOf(one)));
      assert.equal(isPathOf(other, pathOf(one)), other === one.jobId);
    }),
  );
});

test('a path that no name makes is not taken for one of the job', () => {
  const jobId = '01234567-89ab-cdef-0123-456789abcdef';
  const inJob = (rest: string): boolean => isPathOf(jobId, `jobs/${jobId}/${rest}`);
  assert.ok(inJob('0/7-1.csv') && inJob('list/1/1000.csv'));
  const others = ['1/7-1.csv', '0/07-1.csv', '0/7-1.csv.bak', '0/7-1.csv/x', 'list/0/1000.csv'];
  for (const rest of [...others, '7-1.csv', '0/7-.csv', '', '0/7-1e3.csv', 'list/7.csv']) {
    assert.equal(inJob(rest), false, rest);
  }
});
