/** Aim: .ci/run adds up honestly. npm and the rest are small scripts here; nothing is installed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';

const SCRIPT = join(import.meta.dirname, '../../.ci/run');
const GOOD = {
  ci: 'exit 0',
  audit: 'echo "found 0 vulnerabilities"',
  lint: 'exit 0',
  types: 'exit 0',
};
const TESTS = {
  test: 'echo "7 passed, 0 failed"',
  'test:real': 'echo "5 passed, 0 failed, 1 skipped"',
};

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brigade-ci-'));
  mkdirSync(join(folder, '.ci'));
  mkdirSync(join(folder, 'bin'));
  cpSync(SCRIPT, join(folder, '.ci/run'));
  for (const name of [
    'radosgw',
    'ceph-mon',
    'ceph-osd',
    'nginx',
    'python3',
    'curl',
    'ip',
    'chromium',
    'tmux',
    'promtool',
    'hadolint',
    'kubernetes-validate',
  ]) {
    command(name, 'exit 0');
  }
  command('aws', 'echo S3UpdateObjectEncryption');
});
afterEach(() => rmSync(folder, { recursive: true }));

function command(name: string, script: string): void {
  const path = join(folder, 'bin', name);
  writeFileSync(path, `#!/bin/bash\n${script}\n`);
  chmodSync(path, 0o755);
}

/** `scripts` says what `npm run <name>` does. */
function runWith(scripts: Readonly<Record<string, string>>): {
  status: number | null;
  last: string;
} {
  const { status, lines } = linesWith(scripts);
  return { status, last: lines.at(-1) ?? '' };
}

function linesWith(scripts: Readonly<Record<string, string>>): {
  status: number | null;
  lines: string[];
} {
  const cases = Object.entries(scripts).map(([name, script]) => `${name}) ${script};;`);
  command('npm', `name=$1; [ "$1" = run ] && name=$3\ncase $name in ${cases.join(' ')} esac`);
  const env = { PATH: `${join(folder, 'bin')}:/usr/bin:/bin` };
  const result = spawnSync('bash', [join(folder, '.ci/run')], { env, encoding: 'utf8' });
  return { status: result.status, lines: result.stdout.trimEnd().split('\n') };
}

const onLinux = { skip: process.platform === 'linux' ? false : '.ci/run is for Debian' };

test('the totals of both test commands are summed', onLinux, () => {
  const result = runWith({ ...GOOD, ...TESTS });
  assert.deepEqual(result, { status: 0, last: '12 passed, 0 failed' });
});

test('a failed test fails the whole', onLinux, () => {
  const result = runWith({ ...GOOD, ...TESTS, test: 'echo "6 passed, 1 failed"; exit 1' });
  assert.deepEqual(result, { status: 1, last: '11 passed, 1 failed' });
});

test('what failed in the first tests is told again behind the last', onLinux, () => {
  const { lines } = linesWith({
    ...GOOD,
    ...TESTS,
    test: 'echo "What failed:"; echo "a.test.ts: b"; echo "6 passed, 1 failed"; exit 1',
  });
  assert.deepEqual(lines.slice(-3), ['What failed:', 'a.test.ts: b', '11 passed, 1 failed']);
});

test('lint and types fail the whole, and the tests run all the same', onLinux, () => {
  const result = runWith({ ...GOOD, ...TESTS, lint: 'exit 1', types: 'exit 2' });
  assert.deepEqual(result, { status: 1, last: '12 passed, 2 failed' });
});

test('a step that ran no test, or does not say, has failed', onLinux, () => {
  const silent = runWith({ ...GOOD, ...TESTS, 'test:real': 'exit 0' });
  assert.deepEqual(silent, { status: 1, last: '7 passed, 1 failed' });
  const none = runWith({ ...GOOD, ...TESTS, test: 'echo "0 passed, 0 failed"' });
  assert.deepEqual(none, { status: 1, last: '5 passed, 1 failed' });
});

test('a command that ends badly after good totals has failed', onLinux, () => {
  const result = runWith({ ...GOOD, ...TESTS, test: 'echo "7 passed, 0 failed"; exit 9' });
  assert.deepEqual(result, { status: 1, last: '12 passed, 1 failed' });
});

test('an npm ci that fails ends it at once with a failure', onLinux, () => {
  const result = runWith({ ...GOOD, ...TESTS, ci: 'exit 4' });
  assert.deepEqual(result, { status: 1, last: '0 passed, 1 failed' });
});

test('a known vulnerability fails the whole', onLinux, () => {
  const audit = 'echo "3 high severity vulnerabilities"; exit 1';
  const result = runWith({ ...GOOD, ...TESTS, audit });
  assert.deepEqual(result, { status: 1, last: '12 passed, 1 failed' });
});

test(
  'a registry that cannot be asked about vulnerabilities fails nothing, and is told at the end',
  onLinux,
  () => {
    const audit = 'echo "npm error audit endpoint returned an error" >&2; exit 1';
    const { status, lines } = linesWith({ ...GOOD, ...TESTS, audit });
    assert.deepEqual([status, lines.at(-1)], [0, '12 passed, 0 failed']);
    assert.match(lines.at(-2) ?? '', /^NOT AUDITED: /);
  },
);
