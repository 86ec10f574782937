/**
 * Who may sign, with which secret, and who that is.
 *
 * I1. Secrets leave it one by one, to the verifier, and never by printing the keyring.
 * I2. A key of the book is asked for again after FRESH_MS: disabled, deleted, expired or given other
 *     policies, it is that everywhere by then. A book that does not answer is no answer: the call is
 *     refused for now, and nothing older is believed.
 * I3. A temporary key is as good as its parent is at the moment.
 * I4. Keys of the configuration need no book.
 */
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { type Log, silentLog } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { AccessBook, Grant } from '../model/access.ts';
import { type Policy, PolicyDefect, readPolicy } from './policy/document.ts';
import { managedPolicy } from './policy/managed.ts';
import { lastingKeyOf, type Principal, rootOf, withSession } from './principal.ts';
import { Secret } from './secret.ts';
import { Sessions } from './sessions.ts';
import { secretOf, type Vault } from './vault.ts';

/** A key of the configuration: it may do everything in its account. */
export interface AccessKey {
  readonly accessKeyId: string;
  /** Twelve digits. */
  readonly account: string;
  readonly secret: Secret;
}

export interface Caller {
  readonly principal: Principal;
  readonly secret: Secret;
}

export type Found =
  | { readonly ok: true; readonly caller: Caller }
  /** Disabled and expired keys are unknown, as on AWS. */
  | { readonly ok: false; readonly why: 'unknown-key' | 'invalid-token' | 'expired-token' };

export interface Keyring {
  /** Who signs with this key, if the signature holds. Rejects when the book does not answer (I2). */
  find(accessKeyId: string, sessionToken?: string): Promise<Found>;
  /** A signature of theirs held. */
  noteUse(principal: Principal): void;
  /** Undefined: there are no temporary credentials here. */
  readonly sessions: Sessions | undefined;
  /** Awaits what it writes. */
  close(): Promise<void>;
}

/** So long at most a change of a key, its user or its policies goes unnoticed. */
const FRESH_MS = 5000;
/** A key that nobody has may be made at any moment. */
const UNKNOWN_FRESH_MS = 1000;
/** Keys that one process remembers. */
const REMEMBERED_MAX = 1000;
/** So often the time of a key's last use is written. */
const USE_NOTED_MS = 5 * 60 * 1000;
/** As `brigade keys` makes them: whatever else is asked for needs no look at the book. */
const STORED_KEY_ID = /^BB[0-9A-F]{18}$/;

const UNKNOWN = { ok: false, why: 'unknown-key' } as const;

/** Keys of the configuration alone. */
export function fixedKeyring(keys: readonly AccessKey[]): Keyring {
  const byId = callersOf(keys);
  return {
    find: (accessKeyId, sessionToken) => {
      if (sessionToken !== undefined) return Promise.resolve({ ok: false, why: 'invalid-token' });
      const caller = byId.get(accessKeyId);
      return Promise.resolve(caller ? { ok: true, caller } : UNKNOWN);
    },
    noteUse: () => undefined,
    sessions: undefined,
    close: () => Promise.resolve(),
  };
}

export interface KeyringDeps {
  /** Keys of the configuration. */
  readonly fixed: readonly AccessKey[];
  readonly book: AccessBook;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly random: Random;
  readonly log?: Log;
}

/** Keys of the configuration, of the book, and temporary ones of both. */
export function openKeyring(deps: KeyringDeps): Keyring {
  const { clock, random, vault } = deps;
  const fixed = callersOf(deps.fixed);
  const stored = new StoredKeys(deps);
  const sessions = new Sessions(vault, clock, random);

  const lasting = async (accessKeyId: string): Promise<Caller | undefined> =>
    fixed.get(accessKeyId) ?? (await stored.find(accessKeyId));
  return {
    async find(accessKeyId, sessionToken) {
      if (sessionToken === undefined) {
        const caller = await lasting(accessKeyId);
        return caller ? { ok: true, caller } : UNKNOWN;
      }
      const session = sessions.open(sessionToken, accessKeyId);
      if (!session) return { ok: false, why: 'invalid-token' };
      if (session.expiresAt <= clock.now()) return { ok: false, why: 'expired-token' };
      const parent = await lasting(session.parentKeyId); // I3
      if (!parent) return UNKNOWN;
      const { secret, ...facts } = session;
      const principal = withSession(parent.principal, accessKeyId, facts);
      return { ok: true, caller: { principal, secret } };
    },
    noteUse: (principal) => stored.noteUse(principal),
    sessions,
    close: () => stored.close(),
  };
}

function callersOf(keys: readonly AccessKey[]): ReadonlyMap<string, Caller> {
  const byId = new Map(
    keys.map(({ accessKeyId, account, secret }) => {
      const principal = rootOf(accessKeyId, account);
      return [accessKeyId, { principal, secret }];
    }),
  );
  assert(byId.size === keys.length, 'Two access keys of the keyring have one id.');
  for (const { account } of keys) {
    assert(/^\d{12}$/.test(account), 'An account of the keyring is not twelve digits.');
  }
  return byId;
}

interface Known {
  readonly caller: Caller;
  readonly isActive: boolean;
  readonly expiresAt: number;
}

interface Remembered {
  readonly known: Promise<Known | undefined>;
  /** Monotonic. */
  freshUntil: number;
}

class StoredKeys {
  readonly #deps: KeyringDeps;
  readonly #log: Log;
  readonly #remembered = new Map<string, Remembered>();
  readonly #usedAt = new Map<string, number>();
  readonly #writing = new Set<Promise<void>>();

  constructor(deps: KeyringDeps) {
    this.#deps = deps;
    this.#log = deps.log ?? silentLog;
  }

  async find(accessKeyId: string): Promise<Caller | undefined> {
    if (!STORED_KEY_ID.test(accessKeyId)) return undefined;
    const known = await this.#known(accessKeyId);
    const isGood = known?.isActive === true && known.expiresAt > this.#deps.clock.now();
    return isGood ? known.caller : undefined;
  }

  noteUse(principal: Principal): void {
    const keyId = lastingKeyOf(principal);
    if (!this.#remembered.has(keyId)) return;
    const now = this.#deps.clock.now();
    if (now - (this.#usedAt.get(keyId) ?? -Infinity) < USE_NOTED_MS) return;
    this.#usedAt.set(keyId, now);
    const writing = this.#deps.book
      .markUsed(keyId, now)
      .catch((error: unknown) => {
        this.#log.debug({ accessKeyId: keyId, error }, 'The last use of a key was not noted.');
      })
      .finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
  }

  async close(): Promise<void> {
    await Promise.all(this.#writing);
  }

  /** One question to the book at a time for each key (I2). */
  #known(accessKeyId: string): Promise<Known | undefined> {
    const { clock } = this.#deps;
    const now = clock.monotonic();
    const before = this.#remembered.get(accessKeyId);
    if (before && now < before.freshUntil) return before.known;
    this.#remembered.delete(accessKeyId);
    const asked: Remembered = { known: this.#ask(accessKeyId), freshUntil: now + FRESH_MS };
    this.#remembered.set(accessKeyId, asked);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > REMEMBERED_MAX && oldest !== undefined) {
      this.#remembered.delete(oldest);
      this.#usedAt.delete(oldest);
    }
    asked.known.then(
      (known) => {
        if (!known) asked.freshUntil = now + UNKNOWN_FRESH_MS;
      },
      // Whoever asked is told; the next one asks again.
      () => this.#remembered.delete(accessKeyId),
    );
    return asked.known;
  }

  async #ask(accessKeyId: string): Promise<Known | undefined> {
    const grant = await this.#deps.book.grant(accessKeyId);
    if (!grant) return undefined;
    const secret = this.#deps.vault.open(grant.key.sealedSecret, secretOf(accessKeyId));
    if (secret === undefined) {
      this.#log.error({ accessKeyId }, 'The secret of a key was sealed under another master key.');
      return undefined;
    }
    const { key } = grant;
    return {
      caller: { principal: this.#principalOf(grant), secret: new Secret(secret) },
      isActive: key.status === 'Active',
      expiresAt: key.expiresAt ?? Infinity,
    };
  }

  #principalOf({ key, user, policies }: Grant): Principal {
    return {
      accessKeyId: key.id,
      account: key.account,
      kind: 'user',
      user: user.name,
      arn: `arn:aws:iam::${key.account}:user/${user.name}`,
      userId: user.id,
      groups: user.groups,
      tags: user.tags,
      policies: policies.map(({ policy, document }) => {
        try {
          return policyOf(policy, document);
        } catch (error) {
          if (!(error instanceof PolicyDefect)) throw error;
          const fields = { accessKeyId: key.id, policy, problems: error.problems };
          this.#log.error(fields, 'A policy cannot be read: whoever holds it may do nothing.');
          return NOTHING;
        }
      }),
    };
  }
}

/** A policy of the book, or a managed one; what cannot be read might have held a Deny. */
export function policyOf(name: string, document: string | undefined): Policy {
  if (document !== undefined) return readPolicy(name, document);
  const managed = managedPolicy(name);
  if (managed) return managed;
  throw new PolicyDefect([`There is no policy ${name}.`]);
}

const NOTHING = readPolicy(
  'unreadable policy',
  '{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}',
);
