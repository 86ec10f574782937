/**
 * Staging in a folder: of one machine, or of a file system that all workers share.
 *
 * I1. What `write` resolved for survives a loss of power: file and folder entries are on the disk.
 * I2. Every error of the system is StagingUnavailable: the disk is full, the volume is not mounted,
 *     a right is missing. Only a file that is not there, in a folder that is, counts as lost.
 */
import fs from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { isJobId, jobPath, pathOf, uploadOf, uploadsPath } from './names.ts';
import { StagedFileLost, StagingUnavailable, type Staging } from './staging.ts';

/** A part, which is what is read most, is one piece. */
const PIECE_BYTES = 256 * 1024;

export function folderStaging(folder: string): Staging {
  const root = resolve(folder);
  const writer = new Writer(root);
  const tried = <T>(work: () => Promise<T>): Promise<T> =>
    work().catch((error: unknown) => {
      throw unavailable(root, error);
    });

  return {
    write: (name, bytes) => tried(() => writer.write(join(root, pathOf(name)), bytes)),

    async *read(name, start, end) {
      if (end <= start) return;
      const path = join(root, pathOf(name));
      let at = start;
      try {
        const file = await disk.open(path, 'r');
        try {
          while (at < end) {
            const piece = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, end - at));
            const { bytesRead } = await disk.read(file, piece, 0, piece.length, at);
            if (bytesRead === 0) break;
            at += bytesRead;
            yield piece.subarray(0, bytesRead);
          }
        } finally {
          await disk.close(file);
        }
      } catch (error) {
        if (codeOf(error) === 'ENOENT' && (await isThere(root))) {
          throw new StagedFileLost(path, 'it is not there');
        }
        throw unavailable(root, error);
      }
      if (at < end && end !== Infinity) {
        throw new StagedFileLost(path, `it ends ${end - at} bytes too early`);
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

/** Bare descriptors: a part is written for every thousand tasks, and FileHandle doubles what that costs us. */
const disk = {
  open: promisify(fs.open),
  read: promisify(fs.read),
  write: promisify(fs.write),
  fdatasync: promisify(fs.fdatasync),
  fsync: promisify(fs.fsync),
  close: promisify(fs.close),
};

/** More folders than a worker writes to at once. */
const DURABLE_MAX = 256;

/** Writes files below one folder so that they survive a loss of power. */
class Writer {
  readonly #root: string;
  /** Folders whose entries in the folders above are on the disk, whoever made them. */
  readonly #durable = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    const folder = dirname(path);
    const temporary = `${path}.tmp`;
    const file = await this.#create(temporary, folder);
    try {
      for (let at = 0; at < bytes.length;) {
        at += (await disk.write(file, bytes, at)).bytesWritten;
      }
      await disk.fdatasync(file);
    } finally {
      await disk.close(file);
    }
    await rename(temporary, path);
    await syncFolder(folder);
  }

  async #create(path: string, folder: string): Promise<number> {
    if (!this.#durable.has(folder)) await this.#make(folder);
    try {
      return await disk.open(path, 'w');
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      // Its job was removed, or the volume is another one by now.
      await this.#make(folder);
      return disk.open(path, 'w');
    }
  }

  async #make(folder: string): Promise<void> {
    const made = await mkdir(folder, { recursive: true });
    const isOurs = (path: string): boolean => path.length >= this.#root.length;
    const isMade = (path: string): boolean => made !== undefined && path.length >= made.length;
    for (let path = folder; isOurs(dirname(path)) || isMade(path); path = dirname(path)) {
      await syncFolder(dirname(path));
    }
    if (this.#durable.size >= DURABLE_MAX) this.#durable.clear();
    this.#durable.add(folder);
  }
}

/** A rename is durable once its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await disk.open(folder, 'r');
  try {
    await disk.fsync(handle);
  } finally {
    await disk.close(handle);
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
