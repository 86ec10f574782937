// Aim: every kind of list that `brigade run` takes, on this machine and in a bucket, and what it
// refuses before it touches anything.
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { cliWorld, endOf, rowsOfReport, type CliWorld } from './world.ts';

let world: CliWorld;
const KEYS = ['a b.txt', 'c+d.txt', 'é,"x".txt'];
before(async () => {
  world = await cliWorld();
  await world.ok({ method: 'PUT', bucket: 'lists' });
  for (const key of KEYS) await world.ok({ method: 'PUT', bucket: 'lists', key, body: key });
});
after(() => world.stop());

const CSV = 'lists,a%20b.txt\nlists,c%2Bd.txt\nlists,%C3%A9%2C%22x%22.txt\n';
const JSONL = KEYS.map((key) => `${JSON.stringify({ Bucket: 'lists', Key: key })}\n`).join('');

/** Heads the objects of the list; resolves to their keys as the report spells them. */
async function looksAt(list: readonly string[], input = ''): Promise<string[]> {
  const said = await world.brigade(['run', 'head', ...list], { input });
  assert.equal(said.code, 0, `${said.stdout}\n${said.stderr}`);
  const rows = rowsOfReport(endOf(said)['report']);
  return rows.map(({ manifestKey }) => decodeURIComponent(manifestKey)).sort();
}

const file = (name: string, content: string | Buffer): string => {
  writeFileSync(join(world.folder, name), content);
  return name;
};

test('CSV, JSON Lines and compressed ones are read from files', async () => {
  const wanted = [...KEYS].sort();
  assert.deepEqual(await looksAt(['--manifest', file('l.csv', CSV)]), wanted);
  assert.deepEqual(await looksAt(['--manifest', file('l.jsonl', JSONL)]), wanted);
  assert.deepEqual(await looksAt(['--manifest', file('l.csv.gz', gzipSync(CSV))]), wanted);
  assert.deepEqual(await looksAt(['--manifest', file('odd', CSV)]), wanted);
  const wide = CSV.replaceAll('\n', ',x,y\n');
  const fields = ['--fields', 'Bucket,Key,Ignore,Ignore'];
  assert.deepEqual(await looksAt(['--manifest', file('w.csv', wide), ...fields]), wanted);
});

test('standard input holds rows, JSON Lines, compressed ones, or plain keys of a bucket', async () => {
  const wanted = [...KEYS].sort();
  assert.deepEqual(await looksAt(['--manifest', '-'], CSV), wanted);
  assert.deepEqual(await looksAt(['--manifest', '-'], JSONL), wanted);
  const keys = `${KEYS.join('\r\n')}\n`;
  assert.deepEqual(await looksAt(['--manifest', '-', '--keys-in', 'lists'], keys), wanted);
});

test('a list in a bucket is read where it is', async () => {
  await world.ok({ method: 'PUT', bucket: 'lists', key: 'lists/l.csv', body: CSV });
  const wanted = [...KEYS].sort();
  assert.deepEqual(await looksAt(['--manifest', 's3://lists/lists/l.csv']), wanted);
  const some = ['--list', 's3://lists/', '--suffix', '.txt', '--contains', '+'];
  assert.deepEqual(await looksAt(some), ['c+d.txt']);
});

test('the report of a run is the list of the next one: what failed, or all rows', async () => {
  const list = file('half.csv', 'lists,c%2Bd.txt\nlists,not%20there.txt\n');
  const first = await world.brigade(['run', 'head', '--manifest', list, '--report', 'half']);
  assert.equal(first.code, 2, first.stderr);
  const report = String(endOf(first)['report']);
  await world.ok({ method: 'PUT', bucket: 'lists', key: 'not there.txt', body: 'here' });
  assert.deepEqual(await looksAt(['--manifest', report]), ['not there.txt']);
  const all = await looksAt(['--manifest', report, '--all-rows']);
  assert.deepEqual(all, ['c+d.txt', 'not there.txt']);
});

test('a report goes to a bucket, and comes with failed rows only when that is wanted', async () => {
  const list = file('mixed.csv', 'lists,c%2Bd.txt\nlists,missing.txt\n');
  const place = ['--report', 's3://lists/reports/', '--report-scope', 'failed'];
  const said = await world.brigade(['run', 'head', '--manifest', list, ...place]);
  assert.equal(said.code, 2, said.stderr);
  const [, key] = /^s3:\/\/lists\/(reports\/job-.*)$/.exec(String(endOf(said)['report'])) ?? [];
  const index = await world.ok({ method: 'GET', bucket: 'lists', key: key ?? '' });
  const { Results } = JSON.parse(index.body.toString('utf8')) as {
    Results: { TaskExecutionStatus: string }[];
  };
  assert.deepEqual(
    Results.map((one) => one.TaskExecutionStatus),
    ['failed'],
  );
});

test('a dry run changes nothing and tells of every row', async () => {
  const list = file('dry.csv', 'lists,c%2Bd.txt\nlists,missing.txt\n');
  const more = ['--manifest', list, '--tag', 'a=b', '--dry-run'];
  const said = await world.brigade(['run', 'tag', ...more]);
  assert.equal(said.code, 2, said.stderr);
  assert.equal(rowsOfReport(endOf(said)['report']).length, 2);
  const query = { tagging: '' };
  const tags = await world.ok({ method: 'GET', bucket: 'lists', key: 'c+d.txt', query });
  assert.doesNotMatch(tags.body.toString('utf8'), /<Key>/);
});

test('what cannot work is refused with what to do, and leaves no run behind', async () => {
  const before = readdirSync(join(world.folder, 'runs')).length;
  const refusals: [string[], number, RegExp][] = [
    [['--list', 's3://nowhere/'], 1, /there is no bucket nowhere .* Check --list/],
    [['--manifest', 's3://lists/none.csv'], 1, /none\.csv cannot be read: 404/],
    [['--manifest', 'none.csv'], 64, /there is no file none\.csv/],
    [['--manifest', file('one.csv', 'lists\n')], 64, /has 1 columns: name them with --fields/],
    [['--list', 's3://lists/', '--manifest', 'l.csv'], 64, /needs --list .* and not both/],
    [['--list', 'lists/'], 64, /--list must be s3:\/\/bucket\/prefix/],
    [['--list', 's3://lists/', '--rate', 'fast'], 64, /--rate must be a number above zero/],
    [['--list', 's3://lists/', '--lits', 'x'], 64, /no option --lits\. Did you mean --list\?/],
    [['--list', 's3://lists/', '--s3-endpoint', 'http://127.0.0.1:1'], 1, /does not answer/],
  ];
  for (const [args, code, says] of refusals) {
    const said = await world.brigade(['run', 'tag', '--tag', 'a=b', ...args]);
    assert.match(said.stderr, says);
    assert.equal(said.code, code, said.stderr);
    assert.equal(said.stdout, '');
  }
  const refused = await world.brigade([
    'run',
    'tag',
    '--list',
    's3://lists/',
    '--tag',
    `${'k'.repeat(200)}=v`,
  ]);
  assert.equal(refused.code, 64);
  assert.match(refused.stderr, /TagSet/);
  assert.equal(readdirSync(join(world.folder, 'runs')).length, before);
});

test('a job that fails as a whole ends with 1 and its reason', async () => {
  const list = file('bad.csv', 'lists,a%20b.txt\nlists,%ZZ\n');
  const said = await world.brigade(['run', 'head', '--manifest', list]);
  assert.equal(said.code, 1, said.stderr);
  const end = endOf(said);
  assert.equal(end['status'], 'Failed');
  assert.match(String(end['reasons']), /InvalidManifestContent/);
});
