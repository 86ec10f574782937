// Aim: secrets reach the verifier and nobody else; a keyring that makes no sense is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { format, inspect } from 'node:util';
import { fixedKeyring, Secret } from '../../src/auth/index.ts';

const key = (accessKeyId: string, account = '123456789012') => ({
  accessKeyId,
  account,
  secret: new Secret('very-secret'),
});

test('a secret prints as stars in every way that prints', () => {
  const secret = new Secret('very-secret');
  const prints = [
    String(secret),
    `${secret.toString()}`,
    JSON.stringify({ secret }),
    inspect({ deep: { secret } }, { depth: 9, showHidden: true }),
    format('%s %o %j', secret, secret, secret),
    JSON.stringify(Object.assign({}, secret)),
  ];
  for (const print of prints) assert.ok(!print.includes('very-secret'), print);
  assert.equal(String(secret), '***');
  assert.equal(secret.reveal(), 'very-secret');
});

test('a keyring does not print its secrets', () => {
  const keyring = fixedKeyring([key('A')]);
  assert.ok(!inspect(keyring, { depth: 9, showHidden: true }).includes('very-secret'));
  assert.ok(!JSON.stringify(keyring).includes('very-secret'));
});

test('a keyring knows its keys and no others', async () => {
  const keyring = fixedKeyring([key('A'), key('B', '999999999999')]);
  const found = await keyring.find('B');
  assert.ok(found.ok);
  assert.equal(found.caller.secret.reveal(), 'very-secret');
  const { account, kind, arn } = found.caller.principal;
  assert.deepEqual(
    [account, kind, arn],
    ['999999999999', 'root', 'arn:aws:iam::999999999999:root'],
  );
  for (const stranger of ['C', '', '__proto__', 'constructor']) {
    assert.deepEqual(await keyring.find(stranger), { ok: false, why: 'unknown-key' });
  }
  assert.deepEqual(await keyring.find('A', 'token'), { ok: false, why: 'invalid-token' });
});

test('two keys of one id, and accounts that are not twelve digits, are refused', () => {
  assert.throws(() => fixedKeyring([key('A'), key('A')]), /one id/);
  assert.throws(() => fixedKeyring([key('A', '12')]), /twelve digits/);
});
