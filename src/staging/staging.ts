/**
 * Where files of a job wait while it is on its way, in a folder of this machine: segments of a list
 * that was rewritten, until its tasks have run; parts, until the report is written.
 *
 * I1. A file that `write` resolved for survives a crash: file and folder entry are on the disk.
 * I2. Files are written whole, once. Names hold the fence of their lease, so a worker that lost its
 *     lease overwrites nothing (D4). That asks no more than a bucket can give.
 * I3. Folders hold at most 1,000 chunks each, so that no directory grows with the manifest.
 */
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { assert } from '../base/assert.ts';

export interface PartName {
  readonly jobId: string;
  readonly seq: number;
  readonly fence: number;
}

/** A run of rows of a rewritten list. */
export interface SegmentName {
  readonly jobId: string;
  /** Made from the fence of the lease that wrote it, see `segmentNumber`. */
  readonly segment: number;
}

export type StagedName = PartName | SegmentName;

/** More than a lease can write: one every two seconds for a year. */
const SEGMENTS_PER_LEASE_MAX = 2 ** 24;

/** The number of the `index`-th segment that a lease with this fence writes. */
export function segmentNumber(fence: number, index: number): number {
  assert(index < SEGMENTS_PER_LEASE_MAX, 'One lease wrote more segments than there are numbers.');
  return fence * SEGMENTS_PER_LEASE_MAX + index;
}

export interface Staging {
  write(name: StagedName, bytes: Uint8Array): Promise<void>;
  /** Bytes [start, end) of a file; `end` may be Infinity. */
  read(name: StagedName, start: number, end: number): AsyncIterable<Uint8Array>;
  /** Forgets a file whose lease was lost before it could be recorded. */
  remove(name: StagedName): Promise<void>;
  removeJob(jobId: string): Promise<void>;
  /** Jobs that have something here, for the sweep after a crash. */
  jobs(): Promise<readonly string[]>;
}

export function folderStaging(root: string): Staging {
  const jobFolder = (jobId: string): string => join(root, 'jobs', jobId);
  const fileOf = (name: StagedName): string =>
    'segment' in name
      ? join(
          jobFolder(name.jobId),
          'list',
          String(Math.floor(name.segment / 1000)),
          `${name.segment}.csv`,
        )
      : join(
          jobFolder(name.jobId),
          String(Math.floor(name.seq / 1000)),
          `${name.seq}-${name.fence}.csv`,
        );

  return {
    async write(name, bytes) {
      const path = fileOf(name);
      const folder = dirname(path);
      const made = await mkdir(folder, { recursive: true });
      const file = await open(`${path}.tmp`, 'w');
      try {
        await file.writeFile(bytes);
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(`${path}.tmp`, path);
      await syncFolder(folder);
      // Folders that were made on the way are entries of their parents.
      for (let above = folder; made && above.length >= made.length;) {
        above = dirname(above);
        await syncFolder(above);
      }
    },

    async *read(name, start, end) {
      if (end <= start) return;
      // createReadStream's `end` is inclusive.
      yield* createReadStream(fileOf(name), { start, end: end - 1 }) as AsyncIterable<Uint8Array>;
    },

    remove: (name) => rm(fileOf(name), { force: true }),

    removeJob: (jobId) => rm(jobFolder(jobId), { recursive: true, force: true }),

    async jobs() {
      await mkdir(join(root, 'jobs'), { recursive: true });
      return readdir(join(root, 'jobs'));
    },
  };
}

/** A rename is durable once its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
