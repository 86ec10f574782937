// Aim: checksums of real uploads of the AWS SDK, over HTTP: what it had the store keep, and what is
// computed, are the same.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  type ChecksumAlgorithm,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { S3ComputeObjectChecksumOperation } from '@aws-sdk/client-s3-control';
import { startSandbox } from '../../sandbox/index.ts';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { OPERATIONS } from '../../src/operations/index.ts';
import { createS3, type S3Client as ThinClient } from '../../src/s3/index.ts';
import { placeOn } from './place.ts';
import { requestOf, SIGNAL } from './scene.ts';

const KEY_PAIR = { accessKeyId: 'AKIDCHECKSUM', secretAccessKey: 'secret' };
const Bucket = 'checksums';

let sdk: S3Client;
let thin: ThinClient;
const undo: (() => unknown)[] = [];

before(async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'bb-checksum-'));
  undo.push(() => rm(dataDir, { recursive: true, force: true }));
  const credentials = [{ ...KEY_PAIR, accountId: '123456789012' }];
  const sandbox = await startSandbox({ dataDir, port: 0, region: 'us-east-1', credentials });
  undo.push(() => sandbox.close());
  const store = { endpoint: sandbox.url, region: 'us-east-1', credentials: KEY_PAIR };
  // Only checksums that a test asks for.
  const requestChecksumCalculation = 'WHEN_REQUIRED';
  sdk = new S3Client({ ...store, forcePathStyle: true, requestChecksumCalculation });
  undo.push(() => sdk.destroy());
  thin = createS3({ ...store, clock: systemClock, random: systemRandom });
  undo.push(() => thin.close());
  await sdk.send(new CreateBucketCommand({ Bucket }));
});
after(async () => {
  for (let step = undo.pop(); step; step = undo.pop()) await step();
});

interface Result {
  readonly checksum_base64: string;
  readonly checksumSource?: string;
}

async function checksum(
  key: string,
  S3ComputeObjectChecksum: S3ComputeObjectChecksumOperation,
  versionId?: string,
): Promise<Result> {
  const request = requestOf({ S3ComputeObjectChecksum });
  const place = placeOn(thin, { bucket: Bucket });
  const opened = await OPERATIONS.S3ComputeObjectChecksum.open(request, place, SIGNAL);
  assert.ok(opened.ok);
  const version = versionId === undefined ? {} : { versionId };
  const task = { bucket: Bucket, key, manifestKey: encodeURIComponent(key), ...version };
  const outcome = await opened.run(task, SIGNAL);
  assert.ok(outcome.ok, outcome.message);
  return JSON.parse(outcome.message) as Result;
}

const PARTS = [Buffer.alloc(5 * 1024 * 1024, 'first'), Buffer.from('and the rest')];

async function upload(Key: string, algorithm?: ChecksumAlgorithm): Promise<void> {
  const kept = algorithm === undefined ? {} : { ChecksumAlgorithm: algorithm };
  const { UploadId } = await sdk.send(new CreateMultipartUploadCommand({ Bucket, Key, ...kept }));
  const Parts = [];
  for (const [index, Body] of PARTS.entries()) {
    const PartNumber = index + 1;
    const {
      $metadata: _,
      ServerSideEncryption: __,
      ...part
    } = await sdk.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ...kept }));
    Parts.push({ ...part, PartNumber });
  }
  const MultipartUpload = { Parts };
  await sdk.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }));
}

test('the composite checksum that the SDK had kept is the one that is computed without it', async () => {
  await upload('kept', 'SHA256');
  await upload('plain');
  const head = { Bucket, Key: 'kept', ChecksumMode: 'ENABLED' } as const;
  const { ChecksumSHA256: expected = '' } = await sdk.send(new HeadObjectCommand(head));
  assert.match(expected, /-2$/);
  const operation = { ChecksumAlgorithm: 'SHA256', ChecksumType: 'COMPOSITE' } as const;
  const kept = await checksum('kept', operation);
  assert.deepEqual([kept.checksum_base64, kept.checksumSource], [expected, 'STORED']);
  const computed = await checksum('plain', operation);
  assert.deepEqual([computed.checksum_base64, computed.checksumSource], [expected, undefined]);
});

test('the full checksum of an upload in parts is the one of the same bytes in one piece', async () => {
  await upload('parts');
  await sdk.send(
    new PutObjectCommand({
      Bucket,
      Key: 'whole ü',
      Body: Buffer.concat(PARTS),
      ChecksumAlgorithm: 'CRC64NVME',
    }),
  );
  const operation = { ChecksumAlgorithm: 'CRC64NVME', ChecksumType: 'FULL_OBJECT' } as const;
  const [parts, whole] = [await checksum('parts', operation), await checksum('whole ü', operation)];
  assert.equal(whole.checksumSource, 'STORED');
  assert.equal(parts.checksumSource, undefined);
  assert.equal(parts.checksum_base64, whole.checksum_base64);
});

test('a version has its own checksum', async () => {
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await sdk.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  const put = async (Body: string): Promise<string> => {
    const { VersionId = '' } = await sdk.send(new PutObjectCommand({ Bucket, Key: 'v', Body }));
    return VersionId;
  };
  const first = await put('one');
  await put('two');
  const operation = { ChecksumAlgorithm: 'MD5' } as const;
  const old = await checksum('v', operation, first);
  assert.equal(
    Buffer.from(old.checksum_base64, 'base64').toString('hex'),
    'f97c5d29941bfb1b2fdab0874906ab82',
  );
  assert.notEqual((await checksum('v', operation)).checksum_base64, old.checksum_base64);
});
