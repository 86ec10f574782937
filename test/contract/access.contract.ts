/** What every book of users, keys and policies must do. Run over each of them; nothing here knows which. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KeyRecord, PolicyRecord, UserRecord } from '../../src/model/access.ts';
import type { Store } from '../../src/store/index.ts';

const ACCOUNT = '123456789012';
const OTHER = '999999999999';
const T0 = Date.parse('2026-01-01T00:00:00Z');

const user = (name: string, changes: Partial<UserRecord> = {}): UserRecord => ({
  account: ACCOUNT,
  name,
  id: `id-of-${name}`,
  groups: [],
  tags: [],
  createdAt: T0,
  ...changes,
});
const key = (id: string, of: string, changes: Partial<KeyRecord> = {}): KeyRecord => ({
  id,
  account: ACCOUNT,
  user: of,
  sealedSecret: `sealed ${id}`,
  status: 'Active',
  createdAt: T0,
  ...changes,
});
const policy = (name: string, changes: Partial<PolicyRecord> = {}): PolicyRecord => ({
  account: ACCOUNT,
  name,
  document: `{"of":"${name}"}`,
  updatedAt: T0,
  ...changes,
});

export function accessContract(name: string, open: () => Promise<Store>): void {
  const withStore = async (use: (store: Store) => Promise<void>): Promise<void> => {
    const store = await open();
    try {
      await use(store);
    } finally {
      await store.close();
    }
  };

  describe(`Access book: ${name}`, () => {
    test('a key is found with its user and what is attached to both user and groups', () =>
      withStore(async (store) => {
        const alice = user('alice', { groups: ['qa', 'dev'], tags: [{ key: 'team', value: 'é' }] });
        assert.equal(await store.addKey(key('K1', 'alice', { expiresAt: T0 + 1 }), alice), true);
        await store.putPolicy(policy('p'));
        await store.putPolicy(policy('q'));
        const to = (kind: 'user' | 'group', holder: string, of: string) =>
          store.attach({ account: ACCOUNT, kind, name: holder, policy: of }, of !== 'managed');
        assert.equal(await to('user', 'alice', 'p'), true);
        assert.equal(await to('group', 'qa', 'q'), true);
        assert.equal(await to('group', 'dev', 'managed'), true);
        // Of others: another group, another user of a group's name, another account.
        await to('group', 'ops', 'p');
        await to('user', 'qa', 'p');
        await store.attach({ account: OTHER, kind: 'user', name: 'alice', policy: 'm' }, false);
        assert.deepEqual(await store.grant('K1'), {
          key: key('K1', 'alice', { expiresAt: T0 + 1 }),
          user: alice,
          policies: [
            { kind: 'user', name: 'alice', policy: 'p', document: '{"of":"p"}' },
            { kind: 'group', name: 'dev', policy: 'managed' },
            { kind: 'group', name: 'qa', policy: 'q', document: '{"of":"q"}' },
          ],
        });
        assert.equal(await store.grant('K2'), undefined);
        assert.equal(await store.grant('k1'), undefined);
      }));

    test('a second key of a user leaves the user as it is; an id is taken once', () =>
      withStore(async (store) => {
        const first = user('bob', { groups: ['g'] });
        assert.equal(await store.addKey(key('K1', 'bob'), first), true);
        assert.equal(
          await store.addKey(key('K2', 'bob', { createdAt: T0 + 1 }), user('bob')),
          true,
        );
        assert.equal(await store.addKey(key('K2', 'carol'), user('carol')), false);
        assert.deepEqual((await store.grant('K2'))?.user, first);
        assert.deepEqual(
          (await store.keys(ACCOUNT)).map(({ id, user: of }) => [id, of]),
          [
            ['K1', 'bob'],
            ['K2', 'bob'],
          ],
        );
        assert.deepEqual(await store.keys(OTHER), []);
        assert.equal(await store.anySecret(), 'sealed K2');
      }));

    test('keys are disabled, given an end, used and deleted, by their own account only', () =>
      withStore(async (store) => {
        assert.equal(await store.anySecret(), undefined);
        await store.addKey(key('K1', 'bob'), user('bob'));
        assert.equal(await store.changeKey(OTHER, 'K1', { status: 'Inactive' }), false);
        assert.equal(await store.changeKey(ACCOUNT, 'K9', { status: 'Inactive' }), false);
        assert.equal(await store.changeKey(ACCOUNT, 'K1', { status: 'Inactive' }), true);
        assert.equal(await store.changeKey(ACCOUNT, 'K1', { expiresAt: T0 + 9 }), true);
        await store.markUsed('K1', T0 + 5);
        await store.markUsed('K1', T0 + 4);
        assert.deepEqual((await store.grant('K1'))?.key, {
          ...key('K1', 'bob', { status: 'Inactive', expiresAt: T0 + 9 }),
          usedAt: T0 + 5,
        });
        assert.equal(await store.deleteKey(OTHER, 'K1'), false);
        assert.equal(await store.deleteKey(ACCOUNT, 'K1'), true);
        assert.equal(await store.deleteKey(ACCOUNT, 'K1'), false);
        assert.equal(await store.grant('K1'), undefined);
      }));

    test('a user is changed as a whole, and goes with what is attached when no key is left', () =>
      withStore(async (store) => {
        await store.addKey(key('K1', 'bob'), user('bob'));
        const tags = [{ key: 'a', value: 'b' }];
        const change = { account: ACCOUNT, name: 'bob', groups: ['g'], tags };
        assert.equal(await store.changeUser(change), true);
        assert.equal(await store.changeUser({ ...change, account: OTHER }), false);
        assert.deepEqual(await store.users(ACCOUNT), [user('bob', { groups: ['g'], tags })]);
        const attached = { account: ACCOUNT, kind: 'user', name: 'bob', policy: 'm' } as const;
        const ofGroup = { account: ACCOUNT, kind: 'group', name: 'bob', policy: 'm' } as const;
        await store.attach(attached, false);
        await store.attach(ofGroup, false);
        assert.equal(await store.deleteUser(ACCOUNT, 'bob'), false);
        await store.deleteKey(ACCOUNT, 'K1');
        assert.equal(await store.deleteUser(OTHER, 'bob'), false);
        assert.equal(await store.deleteUser(ACCOUNT, 'bob'), true);
        assert.deepEqual(await store.users(ACCOUNT), []);
        assert.deepEqual(await store.attachments(ACCOUNT), [ofGroup]);
      }));

    test('policies are put, replaced, attached once, and deleted only when nothing holds them', () =>
      withStore(async (store) => {
        const attached = { account: ACCOUNT, kind: 'group', name: 'g', policy: 'p' } as const;
        assert.equal(await store.attach(attached, true), false);
        await store.putPolicy(policy('p'));
        await store.putPolicy(policy('p', { document: '{}', updatedAt: T0 + 1 }));
        await store.putPolicy(policy('p', { account: OTHER }));
        const kept = policy('p', { document: '{}', updatedAt: T0 + 1 });
        assert.deepEqual(await store.policies(ACCOUNT), [kept]);
        assert.equal(await store.attach(attached, true), true);
        assert.equal(await store.attach(attached, true), true);
        assert.deepEqual(await store.attachments(ACCOUNT), [attached]);
        assert.equal(await store.deletePolicy(ACCOUNT, 'p'), 'attached');
        assert.equal(await store.deletePolicy(OTHER, 'p'), 'deleted');
        assert.equal(await store.detach({ ...attached, kind: 'user' }), false);
        assert.equal(await store.detach(attached), true);
        assert.equal(await store.detach(attached), false);
        assert.equal(await store.deletePolicy(ACCOUNT, 'p'), 'deleted');
        assert.equal(await store.deletePolicy(ACCOUNT, 'p'), 'absent');
      }));

    test('whatever two do at once, no attachment is left without its policy', () =>
      withStore(async (store) => {
        for (let i = 0; i < 20; i++) {
          const attached = { account: ACCOUNT, kind: 'user', name: 'u', policy: `p${i}` } as const;
          await store.putPolicy(policy(`p${i}`));
          const [isAttached, deleted] = await Promise.all([
            store.attach(attached, true),
            store.deletePolicy(ACCOUNT, `p${i}`),
          ]);
          assert.equal(deleted, isAttached ? 'attached' : 'deleted');
        }
      }));
  });
}
