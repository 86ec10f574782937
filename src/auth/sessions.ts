/**
 * Temporary credentials that nobody keeps: the session token is the secret, whose it is, until when
 * and with which limits, sealed. Any process with the same master key takes them.
 *
 * They live as long as their parent key, whatever is written in them: whoever takes one asks for it.
 */
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { type Policy, readPolicy } from './policy/document.ts';
import type { Session } from './principal.ts';
import { Secret } from './secret.ts';
import type { Vault } from './vault.ts';

export interface TemporaryKey {
  readonly accessKeyId: string;
  readonly secret: Secret;
  readonly token: string;
  readonly expiresAt: number;
}

export interface SessionLimits {
  readonly lifeMs: number;
  /** Of GetFederationToken, together with `policy`. */
  readonly name?: string;
  /** A document that has been read without a problem; empty: nothing is allowed. */
  readonly policy?: string;
}

export interface OpenSession extends Session {
  readonly secret: Secret;
}

/** As in the token. */
interface Content {
  readonly parent: string;
  readonly secret: string;
  readonly issued: number;
  readonly expires: number;
  readonly name?: string;
  readonly policy?: string;
}

const KEY_ID = /^BT[0-9A-F]{18}$/;

export class Sessions {
  readonly #vault: Vault;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(vault: Vault, clock: Clock, random: Random) {
    this.#vault = vault;
    this.#clock = clock;
    this.#random = random;
  }

  issue(parentKeyId: string, { lifeMs, name, policy }: SessionLimits): TemporaryKey {
    const accessKeyId = `BT${this.#random.hex(9).toUpperCase()}`;
    const issued = this.#clock.now();
    const content: Content = {
      parent: parentKeyId,
      secret: this.#random.hex(20),
      issued,
      expires: issued + lifeMs,
      ...(name === undefined ? {} : { name }),
      ...(policy === undefined ? {} : { policy }),
    };
    const token = this.#vault.seal(JSON.stringify(content), purposeOf(accessKeyId));
    const secret = new Secret(content.secret);
    return { accessKeyId, secret, token, expiresAt: content.expires };
  }

  /** Undefined: this token was not issued here for this key. It may have expired. */
  open(token: string, accessKeyId: string): OpenSession | undefined {
    if (!KEY_ID.test(accessKeyId)) return undefined;
    const text = this.#vault.open(token, purposeOf(accessKeyId));
    if (text === undefined) return undefined;
    // Sealed by `issue`, here or in another process of this vault.
    const { parent, secret, issued, expires, name, policy } = JSON.parse(text) as Content;
    return {
      parentKeyId: parent,
      issuedAt: issued,
      expiresAt: expires,
      ...(name === undefined ? {} : { name }),
      ...(policy === undefined ? {} : { policies: policiesOf(policy) }),
      secret: new Secret(secret),
    };
  }
}

function purposeOf(accessKeyId: string): string {
  return `session of ${accessKeyId}`;
}

function policiesOf(document: string): readonly Policy[] {
  return document === '' ? [] : [readPolicy('session policy', document)];
}
