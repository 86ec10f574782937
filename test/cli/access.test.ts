// Aim: `brigade keys` and `brigade policy` work on the database of a service that need not run, say
// what they did to programs, and refuse in a sentence with the exit code that is documented.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openKeyring, readMasterKeys, Vault } from '../../src/auth/index.ts';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { openSqliteStore } from '../../src/store/index.ts';
import { documentOf } from '../auth/access-page.ts';

const BIN = join(import.meta.dirname, '../../bin/brigade.js');
const folder = mkdtempSync(join(tmpdir(), 'brigade-access-'));
after(() => rmSync(folder, { recursive: true }));
const data = join(folder, 'data');
const database = join(folder, 'data', 'brigade.db');

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The lines of standard output. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
}

function brigade(args: readonly string[], env: Readonly<Record<string, string>> = {}): Ran {
  const own = Object.entries(process.env).filter(([name]) => !/^(BRIGADE|AWS)_/.test(name));
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], {
    encoding: 'utf8',
    cwd: folder,
    env: { ...Object.fromEntries(own), BRIGADE_DATA_DIR: data, ...env },
    timeout: 60_000,
  });
  const lines = stdout.startsWith('{"') ? stdout.trim().split('\n') : [];
  return {
    status,
    stdout,
    stderr,
    lines: lines.map((line) => JSON.parse(line) as Ran['lines'][number]),
  };
}

test('without a database there is nothing to work on, and none is made', () => {
  const { status, stderr } = brigade(['keys', 'list']);
  assert.equal(status, 64);
  assert.match(stderr, /BRIGADE_DATA_DIR: there is no database in .*Start brigade serve/);
  assert.deepEqual(readdirSync(folder), []);
});

test('a key is made, seen, disabled, rotated and deleted', async () => {
  mkdirSync(data);
  await openSqliteStore({ path: database }).close();
  writeFileSync(join(folder, 'confirm.json'), documentOf('confirm-waiting'));
  assert.equal(brigade(['policy', 'put', 'confirm', 'confirm.json']).status, 0);
  const create = ['keys', 'create', '--user', 'alice', '--group', 'qa', '--tag', 'team=a=b'];
  const made = brigade([...create, '--policy', 'confirm', '--expires', '2199-01-01']);
  const [key] = made.lines;
  assert.ok(made.status === 0 && key, made.stderr);
  assert.equal(statSync(join(data, 'master-key')).mode & 0o777, 0o600);
  assert.deepEqual(
    [key['groups'], key['tags'], key['policies'], key['expiresAt']],
    [...[['qa'], [{ key: 'team', value: 'a=b' }], ['confirm'], '2199-01-01T00:00:00Z']],
  );
  const id = String(key['accessKeyId']);

  // What a service on this folder makes of it.
  const keys = readMasterKeys(readFileSync(join(data, 'master-key'), 'utf8').trim());
  assert.ok(keys);
  const store = openSqliteStore({ path: database });
  const [clock, random] = [systemClock, systemRandom];
  const keyring = openKeyring({
    fixed: [],
    book: store,
    vault: new Vault(keys, random),
    clock,
    random,
  });
  const found = await keyring.find(id);
  assert.ok(found.ok && found.caller.secret.reveal() === key['secretAccessKey']);
  await store.close();

  const shown = brigade(['keys', 'list', '--json']);
  assert.ok(!shown.stdout.includes(String(key['secretAccessKey'])));
  assert.deepEqual([shown.lines[0]?.['accessKeyId'], shown.lines[0]?.['status']], [id, 'Active']);
  assert.equal(brigade(['keys', 'disable', id]).status, 0);
  const rotated = brigade(['keys', 'rotate', id, '--keep-hours', '0']);
  assert.equal(rotated.lines[0]?.['user'], 'alice');
  assert.notEqual(rotated.lines[0]?.['accessKeyId'], id);
  assert.equal(brigade(['keys', 'user', 'alice', '--group', 'ops']).status, 0);
  const after_ = brigade(['keys', 'list']).lines;
  assert.deepEqual(
    after_.map((one) => [one['status'], one['groups'], one['tags']]),
    [
      ['Inactive', ['ops'], []],
      ['Active', ['ops'], []],
    ],
  );
  assert.equal(brigade(['keys', 'user', 'alice', '--delete']).status, 1);
  for (const one of after_)
    assert.equal(brigade(['keys', 'delete', String(one['accessKeyId'])]).status, 0);
  assert.equal(brigade(['keys', 'user', 'alice', '--delete']).status, 0);
  assert.deepEqual(brigade(['policy', 'list']).lines[0], {
    name: 'confirm',
    isManaged: false,
    attachedTo: [],
  });
});

test('a policy with a fault is refused with its place, and is not kept', () => {
  writeFileSync(
    join(folder, 'bad.json'),
    '{"Statement": {"Effect": "Alow", "Action": "*", "Resource": "*"}}',
  );
  const { status, stderr } = brigade(['policy', 'put', 'bad', 'bad.json']);
  assert.equal(status, 1);
  assert.match(stderr, /Statement\[0\]\.Effect: must be Allow or Deny, not "Alow"/);
  assert.equal(brigade(['policy', 'get', 'bad']).status, 1);
});

test('simulate says what is decided and by which statement; the exit code says it too', () => {
  writeFileSync(join(folder, 'p.json'), documentOf('priority-by-department'));
  const ask = (priority: string): Ran =>
    brigade([
      ...['policy', 'simulate', '--policy', 'p.json', '--action', 's3:CreateJob'],
      ...['--context', 'aws:PrincipalTag/department=Production'],
      ...['--context', `s3:RequestJobPriority=${priority}`],
    ]);
  const allowed = ask('300');
  assert.deepEqual(
    [allowed.status, allowed.lines[0]],
    [0, { decision: 'allowed', why: 'allowed', statement: { policy: 'p.json', index: 1 } }],
  );
  const denied = ask('301');
  assert.deepEqual(
    [denied.status, denied.lines[0]],
    [3, { decision: 'denied', why: 'no-statement' }],
  );
  assert.equal(
    brigade(['policy', 'simulate', '--policy', 'bad.json', '--action', 'x:y']).status,
    1,
  );
});

test('simulate of a user knows their policies, groups and tags', () => {
  const priority = ['--context', 's3:RequestJobPriority=100'];
  const create = ['keys', 'create', '--user', 'quinn', '--tag', 'department=QA', '--group', 'jobs'];
  assert.equal(brigade(create).status, 0);
  brigade(['policy', 'put', 'p', 'p.json']);
  const simulate = [
    'policy',
    'simulate',
    '--user',
    'quinn',
    '--action',
    's3:CreateJob',
    ...priority,
  ];
  assert.equal(brigade(simulate).status, 3);
  assert.equal(brigade(['policy', 'attach', 'p', '--group', 'jobs']).status, 0);
  assert.equal(brigade(simulate).status, 0);
  assert.equal(brigade(['policy', 'delete', 'p']).status, 1, 'it is attached');
  assert.equal(brigade(['policy', 'detach', 'p', '--group', 'jobs']).status, 0);
  assert.equal(brigade(simulate).status, 3);
});

test('what cannot be meant is refused with 64', () => {
  const cases: readonly (readonly string[])[] = [
    ['keys', 'create'],
    ['keys', 'create', '--user', 'x', '--tag', 'no-value'],
    ['keys', 'create', '--user', 'x', '--account', '12'],
    ['keys', 'create', '--user', 'x', '--expires', 'soon'],
    ['keys', 'rotate', 'BB1', '--keep-hours', '-1'],
    ['policy', 'attach', 'read-only'],
    ['policy', 'attach', 'read-only', '--user', 'a', '--group', 'b'],
    ['policy', 'simulate', '--action', 's3:ListJobs'],
    ['policy', 'simulate', '--policy', 'p.json'],
  ];
  for (const args of cases) assert.equal(brigade(args).status, 64, args.join(' '));
});

test('another master key than that of the database is refused, an old one behind a comma is not', () => {
  const other = 'ab'.repeat(32);
  const create = ['keys', 'create', '--user', 'late'];
  const refused = brigade(create, { BRIGADE_MASTER_KEY: other });
  assert.equal(refused.status, 64);
  assert.match(refused.stderr, /BRIGADE_MASTER_KEY: .* sealed with another master key/);
  const bad = brigade(create, { BRIGADE_MASTER_KEY: 'nearly a secret' });
  assert.equal(bad.status, 64);
  assert.ok(!bad.stderr.includes('nearly a secret'), bad.stderr);
  const own = readFileSync(join(data, 'master-key'), 'utf8').trim();
  assert.equal(brigade(create, { BRIGADE_MASTER_KEY: `${other},${own}` }).status, 0);
});
