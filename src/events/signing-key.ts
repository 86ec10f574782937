/** The key that digests are signed with. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import type { SigningKey } from './trail-files.ts';

/** Throws when the text is no private RSA key in PEM. */
export function signingKeyOf(pem: string): SigningKey {
  const privateKey = createPrivateKey(pem);
  if (privateKey.asymmetricKeyType !== 'rsa') throw new Error('the key is not an RSA key');
  const publicKey = createPublicKey(privateKey);
  return { privateKey, publicKey, fingerprint: fingerprintOf(publicKey) };
}

/** PEM, PKCS #8. */
export function newSigningKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

export function fingerprintOf(publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'pkcs1', format: 'der' });
  return createHash('md5').update(der).digest('hex');
}
