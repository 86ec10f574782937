import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Whether a text is the secret of a key, in a time that tells nothing of the secret: not how much of
 * it is right, how long it is, or that nobody has the key (`secret` undefined).
 */
export function sameSecret(text: string, secret: string | undefined): boolean {
  const digest = (one: string): Buffer => createHash('sha256').update(one).digest();
  const isSame = timingSafeEqual(digest(text), digest(secret ?? ''));
  return isSame && secret !== undefined && secret !== '';
}
