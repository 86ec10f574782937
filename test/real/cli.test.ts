// Aim: what a person sees: the bar of `brigade run` in a real terminal (tmux), Ctrl-C once and twice,
// and the words that follow.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BRIGADE, cliWorld, endOf, rowsOfReport, type CliWorld } from '../cli/world.ts';

const ROWS = 300;
const WAIT_MS_MAX = 60_000;

let world: CliWorld;
before(async () => {
  world = await cliWorld();
  await world.ok({ method: 'PUT', bucket: 'seen' });
  const lanes = Array.from({ length: 16 }, async (_, lane) => {
    for (let i = lane; i < ROWS; i += 16) {
      await world.ok({ method: 'PUT', bucket: 'seen', key: `k/${i}`, body: 'x' });
    }
  });
  await Promise.all(lanes);
  const rows = Array.from({ length: ROWS }, (_, i) => `seen,k/${i}\n`);
  writeFileSync(join(world.folder, 'list.csv'), `${rows.join('')}seen,gone\n`);
});
after(() => world.stop());

interface Terminal {
  press(...keys: readonly string[]): void;
  /** Resolves to the screen when it matches. */
  shows(pattern: RegExp): Promise<string>;
}

/** A shell in a terminal of its own, of a tmux server of its own. */
function terminal(t: TestContext): Terminal {
  const socket = join(world.folder, `tmux-${t.name.length}`);
  const tmux = (...args: readonly string[]): string =>
    execFileSync('tmux', ['-S', socket, ...args], {
      encoding: 'utf8',
      env: { ...world.env, TERM: 'xterm', LANG: 'C.UTF-8' },
    });
  tmux(
    '-u',
    '-f',
    '/dev/null',
    'new-session',
    '-d',
    '-x',
    '120',
    '-y',
    '50',
    '-c',
    world.folder,
    'bash --norc',
  );
  t.after(() => tmux('kill-server'));
  return {
    press: (...keys) => void tmux('send-keys', ...keys),
    async shows(pattern) {
      const end = performance.now() + WAIT_MS_MAX;
      for (;;) {
        const screen = tmux('capture-pane', '-p', '-J');
        if (pattern.test(screen)) return screen;
        assert.ok(performance.now() < end, `The terminal does not show ${pattern}:\n${screen}`);
        await sleep(50);
      }
    },
  };
}

const COMMAND = `${process.execPath} ${BRIGADE} run tag --manifest list.csv --tag a=b --rate 60`;

test('a terminal shows a bar with rate, failures and time left, then failed rows and where the report is', async (t) => {
  const { press, shows } = terminal(t);
  press(`${COMMAND.replace('--rate 60', '--rate 200')}; echo "code=$?"`, 'Enter');
  const bar = await shows(
    /tag █+░+ +[1-9]\d* % +\d+\/301 +[1-9]\d*\/s +\d+ s left +[01] failed +Active/,
  );
  assert.doesNotMatch(bar, /\{"event"/);
  const end = await shows(/code=\d/);
  assert.match(end, /seen\/gone: 404 NoSuchKey/);
  assert.match(end, /Report: \/.*manifest\.json/);
  assert.match(end, /Complete: 300 of 301 tasks succeeded, 1 failed\./);
  assert.match(end, /code=2/);
  // One line was drawn over and over.
  assert.equal((end.match(/tag [█░]/g) ?? []).length, 1, end);
});

test('Ctrl-C once drains and says how to resume, and the resumed run reports every row once', async (t) => {
  const { press, shows } = terminal(t);
  press(`${COMMAND} --report drained; echo "code=$?"`, 'Enter');
  await shows(/[1-9]\d*\/301 .* Active/);
  press('C-c');
  await shows(/Once more to stop at once/);
  const screen = await shows(/code=130/);
  const [, run] = /Go on with: brigade run --resume ([0-9a-f]{8})/.exec(screen) ?? [];
  assert.ok(run, screen);
  assert.ok(!existsSync(join(world.folder, 'drained')));
  const resumed = await world.brigade(['run', '--resume', run]);
  assert.equal(resumed.code, 2, resumed.stderr);
  const keys = rowsOfReport(endOf(resumed)['report']).map(({ manifestKey }) => manifestKey);
  assert.deepEqual([keys.length, new Set(keys).size], [ROWS + 1, ROWS + 1]);
});

test('Ctrl-C twice stops at once, without waiting for what is in flight', async (t) => {
  const { press, shows } = terminal(t);
  const sleeper = 'export const handler = () => new Promise(() => setTimeout(() => {}, 1e9));';
  writeFileSync(join(world.folder, 'sleeper.mjs'), sleeper);
  const invoke = `${process.execPath} ${BRIGADE} run invoke --manifest list.csv --function ./sleeper.mjs`;
  press(`${invoke}; echo "code=$?"`, 'Enter');
  await shows(/0\/301 .* Active/);
  press('C-c');
  await shows(/Once more to stop at once/);
  press('C-c');
  const screen = await shows(/code=\d+/);
  assert.match(screen, /code=130/);
  assert.doesNotMatch(screen, /Stopped; what was done is recorded/);
});
