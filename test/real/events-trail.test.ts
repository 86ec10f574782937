/**
 * CloudTrail's own reader judges our trail: `aws cloudtrail validate-logs` of the aws cli reads digests
 * and log files from the embedded store and finds them whole, or not, as they are.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { ManualClock, systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { cloudTrailSink, newSigningKey, signingKeyOf } from '../../src/events/index.ts';
import { createS3 } from '../../src/s3/index.ts';
import { sample } from '../events/samples.ts';
import { REGION } from '../events/world.ts';
import { type TestService, startService } from '../lib/service.ts';

const ACCOUNT = '123456789012';
const KEY = signingKeyOf(newSigningKey());
const HOUR = 3_600_000;
/** Files are as old as they say, so that the validator finds them in its range. */
const START = Math.floor(Date.now() / HOUR) * HOUR - 6 * HOUR;

let service: TestService;
let s3: S3Client;

before(async () => {
  service = await startService();
  const { s3Url: endpoint, credentials } = service;
  s3 = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
});

after(async () => {
  s3.destroy();
  await service.stop();
});

/** Three digests of an hour each. */
async function writeTrail(bucket: string): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  const { s3Url: endpoint, credentials } = service;
  const real = { clock: systemClock, random: systemRandom };
  const client = createS3({ endpoint, region: 'us-east-1', credentials, ...real });
  const clock = new ManualClock(START);
  const sink = cloudTrailSink({
    ...{ name: 'trail', wants: ['jobs'], bucket, prefix: 'audit', region: REGION, lingerMs: 0 },
    ...{ signingKey: KEY, s3: client, clock, random: systemRandom, log: silentLog },
    close: () => client.close(),
  });
  let memory: string | null = null;
  for (let hour = 0; hour < 3; hour++) {
    const sent = await sink.send([sample('a', clock.now()), sample('b', clock.now())], memory);
    assert.equal(sent.deliveries[0]?.kind, 'delivered');
    memory = sent.memory ?? memory;
    clock.advance(HOUR);
    for (;;) {
      const next: string | undefined = await sink.idle?.(memory);
      if (next === undefined) break;
      memory = next;
    }
  }
  await sink.close();
}

/** What CloudTrail answers when it is asked for its public keys. */
async function validate(bucket: string): Promise<{ code: number | null; said: string }> {
  const keys = createServer((_request, response) => {
    const value = KEY.publicKey.export({ type: 'pkcs1', format: 'der' }).toString('base64');
    const validity = { ValidityStartTime: START / 1000 - 86_400, ValidityEndTime: 4_000_000_000 };
    const key = { Value: value, Fingerprint: KEY.fingerprint, ...validity };
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    response.end(JSON.stringify({ PublicKeyList: [key] }));
  });
  keys.listen(0, '127.0.0.1');
  await once(keys, 'listening');
  // Listening on TCP: the address is never a pipe's name.
  const { port } = keys.address() as AddressInfo;
  const trail = `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/trail`;
  const range = ['--start-time', new Date(START).toISOString()];
  const place = ['--s3-bucket', bucket, '--s3-prefix', 'audit', '--region', REGION, '--verbose'];
  const args = ['cloudtrail', 'validate-logs', '--trail-arn', trail, ...range, ...place];
  const { accessKeyId, secretAccessKey } = service.credentials;
  const child = spawn('aws', args, {
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_ENDPOINT_URL_CLOUDTRAIL: `http://127.0.0.1:${port}`,
      AWS_ENDPOINT_URL_S3: service.s3Url,
    },
    timeout: 60_000,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => (said += bytes.toString()));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  keys.closeAllConnections();
  keys.close();
  return { code, said };
}

test('aws cloudtrail validate-logs finds the trail whole', async () => {
  await writeTrail('whole');
  const { code, said } = await validate('whole');
  assert.equal(code, 0, said);
  assert.match(said, /3\/3 digest files valid/);
  assert.match(said, /3\/3 log files valid/);
});

test('aws cloudtrail validate-logs finds a log file that was changed', async () => {
  await writeTrail('changed');
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'changed' }));
  const logs = Contents.map(({ Key = '' }) => Key).filter((key) => key.includes('_CloudTrail_'));
  const [first, second] = logs;
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'changed', Key: second }));
  assert.ok(Body);
  const bytes = await Body.transformToByteArray();
  await s3.send(new PutObjectCommand({ Bucket: 'changed', Key: first, Body: bytes }));
  const { code, said } = await validate('changed');
  assert.equal(code, 1, said);
  assert.match(said, /2\/3 log files valid, 1\/3 log files INVALID/);
});
