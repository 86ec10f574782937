/**
 * The part of the store that knows users, their keys and what is attached to them. A repetition after
 * a commit whose answer was lost is told apart where it would look like a refusal: what was to be
 * added is there, what was to be removed is not.
 */
import type { AccessBook } from '../../model/access.ts';
import {
  attachmentOf,
  grantedOf,
  KEY_COLUMNS,
  keyOf,
  keyValues,
  policyOf,
  USER_COLUMNS,
  userOf,
  userValues,
} from '../access-rows.ts';
import type { Database } from './database.ts';

const GRANTED = `
  SELECT a.kind, a.holder, a.policy, p.document FROM access_attachments a
  LEFT JOIN access_policies p ON p.account = a.account AND p.name = a.policy
  WHERE a.account = $1 AND ((a.kind = 'user' AND a.holder = $2)
    OR (a.kind = 'group' AND a.holder = ANY ($3::text[])))
  ORDER BY a.kind DESC, a.holder, a.policy`;

export function accessPart(db: Database): AccessBook {
  return { ...keysPart(db), ...policiesPart(db) };
}

type KeysPart = Omit<AccessBook, keyof PoliciesPart>;
type PoliciesPart = Pick<
  AccessBook,
  'policies' | 'putPolicy' | 'deletePolicy' | 'attachments' | 'attach' | 'detach'
>;

function keysPart(db: Database): KeysPart {
  return {
    grant: (keyId) =>
      db.statements(async (connection) => {
        const row = await connection.get('SELECT * FROM access_keys WHERE id = $1', keyId);
        if (!row) return undefined;
        const key = keyOf(row);
        const ofUser = 'SELECT * FROM access_users WHERE account = $1 AND name = $2';
        const userRow = await connection.get(ofUser, key.account, key.user);
        if (!userRow) return undefined;
        const user = userOf(userRow);
        const rows = await connection.all(GRANTED, user.account, user.name, user.groups);
        return { key, user, policies: rows.map(grantedOf) };
      }),

    keys: async (account) => {
      const sql = 'SELECT * FROM access_keys WHERE account = $1 ORDER BY user_name, created_at, id';
      return (await db.statements((connection) => connection.all(sql, account))).map(keyOf);
    },

    anySecret: async () => {
      const sql = 'SELECT sealed_secret FROM access_keys ORDER BY created_at DESC LIMIT 1';
      const row = await db.statements((connection) => connection.get(sql));
      return row && String(row['sealed_secret']);
    },

    addKey: (key, user) =>
      db.transaction(async (connection, isRepeat) => {
        // The update changes nothing; it holds the row, so that no user is deleted under a new key.
        await connection.run(
          `INSERT INTO access_users (${USER_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (account, name) DO UPDATE SET name = excluded.name`,
          ...userValues(user),
        );
        const sql = `INSERT INTO access_keys (${KEY_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`;
        if ((await connection.run(sql, ...keyValues(key))) === 1) return true;
        if (!isRepeat) return false;
        const known = 'SELECT 1 FROM access_keys WHERE id = $1 AND sealed_secret = $2';
        return (await connection.get(known, key.id, key.sealedSecret)) !== undefined;
      }),

    changeKey: (account, keyId, { status, expiresAt }) =>
      db.transaction(
        async (connection) =>
          (await connection.run(
            `UPDATE access_keys SET status = coalesce($1, status), expires_at = coalesce($2, expires_at)
             WHERE account = $3 AND id = $4`,
            status ?? null,
            expiresAt ?? null,
            account,
            keyId,
          )) === 1,
      ),

    deleteKey: (account, keyId) =>
      db.transaction(async (connection, isRepeat) => {
        const sql = 'DELETE FROM access_keys WHERE account = $1 AND id = $2';
        return (await connection.run(sql, account, keyId)) === 1 || isRepeat;
      }),

    markUsed: async (keyId, at) => {
      const sql =
        'UPDATE access_keys SET used_at = greatest(coalesce(used_at, 0), $1) WHERE id = $2';
      await db.statements((connection) => connection.run(sql, at, keyId));
    },

    users: async (account) => {
      const sql = 'SELECT * FROM access_users WHERE account = $1 ORDER BY name';
      return (await db.statements((connection) => connection.all(sql, account))).map(userOf);
    },

    changeUser: ({ account, name, groups, tags }) =>
      db.transaction(
        async (connection) =>
          (await connection.run(
            'UPDATE access_users SET group_names = $1, tags = $2 WHERE account = $3 AND name = $4',
            JSON.stringify(groups),
            JSON.stringify(tags),
            account,
            name,
          )) === 1,
      ),

    deleteUser: (account, name) =>
      db.transaction(async (connection, isRepeat) => {
        const held = 'SELECT 1 FROM access_users WHERE account = $1 AND name = $2 FOR UPDATE';
        if (!(await connection.get(held, account, name))) return isRepeat;
        const keys = 'SELECT 1 FROM access_keys WHERE account = $1 AND user_name = $2 LIMIT 1';
        if (await connection.get(keys, account, name)) return false;
        const user = 'DELETE FROM access_users WHERE account = $1 AND name = $2';
        await connection.run(user, account, name);
        const attached = `DELETE FROM access_attachments WHERE account = $1 AND kind = 'user' AND holder = $2`;
        await connection.run(attached, account, name);
        return true;
      }),
  };
}

function policiesPart(db: Database): PoliciesPart {
  return {
    policies: async (account) => {
      const sql = 'SELECT * FROM access_policies WHERE account = $1 ORDER BY name';
      return (await db.statements((connection) => connection.all(sql, account))).map(policyOf);
    },

    putPolicy: ({ account, name, document, updatedAt }) =>
      db.transaction(async (connection) => {
        await connection.run(
          `INSERT INTO access_policies (account, name, document, updated_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (account, name) DO UPDATE
           SET document = excluded.document, updated_at = excluded.updated_at`,
          account,
          name,
          document,
          updatedAt,
        );
      }),

    deletePolicy: (account, name) =>
      db.transaction(async (connection, isRepeat) => {
        // Whoever attaches it holds its row: nothing is attached to what goes away.
        const held = 'SELECT 1 FROM access_policies WHERE account = $1 AND name = $2 FOR UPDATE';
        if (!(await connection.get(held, account, name))) return isRepeat ? 'deleted' : 'absent';
        const attached =
          'SELECT 1 FROM access_attachments WHERE account = $1 AND policy = $2 LIMIT 1';
        if (await connection.get(attached, account, name)) return 'attached';
        const sql = 'DELETE FROM access_policies WHERE account = $1 AND name = $2';
        await connection.run(sql, account, name);
        return 'deleted';
      }),

    attachments: async (account) => {
      const sql =
        'SELECT * FROM access_attachments WHERE account = $1 ORDER BY kind DESC, holder, policy';
      return (await db.statements((connection) => connection.all(sql, account))).map(attachmentOf);
    },

    attach: ({ account, kind, name, policy }, needsPolicy) =>
      db.transaction(async (connection) => {
        const held = 'SELECT 1 FROM access_policies WHERE account = $1 AND name = $2 FOR SHARE';
        if (needsPolicy && !(await connection.get(held, account, policy))) return false;
        await connection.run(
          `INSERT INTO access_attachments (account, kind, holder, policy) VALUES ($1, $2, $3, $4)
           ON CONFLICT DO NOTHING`,
          account,
          kind,
          name,
          policy,
        );
        return true;
      }),

    detach: ({ account, kind, name, policy }) =>
      db.transaction(async (connection, isRepeat) => {
        const sql =
          'DELETE FROM access_attachments WHERE account = $1 AND kind = $2 AND holder = $3 AND policy = $4';
        return (await connection.run(sql, account, kind, name, policy)) === 1 || isRepeat;
      }),
  };
}
