/**
 * Where files of a job wait while it is on its way: segments of a list that was rewritten, until its
 * tasks have run; parts, until the report is written. In a folder, or in a bucket.
 *
 * I1. A file that `write` resolved for is durable.
 * I2. Files are written whole, once. Names hold the fence of their lease, so a worker that lost its
 *     lease overwrites nothing (D4).
 * I3. `read` gives all the bytes it was asked for or throws: a report is never short in silence.
 * I4. Nothing is removed but what `names.ts` can have named, below the one place of this staging.
 * I5. A staging that cannot be used just now throws StagingUnavailable: the same call may be made
 *     again, and an attempt whose answer was lost does no harm.
 */
import { asBuffer } from '../base/bytes.ts';
import type { Random } from '../base/random.ts';
import { PROBE_JOB, type StagedName, type UploadName } from './names.ts';

export interface Staging {
  write(name: StagedName, bytes: Uint8Array): Promise<void>;
  /**
   * Bytes [start, end) of a file; `end` may be Infinity. Also throws StagedFileLost. The memory of a
   * piece is nobody else's: whoever has read it may give it back (base/bytes.ts).
   */
  read(name: StagedName, start: number, end: number): AsyncIterable<Uint8Array>;
  /** Forgets a file whose lease was lost before it could be recorded. */
  remove(name: StagedName): Promise<void>;
  removeJob(jobId: string): Promise<void>;
  /** Uploads of which the job has written a file that nobody has removed. */
  uploads(jobId: string): Promise<readonly UploadName[]>;
  /** Jobs that have something here, for the sweep after a crash. */
  jobs(): Promise<readonly string[]>;
}

/** Full, forbidden or away: whatever it is, somebody can mend it, and then the call works. */
export class StagingUnavailable extends Error {
  override readonly name = 'StagingUnavailable';
  /** The place answered, and said no: it will not come back by itself. */
  readonly isRefused: boolean;

  constructor(message: string, { isRefused, cause }: { isRefused: boolean; cause?: unknown }) {
    super(message, { cause });
    this.isRefused = isRefused;
  }
}

/** A file that was written is gone, or is not what was written. */
export class StagedFileLost extends Error {
  override readonly name = 'StagedFileLost';

  /** `place`: how an operator finds the file. */
  constructor(place: string, what: string) {
    super(`Staging has lost ${place}: ${what}.`);
  }
}

/** Writes a file, reads it back and removes it. Throws StagingUnavailable and StagedFileLost. */
export async function checkStaging(staging: Staging, random: Random): Promise<void> {
  const name = { jobId: PROBE_JOB, seq: Math.floor(random.next() * 2 ** 40), fence: 1 };
  const bytes = Buffer.from(random.hex(16));
  await staging.write(name, bytes);
  const pieces: Buffer[] = [];
  for await (const piece of staging.read(name, 0, bytes.length)) pieces.push(asBuffer(piece));
  await staging.remove(name);
  if (!Buffer.concat(pieces).equals(bytes)) {
    throw new StagedFileLost('a file for a test', 'what was read is not what was written');
  }
}
