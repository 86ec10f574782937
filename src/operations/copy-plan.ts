/** How an object is cut for a multipart copy: 10,000 parts of at most 5 GiB carry S3's largest one. */

export interface CopyPlan {
  /** Of every part but the last. */
  readonly partBytes: number;
  readonly parts: number;
  readonly bytes: number;
}

const MIB = 1024 * 1024;
/** S3's limits. */
const PARTS_MAX = 10_000;
const PART_BYTES_MAX = 5 * 1024 * MIB;
/** Large enough that requests don't matter, small enough that a part takes seconds. */
export const PART_BYTES = 256 * MIB;

/** Undefined: no upload can hold so many bytes. */
export function copyPlan(bytes: number, partBytesMin = PART_BYTES): CopyPlan | undefined {
  const partBytes = Math.max(partBytesMin, Math.ceil(bytes / PARTS_MAX));
  if (partBytes > PART_BYTES_MAX) return undefined;
  return { partBytes, parts: Math.ceil(bytes / partBytes), bytes };
}

/** First and last byte of part `number`, which counts from 1. */
export function rangeOf(plan: CopyPlan, number: number): { first: number; last: number } {
  const first = (number - 1) * plan.partBytes;
  return { first, last: Math.min(first + plan.partBytes, plan.bytes) - 1 };
}
