/** Rows of users, keys, policies and attachments to records; both databases name their columns alike. */
import type {
  AccessTag,
  Attachment,
  Grant,
  Holder,
  KeyRecord,
  KeyStatus,
  PolicyRecord,
  UserRecord,
} from '../model/access.ts';
import type { Row, Value } from './rows.ts';

export const USER_COLUMNS = 'account, name, id, group_names, tags, created_at';
export const KEY_COLUMNS =
  'id, account, user_name, sealed_secret, status, created_at, expires_at, used_at';

export function userValues(user: UserRecord): Value[] {
  const { account, name, id, groups, tags, createdAt } = user;
  return [account, name, id, JSON.stringify(groups), JSON.stringify(tags), createdAt];
}

export function keyValues(key: KeyRecord): Value[] {
  const { id, account, user, sealedSecret, status, createdAt, expiresAt, usedAt } = key;
  return [id, account, user, sealedSecret, status, createdAt, expiresAt ?? null, usedAt ?? null];
}

export function userOf(row: Row): UserRecord {
  return {
    account: String(row['account']),
    name: String(row['name']),
    id: String(row['id']),
    // Both written by `userValues` and `changeUser` only.
    groups: JSON.parse(String(row['group_names'])) as string[],
    tags: JSON.parse(String(row['tags'])) as AccessTag[],
    createdAt: Number(row['created_at']),
  };
}

export function keyOf(row: Row): KeyRecord {
  const [expiresAt, usedAt] = [row['expires_at'], row['used_at']];
  return {
    id: String(row['id']),
    account: String(row['account']),
    user: String(row['user_name']),
    sealedSecret: String(row['sealed_secret']),
    // Written from values of this type only.
    status: String(row['status']) as KeyStatus,
    createdAt: Number(row['created_at']),
    ...(expiresAt === null ? {} : { expiresAt: Number(expiresAt) }),
    ...(usedAt === null ? {} : { usedAt: Number(usedAt) }),
  };
}

export function policyOf(row: Row): PolicyRecord {
  return {
    account: String(row['account']),
    name: String(row['name']),
    document: String(row['document']),
    updatedAt: Number(row['updated_at']),
  };
}

export function attachmentOf(row: Row): Attachment {
  return { account: String(row['account']), ...holderOf(row), policy: String(row['policy']) };
}

/** A row of an attachment, with the document of its policy or null. */
export function grantedOf(row: Row): Grant['policies'][number] {
  const document = row['document'];
  return {
    ...holderOf(row),
    policy: String(row['policy']),
    ...(document === null ? {} : { document: String(document) }),
  };
}

function holderOf(row: Row): Holder {
  return { kind: row['kind'] === 'group' ? 'group' : 'user', name: String(row['holder']) };
}
