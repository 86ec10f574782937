/**
 * Object Lock of versions: what protects one, and what may become of that protection.
 *
 * I1. A legal hold, and a retention whose time has not come, keep a version from being deleted;
 *     only GOVERNANCE gives way to a bypass.
 * I2. A retention that is in force only gets longer; GOVERNANCE may be changed at will with a bypass,
 *     COMPLIANCE may not.
 * I3. What a version is locked by is settled when it is made: a later change of the bucket's default
 *     does not reach it.
 *
 * Event holds, which S3 has beside these, are refused as not implemented.
 */
import { invalidArgument, S3Error } from './errors.ts';
import type { S3Request } from './request.ts';
import type { Bucket, LockMode } from './storage/buckets.ts';
import type { VersionRow } from './storage/versions.ts';

export const LOCK_MODES: readonly LockMode[] = ['GOVERNANCE', 'COMPLIANCE'];

export interface Retention {
  readonly mode: LockMode;
  readonly untilMs: number;
}

export interface ObjectLock {
  readonly retention?: Retention;
  readonly hold?: 'ON' | 'OFF';
}

const MODE = 'x-amz-object-lock-mode';
const UNTIL = 'x-amz-object-lock-retain-until-date';
const HOLD = 'x-amz-object-lock-legal-hold';
const BYPASS = 'x-amz-bypass-governance-retention';

export const LOCK_HEADERS: readonly string[] = [MODE, UNTIL, HOLD];
export const BYPASS_HEADERS: readonly string[] = [BYPASS];
const NO_LOCK = '{}';
const PAST = 'The retain until date must be in the future!';

export function parseLock(stored: string): ObjectLock {
  // True because only JSON.stringify of an ObjectLock writes this text.
  return JSON.parse(stored) as ObjectLock;
}

/** What the headers of a write say about its lock, as stored JSON. */
export function lockOfHeaders(request: S3Request, bucket: Bucket, nowMs: number): string {
  const given = LOCK_HEADERS.filter((name) => request.header(name) !== undefined);
  if (given.length === 0) return NO_LOCK;
  if (bucket.settings.lock === undefined) {
    throw new S3Error('InvalidRequest', { message: 'Bucket is missing ObjectLockConfiguration' });
  }
  const hold = request.header(HOLD);
  if (hold !== undefined && hold !== 'ON' && hold !== 'OFF') {
    throw invalidArgument("Legal Hold must be either of 'ON' or 'OFF'", HOLD, hold);
  }
  const retention = retentionOfHeaders(request, nowMs);
  const lock: ObjectLock = {
    ...(retention === undefined ? {} : { retention }),
    ...(hold === undefined ? {} : { hold }),
  };
  return JSON.stringify(lock);
}

function retentionOfHeaders(request: S3Request, nowMs: number): Retention | undefined {
  const given = request.header(MODE);
  const until = request.header(UNTIL);
  if (given === undefined && until === undefined) return undefined;
  if (given === undefined || until === undefined) {
    const [name, value] = given === undefined ? [UNTIL, until ?? ''] : [MODE, given];
    throw invalidArgument(`${UNTIL} and ${MODE} must both be supplied`, name, value);
  }
  const mode = LOCK_MODES.find((known) => known === given);
  if (mode === undefined) throw invalidArgument('Unknown wormMode directive.', MODE, given);
  const isIso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(until);
  const untilMs = isIso ? Date.parse(until) : Number.NaN;
  if (Number.isNaN(untilMs)) {
    throw invalidArgument(
      'The retain until date must be provided in ISO 8601 format',
      UNTIL,
      until,
    );
  }
  if (untilMs <= nowMs) throw invalidArgument(PAST, UNTIL, until);
  return { mode, untilMs };
}

/** The lock of a version that is made now: its own, or the bucket's default (I3). */
export function lockOfNewVersion(stored: string, bucket: Bucket, nowMs: number): string {
  const byDefault = bucket.settings.lock?.retention;
  if (byDefault === undefined) return stored;
  const lock = parseLock(stored);
  if (lock.retention !== undefined) return stored;
  const until = new Date(nowMs);
  const { mode, count, unit } = byDefault;
  if (unit === 'Days') until.setUTCDate(until.getUTCDate() + count);
  else until.setUTCFullYear(until.getUTCFullYear() + count);
  return JSON.stringify({ ...lock, retention: { mode, untilMs: until.getTime() } });
}

/** S3 wants a digest with every body that Object Lock will protect. */
export function refuseUnvouched(
  kind: 'Object' | 'Part',
  given: { readonly lock: string; readonly bucket: Bucket; readonly isVouchedFor: boolean },
): void {
  const isLocking = given.lock !== NO_LOCK || given.bucket.settings.lock?.retention !== undefined;
  if (!isLocking || given.isVouchedFor) return;
  throw new S3Error('InvalidRequest', {
    message: `Content-MD5 OR x-amz-checksum- HTTP header is required for Put ${kind} requests with Object Lock parameters`,
  });
}

/** The headers that GET and HEAD answer about a lock. */
export function lockHeaders(stored: string): Record<string, string> {
  if (stored === NO_LOCK) return {};
  const { retention, hold } = parseLock(stored);
  return {
    ...(retention === undefined
      ? {}
      : { [MODE]: retention.mode, [UNTIL]: new Date(retention.untilMs).toISOString() }),
    ...(hold === undefined ? {} : { [HOLD]: hold }),
  };
}

/** Whether the request says that GOVERNANCE need not be minded. */
export function isBypassing(request: S3Request, bucket: Bucket): boolean {
  const value = request.header(BYPASS);
  if (value === undefined) return false;
  if (bucket.settings.lock === undefined) {
    throw invalidArgument(
      `${BYPASS} is only applicable to Object Lock enabled buckets.`,
      BYPASS,
      value,
    );
  }
  return value.toLowerCase() === 'true';
}

/** I1 */
export function isLocked(row: VersionRow, nowMs: number, isBypassed = false): boolean {
  if (row.lock === NO_LOCK) return false;
  const { retention, hold } = parseLock(row.lock);
  if (hold === 'ON') return true;
  const isInForce = retention !== undefined && retention.untilMs > nowMs;
  return isInForce && !(isBypassed && retention.mode === 'GOVERNANCE');
}

export function refuseLocked(row: VersionRow, nowMs: number, isBypassed: boolean): void {
  if (isLocked(row, nowMs, isBypassed)) throw protectedByLock();
}

function protectedByLock(): S3Error {
  return new S3Error('AccessDenied', {
    message: 'Access Denied because object protected by object lock.',
  });
}

/** Refuses a new retention, or none, that the present one does not allow (I2). */
export function refuseRetention(
  present: Retention | undefined,
  next: Retention | undefined,
  { nowMs, isBypassed }: { readonly nowMs: number; readonly isBypassed: boolean },
): void {
  if (next !== undefined && next.untilMs <= nowMs) {
    throw invalidArgument(PAST, 'RetainUntilDate', new Date(next.untilMs).toISOString());
  }
  if (present === undefined || present.untilMs <= nowMs) return;
  if (present.mode === 'GOVERNANCE' && isBypassed) return;
  const isExtended = next?.mode === present.mode && next.untilMs >= present.untilMs;
  if (!isExtended) throw protectedByLock();
}
