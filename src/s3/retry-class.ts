/**
 * Whether a failed request is worth another try: one table, used for everything that asks S3.
 *
 * A code that is known decides, whatever the status (an error may arrive inside a 200); the status
 * decides for the rest. What is not worth waiting for costs a job one request per object, and what
 * is given up too early costs a user a second job, so doubt goes to 'later' only where the store
 * itself says that its state or load is the cause.
 */
import type { Again } from '../model/outcome.ts';

/** AWS's codes, and those of MinIO (SlowDownRead, SlowDownWrite) and of KMS behind S3. */
const BY_CODE: Readonly<Record<string, Again>> = {
  SlowDown: 'slow-down',
  SlowDownRead: 'slow-down',
  SlowDownWrite: 'slow-down',
  ServiceUnavailable: 'slow-down',
  Throttling: 'slow-down',
  ThrottlingException: 'slow-down',
  RequestThrottled: 'slow-down',
  RequestLimitExceeded: 'slow-down',
  TooManyRequests: 'slow-down',
  'KMS.ThrottlingException': 'slow-down',
  InternalError: 'later',
  RequestTimeout: 'later',
  IncompleteBody: 'later',
  /** Another request to the same thing was under way; S3 asks to try again. */
  OperationAborted: 'later',
  ConditionalRequestConflict: 'later',
  ConcurrentModification: 'later',
  /** The client has set its clock by the answer; the next signature is right. */
  RequestTimeTooSkewed: 'later',
  /** Temporary credentials ended; whoever renews them does so while the task waits. */
  ExpiredToken: 'later',
  NotImplemented: 'never',
};

export function againOf(status: number, code: string): Again {
  if (Object.hasOwn(BY_CODE, code)) return BY_CODE[code] ?? 'never';
  if (status === 429 || status === 503) return 'slow-down';
  if (status === 0 || status === 307 || status === 408) return 'later';
  // 501 says that it will never work; 505 speaks of our HTTP version.
  if (status >= 500 && status !== 501 && status !== 505) return 'later';
  return 'never';
}
