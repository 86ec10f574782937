/**
 * Who signs requests: fixed keys, or the session of a role that is renewed while requests are made.
 * It is asked whenever a request is signed, so that one which waited an hour for its turn is signed
 * with what is good then.
 */
import { elementText } from './xml.ts';
import type { S3Answer } from './s3.ts';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Milliseconds since the epoch, by our clock; absent: never. */
  readonly expiresAt?: number;
}

/** Why there is nothing to sign with. */
export interface NoCredentials {
  readonly reason: string;
  /** True: asking again will not help. False: it may, later. */
  readonly isFinal: boolean;
}

export interface Identity {
  /** What to sign with now: the same object while it is the same. Undefined: ask `next`. */
  current(nowMs: number): S3Credentials | undefined;
  /** Credentials other than `spent`, once there are some. Rejects only when `signal` aborts. */
  next(
    spent: S3Credentials | undefined,
    signal?: AbortSignal,
  ): Promise<S3Credentials | NoCredentials>;
}

export function fixedIdentity(credentials: S3Credentials): Identity {
  const none: NoCredentials = { reason: 'There is one key, and no other.', isFinal: true };
  return { current: () => credentials, next: () => Promise.resolve(none) };
}

export function isCredentials(one: S3Credentials | NoCredentials): one is S3Credentials {
  return 'accessKeyId' in one;
}

/** AWS's codes for a session that is over, and MinIO's. */
const SESSION_CODES: ReadonlySet<string> = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'TokenRefreshRequired',
  'InvalidToken',
  'InvalidTokenId',
  'InvalidAccessKeyId',
]);

/**
 * Whether the store refused the session and not the request: nothing of the request was looked at. Ceph
 * RGW says AccessDenied of a session that is over, and an answer to HEAD has no code: there the time
 * decides, and that AWS answers such a HEAD with 400.
 */
export function refusesSession(
  { status, body }: S3Answer,
  { sessionToken, expiresAt = Infinity }: S3Credentials,
  nowMs: number,
): boolean {
  if (sessionToken === undefined || (status !== 400 && status !== 401 && status !== 403)) {
    return false;
  }
  if (body.length === 0 && status === 400) return true;
  if (SESSION_CODES.has(elementText(body.toString('utf8'), 'Code') ?? '')) return true;
  return nowMs >= expiresAt;
}
