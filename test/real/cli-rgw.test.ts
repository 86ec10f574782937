// Aim: `brigade run` does a whole job on Ceph RGW, with nothing else running: lists of a prefix and
// CSVs, reports in a bucket, Ctrl-C and --resume, and exit codes that tell how it ended. Objects and
// reports are read back from RGW.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readIndex, rowsOf } from '../../cli/report-rows.ts';
import type { ReportRow } from '../../src/report/index.ts';
import { cliPlace, ended, endOf, seen, type CliPlace, type Said } from '../cli/world.ts';
import { type RunningRgw, startRgw } from './rgw.ts';

const KEYS = ['in/a b+c.txt', 'in/ü/ö.txt', 'in/100%.txt', 'in/x&y<z>".txt', 'in/tab\there.txt'];
/** Enough to be stopped in the middle. */
const MANY = 400;

let rgw: RunningRgw;
let world: CliPlace;
before(async () => {
  rgw = await startRgw();
  world = cliPlace(rgw);
  await world.ok({ method: 'PUT', bucket: 'reports' });
});
after(async () => {
  await world.stop();
  await rgw.stop();
});

/** As a list says a key. */
const spelt = (bucket: string, key: string): string => `${bucket},${encodeURIComponent(key)}\n`;

/** A bucket with the awkward keys, and one that no list means. */
async function bucketOf(bucket: string): Promise<string> {
  await world.ok({ method: 'PUT', bucket });
  for (const key of [...KEYS, 'beside.txt']) {
    await world.ok({ method: 'PUT', bucket, key, body: `I am ${key}` });
  }
  return bucket;
}

/** The rows of a report that is in a bucket of RGW. */
async function rowsAt(report: unknown): Promise<ReportRow[]> {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.+)$/.exec(String(report)) ?? [];
  const rows: ReportRow[] = [];
  const { files } = await readIndex(world.s3, { bucket, key });
  for (const file of files) for await (const row of rowsOf(world.s3, file)) rows.push(row);
  return rows;
}

interface Verb {
  readonly verb: string;
  /** For the bucket, what it is told beside the list. */
  readonly options: (bucket: string) => readonly string[];
  /** Status, HTTP status and error code of a row whose object is not there. */
  readonly gone: readonly [string, number, string];
  /** What must be so of each object afterwards. */
  readonly holds: (bucket: string, key: string, row: ReportRow) => Promise<void>;
}

const VERBS: readonly Verb[] = [
  {
    verb: 'tag',
    gone: ['failed', 404, 'NoSuchKey'],
    options: () => ['--tag', 'year=2026', '--tag', 'note=a b=c'],
    async holds(bucket, key) {
      const { body } = await world.ok({ method: 'GET', bucket, key, query: { tagging: '' } });
      assert.match(body.toString('utf8'), /<Key>year<\/Key><Value>2026<\/Value>/);
      assert.match(body.toString('utf8'), /<Key>note<\/Key><Value>a b=c<\/Value>/);
    },
  },
  {
    verb: 'copy',
    gone: ['failed', 404, 'NoSuchKey'],
    options: (bucket) => ['--to', `s3://${bucket}/kept/`, '--copy-tag', 'copy=yes'],
    async holds(bucket, key) {
      const copy = { bucket, key: `kept/${key}` };
      const { body } = await world.ok({ method: 'GET', ...copy });
      assert.equal(body.toString('utf8'), `I am ${key}`);
      const tags = await world.ok({ method: 'GET', ...copy, query: { tagging: '' } });
      assert.match(tags.body.toString('utf8'), /<Key>copy<\/Key><Value>yes<\/Value>/);
    },
  },
  {
    verb: 'checksum',
    // As AWS reports what it cannot read.
    gone: ['failed', 200, 'PermanentFailure'],
    options: () => ['--algorithm', 'SHA256'],
    holds(_bucket, key, row) {
      const digest = createHash('sha256').update(`I am ${key}`).digest();
      const found = JSON.parse(row.message) as Record<string, string>;
      assert.equal(found['checksum_base64'], digest.toString('base64'), row.message);
      return Promise.resolve();
    },
  },
  {
    verb: 'delete',
    gone: ['succeeded', 200, ''],
    options: () => ['--yes'],
    async holds(bucket, key) {
      assert.equal((await world.s3.send({ method: 'HEAD', bucket, key })).status, 404);
    },
  },
];

for (const { verb, gone, options, holds } of VERBS) {
  test(`${verb} runs over a prefix and reports to a bucket of RGW`, async () => {
    const bucket = await bucketOf(`${verb}-prefix`);
    const list = ['--list', `s3://${bucket}/in/`, '--report', 's3://reports/of/prefixes/'];
    const said = await world.brigade(['run', verb, ...list, ...options(bucket)]);
    assert.equal(said.code, 0, `${said.stdout}\n${said.stderr}`);
    const { status, total, succeeded, report } = endOf(said);
    assert.deepEqual([status, total, succeeded], ['Complete', KEYS.length, KEYS.length]);
    assert.match(
      String(report),
      /^s3:\/\/reports\/of\/prefixes\/job-[0-9a-f-]{36}\/manifest\.json$/,
    );
    await assertDone(bucket, await rowsAt(report), holds);
    await world.ok({ method: 'HEAD', bucket, key: 'beside.txt' });
  });

  test(`${verb} runs over a CSV, of this machine or of RGW, and says with 2 that a row failed`, async () => {
    const bucket = await bucketOf(`${verb}-csv`);
    const text = [...KEYS, 'in/gone.txt'].map((key) => spelt(bucket, key)).join('');
    writeFileSync(join(world.folder, `${verb}.csv`), text);
    await world.ok({ method: 'PUT', bucket, key: 'list.csv', body: text });
    // A delete leaves nothing for a second list; what it finds gone is what it was asked for.
    const lists = [`${verb}.csv`, ...(verb === 'delete' ? [] : [`s3://${bucket}/list.csv`])];
    for (const list of lists) {
      const where = ['--manifest', list, '--report', `s3://reports/${verb}`];
      const said = await world.brigade(['run', verb, ...where, ...options(bucket)]);
      assert.equal(said.code, gone[0] === 'failed' ? 2 : 0, `${said.stdout}\n${said.stderr}`);
      const rows = await rowsAt(endOf(said)['report']);
      const missing = rows.find(({ manifestKey }) => manifestKey === 'in%2Fgone.txt');
      assert.deepEqual([missing?.status, missing?.httpStatus, missing?.errorCode], gone);
      await assertDone(
        bucket,
        rows.filter((row) => row !== missing),
        holds,
      );
    }
  });
}

/** Each object has its row, succeeded, and is as the verb leaves it. */
async function assertDone(bucket: string, rows: ReportRow[], holds: Verb['holds']): Promise<void> {
  const keyOf = ({ manifestKey }: ReportRow): string =>
    decodeURIComponent(manifestKey.replaceAll('+', '%20'));
  assert.deepEqual(rows.map(keyOf).sort(), [...KEYS].sort());
  for (const row of rows) {
    assert.equal(row.status, 'succeeded', row.message);
    await holds(bucket, keyOf(row), row);
  }
}

test('a dry run on RGW leaves everything as it is', async () => {
  const bucket = await bucketOf('untouched');
  const said = await world.brigade(['run', 'delete', '--list', `s3://${bucket}/in/`, '--dry-run']);
  assert.equal(said.code, 0, said.stderr);
  assert.equal(endOf(said)['total'], KEYS.length);
  for (const key of KEYS) await world.ok({ method: 'HEAD', bucket, key });
});

test('after Ctrl-C on RGW, --resume goes on where it was, and the report in the bucket has every row once', async () => {
  await world.ok({ method: 'PUT', bucket: 'many' });
  await manyTimes((i) => world.ok({ method: 'PUT', bucket: 'many', key: `k/${i}`, body: 'x' }));
  const slowly = ['--tag', 'a=b', '--rate', '100', '--report', 's3://reports/stopped'];
  const child = world.start(['run', 'tag', '--list', 's3://many/k/', ...slowly]);
  const said = ended(child);
  await seen(child, ({ event, succeeded }) => event === 'progress' && Number(succeeded) > 0);
  child.kill('SIGINT');
  const stopped = await said;
  assert.equal(stopped.code, 130, stopped.stderr);
  const [, run = ''] = /brigade run --resume ([0-9a-f]{8})/.exec(stopped.stdout) ?? [];
  assert.ok(run, stopped.stdout);
  const tagged = await tagsOf('many');
  assert.ok(tagged > 0 && tagged < MANY, `${tagged} of ${MANY} were done before Ctrl-C.`);

  const resumed = await world.brigade(['run', '--resume', run]);
  assert.equal(resumed.code, 0, resumed.stderr);
  const rows = await rowsAt(endOf(resumed)['report']);
  assert.equal(rows.length, MANY);
  assert.equal(new Set(rows.map(({ manifestKey }) => manifestKey)).size, MANY);
  assert.equal(await tagsOf('many'), MANY);
});

/** How many of the objects carry a tag. */
async function tagsOf(bucket: string): Promise<number> {
  let count = 0;
  await manyTimes(async (i) => {
    const query = { tagging: '' };
    const { body } = await world.ok({ method: 'GET', bucket, key: `k/${i}`, query });
    if (body.toString('utf8').includes('<Key>a</Key>')) count++;
  });
  return count;
}

/** For each of the many objects, several at a time. */
async function manyTimes(act: (i: number) => Promise<unknown>): Promise<void> {
  const lanes = Array.from({ length: 32 }, async (_, lane) => {
    for (let i = lane; i < MANY; i += 32) await act(i);
  });
  await Promise.all(lanes);
}

test('what cannot be done on RGW is said with the exit code for it, and in words', async () => {
  const bucket = await bucketOf('refused');
  const tag = ['run', 'tag', '--tag', 'a=b'];
  const check = async (args: readonly string[], code: number, says: RegExp, env = {}) => {
    const said: Said = await world.brigade(args, { env });
    assert.equal(said.code, code, `${args.join(' ')}: ${said.stdout}${said.stderr}`);
    assert.match(said.stdout + said.stderr, says);
  };
  await check([...tag, '--list', 's3://no-such-bucket/'], 1, /there is no bucket no-such-bucket/);
  await check([...tag, '--manifest', `s3://${bucket}/no.csv`], 1, /no\.csv/);
  await check(tag, 64, /--list/);
  const wrongKey = { AWS_SECRET_ACCESS_KEY: 'guessed' };
  await check(
    [...tag, '--list', `s3://${bucket}/in/`],
    1,
    /SignatureDoesNotMatch|Access ?Denied|403/i,
    wrongKey,
  );
  writeFileSync(join(world.folder, 'bad.csv'), `${bucket},in/a\nelsewhere,b\n${bucket},%zz\n`);
  await check([...tag, '--manifest', 'bad.csv'], 1, /Failed/);
  // What would be found out at the end only is said before the first object is touched.
  const places = [
    ['tag', '--tag', 'x=y', '--report', 's3://no-such-reports/x'],
    ['copy', '--to', 's3://no-such-target/x'],
  ];
  for (const [verb = '', ...more] of places) {
    const says = /there is no bucket no-such-(reports|target) .*Check --(report|to) /;
    await check(['run', verb, '--list', `s3://${bucket}/in/`, ...more], 1, says);
  }
  for (const key of KEYS) {
    const { body } = await world.ok({ method: 'GET', bucket, key, query: { tagging: '' } });
    assert.doesNotMatch(body.toString('utf8'), /<Key>/);
  }
});
