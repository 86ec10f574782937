// Aim: docs/GETTING-STARTED.md works as it is written, command by command: its blocks are run in one
// shell beside a service that was started as it says, and what they did is looked at.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../lib/service.ts';

const ROOT = join(import.meta.dirname, '../..');
const BRIGADE = join(ROOT, 'bin/brigade.js');

/** The commands of the walk, with a mark before each block. */
function blocks(): string[] {
  const text = readFileSync(join(ROOT, 'docs/GETTING-STARTED.md'), 'utf8');
  return [...text.matchAll(/```sh\n(.*?)```/gs)].map(([, block = '']) => block);
}

test('the walk of docs/GETTING-STARTED.md does what it says', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'brigade-walk-'));
  mkdirSync(join(folder, 'bin'));
  writeFileSync(
    join(folder, 'bin/brigade'),
    `#!/bin/sh\nexec '${process.execPath}' '${BRIGADE}' "$@"\n`,
    { mode: 0o755 },
  );
  const { PATH = '', HOME, PYENV_ROOT } = process.env;
  const env = {
    PATH: `${join(folder, 'bin')}:${PATH}`,
    HOME,
    ...(PYENV_ROOT ? { PYENV_ROOT } : {}),
    AWS_PAGER: '',
    BRIGADE_PORT: String(await freePort()),
    BRIGADE_SANDBOX_PORT: String(await freePort()),
    BRIGADE_LOG_LEVEL: 'warn',
    BRIGADE_RUNS_DIR: join(folder, 'runs'),
  };
  const service = spawn('brigade', ['serve'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(service, 'exit');
  t.after(async () => {
    service.kill('SIGTERM');
    await exited;
    rmSync(folder, { recursive: true });
  });
  let welcome = '';
  for await (const text of service.stdout) {
    welcome += String(text);
    if (welcome.includes('Ctrl-C stops')) break;
  }
  const exports = welcome.split('\n').filter((line) => line.trim().startsWith('export '));
  assert.equal(exports.length, 3, welcome);

  const script = blocks().map((block, i) => `echo "== block ${i}"\n${block}`);
  const shell = spawn('bash', ['-euo', 'pipefail', '-c', [...exports, ...script].join('\n')], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [shell.stdout, shell.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const [code] = (await once(shell, 'close')) as [number | null];
  assert.equal(code, 0, output);

  const [
    ,
    head = '',
    tag = '',
    copy = '',
    retry = '',
    cold = '',
    create = '',
    look = '',
    slow = '',
  ] = output.split(/== block \d\n/).slice(1);
  assert.equal((head.match(/,succeeded,200,,/g) ?? []).length, 3, head);
  assert.match(tag, /"Value": "2026"/);
  assert.match(copy, /exit code 2\nphotos,2026\/picture\+4\.jpg,,failed,404,NoSuchKey/);
  assert.equal((retry.match(/ picture \d\.jpg/g) ?? []).length, 4, retry);
  assert.match(retry, /"total":1,"succeeded":1/);
  assert.match(cold, /"total":4,"succeeded":4,"failed":0/);
  assert.match(create, /"status":"Complete","total":4,"succeeded":4/);
  assert.match(look, /"key":"2026\/picture 1\.jpg"/);
  assert.match(look, /"status":"Complete","total":4,"succeeded":4/);
  assert.match(slow, /"status":"Cancelled".*\nexit code 1\n/);
});
