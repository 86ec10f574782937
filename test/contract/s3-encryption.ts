import assert from 'node:assert/strict';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  type ServerSideEncryption,
  UpdateObjectEncryptionCommand,
  type UpdateObjectEncryptionCommandInput,
  type UpdateObjectEncryptionCommandOutput,
} from '@aws-sdk/client-s3';
import { type ContractCase, given, refused, type World } from './s3-harness.ts';

function arnOf(world: World, id = 'one'): string {
  return `arn:aws:kms:us-east-1:${world.endpoint.accountId}:key/${id}`;
}

function update(
  world: World,
  Bucket: string,
  more: Partial<UpdateObjectEncryptionCommandInput> = {},
): Promise<UpdateObjectEncryptionCommandOutput> {
  const ObjectEncryption = { SSEKMS: { KMSKeyArn: arnOf(world), BucketKeyEnabled: true } };
  const input = { Bucket, Key: 'k', ObjectEncryption, ...more };
  return world.s3.send(new UpdateObjectEncryptionCommand(input));
}

async function encryptedWith(
  world: World,
  ServerSideEncryption: ServerSideEncryption,
): Promise<string> {
  const Bucket = await world.bucket();
  await world.put(Bucket, 'k', 'content', { ServerSideEncryption, Tagging: 'a=b' });
  return Bucket;
}

export const encryptionCases: readonly ContractCase[] = [
  {
    name: 'encryption in two layers is told',
    async run(world) {
      const Bucket = await world.bucket();
      const put = await world.put(Bucket, 'k', 'x', { ServerSideEncryption: 'aws:kms:dsse' });
      assert.equal(put.ServerSideEncryption, 'aws:kms:dsse');
      const head = await world.s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
      assert.equal(head.ServerSideEncryption, 'aws:kms:dsse');
    },
  },
  {
    name: 'an unknown encryption is refused',
    async run(world) {
      const Bucket = await world.bucket();
      const name: unknown = 'rot13';
      const put = world.put(Bucket, 'k', 'x', { ServerSideEncryption: name as 'AES256' });
      await refused(put, 'InvalidArgument', 400);
    },
  },
  {
    name: 'an upload in parts tells at its beginning how it is encrypted',
    async run(world) {
      const Bucket = await world.bucket();
      const begin = { Bucket, Key: 'k', ServerSideEncryption: 'AES256' as const };
      const begun = await world.s3.send(new CreateMultipartUploadCommand(begin));
      assert.equal(begun.ServerSideEncryption, 'AES256');
    },
  },
  {
    name: 'the key of an encrypted object is changed, and nothing else about it',
    async run(world) {
      for (const before of ['AES256', 'aws:kms'] as const) {
        const Bucket = await encryptedWith(world, before);
        const head = new HeadObjectCommand({ Bucket, Key: 'k' });
        const old = await world.s3.send(head);
        await update(world, Bucket);
        const told = await world.s3.send(head);
        assert.equal(told.ServerSideEncryption, 'aws:kms');
        assert.equal(told.SSEKMSKeyId, arnOf(world));
        assert.equal(told.BucketKeyEnabled, true);
        assert.equal(told.ETag, old.ETag);
        assert.deepEqual(told.LastModified, old.LastModified);
        assert.equal(told.TagCount, 1);
      }
    },
  },
  {
    name: 'the key of the named version is changed',
    async run(world) {
      const Bucket = await world.bucket({ versioning: true });
      const more = { ServerSideEncryption: 'AES256' } as const;
      const { VersionId } = await world.put(Bucket, 'k', 'older', more);
      await world.put(Bucket, 'k', 'newer', more);
      await update(world, Bucket, { VersionId });
      const place = { Bucket, Key: 'k' };
      const older = await world.s3.send(new HeadObjectCommand({ ...place, VersionId }));
      const newer = await world.s3.send(new HeadObjectCommand(place));
      const told = [older.ServerSideEncryption, newer.ServerSideEncryption];
      assert.deepEqual(told, ['aws:kms', 'AES256']);
    },
  },
  {
    name: 'the key of what is encrypted in two layers is not changed',
    async run(world) {
      const twice = await encryptedWith(world, 'aws:kms:dsse');
      await refused(update(world, twice), 'InvalidRequest', 400);
    },
  },
  {
    name: 'the key of what is not encrypted is not changed',
    async run(world) {
      const Bucket = await world.bucket();
      await world.put(Bucket, 'k');
      await refused(update(world, Bucket), 'InvalidRequest', 400);
    },
  },
  {
    name: 'a key that is no key’s full name is refused',
    async run(world) {
      const Bucket = await encryptedWith(world, 'AES256');
      for (const KMSKeyArn of ['key-1', 'alias/one', 'arn:aws:kms:us-east-1:1:key/x', '']) {
        const ObjectEncryption = { SSEKMS: { KMSKeyArn } };
        await refused(update(world, Bucket, { ObjectEncryption }), 'InvalidRequest', 400);
      }
    },
  },
  {
    name: 'a key of another account is refused',
    async run(world) {
      const Bucket = await encryptedWith(world, 'AES256');
      const KMSKeyArn = 'arn:aws:kms:us-east-1:999999999999:key/one';
      const ObjectEncryption = { SSEKMS: { KMSKeyArn } };
      await refused(update(world, Bucket, { ObjectEncryption }), 'AccessDenied', 403);
    },
  },
  {
    name: 'the key of a locked version is not changed',
    async run(world) {
      const Bucket = world.freeName();
      await world.s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
      const { VersionId } = await world.put(Bucket, 'k', 'x', {
        ServerSideEncryption: 'AES256',
        ObjectLockLegalHoldStatus: 'ON',
      });
      const locked = { VersionId: given(VersionId) };
      await refused(update(world, Bucket, locked), 'AccessDenied', 403);
    },
  },
  {
    name: 'the key of what is not there is not changed',
    async run(world) {
      const Bucket = await world.bucket();
      await refused(update(world, Bucket), 'NoSuchKey', 404);
    },
  },
];
