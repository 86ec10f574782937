/**
 * Sessions of the console, without any state: a cookie that only the holder of the key's secret, and
 * so this service, could have signed.
 *
 * I1. The signature is an HMAC under a key that is derived from the access key's secret. No process
 *     remembers anything: restarts and other processes of the same keyring take the cookie as well.
 * I2. At each request the keyring is asked: a key that was removed, or has another secret, ends its
 *     sessions as soon as the keyring knows. The secret itself is in no cookie.
 * I3. A session ends IDLE_MS after its user last did something, and SESSION_MS after its beginning.
 * Signing out removes the cookie from the browser; one that was stolen before lives until I3.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Caller, Keyring } from '../../auth/index.ts';

/** AWS's console ends sessions after twelve hours. */
export const SESSION_MS = 12 * 60 * 60 * 1000;
/** A screen that nobody sits at. The console's own polling does not count. */
export const IDLE_MS = 60 * 60 * 1000;
/** So often at most a cookie is written anew. */
const RENEW_MS = 60 * 1000;

const COOKIE = 'brigade-session';
const PURPOSE = 'brigade console session 1';

export interface Session {
  readonly caller: Caller;
  readonly startedAt: number;
  /** When its user last did something. */
  readonly seenAt: number;
}

/** The cookie's value. */
export function sealSession({ caller, startedAt, seenAt }: Session): string {
  const id = Buffer.from(caller.principal.accessKeyId).toString('base64url');
  const content = `${id}.${startedAt}.${seenAt}`;
  return `${content}.${signature(content, caller.secret.reveal())}`;
}

/** Undefined: there is no session, or none any more. Rejects when the keyring cannot be asked. */
export async function openSession(
  cookies: string | undefined,
  keyring: Keyring,
  now: number,
): Promise<Session | undefined> {
  const [id = '', started = '', seen = '', signed = '', ...rest] = cookieOf(cookies).split('.');
  if (rest.length > 0) return undefined;
  const accessKeyId = Buffer.from(id, 'base64url').toString('utf8');
  const found = await keyring.find(accessKeyId); // I2
  if (!found.ok) return undefined;
  const { caller } = found;
  const expected = Buffer.from(signature(`${id}.${started}.${seen}`, caller.secret.reveal()));
  const given = Buffer.from(signed);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const session = { caller, startedAt: Number(started), seenAt: Number(seen) };
  const isOver = now - session.startedAt >= SESSION_MS || now - session.seenAt >= IDLE_MS; // I3
  return isOver ? undefined : session;
}

/** The session after something that its user did; undefined: it need not be written anew. */
export function touched(session: Session, now: number): Session | undefined {
  return now - session.seenAt >= RENEW_MS ? { ...session, seenAt: now } : undefined;
}

/** The Set-Cookie header; an empty value removes the cookie. */
export function sessionCookie(value: string, isTls: boolean): string {
  const age = value === '' ? 0 : SESSION_MS / 1000;
  const secure = isTls ? '; Secure' : '';
  return `${COOKIE}=${value}; Path=/console; HttpOnly; SameSite=Strict; Max-Age=${age}${secure}`;
}

function cookieOf(header = ''): string {
  const pairs = header.split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1) ?? '';
}

function signature(content: string, secret: string): string {
  const key = createHmac('sha256', secret).update(PURPOSE).digest();
  return createHmac('sha256', key).update(content).digest('base64url');
}
