/** What the sandbox answered survives kill -9 of its process, and nothing half-written appears. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { World } from '../contract/s3-harness.ts';
import { CREDENTIALS, startTestSandbox } from './start.ts';

async function serve(dataDir: string): Promise<{ world: World; child: ChildProcess }> {
  const script = join(import.meta.dirname, 'serve.ts');
  const child = spawn(process.execPath, [script, dataDir], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const [first, second] = CREDENTIALS;
  const endpoint = {
    endpoint: line.toString().trim(),
    region: 'us-east-1',
    ...first,
    second,
    stop: () => Promise.resolve(),
  };
  return { world: new World(endpoint), child };
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** Paths of body files; bodies up to 16 KB have none. */
async function bodyFiles(dataDir: string): Promise<readonly string[]> {
  const entries = await readdir(join(dataDir, 'bodies'), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

test('everything that was answered is there after kill -9, and no body is left behind', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'brigade-kill-'));
  try {
    const { world, child } = await serve(dataDir);
    const bucket = await world.bucket();
    const bodies = new Map<string, Buffer>();
    const answered = new Set<string>();
    const tagged = new Set<string>();
    let killed: Promise<void> | undefined;
    const write = async (writer: number): Promise<void> => {
      for (let i = 0; ; i++) {
        const key = `${writer}/${i}`;
        // Both kinds of bodies: in the database and in files.
        const body = randomBytes(i % 3 === 0 ? 200_000 : 300);
        bodies.set(key, body);
        const put = await world.raw({ method: 'PUT', bucket, key, body });
        assert.equal(put.status, 200);
        answered.add(key);
        const xml = `<Tagging><TagSet><Tag><Key>of</Key><Value>${key}</Value></Tag></TagSet></Tagging>`;
        const query = { tagging: '' };
        const tags = await world.raw({ method: 'PUT', bucket, key, query, body: xml });
        assert.equal(tags.status, 200);
        tagged.add(key);
        if (answered.size >= 60) killed ??= kill(child);
      }
    };
    const ends = await Promise.allSettled([0, 1, 2, 3, 4, 5].map(write));
    for (const end of ends) {
      // Every writer ended because its connection broke, not because an answer was wrong.
      assert.ok(end.status === 'rejected' && !(end.reason instanceof assert.AssertionError));
    }
    await killed;
    world.close();

    const again = await serve(dataDir);
    let inFiles = 0;
    for (const [key, body] of bodies) {
      const got = await again.world.raw({ method: 'GET', bucket, key });
      if (got.status === 404 && !answered.has(key)) continue;
      assert.equal(got.status, 200, key);
      assert.ok(got.body.equals(body), key);
      if (body.length > 16 * 1024) inFiles += 1;
      const query = { tagging: '' };
      const tags = await again.world.raw({ method: 'GET', bucket, key, query });
      if (tagged.has(key)) assert.match(tags.body.toString(), new RegExp(`<Value>${key}<`));
    }
    assert.ok(answered.size >= 60);
    assert.equal((await bodyFiles(dataDir)).length, inFiles);
    await kill(again.child);
    again.world.close();
  } finally {
    await rm(dataDir, { recursive: true });
  }
});

test('locks, restores and settings are there after kill -9', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'brigade-kill-'));
  const bucket = 'kept';
  const reads = [
    ...['object-lock', 'encryption', 'inventory'].map((name) => ({ query: { [name]: '' } })),
    ...['retention', 'legal-hold'].map((name) => ({ key: 'k', query: { [name]: '' } })),
    { method: 'HEAD', key: 'k' },
  ];
  const state = async ({ raw }: { raw: World['raw'] }): Promise<unknown> => {
    const answers = await Promise.all(reads.map((read) => raw({ method: 'GET', bucket, ...read })));
    return answers.map(({ status, body, headers }) => {
      const { date, 'x-amz-request-id': _id, 'x-amz-id-2': _id2, ...told } = headers;
      return { status, body: body.toString(), told, isDated: date !== undefined };
    });
  };
  try {
    const { world, child } = await serve(dataDir);
    const headers = { 'x-amz-bucket-object-lock-enabled': 'true' };
    await world.raw({ method: 'PUT', bucket, headers });
    await world.put(bucket, 'k', 'x', { StorageClass: 'GLACIER' });
    const writes: readonly (readonly [query: string, xml: string, key?: string])[] = [
      [
        'object-lock',
        '<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>',
      ],
      [
        'encryption',
        '<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>',
      ],
      [
        'inventory',
        '<InventoryConfiguration><Id>i</Id><IsEnabled>true</IsEnabled><IncludedObjectVersions>All</IncludedObjectVersions><Schedule><Frequency>Daily</Frequency></Schedule><Destination><S3BucketDestination><Bucket>arn:aws:s3:::x</Bucket><Format>CSV</Format></S3BucketDestination></Destination></InventoryConfiguration>',
      ],
      [
        'retention',
        '<Retention><Mode>COMPLIANCE</Mode><RetainUntilDate>2999-01-01T00:00:00Z</RetainUntilDate></Retention>',
        'k',
      ],
      ['legal-hold', '<LegalHold><Status>ON</Status></LegalHold>', 'k'],
      ['restore', '<RestoreRequest><Days>1</Days></RestoreRequest>', 'k'],
    ];
    for (const [name, body, key = ''] of writes) {
      const method = name === 'restore' ? 'POST' : 'PUT';
      const query = { [name]: '', ...(name === 'inventory' ? { id: 'i' } : {}) };
      const md5 = { 'content-md5': createHash('md5').update(body).digest('base64') };
      const answer = await world.raw({ method, bucket, key, query, body, headers: md5 });
      assert.ok(answer.status < 300, `${name}: ${answer.status} ${answer.body.toString()}`);
    }
    const before = await state({ raw: (request) => world.raw(request) });
    assert.match(JSON.stringify(before), /ongoing-request.*COMPLIANCE|COMPLIANCE.*ongoing-request/);
    await kill(child);
    world.close();
    const again = await serve(dataDir);
    assert.deepEqual(await state({ raw: (request) => again.world.raw(request) }), before);
    await kill(again.child);
    again.world.close();
  } finally {
    await rm(dataDir, { recursive: true });
  }
});

test('a body file lives as long as something refers to it', async () => {
  const sandbox = await startTestSandbox();
  const world = new World(sandbox);
  const bucket = await world.bucket();
  const body = randomBytes(100_000);
  const files = async (): Promise<number> => {
    // Files are removed after the answer; a later answer of the same process comes after that.
    for (let i = 0; i < 20; i++) await world.raw({ method: 'GET', bucket });
    return (await bodyFiles(sandbox.dataDir)).length;
  };
  await world.put(bucket, 'a', body);
  const headers = { 'x-amz-copy-source': `${bucket}/a` };
  await world.raw({ method: 'PUT', bucket, key: 'b', headers });
  assert.equal(await files(), 1);
  await world.raw({ method: 'DELETE', bucket, key: 'a' });
  assert.equal(await files(), 1);
  const got = await world.raw({ method: 'GET', bucket, key: 'b' });
  assert.ok(got.body.equals(body));
  await world.put(bucket, 'b', 'overwritten');
  assert.equal(await files(), 0);
  world.close();
  await sandbox.stop();
});

test('a folder in use is refused to a second sandbox', async () => {
  const sandbox = await startTestSandbox();
  const { startSandbox } = await import('../../sandbox/index.ts');
  const options = { dataDir: sandbox.dataDir, port: 0, region: 'us-east-1', credentials: [] };
  await assert.rejects(startSandbox(options), /cannot use/);
  await sandbox.stop();
});
