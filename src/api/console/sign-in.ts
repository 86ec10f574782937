/** Signing in: an access key and its secret, compared with the keyring, and not kept. */
import { type Caller, sameSecret } from '../../auth/index.ts';
import type { Attempts } from './attempts.ts';
import { ConsoleError } from './console-error.ts';
import type { ConsoleDeps } from './deps.ts';
import { membersOf, textMember } from './parameters.ts';

/** Temporary keys do not open a session: it would outlive them. */
export async function signIn(
  body: unknown,
  address: string,
  attempts: Attempts,
  { keyring }: ConsoleDeps,
): Promise<Caller> {
  const wait = attempts.waitSeconds(address);
  if (wait > 0) {
    const message = `Too many attempts to sign in. Try again in ${wait} seconds.`;
    throw new ConsoleError(429, 'TooManyAttempts', message);
  }
  const members = membersOf(body);
  const accessKeyId = textMember(members, 'accessKeyId');
  const secret = textMember(members, 'secretAccessKey');
  const found = await keyring.find(accessKeyId);
  const isTheirs = sameSecret(secret, found.ok ? found.caller.secret.reveal() : undefined);
  if (isTheirs && found.ok) {
    keyring.noteUse(found.caller.principal);
    return found.caller;
  }
  attempts.failed(address);
  throw new ConsoleError(
    401,
    'WrongKey',
    'This access key ID and this secret access key do not belong together here.',
  );
}
