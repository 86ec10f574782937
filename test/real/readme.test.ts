// Aim: what a newcomer does works as it is written: the lines that `brigade serve` prints at its
// first start are pasted into a shell, and then the README's first job, by the plain aws cli.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../lib/service.ts';

const ROOT = join(import.meta.dirname, '../..');

function readmeCommands(): string {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const marked = /begin -->\n```sh\n(.*?)```\n<!-- run by [^>]*end -->/s.exec(readme)?.[1];
  assert.ok(marked, 'the README has lost the marks around its first job');
  return marked;
}

/** A shell as the newcomer has it: their PATH and home, and nothing of AWS in the environment. */
async function shell(script: string, cwd: string): Promise<string> {
  const { PATH, HOME, PYENV_ROOT } = process.env;
  const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
    cwd,
    env: { PATH, HOME, ...(PYENV_ROOT ? { PYENV_ROOT } : {}), AWS_PAGER: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (text) => (output += String(text)));
  child.stderr.on('data', (text) => (output += String(text)));
  const [code] = (await once(child, 'close')) as [number | null];
  assert.equal(code, 0, output);
  return output;
}

test('a first start prints what to paste, and the first job of the README runs', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'brigade-readme-'));
  const service = spawn(process.execPath, [join(ROOT, 'bin/brigade.js'), 'serve'], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      BRIGADE_PORT: String(await freePort()),
      BRIGADE_SANDBOX_PORT: String(await freePort()),
      BRIGADE_LOG_LEVEL: 'warn',
    },
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
  const first = /^ {2}(aws s3control .*)$/m.exec(welcome)?.[1] ?? '';

  const waiting = `
    for i in $(seq 100); do
      STATUS=$(aws s3control describe-job --account-id 123456789012 --job-id "$JOB" --query Job.Status --output text)
      case $STATUS in Complete|Failed) break;; esac
      sleep 0.2
    done
    echo "STATUS=$STATUS"
    aws s3api get-object-tagging --bucket photos --key '2026/picture 2.jpg' --query 'TagSet[0]' --output text
    aws s3 cp --recursive --only-show-errors "s3://photos/reports/job-$JOB/results/" results
    cat results/*
  `;
  const output = await shell([...exports, first, readmeCommands(), waiting].join('\n'), folder);
  assert.match(output, /STATUS=Complete/);
  assert.match(output, /^year\s2026$/m);
  assert.match(output, /^photos,2026\/picture\+2\.jpg,,succeeded,200,,Successful$/m);
});
