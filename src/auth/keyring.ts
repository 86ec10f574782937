/**
 * Who may sign, and for which account.
 *
 * I1. Secrets leave it one by one, to the verifier, and never by printing the keyring.
 * Today the keys are fixed ones, handed in at the start.
 */
import { assert } from '../base/assert.ts';
import type { Secret } from './secret.ts';

export interface Principal {
  readonly accessKeyId: string;
  /** Twelve digits. */
  readonly account: string;
}

export interface AccessKey extends Principal {
  readonly secret: Secret;
}

export interface Keyring {
  /** Undefined: nobody has this key. */
  findSecret(accessKeyId: string): string | undefined;
  principalOf(accessKeyId: string): Principal | undefined;
}

export function fixedKeyring(keys: readonly AccessKey[]): Keyring {
  const byId = new Map(keys.map((key) => [key.accessKeyId, key]));
  assert(byId.size === keys.length, 'Two access keys of the keyring have one id.');
  for (const { account } of keys) {
    assert(/^\d{12}$/.test(account), 'An account of the keyring is not twelve digits.');
  }
  return {
    findSecret: (accessKeyId) => byId.get(accessKeyId)?.secret.reveal(),
    principalOf: (accessKeyId) => {
      const key = byId.get(accessKeyId);
      return key && { accessKeyId, account: key.account };
    },
  };
}
