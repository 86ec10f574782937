// Aim: a worker that keeps dying is started again, ever more slowly, and never after the end.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { systemClock, type Clock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { SUPERVISED_AS, Supervisor } from '../../src/server/supervisor.ts';

const folder = mkdtempSync(join(tmpdir(), 'brigade-supervisor-'));
after(() => rmSync(folder, { recursive: true }));

function program(name: string, text: string): string {
  const path = join(folder, `${name}.cjs`);
  writeFileSync(path, text);
  return path;
}

/** Full jitter at its longest. */
const random = { ...seededRandom(1), next: () => 0.999_999 };

test('who keeps dying is given back, and started again after a backoff that grows to ten seconds', async () => {
  const story: (string | number)[] = [];
  const enough = new AbortController();
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    sleep: async (ms) => {
      story.push(ms);
      if (story.length < 16) return;
      enough.abort();
      await new Promise(() => undefined);
    },
  };
  const supervisor = new Supervisor({
    names: ['one'],
    program: program('dies', 'process.exit(3)'),
    environment: {},
    bury: (name) => Promise.resolve(story.push(name)),
    clock,
    random,
    log: silentLog,
  });
  await new Promise((resolve) => enough.signal.addEventListener('abort', resolve));
  assert.ok(supervisor);
  const waits = [199, 399, 799, 1599, 3199, 6399, 9999, 9999];
  assert.deepEqual(
    story,
    waits.flatMap((ms) => ['one', ms]),
  );
});

test('a store that is away keeps no worker from being started again', async () => {
  const warnings: object[] = [];
  let starts = 0;
  const supervisor = new Supervisor({
    names: ['one'],
    program: program('dies', 'process.exit(3)'),
    environment: {},
    bury: () => Promise.reject(new Error('The database is away.')),
    clock: { ...systemClock, sleep: () => new Promise((resolve) => setImmediate(resolve)) },
    random,
    log: {
      ...silentLog,
      warn: (fields, message) => {
        warnings.push(fields);
        if (message.startsWith('A worker has ended')) starts += 1;
      },
    },
  });
  while (starts < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  await supervisor.stop();
  assert.ok(warnings.some((fields) => 'error' in fields));
});

test('all drain at the end, know their names, and none is started again', async () => {
  const buried: string[] = [];
  const marks = join(folder, 'marks-');
  // It says that it is there, and when it is told to stop that it has drained.
  const text = `
    const { writeFileSync } = require('node:fs');
    const mark = (what) => writeFileSync(${JSON.stringify(marks)} + process.env.${SUPERVISED_AS} + what, process.argv[2]);
    process.on('SIGTERM', () => { mark('-drained'); process.exit(0); });
    process.stdin.resume();
    mark('-up');`;
  const supervisor = new Supervisor({
    names: ['one', 'two'],
    program: program('works', text),
    environment: {},
    bury: (name) => Promise.resolve(buried.push(name)),
    clock: systemClock,
    random,
    log: { ...silentLog, warn: (fields) => assert.fail(JSON.stringify(fields)) },
  });
  const isUp = (name: string): boolean => existsSync(`${marks}${name}-up`);
  while (!isUp('one') || !isUp('two')) await new Promise((resolve) => setTimeout(resolve, 5));
  await supervisor.stop();
  assert.equal(readFileSync(`${marks}one-drained`, 'utf8'), 'worker');
  assert.equal(readFileSync(`${marks}two-drained`, 'utf8'), 'worker');
  assert.deepEqual(buried.sort(), ['one', 'two']);
});
