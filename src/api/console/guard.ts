/**
 * What every answer below /console carries, and which requests are looked at at all.
 *
 * I1. A change comes from a page of ours: it carries a header that no form and no other site's script
 *     can send without asking (and nobody is told that they may), and what the browser says of its
 *     origin fits. The cookie is SameSite=Strict besides.
 * I2. The page loads scripts, styles, fonts and data from here and nowhere else; no inline script runs,
 *     no other site may frame it, and none is told where its users came from.
 */
import type { IncomingHttpHeaders } from 'node:http';

export const CONSOLE_HEADER = 'x-brigade-console';

/** What undercuts it is refused by the browser; a test drives all pages and finds nothing refused. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Whether a change may come from where it says that it comes from (I1). */
export function isFromConsole(headers: IncomingHttpHeaders): boolean {
  if (headers[CONSOLE_HEADER] === undefined) return false;
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  // Browsers leave Sec-Fetch-Site out on plain HTTP beyond this machine.
  const { origin, host } = headers;
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

/** A proxy in front that speaks TLS says so; who lies about it only loses their own cookie. */
export function isTls(headers: IncomingHttpHeaders): boolean {
  return headers['x-forwarded-proto'] === 'https';
}
