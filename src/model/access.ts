/**
 * The records of who may do what, and the book that keeps them: what the store and the doorkeeper
 * say to each other. Everything belongs to an account; nothing of one is seen through another.
 *
 * I1. A secret is in here sealed only; what opens it is never in the same place.
 * I2. What a method resolves to has been committed; times are handed in.
 */

export type KeyStatus = 'Active' | 'Inactive';

export interface AccessTag {
  readonly key: string;
  readonly value: string;
}

/** Whoever holds keys: a person, or a program. */
export interface UserRecord {
  readonly account: string;
  readonly name: string;
  /** Never used again for another user, even of the same name. */
  readonly id: string;
  readonly groups: readonly string[];
  readonly tags: readonly AccessTag[];
  readonly createdAt: number;
}

export interface KeyRecord {
  readonly id: string;
  readonly account: string;
  readonly user: string;
  readonly sealedSecret: string;
  readonly status: KeyStatus;
  readonly createdAt: number;
  readonly expiresAt?: number;
  /** To within a few minutes. */
  readonly usedAt?: number;
}

export interface PolicyRecord {
  readonly account: string;
  readonly name: string;
  /** JSON, as it was put. */
  readonly document: string;
  readonly updatedAt: number;
}

/** Whom a policy is attached to. */
export interface Holder {
  readonly kind: 'user' | 'group';
  readonly name: string;
}

export interface Attachment extends Holder {
  readonly account: string;
  readonly policy: string;
}

/** All that decides what one key may do. */
export interface Grant {
  readonly key: KeyRecord;
  readonly user: UserRecord;
  /** Of the user and of the user's groups; `document` is absent for names that this account has not put. */
  readonly policies: readonly (Holder & { readonly policy: string; readonly document?: string })[];
}

export interface KeyChange {
  readonly status?: KeyStatus;
  readonly expiresAt?: number;
}

export interface AccessBook {
  /** Undefined: there is no such key. */
  grant(keyId: string): Promise<Grant | undefined>;

  /** By user, then by age. */
  keys(account: string): Promise<readonly KeyRecord[]>;
  /** A sealed secret, if there is any. */
  anySecret(): Promise<string | undefined>;
  /** False: there is such a key already. A user who is not there yet is added with it. */
  addKey(key: KeyRecord, user: UserRecord): Promise<boolean>;
  /** False: there is no such key in this account. */
  changeKey(account: string, keyId: string, change: KeyChange): Promise<boolean>;
  deleteKey(account: string, keyId: string): Promise<boolean>;
  /** May be lost with the machine; never moves back. */
  markUsed(keyId: string, at: number): Promise<void>;

  users(account: string): Promise<readonly UserRecord[]>;
  /** Replaces groups and tags. False: there is no such user. */
  changeUser(user: Pick<UserRecord, 'account' | 'name' | 'groups' | 'tags'>): Promise<boolean>;
  /** With whatever is attached. False: there is no such user, or they hold keys. */
  deleteUser(account: string, name: string): Promise<boolean>;

  policies(account: string): Promise<readonly PolicyRecord[]>;
  putPolicy(policy: PolicyRecord): Promise<void>;
  /** A policy that is attached stays. */
  deletePolicy(account: string, name: string): Promise<'deleted' | 'absent' | 'attached'>;

  attachments(account: string): Promise<readonly Attachment[]>;
  /** Attaching twice is attaching once. False: `needsPolicy`, and there is none of this name. */
  attach(attachment: Attachment, needsPolicy: boolean): Promise<boolean>;
  /** False: it was not attached. */
  detach(attachment: Attachment): Promise<boolean>;
}
