// Aim: a run that was killed or stopped goes on with --resume, from every stretch of its life, and
// its report has every row once.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cliWorld, ended, endOf, rowsOfReport, seen, type CliWorld, type Told } from './world.ts';

let world: CliWorld;
const ROWS = 400;
before(async () => {
  world = await cliWorld();
  await world.ok({ method: 'PUT', bucket: 'many' });
  const lanes = Array.from({ length: 16 }, async (_, lane) => {
    for (let i = lane; i < ROWS; i += 16) {
      await world.ok({ method: 'PUT', bucket: 'many', key: `k/${i}`, body: 'x' });
    }
  });
  await Promise.all(lanes);
  const rows = Array.from({ length: ROWS }, (_, i) => `many,k/${i}\n`);
  // Rows of objects that do not exist fail, and must be counted once as well.
  writeFileSync(join(world.folder, 'list.csv'), `${rows.join('')}many,gone/1\nmany,gone/2\n`);
});
after(() => world.stop());

const isWorking = (event: Told): boolean =>
  event['event'] === 'progress' && Number(event['succeeded']) > 0;

function slowly(report: string, ...more: readonly string[]): string[] {
  const list = ['--manifest', 'list.csv', '--tag', 'a=b', '--rate', '100', '--report', report];
  return ['run', 'tag', ...list, ...more];
}

/** Every row of the list, once. */
function assertWhole(report: unknown): void {
  const rows = rowsOfReport(report);
  const keys = rows.map(({ manifestKey }) => manifestKey);
  assert.equal(new Set(keys).size, ROWS + 2);
  assert.equal(keys.length, ROWS + 2);
  assert.equal(rows.filter(({ status }) => status === 'failed').length, 2);
}

test('after kill -9 in the middle, --resume finishes the job and reports every row once', async () => {
  const child = world.start(slowly('killed'));
  const started = await seen(child, ({ event }) => event === 'started');
  const run = String(started['run']);
  await seen(child, isWorking);
  child.kill('SIGKILL');
  await ended(child);
  assert.ok(!existsSync(join(world.folder, 'killed')));

  const resumed = await world.brigade(['run', '--resume', run]);
  assert.equal(resumed.code, 2, resumed.stderr);
  const end = endOf(resumed);
  assert.deepEqual([end['id'], end['total'], end['failed']], [started['id'], ROWS + 2, 2]);
  assertWhole(end['report']);
  // What a run needs only while it lives is gone.
  assert.deepEqual(readdirSync(join(world.folder, 'runs', run)), ['run.json']);

  const asked = await world.brigade(['run', '--resume', run]);
  assert.equal(asked.code, 2);
  assert.deepEqual(endOf(asked), end);
});

test('the first Ctrl-C drains, says how to go on, and ends with 130', async () => {
  const child = world.start(slowly('drained'));
  await seen(child, isWorking);
  const all = ended(child);
  child.kill('SIGINT');
  const said = await all;
  assert.equal(said.code, 130, said.stderr);
  const last = said.events.at(-1);
  assert.equal(last?.['event'], 'interrupted');
  assert.equal(last?.['resume'], `brigade run --resume ${String(last?.['run'])}`);
  assert.match(said.stderr, /being recorded. Once more to stop at once/);

  const resumed = await world.brigade(['run', '--resume', String(last?.['run'])]);
  assert.equal(resumed.code, 2, resumed.stderr);
  // What had been done was not begun anew.
  const first = resumed.events.find(({ event }) => event === 'progress');
  assert.ok(Number(first?.['succeeded']) > 0, resumed.stdout);
  assertWhole(endOf(resumed)['report']);
});

test('Ctrl-C while the list still comes in leaves nothing behind', async () => {
  const runs = join(world.folder, 'runs');
  const known = readdirSync(runs).length;
  const child = world.start(['run', 'tag', '--manifest', '-', '--tag', 'a=b'], {
    input: undefined,
  });
  while (
    !readdirSync(runs).some(
      (id) => existsSync(join(runs, id, 'sandbox')) && !existsSync(join(runs, id, 'run.json')),
    )
  ) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill('SIGINT');
  const said = await ended(child);
  assert.equal(said.code, 130, said.stderr);
  assert.match(said.stderr, /Stopped before any object was touched/);
  assert.equal(readdirSync(runs).length, known);
});

test('one process at a time works on a run', async () => {
  const child = world.start(slowly('twice'));
  const { run } = await seen(child, ({ event }) => event === 'started');
  const second = await world.brigade(['run', '--resume', String(run)]);
  assert.equal(second.code, 64);
  assert.match(second.stderr, /another process is at work on this run/);
  child.kill('SIGKILL');
  await ended(child);
});

test('an unknown run and an empty list are told as what they are', async () => {
  const unknown = await world.brigade(['run', '--resume', '00000000']);
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /there is no run 00000000/);
  const empty = await world.brigade(['run', 'tag', '--manifest', '-', '--tag', 'a=b']);
  assert.equal(empty.code, 64);
  assert.match(empty.stderr, /has 0 columns/);
});
