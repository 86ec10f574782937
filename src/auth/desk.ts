/**
 * Users, keys and policies, as their administrator works on them: checked, sealed, kept in the book.
 *
 * I1. A secret is handed out once, by the call that made it; nobody can read it again.
 * I2. A user without a policy may do nothing.
 * I3. What is refused is refused with a sentence that says what would do (AccessRefused).
 */
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type {
  AccessBook,
  AccessTag,
  Attachment,
  Holder,
  KeyRecord,
  KeyStatus,
  PolicyRecord,
  UserRecord,
} from '../model/access.ts';
import { policyOf } from './keyring.ts';
import { PolicyDefect, readPolicy } from './policy/document.ts';
import { MANAGED_POLICIES } from './policy/managed.ts';
import { notesOf } from './policy/notes.ts';
import type { Principal } from './principal.ts';
import { Secret } from './secret.ts';
import { secretOf, type Vault } from './vault.ts';

export class AccessRefused extends Error {
  override readonly name = 'AccessRefused';
}

export interface DeskDeps {
  readonly book: AccessBook;
  /** Asked for when something is to be sealed. */
  readonly vault: () => Promise<Vault>;
  readonly clock: Clock;
  readonly random: Random;
}

/** A key without its secret, with what belongs to its user. */
export interface KeyView extends Omit<KeyRecord, 'sealedSecret'> {
  readonly groups: readonly string[];
  readonly tags: readonly AccessTag[];
}

export interface NewKey {
  readonly user: string;
  /** Of a user who is not there yet. */
  readonly groups: readonly string[];
  readonly tags: readonly AccessTag[];
  /** To attach to the user. */
  readonly policies: readonly string[];
  readonly expiresAt?: number;
}

export interface MadeKey {
  readonly key: KeyView;
  readonly secret: Secret;
  /** Policies that now apply, of user and groups. */
  readonly policies: readonly string[];
}

const NAME = /^[\w+=,.@-]{1,64}$/;
const TAG = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const TAGS_MAX = 50;

/** For one account. */
export class AccessDesk {
  readonly #deps: DeskDeps;
  readonly #account: string;

  constructor(deps: DeskDeps, account: string) {
    if (!/^\d{12}$/.test(account)) throw new AccessRefused('An account is twelve digits.');
    this.#deps = deps;
    this.#account = account;
  }

  async keys(): Promise<readonly KeyView[]> {
    const users = new Map((await this.users()).map((user) => [user.name, user]));
    const keys = await this.#deps.book.keys(this.#account);
    return keys.map((key) => viewOf(key, users.get(key.user)));
  }

  users(): Promise<readonly UserRecord[]> {
    return this.#deps.book.users(this.#account);
  }

  async createKey({ user: name, groups, tags, policies, expiresAt }: NewKey): Promise<MadeKey> {
    checkName(name, 'user');
    checkUser({ groups, tags });
    const { book, clock, random } = this.#deps;
    const now = clock.now();
    if (expiresAt !== undefined && expiresAt <= now) {
      throw new AccessRefused('A key must expire in the future.');
    }
    const known = (await this.users()).find((user) => user.name === name);
    if (known && (groups.length > 0 || tags.length > 0)) {
      throw new AccessRefused(
        `The user ${name} is there already: brigade keys user ${name} changes groups and tags.`,
      );
    }
    const id = `BU${random.hex(9).toUpperCase()}`;
    const user = known ?? { account: this.#account, name, id, groups, tags, createdAt: now };
    for (const policy of policies) await this.#checkPolicy(policy);
    const made = await this.#addKey(user, expiresAt);
    for (const policy of policies) await this.attach(policy, { kind: 'user', name });
    const granted = (await book.grant(made.key.id))?.policies ?? [];
    return { ...made, policies: granted.map(({ policy }) => policy) };
  }

  /** Another key of the same user; the old one works for `keepMs` more. */
  async rotateKey(keyId: string, keepMs: number): Promise<MadeKey> {
    const old = (await this.#deps.book.keys(this.#account)).find(({ id }) => id === keyId);
    if (!old) throw noSuchKey(keyId);
    const user = (await this.users()).find(({ name }) => name === old.user);
    if (!user) throw noSuchKey(keyId);
    const life = old.expiresAt === undefined ? undefined : old.expiresAt - old.createdAt;
    const now = this.#deps.clock.now();
    const made = await this.#addKey(user, life === undefined ? undefined : now + life);
    const end = Math.min(now + keepMs, old.expiresAt ?? Infinity);
    await this.#changeKey(keyId, { expiresAt: end });
    const granted = (await this.#deps.book.grant(made.key.id))?.policies ?? [];
    return { ...made, policies: granted.map(({ policy }) => policy) };
  }

  async setStatus(keyId: string, status: KeyStatus): Promise<void> {
    await this.#changeKey(keyId, { status });
  }

  async deleteKey(keyId: string): Promise<void> {
    if (!(await this.#deps.book.deleteKey(this.#account, keyId))) throw noSuchKey(keyId);
  }

  /** Replaces groups and tags. */
  async changeUser(user: Pick<UserRecord, 'name' | 'groups' | 'tags'>): Promise<void> {
    checkUser(user);
    const isThere = await this.#deps.book.changeUser({ ...user, account: this.#account });
    if (!isThere) throw noSuchUser(user.name);
  }

  /** With what is attached to the user alone. */
  async deleteUser(name: string): Promise<void> {
    if (await this.#deps.book.deleteUser(this.#account, name)) return;
    const isThere = (await this.users()).some((user) => user.name === name);
    if (!isThere) throw noSuchUser(name);
    throw new AccessRefused(`The user ${name} has keys: delete those first.`);
  }

  policies(): Promise<readonly PolicyRecord[]> {
    return this.#deps.book.policies(this.#account);
  }

  attachments(): Promise<readonly Attachment[]> {
    return this.#deps.book.attachments(this.#account);
  }

  /** The document of a policy, of this account or a managed one. */
  async policy(name: string): Promise<string> {
    const own = (await this.policies()).find((policy) => policy.name === name);
    const document = own?.document ?? managed(name);
    if (document === undefined) throw noSuchPolicy(name);
    return document;
  }

  /** Resolves to what in it does nothing here, in lines. */
  async putPolicy(name: string, document: string): Promise<readonly string[]> {
    checkName(name, 'policy');
    if (managed(name) !== undefined) {
      throw new AccessRefused(`${name} is the name of a managed policy: choose another one.`);
    }
    const policy = read(name, document);
    const updatedAt = this.#deps.clock.now();
    await this.#deps.book.putPolicy({ account: this.#account, name, document, updatedAt });
    return notesOf(policy);
  }

  async deletePolicy(name: string): Promise<void> {
    const what = await this.#deps.book.deletePolicy(this.#account, name);
    if (what === 'absent') throw noSuchPolicy(name);
    if (what === 'attached') throw new AccessRefused(`${name} is attached: detach it first.`);
  }

  async attach(policy: string, holder: Holder): Promise<void> {
    checkName(holder.name, holder.kind);
    const isUser = holder.kind === 'user';
    if (isUser && !(await this.users()).some(({ name }) => name === holder.name)) {
      throw noSuchUser(holder.name);
    }
    const attachment = { ...holder, account: this.#account, policy };
    const isOwn = managed(policy) === undefined;
    if (!(await this.#deps.book.attach(attachment, isOwn))) throw noSuchPolicy(policy);
  }

  async detach(policy: string, holder: Holder): Promise<void> {
    const isDetached = await this.#deps.book.detach({ ...holder, account: this.#account, policy });
    if (isDetached) return;
    throw new AccessRefused(`${policy} is not attached to the ${holder.kind} ${holder.name}.`);
  }

  /** The user as a request would show them, for questions about what they may do. */
  async principalOf(name: string): Promise<Principal> {
    const user = (await this.users()).find((one) => one.name === name);
    if (!user) throw noSuchUser(name);
    const held = (await this.attachments()).filter(({ kind, name: holder }) =>
      kind === 'user' ? holder === name : user.groups.includes(holder),
    );
    const documents = new Map((await this.policies()).map((one) => [one.name, one.document]));
    return {
      accessKeyId: '',
      account: this.#account,
      kind: 'user',
      user: name,
      arn: `arn:aws:iam::${this.#account}:user/${name}`,
      userId: user.id,
      groups: user.groups,
      tags: user.tags,
      policies: held.map(({ policy }) => policyOf(policy, documents.get(policy))),
    };
  }

  async #addKey(
    user: UserRecord,
    expiresAt: number | undefined,
  ): Promise<Pick<MadeKey, 'key' | 'secret'>> {
    const { book, clock, random } = this.#deps;
    const id = `BB${random.hex(9).toUpperCase()}`;
    const secret = random.hex(20);
    const vault = await this.#deps.vault();
    const key: KeyRecord = {
      id,
      account: this.#account,
      user: user.name,
      sealedSecret: vault.seal(secret, secretOf(id)),
      status: 'Active',
      createdAt: clock.now(),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    };
    if (!(await book.addKey(key, user))) {
      throw new AccessRefused('The id of the new key was taken. Try again.');
    }
    return { key: viewOf(key, user), secret: new Secret(secret) };
  }

  async #changeKey(keyId: string, change: { status?: KeyStatus; expiresAt?: number }) {
    const { book } = this.#deps;
    if (!(await book.changeKey(this.#account, keyId, change))) throw noSuchKey(keyId);
  }

  async #checkPolicy(name: string): Promise<void> {
    await this.policy(name);
  }
}

/** Throws AccessRefused with all that is wrong with a document. */
export function read(name: string, document: string) {
  try {
    return readPolicy(name, document);
  } catch (error) {
    if (!(error instanceof PolicyDefect)) throw error;
    throw new AccessRefused(`The policy ${name} cannot be used. ${error.problems.join('\n')}`);
  }
}

function viewOf({ sealedSecret: _, ...key }: KeyRecord, user: UserRecord | undefined): KeyView {
  return { ...key, groups: user?.groups ?? [], tags: user?.tags ?? [] };
}

function managed(name: string): string | undefined {
  return Object.hasOwn(MANAGED_POLICIES, name) ? MANAGED_POLICIES[name] : undefined;
}

function checkName(name: string, what: string): void {
  if (NAME.test(name)) return;
  throw new AccessRefused(
    `The name of a ${what} has 1 to 64 letters, digits and characters of _+=,.@-, not "${name}".`,
  );
}

function checkUser({ groups, tags }: Pick<UserRecord, 'groups' | 'tags'>): void {
  for (const group of groups) checkName(group, 'group');
  if (new Set(groups).size < groups.length) throw new AccessRefused('A group is named twice.');
  if (tags.length > TAGS_MAX) throw new AccessRefused(`A user has at most ${TAGS_MAX} tags.`);
  for (const { key, value } of tags) {
    const isGood = key !== '' && key.length <= 128 && value.length <= 256;
    if (isGood && TAG.test(key) && TAG.test(value)) continue;
    throw new AccessRefused(
      `A tag has a key of 1 to 128 and a value of up to 256 letters, digits, spaces and characters of _.:/=+-@, not "${key}=${value}".`,
    );
  }
  // Conditions name a tag in any case.
  const keys = new Set(tags.map(({ key }) => key.toLowerCase()));
  if (keys.size < tags.length) throw new AccessRefused('Two tags of a user have one key.');
}

function noSuchKey(id: string): AccessRefused {
  return new AccessRefused(`There is no key ${id} in this account: brigade keys list shows them.`);
}

function noSuchUser(name: string): AccessRefused {
  return new AccessRefused(
    `There is no user ${name}: brigade keys create --user ${name} makes one.`,
  );
}

function noSuchPolicy(name: string): AccessRefused {
  return new AccessRefused(
    `There is no policy ${name}: brigade policy list shows what there is, brigade policy put makes one.`,
  );
}
