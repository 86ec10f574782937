/**
 * Archived versions and their temporary copies.
 *
 * I1. A version of an archive class is read, or copied, only while a copy of it is there.
 * I2. Where a restore stands follows from the clock and from what was asked for: nothing runs in
 *     the background, and a restart changes nothing.
 *
 * The archive tiers of INTELLIGENT_TIERING, into which S3 moves objects by itself, are not played.
 */
import { S3Error } from './errors.ts';
import type { VersionRow } from './storage/versions.ts';
import { httpDate } from './wire.ts';

/** From the fastest to the slowest. */
export const TIERS = ['Expedited', 'Standard', 'Bulk'] as const;
export type Tier = (typeof TIERS)[number];

export interface Restore {
  readonly days: number;
  readonly tier: Tier;
  /** When the copy is there. */
  readonly readyMs: number;
  /** When it is gone again. */
  readonly expiresMs: number;
}

const ARCHIVES: readonly string[] = ['GLACIER', 'DEEP_ARCHIVE'];
const DAY_MS = 24 * 60 * 60 * 1000;

export function isArchived(row: VersionRow): boolean {
  return ARCHIVES.includes(row.storageClass);
}

/** The restore that runs or whose copy is there; one that has expired is as none. */
export function restoreOf(row: VersionRow, nowMs: number): Restore | undefined {
  if (row.restore === '{}') return undefined;
  // True because only JSON.stringify of a Restore writes this text.
  const restore = JSON.parse(row.restore) as Restore;
  return restore.expiresMs > nowMs ? restore : undefined;
}

/** Days count from when the copy is there, and end with the day (guide: restoring objects). */
export function expiryOf(readyMs: number, days: number): number {
  return (Math.floor(readyMs / DAY_MS) + days + 1) * DAY_MS;
}

/** I1 */
export function refuseArchived(row: VersionRow, nowMs: number, message?: string): void {
  if (!isArchived(row)) return;
  const restore = restoreOf(row, nowMs);
  if (restore !== undefined && restore.readyMs <= nowMs) return;
  throw new S3Error('InvalidObjectState', {
    ...(message === undefined ? {} : { message }),
    elements: { StorageClass: row.storageClass },
  });
}

export function restoreHeaders(row: VersionRow, nowMs: number): Record<string, string> {
  const restore = restoreOf(row, nowMs);
  if (restore === undefined) return {};
  const { readyMs, expiresMs } = restore;
  const value =
    readyMs > nowMs
      ? 'ongoing-request="true"'
      : `ongoing-request="false", expiry-date="${httpDate(expiresMs)}"`;
  return { 'x-amz-restore': value };
}
