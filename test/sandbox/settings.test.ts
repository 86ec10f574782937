/** What the sandbox keeps of buckets and versions beyond the contract that every store has to keep. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { seededRandom } from '../../src/base/random.ts';
import { Storage } from '../../sandbox/storage/storage.ts';
import { type RawAnswer, World } from '../contract/s3-harness.ts';
import { startTestSandbox } from './start.ts';

const STATUS = 'x-amz-replication-status';

async function inWorld(use: (world: World) => Promise<void>): Promise<void> {
  const world = new World(await startTestSandbox());
  await use(world);
  world.close();
  await world.endpoint.stop();
}

function putXml(
  world: World,
  bucket: string,
  query: Record<string, string>,
  body: string,
): Promise<RawAnswer> {
  const headers = { 'content-md5': createHash('md5').update(body).digest('base64') };
  return world.raw({ method: 'PUT', bucket, query, body, headers });
}

test('every answer says which server it is', () =>
  inWorld(async (world) => {
    for (const request of [{ method: 'GET' }, { method: 'GET', bucket: 'none', as: null }]) {
      const answer = await world.raw(request);
      assert.equal(answer.headers['server'], 'bucket-brigade-sandbox');
    }
  }));

test('a version tells the replication status that it was written with, and no other', () =>
  inWorld(async (world) => {
    const bucket = await world.bucket({ versioning: true });
    const statusOf = async (key: string): Promise<string | undefined> =>
      (await world.raw({ method: 'HEAD', bucket, key })).headers[STATUS];
    await world.put(bucket, 'own');
    assert.equal(await statusOf('own'), undefined);
    for (const status of ['PENDING', 'COMPLETED', 'FAILED', 'REPLICA']) {
      const headers = { [STATUS]: status };
      await world.raw({ method: 'PUT', bucket, key: status, headers });
      assert.equal(await statusOf(status), status);
    }
    const source = { 'x-amz-copy-source': `${bucket}/REPLICA` };
    await world.raw({ method: 'PUT', bucket, key: 'copy', headers: source });
    assert.equal(await statusOf('copy'), undefined);
    const headers = { ...source, [STATUS]: 'REPLICA' };
    await world.raw({ method: 'PUT', bucket, key: 'copy', headers });
    assert.equal(await statusOf('copy'), 'REPLICA');
    const wrong = await world.raw({
      method: 'PUT',
      bucket,
      key: 'x',
      headers: { [STATUS]: 'SENT' },
    });
    assert.deepEqual([wrong.status, wrong.code], [400, 'InvalidArgument']);
  }));

test('a replication is kept and not carried out', () =>
  inWorld(async (world) => {
    const bucket = await world.bucket({ versioning: true });
    const target = await world.bucket({ versioning: true });
    const xml = `<ReplicationConfiguration><Role>role</Role><Rule><Status>Enabled</Status><Prefix></Prefix><Destination><Bucket>arn:aws:s3:::${target}</Bucket></Destination></Rule></ReplicationConfiguration>`;
    assert.equal((await putXml(world, bucket, { replication: '' }, xml)).status, 200);
    await world.put(bucket, 'k');
    const head = await world.raw({ method: 'HEAD', bucket, key: 'k' });
    assert.equal(head.headers[STATUS], undefined);
    assert.equal((await world.raw({ method: 'HEAD', bucket: target, key: 'k' })).status, 404);
    const kept = await world.raw({ method: 'GET', bucket, query: { replication: '' } });
    assert.match(kept.body.toString(), /<ID>[^<]+<\/ID>/, 'a rule without a name gets one');
  }));

test('settings of a bucket do not touch each other', () =>
  inWorld(async (world) => {
    const bucket = await world.bucket({ versioning: true });
    const lock = `<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>`;
    const encryption = `<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`;
    assert.equal((await putXml(world, bucket, { 'object-lock': '' }, lock)).status, 200);
    assert.equal((await putXml(world, bucket, { encryption: '' }, encryption)).status, 200);
    await world.raw({ method: 'DELETE', bucket, query: { replication: '' } });
    await world.raw({
      method: 'PUT',
      bucket,
      query: { acl: '' },
      headers: { 'x-amz-acl': 'private' },
    });
    for (const [query, root] of [
      ['object-lock', 'ObjectLockConfiguration'],
      ['encryption', 'ServerSideEncryptionConfiguration'],
    ] as const) {
      const answer = await world.raw({ method: 'GET', bucket, query: { [query]: '' } });
      assert.match(answer.body.toString(), new RegExp(`<${root} `));
    }
  }));

test('a refused change of settings changes nothing', () =>
  inWorld(async (world) => {
    const bucket = await world.bucket({ versioning: true });
    const xml = `<ReplicationConfiguration><Role>role</Role><Rule><Status>Enabled</Status><Prefix></Prefix><Destination><Bucket>arn:aws:s3:::nowhere</Bucket></Destination></Rule></ReplicationConfiguration>`;
    assert.equal((await putXml(world, bucket, { replication: '' }, xml)).status, 400);
    const kept = await world.raw({ method: 'GET', bucket, query: { replication: '' } });
    assert.equal(kept.code, 'ReplicationConfigurationNotFoundError');
  }));

test('a data folder of the first version is brought up to date', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'brigade-sandbox-'));
  const make = new Storage(dataDir, seededRandom(1));
  const owner = '111111111111';
  make.write(() => {
    const bucket = make.buckets.create({ name: 'b', owner, createdMs: 0, location: 'l', acl: '' });
    make.versions.putMarker(bucket, 'k', owner, 0);
  });
  make.close();
  // As the first version made it.
  const db = new DatabaseSync(join(dataDir, 'sandbox.sqlite'));
  db.exec('ALTER TABLE version DROP COLUMN replication; PRAGMA user_version = 1');
  db.close();
  for (let i = 0; i < 2; i++) {
    const storage = new Storage(dataDir, seededRandom(1));
    const bucket = storage.buckets.find('b');
    assert.ok(bucket);
    assert.deepEqual(bucket.settings, {});
    assert.equal(storage.versions.current(bucket, 'k')?.replication, '');
    storage.close();
  }
  await rm(dataDir, { recursive: true });
});

test('a data folder of a later version is refused', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'brigade-sandbox-'));
  new Storage(dataDir, seededRandom(1)).close();
  const db = new DatabaseSync(join(dataDir, 'sandbox.sqlite'));
  db.exec('PRAGMA user_version = 99');
  db.close();
  assert.throws(() => new Storage(dataDir, seededRandom(1)), /cannot use/);
  await rm(dataDir, { recursive: true });
});
