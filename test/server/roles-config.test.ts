// Aim: what a RoleArn stands for is what the configuration says, and nothing when it says nothing; secrets
// come from where they are referred to, and are quoted by no refusal.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { ConfigError } from '../../src/server/config-error.ts';
import { openRoles, storeAsRole } from '../../src/server/open-roles.ts';
import { rolesOf, type StsConfig } from '../../src/server/roles-config.ts';
import { toOutcome } from '../../src/s3/index.ts';
import { badServer } from '../s3/bad-server.ts';

const A = 'arn:aws:iam::123456789012:role/team/a';
const B = 'arn:aws:iam::123456789012:role/b';
const STS: StsConfig = {
  endpoint: 'http://sts.example',
  region: 'us-east-1',
  durationSeconds: 3600,
  externalId: undefined,
  credentials: undefined,
};
const PAIR = { accessKeyId: 'AKID', secretAccessKey: 'hidden' };
const json = (value: object) => ({ BRIGADE_ROLES: JSON.stringify(value) });

test('without a word every role stands for the service, and it is known whether somebody said so', () => {
  const silent = rolesOf({}, undefined);
  assert.deepEqual([silent.map(A), silent.shared], [{ kind: 'service' }, 'by-default']);
  const said = rolesOf({ BRIGADE_ROLES: 'service' }, undefined);
  assert.deepEqual([said.map(A), said.shared], [{ kind: 'service' }, 'by-choice']);
});

test('with key pairs a role that is not among them stands for nothing', () => {
  const { map, shared } = rolesOf(json({ [A]: PAIR }), undefined);
  assert.deepEqual(map(A), { kind: 'keys', credentials: PAIR });
  assert.deepEqual(
    [map(B), map(`${A}/`), map(''), shared],
    [undefined, undefined, undefined, undefined],
  );
});

test('with STS every role is assumed, under the name that STS knows, but for those with a meaning of their own', () => {
  assert.deepEqual(rolesOf({}, STS).map(A), { kind: 'assume', arn: A });
  const source = {
    ...json({ [B]: 'service' }),
    BRIGADE_STS_ROLE_ARN: 'arn:aws:iam:::role/{name}',
  };
  const { map } = rolesOf(source, STS);
  assert.deepEqual(map(A), { kind: 'assume', arn: 'arn:aws:iam:::role/team/a' });
  assert.deepEqual(map(B), { kind: 'service' });
  const other = 'arn:aws:iam::999999999999:role/there';
  const named = rolesOf(json({ [A]: { assume: other } }), STS).map(A);
  assert.deepEqual(named, { kind: 'assume', arn: other });
});

test('secrets come from variables and files, whose names are kept from functions', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'brigade-roles-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'secret');
  writeFileSync(file, 'of-the-file\n');
  const value = { accessKeyId: { env: 'ROLE_ID' }, secretAccessKey: { file } };
  const { map, secretVariables } = rolesOf({ ...json({ [A]: value }), ROLE_ID: 'AKID' }, undefined);
  const credentials = { accessKeyId: 'AKID', secretAccessKey: 'of-the-file' };
  assert.deepEqual(map(A), { kind: 'keys', credentials });
  assert.deepEqual(secretVariables, ['ROLE_ID']);
});

for (const [what, source, why, sts] of [
  ['text', { BRIGADE_ROLES: 'hidden' }, /is not JSON, and not the word service/, undefined],
  ['half an object', { BRIGADE_ROLES: '{"hidden' }, /is not JSON/, undefined],
  ['a list', { BRIGADE_ROLES: '["hidden"]' }, /must be an object/, undefined],
  ['no ARN', json({ a: PAIR }), /must be the ARN of a role/, undefined],
  ['a word', json({ [A]: 'hidden' }), /must be an object/, undefined],
  ['half a pair', json({ [A]: { accessKeyId: 'hidden' } }), /secretAccessKey: must be/, undefined],
  ['a stranger', json({ [A]: { ...PAIR, secret: 'hidden' } }), /not "secret"/, undefined],
  [
    'a secret of two lines',
    json({ [A]: { ...PAIR, secretAccessKey: 'hid\nden' } }),
    /printable/,
    undefined,
  ],
  [
    'a variable that is not set',
    json({ [A]: { ...PAIR, accessKeyId: { env: 'NO' } } }),
    /NO is not set/,
    undefined,
  ],
  [
    'a file that is not there',
    json({ [A]: { ...PAIR, accessKeyId: { file: '/no/x' } } }),
    /ENOENT/,
    undefined,
  ],
  [
    'an assumption without STS',
    json({ [A]: { assume: A } }),
    /needs BRIGADE_STS_ENDPOINT/,
    undefined,
  ],
  ['the service beside STS', { BRIGADE_ROLES: 'service' }, /no role is assumed/, STS],
] as const) {
  test(`${what} is refused, and no secret is quoted`, () => {
    assert.throws(
      () => rolesOf(source, sts),
      (error) =>
        error instanceof ConfigError &&
        error.message.startsWith('BRIGADE_ROLES') &&
        why.test(error.message) &&
        !error.message.includes('hid'),
    );
  });
}

test('the console has no key of its own where jobs have roles', async (t) => {
  const server = await badServer((_, response) => response.end());
  t.after(() => server.close());
  const credentials = { accessKeyId: 'SERVICE', secretAccessKey: 's' };
  const client = server.client({ credentials });
  const needs = {
    client,
    credentials,
    clock: systemClock,
    random: seededRandom(1),
    log: silentLog,
  };
  assert.equal(openRoles({ ...needs, config: { roles: rolesOf({}, undefined) } }), undefined);
  const roles = openRoles({ ...needs, config: { roles: rolesOf(json({ [A]: PAIR }), undefined) } });
  assert.ok(roles);
  const request = { method: 'GET', bucket: 'b' } as const;
  const none = toOutcome(await storeAsRole(roles, undefined, 'console').send(request));
  assert.ok(!none.ok && none.code === 'AccessDenied' && /BRIGADE_CONSOLE_ROLE/.test(none.message));
  assert.equal(server.received.length, 0);
  assert.ok(toOutcome(await storeAsRole(roles, A, 'console').send(request)).ok);
  assert.match(server.received[0]?.headers['authorization'] ?? '', /Credential=AKID\//);
});
