/** The part of the store that knows users, their keys and what is attached to them. */
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
  WHERE a.account = ?1 AND ((a.kind = 'user' AND a.holder = ?2)
    OR (a.kind = 'group' AND a.holder IN (SELECT value FROM json_each(?3))))
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
    grant: async (keyId) => {
      const row = db.get('SELECT * FROM access_keys WHERE id = ?', keyId);
      if (!row) return undefined;
      const key = keyOf(row);
      const ofUser = 'SELECT * FROM access_users WHERE account = ? AND name = ?';
      const userRow = db.get(ofUser, key.account, key.user);
      if (!userRow) return undefined;
      const user = userOf(userRow);
      const rows = db.all(GRANTED, user.account, user.name, JSON.stringify(user.groups));
      return { key, user, policies: rows.map(grantedOf) };
    },

    keys: async (account) =>
      db
        .all(
          'SELECT * FROM access_keys WHERE account = ? ORDER BY user_name, created_at, id',
          account,
        )
        .map(keyOf),

    anySecret: async () => {
      const row = db.get('SELECT sealed_secret FROM access_keys ORDER BY created_at DESC LIMIT 1');
      return row && String(row['sealed_secret']);
    },

    addKey: (key, user) =>
      db.transaction(() => {
        db.run(
          `INSERT INTO access_users (${USER_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
          ...userValues(user),
        );
        const sql = `INSERT INTO access_keys (${KEY_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;
        return db.run(sql, ...keyValues(key)) === 1;
      }),

    changeKey: (account, keyId, { status, expiresAt }) =>
      db.transaction(
        () =>
          db.run(
            `UPDATE access_keys SET status = coalesce(?, status), expires_at = coalesce(?, expires_at)
             WHERE account = ? AND id = ?`,
            status ?? null,
            expiresAt ?? null,
            account,
            keyId,
          ) === 1,
      ),

    deleteKey: (account, keyId) =>
      db.transaction(
        () => db.run('DELETE FROM access_keys WHERE account = ? AND id = ?', account, keyId) === 1,
      ),

    markUsed: async (keyId, at) =>
      db.fleetingTransaction(() => {
        db.run(
          'UPDATE access_keys SET used_at = max(coalesce(used_at, 0), ?) WHERE id = ?',
          at,
          keyId,
        );
      }),

    users: async (account) =>
      db.all('SELECT * FROM access_users WHERE account = ? ORDER BY name', account).map(userOf),

    changeUser: ({ account, name, groups, tags }) =>
      db.transaction(
        () =>
          db.run(
            'UPDATE access_users SET group_names = ?, tags = ? WHERE account = ? AND name = ?',
            JSON.stringify(groups),
            JSON.stringify(tags),
            account,
            name,
          ) === 1,
      ),

    deleteUser: (account, name) =>
      db.transaction(() => {
        const deleted = db.run(
          `DELETE FROM access_users WHERE account = ?1 AND name = ?2 AND NOT EXISTS
             (SELECT 1 FROM access_keys WHERE account = ?1 AND user_name = ?2)`,
          account,
          name,
        );
        if (deleted === 0) return false;
        const sql = `DELETE FROM access_attachments WHERE account = ? AND kind = 'user' AND holder = ?`;
        db.run(sql, account, name);
        return true;
      }),
  };
}

function policiesPart(db: Database): PoliciesPart {
  const isPut = (account: string, name: string): boolean =>
    db.get('SELECT 1 FROM access_policies WHERE account = ? AND name = ?', account, name) !==
    undefined;

  return {
    policies: async (account) =>
      db
        .all('SELECT * FROM access_policies WHERE account = ? ORDER BY name', account)
        .map(policyOf),

    putPolicy: ({ account, name, document, updatedAt }) =>
      db.transaction(() => {
        db.run(
          'INSERT OR REPLACE INTO access_policies (account, name, document, updated_at) VALUES (?, ?, ?, ?)',
          account,
          name,
          document,
          updatedAt,
        );
      }),

    deletePolicy: (account, name) =>
      db.transaction(() => {
        if (!isPut(account, name)) return 'absent';
        const sql = 'SELECT 1 FROM access_attachments WHERE account = ? AND policy = ?';
        if (db.get(sql, account, name)) return 'attached';
        db.run('DELETE FROM access_policies WHERE account = ? AND name = ?', account, name);
        return 'deleted';
      }),

    attachments: async (account) =>
      db
        .all(
          'SELECT * FROM access_attachments WHERE account = ? ORDER BY kind DESC, holder, policy',
          account,
        )
        .map(attachmentOf),

    attach: ({ account, kind, name, policy }, needsPolicy) =>
      db.transaction(() => {
        if (needsPolicy && !isPut(account, policy)) return false;
        db.run(
          'INSERT OR IGNORE INTO access_attachments (account, kind, holder, policy) VALUES (?, ?, ?, ?)',
          account,
          kind,
          name,
          policy,
        );
        return true;
      }),

    detach: ({ account, kind, name, policy }) =>
      db.transaction(
        () =>
          db.run(
            'DELETE FROM access_attachments WHERE account = ? AND kind = ? AND holder = ? AND policy = ?',
            account,
            kind,
            name,
            policy,
          ) === 1,
      ),
  };
}
