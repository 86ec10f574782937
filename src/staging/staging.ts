/**
 * Where parts wait until the report is written: a folder of this machine.
 *
 * I1. A part that `write` resolved for survives a crash: file and folder entry are on the disk.
 * I2. Names hold job, chunk and fence, so a worker that lost its lease overwrites nothing (D4).
 * I3. Folders hold at most 1,000 chunks each, so that no directory grows with the manifest.
 */
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface PartName {
  readonly jobId: string;
  readonly seq: number;
  readonly fence: number;
}

export interface Staging {
  write(part: PartName, bytes: Uint8Array): Promise<void>;
  /** Bytes [start, end) of a part. */
  read(part: PartName, start: number, end: number): AsyncIterable<Uint8Array>;
  /** Forgets a part whose lease was lost before it could be recorded. */
  remove(part: PartName): Promise<void>;
  removeJob(jobId: string): Promise<void>;
  /** Jobs that have something here, for the sweep after a crash. */
  jobs(): Promise<readonly string[]>;
}

export function folderStaging(root: string): Staging {
  const jobFolder = (jobId: string): string => join(root, 'jobs', jobId);
  const fileOf = ({ jobId, seq, fence }: PartName): string =>
    join(jobFolder(jobId), String(Math.floor(seq / 1000)), `${seq}-${fence}.csv`);

  return {
    async write(part, bytes) {
      const path = fileOf(part);
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

    async *read(part, start, end) {
      if (end <= start) return;
      // createReadStream's `end` is inclusive.
      yield* createReadStream(fileOf(part), { start, end: end - 1 }) as AsyncIterable<Uint8Array>;
    },

    remove: (part) => rm(fileOf(part), { force: true }),

    removeJob: (jobId) => rm(jobFolder(jobId), { recursive: true, force: true }),

    async jobs() {
      await mkdir(join(root, 'jobs'), { recursive: true });
      return await readdir(join(root, 'jobs'));
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
