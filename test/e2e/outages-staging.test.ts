/**
 * Staging in a bucket, with real processes. Aim: workers that share nothing but database and bucket
 * finish each other's jobs through a kill -9; nothing stays in the bucket; and a staging that cannot
 * work is refused before anything begins.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { createS3 } from '../../src/s3/index.ts';
import { startPostgres, type TestPostgres } from '../lib/postgres.ts';
import { startService } from '../lib/service.ts';
import { startWorker } from '../lib/worker-process.ts';
import { CREDENTIALS, startTestSandbox } from '../sandbox/start.ts';
import { assertCounts, assertReports, manifestTasks, World } from './world.ts';

const [KEY] = CREDENTIALS;
const ROWS = 4000;

let sandbox: Awaited<ReturnType<typeof startTestSandbox>>;
let postgres: TestPostgres;
let settings: Readonly<Record<string, string>>;
before(async () => {
  sandbox = await startTestSandbox();
  postgres = await startPostgres();
  settings = {
    BRIGADE_S3_ENDPOINT: sandbox.endpoint,
    BRIGADE_S3_ACCESS_KEY_ID: KEY.accessKeyId,
    BRIGADE_S3_SECRET_ACCESS_KEY: KEY.secretAccessKey,
    BRIGADE_LEASE_SECONDS: '3',
  };
  // A service does not start without its bucket.
  const { endpoint, region } = sandbox;
  const surroundings = { clock: systemClock, random: systemRandom };
  const s3 = createS3({ endpoint, region, credentials: KEY, ...surroundings });
  assert.equal((await s3.send({ method: 'PUT', bucket: 'staging' })).status, 200);
  await s3.close();
});
after(async () => {
  await postgres.stop();
  await sandbox.stop();
});

/** Resolves to what lies under the prefix, as soon as that is nothing, or after a while. */
async function left(world: World, bucket: string, prefix: string): Promise<string[]> {
  const giveUpAt = performance.now() + 5000;
  for (;;) {
    const keys = await world.keys(bucket, prefix);
    if (keys.length === 0 || performance.now() > giveUpAt) return keys;
    await sleep(50);
  }
}

test('Workers that share a database and a bucket, and no disk, do one job; one of them dies', async () => {
  const database = { BRIGADE_DATABASE_URL: await postgres.createDatabase() };
  const shared = { ...settings, ...database, BRIGADE_STAGING: 's3://staging/of/tests' };
  const folder = await mkdtemp(join(tmpdir(), 'brigade-elsewhere-'));
  const world = await World.open({
    s3Credentials: KEY,
    env: { ...shared, BRIGADE_WORKERS: '0' },
  });
  const elsewhere = { ...shared, BRIGADE_DATA_DIR: folder };
  const workers = [await startWorker('one', elsewhere), await startWorker('two', elsewhere)];
  try {
    const bucket = await world.bucket();
    const keys = Array.from({ length: ROWS }, (_, index) => `key-${index}`);
    await world.upload(bucket, keys);
    const text = keys.map((key) => `${bucket},${key}\n`).join('');
    // Compressed: the list goes through staging as well as the parts.
    const key = 'manifests/list.csv.gz';
    const put = await world.thin.send({ method: 'PUT', bucket, key, body: gzipSync(text) });
    const manifest = { ObjectArn: `arn:aws:s3:::${bucket}/${key}`, ETag: put.headers['etag'] };
    const id = await world.createJob({ manifest, report: { bucket, prefix: 'reports' } });
    await world.until(
      id,
      ({ ProgressSummary: summary }) => (summary?.NumberOfTasksSucceeded ?? 0) > 1200,
    );
    await workers[0]?.kill9();
    const ended = await world.ended(id);
    assert.equal(ended.Status, 'Complete', JSON.stringify(ended.FailureReasons));
    const rows = await world.report(ended);
    assertReports(rows, manifestTasks(text));
    assertCounts(ended, rows);
    assert.deepEqual(await left(world, 'staging', ''), []);
  } finally {
    for (const worker of workers) await worker.stop();
    await world.close();
    await rm(folder, { recursive: true });
  }
});

for (const [what, env, says] of [
  [
    'a bucket that is not there',
    { BRIGADE_STAGING: 's3://no-such-bucket/x' },
    /BRIGADE_STAGING: Staging in s3:\/\/no-such-bucket\/x cannot be used: 404 NoSuchBucket/,
  ],
  [
    'a key that is not known',
    { BRIGADE_STAGING: 's3://staging/x', BRIGADE_S3_ACCESS_KEY_ID: 'AKIDNOBODY' },
    /BRIGADE_STAGING: Staging in s3:\/\/staging\/x cannot be used: 403 InvalidAccessKeyId/,
  ],
  [
    'a folder that is a file',
    { BRIGADE_STAGING: '/dev/null/staging' },
    /BRIGADE_STAGING: Staging in \/dev\/null\/staging cannot be used: it is not a folder/,
  ],
  [
    'a bucket beside the sandbox',
    { BRIGADE_STAGING: 's3://staging/x', BRIGADE_S3_ENDPOINT: '' },
    /BRIGADE_STAGING: a bucket is on BRIGADE_S3_ENDPOINT, which is not set/,
  ],
  [
    'what is no bucket',
    { BRIGADE_STAGING: 's3://staging/../other' },
    /BRIGADE_STAGING: must be a folder, or s3:\/\/bucket\/prefix/,
  ],
] as const) {
  test(`Staging that is refused at start is told, and nothing starts: ${what}`, async () => {
    await assert.rejects(startService({ env: { ...settings, ...env } }), (error: Error) => {
      assert.match(error.message, says);
      return true;
    });
  });
}

test('A service starts while its staging is away, and says that jobs will wait for it', async () => {
  // Nobody listens there: the endpoint of a store that restarts.
  const service = await startService({
    env: {
      ...settings,
      BRIGADE_S3_ENDPOINT: 'http://127.0.0.1:1',
      BRIGADE_STAGING: 's3://staging/y',
    },
  });
  try {
    assert.match(service.logs(), /Staging does not answer; jobs will wait for it/);
    assert.equal((await fetch(`${service.url}/health`)).status, 200);
  } finally {
    await service.stop();
  }
});
