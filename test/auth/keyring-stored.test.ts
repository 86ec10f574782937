// Aim: keys of the book: their secrets at rest, how long a change goes unnoticed, what a database that
// is away does, and temporary keys.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import {
  AccessDesk,
  AccessRefused,
  type Keyring,
  openKeyring,
  readMasterKeys,
  Secret,
  Vault,
} from '../../src/auth/index.ts';
import { ManualClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { AccessBook } from '../../src/model/access.ts';
import { openSqliteStore, StoreUnavailable } from '../../src/store/index.ts';

const ACCOUNT = '123456789012';
/** As docs/ACCESS.md and docs/OPERATING.md promise it. */
const NOTICED_MS = 5000;

function open(master = Buffer.alloc(32, 1)) {
  const clock = new ManualClock();
  const random = seededRandom(3);
  const book = openSqliteStore({ path: ':memory:', random });
  const vault = new Vault([master], random);
  const asked: string[] = [];
  const logged: string[] = [];
  let isAway = false;
  const counted: AccessBook = {
    ...book,
    grant: (id) => {
      asked.push(id);
      return isAway ? Promise.reject(new StoreUnavailable('away')) : book.grant(id);
    },
  };
  const note = (fields: object, message: string): void =>
    void logged.push(message + inspect(fields));
  const log = { debug: note, info: note, warn: note, error: note };
  const fixed = [{ accessKeyId: 'ROOT', account: ACCOUNT, secret: new Secret('root secret') }];
  const keyring = openKeyring({ fixed, book: counted, vault, clock, random, log });
  const desk = new AccessDesk({ book, vault: async () => vault, clock, random }, ACCOUNT);
  const key = async (user = 'alice', more = {}) =>
    (await desk.createKey({ user, groups: [], tags: [], policies: [], ...more })).key.id;
  return {
    ...{ clock, random, book, vault, asked, logged, keyring, desk, key },
    away: (away: boolean) => void (isAway = away),
  };
}

async function isGood(keyring: Keyring, id: string, token?: string): Promise<boolean> {
  return (await keyring.find(id, token)).ok;
}

test('a change of a key is noticed within five seconds, and not asked for before', async () => {
  const { keyring, desk, key, clock, asked } = open();
  const id = await key();
  assert.ok(await isGood(keyring, id));
  await desk.setStatus(id, 'Inactive');
  clock.advance(NOTICED_MS - 1);
  assert.ok(await isGood(keyring, id));
  assert.equal(asked.length, 1);
  clock.advance(1);
  assert.deepEqual(await keyring.find(id), { ok: false, why: 'unknown-key' });
  await desk.setStatus(id, 'Active');
  clock.advance(NOTICED_MS);
  assert.ok(await isGood(keyring, id));
  await desk.deleteKey(id);
  clock.advance(NOTICED_MS);
  assert.equal(await isGood(keyring, id), false);
});

test('so is a change of policies, groups and tags', async () => {
  const { keyring, desk, key, clock } = open();
  const id = await key('alice', { policies: ['read-only'] });
  const facts = async () => {
    const found = await keyring.find(id);
    assert.ok(found.ok);
    const { policies, groups, tags } = found.caller.principal;
    return [policies.map(({ name }) => name), groups, tags];
  };
  assert.deepEqual(await facts(), [['read-only'], [], []]);
  await desk.putPolicy('own', '{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}');
  await desk.attach('own', { kind: 'group', name: 'g' });
  await desk.detach('read-only', { kind: 'user', name: 'alice' });
  const tags = [{ key: 'a', value: 'b' }];
  await desk.changeUser({ name: 'alice', groups: ['g'], tags });
  clock.advance(NOTICED_MS);
  assert.deepEqual(await facts(), [['own'], ['g'], tags]);
});

test('a key ends at its time, to the millisecond', async () => {
  const { keyring, key, clock } = open();
  const id = await key('alice', { expiresAt: clock.now() + 1000 });
  clock.advance(999);
  assert.ok(await isGood(keyring, id));
  clock.advance(1);
  assert.equal(await isGood(keyring, id), false);
});

test('a rotated key is followed by another one of the same life, and works for a while', async () => {
  const { keyring, desk, key, clock } = open();
  const id = await key('alice', { expiresAt: clock.now() + 100_000, policies: ['read-only'] });
  clock.advance(1000);
  const made = await desk.rotateKey(id, 10_000);
  assert.deepEqual([made.key.user, made.policies], ['alice', ['read-only']]);
  assert.equal(made.key.expiresAt, clock.now() + 100_000);
  clock.advance(9999);
  assert.ok((await isGood(keyring, id)) && (await isGood(keyring, made.key.id)));
  clock.advance(1);
  assert.deepEqual([await isGood(keyring, id), await isGood(keyring, made.key.id)], [false, true]);
});

test('a book that is away refuses keys for now, the root key not, and is asked again at once', async () => {
  const { keyring, key, clock, away } = open();
  const id = await key();
  assert.ok(await isGood(keyring, id));
  away(true);
  clock.advance(NOTICED_MS - 1);
  assert.ok(await isGood(keyring, id), 'what is fresh needs no book');
  clock.advance(1);
  await assert.rejects(keyring.find(id), StoreUnavailable);
  await assert.rejects(keyring.find(id), StoreUnavailable);
  assert.ok(await isGood(keyring, 'ROOT'));
  away(false);
  assert.ok(await isGood(keyring, id));
});

test('many who ask at once are one question, and ids that no key has are none', async () => {
  const { keyring, key, asked } = open();
  const id = await key();
  const found = await Promise.all(Array.from({ length: 50 }, () => keyring.find(id)));
  assert.ok(found.every(({ ok }) => ok));
  for (const stranger of [
    'AKIA0123456789ABCDEF',
    '',
    'BB',
    `${id}0`,
    id.toLowerCase(),
    '__proto__',
  ]) {
    assert.equal(await isGood(keyring, stranger), false);
  }
  assert.deepEqual(asked, [id]);
});

test('strangers do not fill the memory: a thousand keys are remembered', async () => {
  const { keyring, key, asked } = open();
  const id = await key();
  await keyring.find(id);
  const strange = (i: number): string => `BB${String(i).padStart(18, '0')}`;
  for (let i = 0; i < 1000; i++) await keyring.find(strange(i));
  await keyring.find(id);
  assert.equal(asked.filter((one) => one === id).length, 2);
});

test('the last use is written, at most every five minutes', async () => {
  const { keyring, desk, key, clock } = open();
  const id = await key();
  const found = await keyring.find(id);
  assert.ok(found.ok);
  const usedAt = async () => {
    await keyring.close();
    return (await desk.keys())[0]?.usedAt;
  };
  const start = clock.now();
  keyring.noteUse(found.caller.principal);
  assert.equal(await usedAt(), start);
  clock.advance(299_999);
  keyring.noteUse(found.caller.principal);
  assert.equal(await usedAt(), start);
  clock.advance(1);
  keyring.noteUse(found.caller.principal);
  assert.equal(await usedAt(), start + 300_000);
});

test('a policy that cannot be read denies everything, and is logged', async () => {
  const { keyring, key, book, logged } = open();
  const id = await key('alice', { policies: ['administrator'] });
  await book.putPolicy({ account: ACCOUNT, name: 'odd', document: '{"New": 1}', updatedAt: 0 });
  await book.attach({ account: ACCOUNT, kind: 'user', name: 'alice', policy: 'odd' }, true);
  const found = await keyring.find(id);
  assert.ok(found.ok);
  const effects = found.caller.principal.policies.flatMap(({ statements }) => statements);
  assert.ok(effects.some(({ effect, conditions }) => effect === 'Deny' && !conditions.length));
  assert.match(logged.join('\n'), /A policy cannot be read/);
});

test('secrets are sealed in the book, and in no print of keyring, desk or log', async () => {
  const { desk, book, keyring, vault, logged } = open();
  const made = await desk.createKey({ user: 'alice', groups: [], tags: [], policies: [] });
  const secret = made.secret.reveal();
  const found = await keyring.find(made.key.id);
  assert.ok(found.ok && found.caller.secret.reveal() === secret);
  const shown = [
    made,
    desk,
    keyring,
    vault,
    found,
    await desk.keys(),
    await book.grant(made.key.id),
  ];
  const prints = shown.flatMap((one) => [
    inspect(one, { depth: 9, showHidden: true }),
    JSON.stringify(one) ?? '',
  ]);
  for (const print of [...prints, ...logged]) assert.ok(!print.includes(secret), print);
});

test('a secret opens for its own key and master key only', async () => {
  const { random } = open();
  const vault = new Vault([Buffer.alloc(32, 1)], random);
  const other = new Vault([Buffer.alloc(32, 2)], random);
  const both = new Vault([Buffer.alloc(32, 2), Buffer.alloc(32, 1)], random);
  const sealed = vault.seal('secret', 'a');
  assert.equal(vault.open(sealed, 'a'), 'secret');
  assert.equal(both.open(sealed, 'a'), 'secret');
  assert.equal(both.open(other.seal('x', 'a'), 'a'), 'x');
  assert.equal(other.open(both.seal('y', 'a'), 'a'), 'y', 'the first one seals');
  assert.equal(vault.open(sealed, 'b'), undefined);
  assert.equal(other.open(sealed, 'a'), undefined);
  assert.deepEqual([vault.knows(sealed), other.knows(sealed)], [true, false]);
  fc.assert(
    fc.property(fc.nat(sealed.length - 1), fc.constantFrom('A', 'z', '.', ''), (at, char) => {
      const altered = sealed.slice(0, at) + char + sealed.slice(at + 1);
      const bytes = (text: string): string =>
        Buffer.from(text.split('.')[2] ?? '', 'base64url').toString('hex');
      // The last letter holds bits that are none of the bytes.
      const isSame =
        bytes(altered) === bytes(sealed) && altered.slice(0, 14) === sealed.slice(0, 14);
      assert.equal(
        vault.open(altered, 'a'),
        isSame && altered.split('.').length === 3 ? 'secret' : undefined,
      );
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => vault.open(text, 'a') === undefined));
});

test('master keys are 32 bytes in hex or base64, and nothing else', () => {
  const hex = 'ab'.repeat(32);
  const base64 = Buffer.from(hex, 'hex').toString('base64');
  assert.deepEqual(readMasterKeys(hex), [Buffer.from(hex, 'hex')]);
  assert.deepEqual(readMasterKeys(`${base64}, ${hex}`)?.length, 2);
  for (const bad of ['', 'secret', hex.slice(1), `${hex},`, 'g'.repeat(64)]) {
    assert.equal(readMasterKeys(bad), undefined, bad);
  }
});

test('a key whose secret another master key sealed is unknown, and the log says why', async () => {
  const { book, random, clock } = open();
  const sealedElsewhere = new Vault([Buffer.alloc(32, 9)], random);
  const elsewhere = { book, vault: async () => sealedElsewhere, clock, random };
  const desk = new AccessDesk(elsewhere, ACCOUNT);
  const made = await desk.createKey({ user: 'a', groups: [], tags: [], policies: [] });
  const lines: string[] = [];
  const note = (_: object, message: string): void => void lines.push(message);
  const log = { debug: note, info: note, warn: note, error: note };
  const vault = new Vault([Buffer.alloc(32, 1)], random);
  const keyring = openKeyring({ fixed: [], book, vault, clock, random, log });
  assert.equal(await isGood(keyring, made.key.id), false);
  assert.deepEqual(lines, ['The secret of a key was sealed under another master key.']);
});

test('a temporary key works with its token alone, until it ends or its parent does', async () => {
  const { keyring, desk, key, clock, vault, random, book } = open();
  const id = await key('alice', { policies: ['read-only'] });
  const issue = (parent: string) => {
    assert.ok(keyring.sessions);
    return keyring.sessions.issue(parent, { lifeMs: 3_600_000 });
  };
  const temporary = issue(id);
  const { accessKeyId, token } = temporary;
  const found = await keyring.find(accessKeyId, token);
  assert.ok(found.ok);
  assert.equal(found.caller.secret.reveal(), temporary.secret.reveal());
  assert.equal(found.caller.principal.user, 'alice');
  assert.equal(found.caller.principal.accessKeyId, accessKeyId);

  const why = async (of: string, with_?: string) => {
    const one = await keyring.find(of, with_);
    return one.ok ? 'ok' : one.why;
  };
  assert.equal(await why(accessKeyId), 'unknown-key');
  assert.equal(await why(accessKeyId, `${token}x`), 'invalid-token');
  assert.equal(await why(accessKeyId, issue(id).token), 'invalid-token');
  assert.equal(await why(id, token), 'invalid-token');
  const foreign = new Vault([Buffer.alloc(32, 5)], random).seal('{}', `session of ${accessKeyId}`);
  assert.equal(await why(accessKeyId, foreign), 'invalid-token');
  // Another process of the same master key takes it.
  const peer = openKeyring({ fixed: [], book, vault, clock, random });
  assert.ok(await isGood(peer, accessKeyId, token));

  await desk.setStatus(id, 'Inactive');
  clock.advance(NOTICED_MS);
  assert.equal(await why(accessKeyId, token), 'unknown-key');
  await desk.setStatus(id, 'Active');
  clock.advance(NOTICED_MS);
  assert.equal(await why(accessKeyId, token), 'ok');
  clock.advance(3_600_000 - 2 * NOTICED_MS - 1);
  assert.equal(await why(accessKeyId, token), 'ok');
  clock.advance(1);
  assert.equal(await why(accessKeyId, token), 'expired-token');
  const ofRoot = issue('ROOT');
  assert.equal(await why(ofRoot.accessKeyId, ofRoot.token), 'ok');
});

test('what makes no sense is refused with a sentence', async () => {
  const { desk, key } = open();
  const id = await key('alice');
  const make = (more: object) =>
    desk.createKey({ user: 'bob', groups: [], tags: [], policies: [], ...more });
  const cases: readonly (readonly [() => Promise<unknown>, RegExp])[] = [
    [() => make({ user: 'a/b' }), /name of a user/],
    [() => make({ groups: ['a b'] }), /name of a group/],
    [() => make({ groups: ['a', 'a'] }), /named twice/],
    [() => make({ tags: [{ key: '', value: '' }] }), /A tag has a key/],
    [() => make({ tags: [{ key: 'k', value: '$' }] }), /A tag has a key/],
    [
      () =>
        make({
          tags: [
            { key: 'k', value: '' },
            { key: 'K', value: '' },
          ],
        }),
      /one key/,
    ],
    [() => make({ policies: ['nope'] }), /There is no policy nope/],
    [() => make({ expiresAt: 1 }), /in the future/],
    [() => make({ user: 'alice', groups: ['g'] }), /there already/],
    [() => desk.setStatus('BB1', 'Active'), /no key BB1/],
    [() => desk.rotateKey('BB1', 0), /no key BB1/],
    [() => desk.deleteUser('alice'), /has keys/],
    [() => desk.deleteUser('nobody'), /no user nobody/],
    [() => desk.putPolicy('administrator', '{}'), /managed policy/],
    [() => desk.putPolicy('p', '{}'), /Statement/],
    [() => desk.attach('read-only', { kind: 'user', name: 'nobody' }), /no user nobody/],
    [() => desk.attach('nope', { kind: 'group', name: 'g' }), /no policy nope/],
    [() => desk.detach('read-only', { kind: 'group', name: 'g' }), /is not attached/],
    [() => desk.deletePolicy('nope'), /no policy nope/],
    [() => desk.policy('nope'), /no policy nope/],
    [() => desk.principalOf('nobody'), /no user nobody/],
  ];
  for (const [attempt, says] of cases) {
    await assert.rejects(
      attempt,
      (error) => error instanceof AccessRefused && says.test(error.message),
    );
  }
  assert.deepEqual(
    (await desk.keys()).map((one) => one.id),
    [id],
  );
});
