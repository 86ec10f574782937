/** What comes and goes with time in the sandbox: restores of archived objects, and retentions. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ManualClock } from '../../src/base/clock.ts';
import { startSandbox } from '../../sandbox/index.ts';
import { type RawAnswer, type RawRequest, World } from '../contract/s3-harness.ts';
import { CREDENTIALS, startTestSandbox } from './start.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

interface Scene {
  readonly clock: ManualClock;
  /** Signed by the sandbox's time. */
  send(request: Omit<RawRequest, 'bucket'>): Promise<RawAnswer>;
  stop(): Promise<void>;
}

async function sceneOf(headers: Record<string, string> = {}): Promise<Scene> {
  const clock = new ManualClock(Date.parse('2026-03-10T10:30:00Z'));
  const world = new World(await startTestSandbox({ clock, restoreDelayMs: 4 * HOUR_MS }));
  const send: Scene['send'] = (request) =>
    world.raw({ bucket: 'scene', signedAtMs: clock.now(), ...request });
  assert.equal((await send({ method: 'PUT', headers })).status, 200);
  const stop = async (): Promise<void> => {
    world.close();
    await world.endpoint.stop();
  };
  return { clock, send, stop };
}

async function archive({ send }: Scene, key: string, storageClass = 'GLACIER'): Promise<void> {
  const headers = { 'x-amz-storage-class': storageClass };
  assert.equal((await send({ method: 'PUT', key, headers, body: 'thawed' })).status, 200);
}

async function restore(
  { send }: Pick<Scene, 'send'>,
  key: string,
  days: number,
  tier = 'Standard',
): Promise<unknown> {
  const body = `<RestoreRequest><Days>${days}</Days><GlacierJobParameters><Tier>${tier}</Tier></GlacierJobParameters></RestoreRequest>`;
  const answer = await send({ method: 'POST', key, query: { restore: '' }, body });
  return answer.code ?? answer.status;
}

async function restoreHeader({ send }: Scene, key: string): Promise<string | undefined> {
  return (await send({ method: 'HEAD', key })).headers['x-amz-restore'];
}

test('a restore runs for its delay, is there for its days and is gone again', async () => {
  const scene = await sceneOf();
  const { clock, send } = scene;
  const read = async (): Promise<unknown> => {
    const { code, status } = await send({ method: 'GET', key: 'k' });
    return code ?? status;
  };
  await archive(scene, 'k');
  assert.equal(await restore(scene, 'k', 3), 202);
  assert.equal(await restoreHeader(scene, 'k'), 'ongoing-request="true"');
  assert.equal(await read(), 'InvalidObjectState');
  clock.advance(4 * HOUR_MS - 1);
  assert.equal(await restoreHeader(scene, 'k'), 'ongoing-request="true"');
  clock.advance(1);
  // AWS's own example: restored at 10:30, three days, gone at the end of the third day after.
  const told = 'ongoing-request="false", expiry-date="Sat, 14 Mar 2026 00:00:00 GMT"';
  assert.equal(await restoreHeader(scene, 'k'), told);
  assert.equal(await read(), 200);
  clock.advance(Date.parse('2026-03-13T23:59:59.999Z') - clock.now());
  assert.equal(await read(), 200);
  clock.advance(1);
  assert.equal(await read(), 'InvalidObjectState');
  assert.equal(await restoreHeader(scene, 'k'), undefined);
  assert.equal(await restore(scene, 'k', 1), 202);
  await scene.stop();
});

test('a running restore takes a faster tier with the same days, and nothing else', async () => {
  const scene = await sceneOf();
  const inProgress = 'RestoreAlreadyInProgress';
  await archive(scene, 'k');
  assert.equal(await restore(scene, 'k', 3, 'Bulk'), 202);
  assert.equal(await restore(scene, 'k', 3, 'Bulk'), inProgress);
  assert.equal(await restore(scene, 'k', 4, 'Standard'), inProgress);
  assert.equal(await restore(scene, 'k', 3, 'Standard'), 202);
  assert.equal(await restore(scene, 'k', 3, 'Bulk'), inProgress);
  assert.equal(await restore(scene, 'k', 3, 'Expedited'), 202);
  assert.equal(await restore(scene, 'k', 3, 'Expedited'), inProgress);
  // A faster tier does not make it later.
  scene.clock.advance(4 * HOUR_MS);
  assert.match((await restoreHeader(scene, 'k')) ?? '', /"false"/);
  await scene.stop();
});

test('a finished restore lives as long as the last request says, from then on', async () => {
  const scene = await sceneOf();
  await archive(scene, 'k', 'DEEP_ARCHIVE');
  assert.equal(await restore(scene, 'k', 10), 202);
  scene.clock.advance(DAY_MS);
  assert.equal(await restore(scene, 'k', 1), 200);
  assert.match((await restoreHeader(scene, 'k')) ?? '', /Fri, 13 Mar 2026 00:00:00 GMT/);
  assert.equal(await restore(scene, 'k', 5, 'Bulk'), 200);
  assert.match((await restoreHeader(scene, 'k')) ?? '', /Tue, 17 Mar 2026 00:00:00 GMT/);
  await scene.stop();
});

test('a restore goes on over a restart', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'brigade-sandbox-'));
  const clock = new ManualClock();
  const [first, second] = CREDENTIALS;
  const run = async (use: (scene: Scene) => Promise<void>): Promise<void> => {
    const options = { dataDir, port: 0, region: 'us-east-1', credentials: CREDENTIALS };
    const sandbox = await startSandbox({ ...options, clock, restoreDelayMs: HOUR_MS });
    const stop = (): Promise<void> => sandbox.close();
    const endpoint = { endpoint: sandbox.url, region: 'us-east-1', ...first, second, stop };
    const world = new World(endpoint);
    const send: Scene['send'] = (request) =>
      world.raw({ bucket: 'scene', signedAtMs: clock.now(), ...request });
    await use({ clock, send, stop });
    world.close();
    await stop();
  };
  await run(async (scene) => {
    await scene.send({ method: 'PUT' });
    await archive(scene, 'k');
    assert.equal(await restore(scene, 'k', 1), 202);
  });
  await run(async (scene) => {
    assert.equal(await restoreHeader(scene, 'k'), 'ongoing-request="true"');
    clock.advance(HOUR_MS);
    assert.equal((await scene.send({ method: 'GET', key: 'k' })).body.toString(), 'thawed');
  });
  await rm(dataDir, { recursive: true });
});

test('what changes about a version does not make it newer', async () => {
  const { clock, send, stop } = await sceneOf({ 'x-amz-bucket-object-lock-enabled': 'true' });
  const encrypted = { 'x-amz-server-side-encryption': 'AES256' };
  await send({ method: 'PUT', key: 'k', headers: encrypted });
  const modified = async (): Promise<string | undefined> =>
    (await send({ method: 'HEAD', key: 'k' })).headers['last-modified'];
  const before = await modified();
  for (const [name, body] of [
    ['tagging', '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>'],
    [
      'encryption',
      '<ObjectEncryption><SSE-KMS><KMSKeyArn>arn:aws:kms:us-east-1:111111111111:key/one</KMSKeyArn></SSE-KMS></ObjectEncryption>',
    ],
    ['legal-hold', '<LegalHold><Status>ON</Status></LegalHold>'],
  ] as const) {
    clock.advance(HOUR_MS);
    const headers = { 'content-md5': createHash('md5').update(body).digest('base64') };
    const query = { [name]: '' };
    const changed = await send({ method: 'PUT', key: 'k', query, body, headers });
    assert.equal(changed.status, 200);
    assert.equal(await modified(), before);
  }
  await stop();
});

test('a retention ends with its time, also a compliance one', async () => {
  const scene = await sceneOf({ 'x-amz-bucket-object-lock-enabled': 'true' });
  const { clock, send } = scene;
  const until = new Date(clock.now() + DAY_MS).toISOString();
  const body = 'kept';
  const put = await send({
    ...{ method: 'PUT', key: 'k', body },
    headers: {
      'content-md5': createHash('md5').update(body).digest('base64'),
      'x-amz-object-lock-mode': 'COMPLIANCE',
      'x-amz-object-lock-retain-until-date': until,
    },
  });
  const versionId = put.headers['x-amz-version-id'] ?? '';
  const remove = async (): Promise<unknown> => {
    const answer = await send({ method: 'DELETE', key: 'k', query: { versionId } });
    return answer.code ?? answer.status;
  };
  clock.advance(DAY_MS - 1);
  assert.equal(await remove(), 'AccessDenied');
  clock.advance(1);
  // What is over may be replaced by anything that is not.
  const next = new Date(clock.now() + HOUR_MS).toISOString();
  const xml = `<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>${next}</RetainUntilDate></Retention>`;
  const headers = { 'content-md5': createHash('md5').update(xml).digest('base64') };
  const request = { method: 'PUT', key: 'k', query: { retention: '', versionId }, body: xml };
  assert.equal((await send({ ...request, headers })).status, 200);
  assert.equal(await remove(), 'AccessDenied');
  clock.advance(HOUR_MS);
  assert.equal(await remove(), 204);
  await scene.stop();
});
