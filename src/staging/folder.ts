/**
 * Staging in a folder: of one machine, or of a file system that all workers share.
 *
 * I1. What `write` resolved for survives a loss of power: file and folder entries are on the disk.
 * I2. Every error of the system is StagingUnavailable: the disk is full, the volume is not mounted,
 *     a right is missing. Only a file that is not there, in a folder that is, counts as lost.
 */
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isJobId, jobPath, pathOf, uploadOf, uploadsPath } from './names.ts';
import { StagedFileLost, StagingUnavailable, type Staging } from './staging.ts';

export function folderStaging(root: string): Staging {
  const tried = <T>(work: () => Promise<T>): Promise<T> =>
    work().catch((error: unknown) => {
      throw unavailable(root, error);
    });

  return {
    write: (name, bytes) => tried(() => writeDurably(join(root, pathOf(name)), bytes)),

    async *read(name, start, end) {
      if (end <= start) return;
      const path = join(root, pathOf(name));
      let missing = end - start;
      try {
        // createReadStream's `end` is inclusive.
        const bytes = createReadStream(path, { start, end: end - 1 }) as AsyncIterable<Buffer>;
        for await (const piece of bytes) {
          missing -= piece.length;
          yield piece;
        }
      } catch (error) {
        if (codeOf(error) === 'ENOENT' && (await isThere(root))) {
          throw new StagedFileLost(path, 'it is not there');
        }
        throw unavailable(root, error);
      }
      if (missing > 0 && end !== Infinity) {
        throw new StagedFileLost(path, `it ends ${missing} bytes too early`);
      }
    },

    remove: (name) => tried(() => rm(join(root, pathOf(name)), { force: true })),

    removeJob: (jobId) =>
      tried(() => rm(join(root, jobPath(jobId)), { recursive: true, force: true })),

    uploads: (jobId) =>
      tried(async () => {
        const found = await entriesOf(join(root, uploadsPath(jobId)));
        return found.map(uploadOf).flatMap((upload) => (upload ? [{ jobId, upload }] : []));
      }),

    jobs: () => tried(async () => (await entriesOf(join(root, 'jobs'))).filter(isJobId)),
  };
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
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

/** Nothing is in a folder that is not there. */
function entriesOf(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
}

/** A volume that is not mounted has no `jobs`: then its files are away, not lost. */
async function isThere(root: string): Promise<boolean> {
  return stat(join(root, 'jobs')).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}

/** These do not pass by themselves; a full disk often does. */
const REFUSALS = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENOENT', 'EEXIST']);
const SENTENCES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EROFS: 'the file system is mounted read-only',
  EACCES: 'the folder may not be used by this user',
  EPERM: 'the folder may not be used by this user',
  ENOTDIR: 'it is not a folder',
  EEXIST: 'it is not a folder',
};

/** Hands through what is not an error of the system. */
function unavailable(root: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  const why = SENTENCES[code] ?? String(error);
  return new StagingUnavailable(`Staging in ${root} cannot be used: ${why} (${code}).`, {
    isRefused: REFUSALS.has(code),
    cause: error,
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'syscall' in error && 'code' in error
    ? String(error.code)
    : undefined;
}
