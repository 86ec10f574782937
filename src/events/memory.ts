/**
 * What a CloudTrail sink remembers between two digests, for each account: the log files that no
 * digest names yet, the digest that is to be written, and the one before it.
 */
import type { TrailRecord } from './trail-record.ts';

/** As a digest names a log file. */
export interface LoggedFile {
  readonly key: string;
  /** SHA-256 of the file before compression, hex. */
  readonly hash: string;
  readonly newest: string;
  readonly oldest: string;
}

export interface WrittenDigest {
  readonly key: string;
  /** SHA-256 before compression, hex. */
  readonly hash: string;
  /** Hex. */
  readonly signature: string;
}

export interface PlannedDigest {
  readonly startAt: number;
  readonly endAt: number;
  readonly files: readonly LoggedFile[];
}

export interface AccountMemory {
  readonly startAt: number;
  readonly files: readonly LoggedFile[];
  readonly planned?: PlannedDigest;
  readonly previous?: WrittenDigest;
}

export type TrailMemory = Readonly<Record<string, AccountMemory>>;

export function readMemory(text: string | null): TrailMemory {
  // Written by the sink only.
  return text === null ? {} : (JSON.parse(text) as TrailMemory);
}

export function timesOf(records: readonly TrailRecord[]): { oldest: string; newest: string } {
  const times = records.map(({ eventTime }) => eventTime).sort();
  return { oldest: times[0] ?? '', newest: times.at(-1) ?? '' };
}
