/**
 * Tasks are ordinary S3 calls, so the store's own notifications fire: a job on Ceph RGW, with an HTTP
 * topic on its bucket, copies, tags and deletes, and RGW tells of each object.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateJobCommand, DescribeJobCommand, S3ControlClient } from '@aws-sdk/client-s3-control';
import type { JobOperation } from '@aws-sdk/client-s3-control';
import { createSigner, sha256Hex } from '../../src/sigv4/index.ts';
import { type TestService, startService } from '../lib/service.ts';
import { type RunningRgw, startRgw } from './rgw.ts';

const KEYS = ['photos/a 1.jpg', 'photos/b.jpg', 'photos/c.jpg'];

interface Notification {
  readonly eventName: string;
  readonly s3: {
    readonly bucket: { readonly name: string };
    readonly object: { readonly key: string };
  };
}

let rgw: RunningRgw;
let service: TestService;
let s3: S3Client;
const told: Notification[] = [];
const hook = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    const { Records = [] } = JSON.parse(Buffer.concat(pieces).toString()) as {
      Records?: Notification[];
    };
    told.push(...Records);
    response.end();
  });
});

before(async () => {
  rgw = await startRgw();
  const { endpoint, accessKeyId, secretAccessKey } = rgw;
  service = await startService({
    env: {
      BRIGADE_S3_ENDPOINT: endpoint,
      BRIGADE_S3_ACCESS_KEY_ID: accessKeyId,
      BRIGADE_S3_SECRET_ACCESS_KEY: secretAccessKey,
    },
  });
  const credentials = { accessKeyId, secretAccessKey };
  s3 = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
  hook.listen(0, '127.0.0.1');
  await once(hook, 'listening');
});

after(async () => {
  s3.destroy();
  hook.closeAllConnections();
  hook.close();
  await service.stop();
  await rgw.stop();
});

/** SNS's CreateTopic, as RGW has it: the endpoint is an attribute. */
async function createTopic(): Promise<string> {
  // Listening on TCP: the address is never a pipe's name.
  const { port } = hook.address() as AddressInfo;
  const body = new URLSearchParams({
    Action: 'CreateTopic',
    Name: 'objects',
    'Attributes.entry.1.key': 'push-endpoint',
    'Attributes.entry.1.value': `http://127.0.0.1:${port}/`,
  }).toString();
  const { accessKeyId, secretAccessKey, endpoint } = rgw;
  const signer = createSigner({ accessKeyId, secretAccessKey, region: 'us-east-1', service: 's3' });
  const headers = {
    host: new URL(endpoint).host,
    'content-type': 'application/x-www-form-urlencoded',
  };
  const signed = { method: 'POST', path: '/', query: '', headers, payloadHash: sha256Hex(body) };
  const { host: _, ...sent } = { ...headers, ...signer.sign(signed, Date.now()) };
  const answer = await fetch(`${endpoint}/`, { method: 'POST', headers: sent, body });
  const text = await answer.text();
  const arn = /<TopicArn>([^<]+)</.exec(text)?.[1];
  assert.ok(arn, text);
  return arn;
}

async function runJob(Operation: JobOperation, ETag: string): Promise<void> {
  const { url: endpoint, credentials, account: AccountId } = service;
  const control = new S3ControlClient({ endpoint, region: 'snow', credentials });
  const manifest = { ObjectArn: 'arn:aws:s3:::watched/manifest.csv', ETag };
  const { JobId } = await control.send(
    new CreateJobCommand({
      ...{ AccountId, Operation, ConfirmationRequired: false, Priority: 1 },
      RoleArn: `arn:aws:iam::${AccountId}:role/r`,
      Report: { Enabled: false },
      Manifest: {
        Spec: { Format: 'S3BatchOperations_CSV_20180820', Fields: ['Bucket', 'Key'] },
        Location: manifest,
      },
    }),
  );
  for (;;) {
    const { Job } = await control.send(new DescribeJobCommand({ AccountId, JobId }));
    if (Job?.Status === 'Complete') break;
    assert.notEqual(Job?.Status, 'Failed', JSON.stringify(Job?.FailureReasons));
  }
  control.destroy();
}

test('the store tells of every object that a job copied, tagged and deleted', async () => {
  await s3.send(new CreateBucketCommand({ Bucket: 'watched' }));
  for (const Key of KEYS)
    await s3.send(new PutObjectCommand({ Bucket: 'watched', Key, Body: Key }));
  const Body = KEYS.map((key) => `watched,${encodeURIComponent(key)}\n`).join('');
  const put = new PutObjectCommand({ Bucket: 'watched', Key: 'manifest.csv', Body });
  const { ETag = '' } = await s3.send(put);
  const TopicArn = await createTopic();
  const Events = ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'] as const;
  const configuration = { Id: 'all', TopicArn, Events: [...Events] };
  await s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: 'watched',
      NotificationConfiguration: { TopicConfigurations: [configuration] },
    }),
  );
  const copy = { TargetResource: 'arn:aws:s3:::watched', TargetKeyPrefix: 'copies' };
  await runJob({ S3PutObjectCopy: copy }, ETag);
  const tagging = { TagSet: [{ Key: 'k', Value: 'v' }] };
  await runJob({ S3PutObjectTagging: tagging }, ETag);
  const FunctionArn = 'arn:aws:lambda:us-east-1:123456789012:function:brigade-delete';
  const UserArguments = { confirm: 'delete' };
  const remove = { FunctionArn, InvocationSchemaVersion: '2.0', UserArguments };
  await runJob({ LambdaInvoke: remove }, ETag);

  const keysOf = (pattern: RegExp): string[] =>
    told
      .filter(({ eventName }) => pattern.test(eventName))
      .map(({ s3: { object } }) => decodeURIComponent(object.key.replaceAll('+', ' ')))
      .sort();
  const names = [...new Set(told.map(({ eventName }) => eventName))].join();
  assert.deepEqual(
    keysOf(/ObjectCreated:Copy$/),
    KEYS.map((key) => `copies/${key}`),
    names,
  );
  assert.deepEqual(keysOf(/ObjectRemoved:Delete$/), KEYS, names);
  // RGW 16 has no notification of taggings (docs/EVENTS.md); a newer one may have.
  assert.equal(told.length - keysOf(/Tag/).length, 2 * KEYS.length, names);
});
