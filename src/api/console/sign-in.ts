/** Signing in: an access key and its secret, compared with the keyring, and not kept. */
import { type Principal, sameSecret } from '../../auth/index.ts';
import type { Attempts } from './attempts.ts';
import { ConsoleError } from './console-error.ts';
import type { ConsoleDeps } from './deps.ts';
import { membersOf, textMember } from './parameters.ts';

export function signIn(
  body: unknown,
  address: string,
  attempts: Attempts,
  { keyring }: ConsoleDeps,
): { readonly principal: Principal } {
  const wait = attempts.waitSeconds(address);
  if (wait > 0) {
    const message = `Too many attempts to sign in. Try again in ${wait} seconds.`;
    throw new ConsoleError(429, 'TooManyAttempts', message);
  }
  const members = membersOf(body);
  const accessKeyId = textMember(members, 'accessKeyId');
  const secret = textMember(members, 'secretAccessKey');
  const isTheirs = sameSecret(secret, keyring.findSecret(accessKeyId));
  const principal = keyring.principalOf(accessKeyId);
  if (isTheirs && principal !== undefined) return { principal };
  attempts.failed(address);
  throw new ConsoleError(
    401,
    'WrongKey',
    'This access key ID and this secret access key do not belong together here.',
  );
}
