// Aim: every verb of `brigade run` does to the objects what it says, by the real binary in pipes on
// the sandbox; the objects are read back.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { VERBS } from '../../cli/verbs.ts';
import { cliWorld, endOf, rowsOfReport, type CliWorld } from './world.ts';

let world: CliWorld;
before(async () => {
  world = await cliWorld();
});
after(() => world.stop());

const KEYS = ['in/a b.txt', 'in/c+d.txt', 'in/é.txt'];
const LOCKED = { 'x-amz-bucket-object-lock-enabled': 'true' };

/** A bucket with three objects. */
async function bucketOf(name: string, headers: Readonly<Record<string, string>> = {}) {
  await world.ok({ method: 'PUT', bucket: name, headers });
  for (const key of KEYS) await world.ok({ method: 'PUT', bucket: name, key, body: `I am ${key}` });
  return name;
}

/** Runs the verb over the three objects, which must succeed. */
async function runs(bucket: string, verb: string, ...more: readonly string[]) {
  covered.add(verb);
  const said = await world.brigade(['run', verb, '--list', `s3://${bucket}/in/`, ...more]);
  assert.equal(said.code, 0, `${said.stdout}\n${said.stderr}`);
  const end = endOf(said);
  assert.deepEqual([end['status'], end['total'], end['succeeded']], ['Complete', 3, 3]);
  return end;
}

const covered = new Set<string>();

async function xmlOf(bucket: string, sub: string): Promise<string[]> {
  const query = { [sub]: '' };
  const answers = KEYS.map((key) => world.ok({ method: 'GET', bucket, key, query }));
  return (await Promise.all(answers)).map(({ body }) => body.toString('utf8'));
}

test('tag, merge-tags and untag replace, change and remove tags', async () => {
  const bucket = await bucketOf('run-tags');
  await runs(bucket, 'tag', '--tag', 'year=2026', '--tag', 'note=a=b');
  for (const xml of await xmlOf(bucket, 'tagging')) {
    assert.match(xml, /<Key>year<\/Key><Value>2026<\/Value>/);
    assert.match(xml, /<Key>note<\/Key><Value>a=b<\/Value>/);
  }
  await runs(bucket, 'merge-tags', '--set', 'team=a b', '--remove', 'note');
  for (const xml of await xmlOf(bucket, 'tagging')) {
    assert.match(xml, /<Key>year<\/Key>/);
    assert.match(xml, /<Key>team<\/Key><Value>a b<\/Value>/);
    assert.doesNotMatch(xml, /note/);
  }
  await runs(bucket, 'untag');
  for (const xml of await xmlOf(bucket, 'tagging')) assert.doesNotMatch(xml, /<Key>/);
});

test('acl gives a canned ACL', async () => {
  const bucket = await bucketOf('run-acl');
  await runs(bucket, 'acl', '--canned', 'public-read');
  for (const xml of await xmlOf(bucket, 'acl')) assert.match(xml, /AllUsers/);
});

test('copy puts copies below a prefix, with tags of their own', async () => {
  const bucket = await bucketOf('run-copy');
  await world.ok({ method: 'PUT', bucket: 'run-copy-to' });
  await runs(bucket, 'copy', '--to', 's3://run-copy-to/kept/', '--copy-tag', 'copy=yes');
  for (const key of KEYS) {
    const target = { bucket: 'run-copy-to', key: `kept/${key}` };
    const copy = await world.ok({ method: 'GET', ...target });
    assert.equal(copy.body.toString('utf8'), `I am ${key}`);
    const tags = await world.ok({ method: 'GET', ...target, query: { tagging: '' } });
    assert.match(tags.body.toString('utf8'), /<Key>copy<\/Key>/);
  }
});

test('rename moves objects, and delete removes them when it is told --yes', async () => {
  const bucket = await bucketOf('run-move');
  await runs(bucket, 'rename', '--key', 'in/moved/{name}');
  const moved = KEYS.map((key) => key.replace('in/', 'in/moved/'));
  for (const key of moved) await world.ok({ method: 'HEAD', bucket, key });
  const gone = await world.s3.send({ method: 'HEAD', bucket, key: KEYS[0] ?? '' });
  assert.equal(gone.status, 404);

  const unsure = await world.brigade(['run', 'delete', '--list', `s3://${bucket}/in/`]);
  assert.equal(unsure.code, 64);
  assert.match(unsure.stderr, /say --yes, or look first with --dry-run/);
  await runs(bucket, 'delete', '--dry-run');
  for (const key of moved) await world.ok({ method: 'HEAD', bucket, key });
  await runs(bucket, 'delete', '--yes');
  for (const key of moved) {
    assert.equal((await world.s3.send({ method: 'HEAD', bucket, key })).status, 404);
  }
});

test('storage-class copies objects into their new class', async () => {
  const bucket = await bucketOf('run-class');
  await runs(bucket, 'storage-class', '--class', 'STANDARD_IA');
  for (const key of KEYS) {
    const { headers } = await world.ok({ method: 'HEAD', bucket, key });
    assert.equal(headers['x-amz-storage-class'], 'STANDARD_IA');
  }
});

test('head and checksum bring what they found, without being told where to', async () => {
  const bucket = await bucketOf('run-look');
  const looked = rowsOfReport((await runs(bucket, 'head'))['report']);
  assert.equal(looked.length, 3);
  for (const { message } of looked) assert.match(message, /"size":1\d/);
  const summed = rowsOfReport((await runs(bucket, 'checksum', '--algorithm', 'SHA256'))['report']);
  assert.equal(summed.length, 3);
  for (const { message } of summed) assert.match(message, /SHA256/);
});

test('encrypt rewrites objects under a KMS key', async () => {
  const bucket = await bucketOf('run-encrypt');
  const arn = 'arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  await runs(bucket, 'encrypt', '--kms-key', arn, '--copy-in-place');
  for (const key of KEYS) {
    const { headers } = await world.ok({ method: 'HEAD', bucket, key });
    assert.equal(headers['x-amz-server-side-encryption'], 'aws:kms');
  }
});

test('retention and legal-hold lock objects, and let them go', async () => {
  const bucket = await bucketOf('run-lock', LOCKED);
  await runs(bucket, 'retention', '--mode', 'GOVERNANCE', '--until', '2050-01-31');
  for (const xml of await xmlOf(bucket, 'retention')) {
    assert.match(xml, /<Mode>GOVERNANCE<\/Mode><RetainUntilDate>2050-01-31T00:00:00/);
  }
  await runs(bucket, 'retention', '--clear', '--bypass-governance');
  const cleared = await world.s3.send({
    method: 'GET',
    bucket,
    key: KEYS[0] ?? '',
    query: { retention: '' },
  });
  assert.doesNotMatch(cleared.body.toString('utf8'), /GOVERNANCE/);
  await runs(bucket, 'legal-hold', '--status', 'ON');
  for (const xml of await xmlOf(bucket, 'legal-hold')) assert.match(xml, /<Status>ON<\/Status>/);
});

test('restore asks for copies of archived objects', async () => {
  const bucket = 'run-restore';
  await world.ok({ method: 'PUT', bucket });
  const headers = { 'x-amz-storage-class': 'GLACIER' };
  for (const key of KEYS) await world.ok({ method: 'PUT', bucket, key, body: 'cold', headers });
  await runs(bucket, 'restore', '--days', '2', '--tier', 'BULK');
  for (const key of KEYS) {
    const { headers: found } = await world.ok({ method: 'HEAD', bucket, key });
    assert.match(found['x-amz-restore'] ?? '', /ongoing-request/);
  }
});

test('replicate copies to where the rules of the bucket say', async () => {
  const [bucket, target] = ['run-replicate', 'run-replica'];
  const sdk = new S3Client({
    endpoint: world.service.s3Url,
    region: 'us-east-1',
    credentials: world.service.credentials,
    forcePathStyle: true,
  });
  for (const Bucket of [bucket, target]) {
    await world.ok({ method: 'PUT', bucket: Bucket });
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    await sdk.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  }
  for (const key of KEYS) await world.ok({ method: 'PUT', bucket, key, body: key });
  const rule = {
    ID: 'all',
    Status: 'Enabled',
    Priority: 1,
    Filter: { Prefix: '' },
    DeleteMarkerReplication: { Status: 'Disabled' },
    Destination: { Bucket: `arn:aws:s3:::${target}` },
  } as const;
  const Role = 'arn:aws:iam::123456789012:role/r';
  const ReplicationConfiguration = { Role, Rules: [rule] };
  await sdk.send(new PutBucketReplicationCommand({ Bucket: bucket, ReplicationConfiguration }));
  sdk.destroy();
  await runs(bucket, 'replicate');
  for (const key of KEYS) {
    const copy = await world.ok({ method: 'GET', bucket: target, key });
    assert.equal(copy.body.toString('utf8'), key);
  }
});

test('invoke calls a module of this machine with its arguments', async () => {
  const bucket = await bucketOf('run-invoke');
  const module = join(world.folder, 'shout.mjs');
  writeFileSync(
    module,
    `export const handler = (event) => ({
      invocationSchemaVersion: event.invocationSchemaVersion,
      treatMissingKeysAs: 'PermanentFailure',
      invocationId: event.invocationId,
      results: event.tasks.map(({ taskId, s3Key }) => ({
        taskId, resultCode: 'Succeeded',
        resultString: event.job.userArguments.word + decodeURIComponent(s3Key),
      })),
    });`,
  );
  const report = join(world.folder, 'invoked');
  const more = ['--function', module, '--argument', 'word=hey ', '--report', report];
  const rows = rowsOfReport((await runs(bucket, 'invoke', ...more))['report']);
  assert.deepEqual(
    rows.map(({ message }) => message).sort(),
    KEYS.map((key) => `hey ${key}`).sort(),
  );
});

test('these tests have run every verb that there is', () => {
  for (const { name } of VERBS) assert.ok(covered.has(name), name);
});
