/**
 * How an object is cut for a multipart copy, and how an upload of ours is known again.
 *
 * I1. 10,000 parts of at most 5 GiB carry S3's largest object.
 * I2. The size of the parts is a fingerprint of job, source and target: after a crash the same task
 *     makes the same plan, and an upload whose parts all fit it is ours. Nothing else about an
 *     upload can be both chosen by us and seen in a listing: its metadata and tags cannot, and Ceph
 *     refuses to complete an upload with a part more than is listed.
 */
import { hash } from 'node:crypto';

export interface CopyPlan {
  /** Of every part but the last. */
  readonly partBytes: number;
  readonly parts: number;
  readonly bytes: number;
  /** False: too few sizes were possible for this one to say whose it is. */
  readonly isTelling: boolean;
}

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
/** S3's limits. */
const PARTS_MAX = 10_000;
const PART_BYTES_MAX = 5 * GIB;
/** Large enough that requests don't matter, small enough that a part takes seconds. */
export const PART_BYTES = 256 * MIB;
/** One in 65,536: and the upload must also be one of the same key. */
const SIZES_MIN = 65_536;

/** `identity`: what makes two tasks the same. Undefined: no upload can hold so many bytes. */
export function copyPlan(
  bytes: number,
  identity: string,
  partBytesMin = PART_BYTES,
): CopyPlan | undefined {
  const least = Math.max(partBytesMin, Math.ceil(bytes / PARTS_MAX));
  if (least > PART_BYTES_MAX) return undefined;
  const sizes = Math.min(Math.floor(least / 2), PART_BYTES_MAX - least) + 1;
  const partBytes = least + (Number.parseInt(hash('sha256', identity).slice(0, 12), 16) % sizes);
  const parts = Math.ceil(bytes / partBytes);
  return { partBytes, parts, bytes, isTelling: sizes >= SIZES_MIN };
}

/** First and last byte of part `number`, which counts from 1. */
export function rangeOf(plan: CopyPlan, number: number): { first: number; last: number } {
  const first = (number - 1) * plan.partBytes;
  return { first, last: Math.min(first + plan.partBytes, plan.bytes) - 1 };
}

export interface ListedPart {
  readonly number: number;
  readonly bytes: number;
}

/** Whether an upload with these parts is one of this plan (I2). Without a whole part nobody knows. */
export function isOfPlan(plan: CopyPlan, parts: readonly ListedPart[]): boolean {
  if (!plan.isTelling || !parts.some(({ bytes }) => bytes === plan.partBytes)) return false;
  return parts.every(({ number, bytes }) => {
    if (number < 1 || number > plan.parts) return false;
    const { first, last } = rangeOf(plan, number);
    return bytes === last - first + 1;
  });
}
