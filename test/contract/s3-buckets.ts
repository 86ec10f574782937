import assert from 'node:assert/strict';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketLocationCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import { type ContractCase, refused } from './s3-harness.ts';

export const bucketCases: readonly ContractCase[] = [
  {
    name: 'a bucket is created, seen and deleted',
    async run(world) {
      const { s3 } = world;
      const Bucket = world.freeName();
      await refused(s3.send(new HeadBucketCommand({ Bucket })), 'NotFound', 404);
      await s3.send(new CreateBucketCommand({ Bucket }));
      await s3.send(new HeadBucketCommand({ Bucket }));
      const { Buckets = [], Owner } = await s3.send(new ListBucketsCommand());
      const found = Buckets.find(({ Name }) => Name === Bucket);
      assert.ok(found?.CreationDate instanceof Date);
      assert.ok(Owner?.ID);
      const deleted = await s3.send(new DeleteBucketCommand({ Bucket }));
      assert.equal(deleted.$metadata.httpStatusCode, 204);
      await refused(s3.send(new HeadBucketCommand({ Bucket })), 'NotFound', 404);
    },
  },
  {
    name: 'creating a bucket that is already one’s own is refused',
    async run(world) {
      const Bucket = await world.bucket();
      const again = world.s3.send(new CreateBucketCommand({ Bucket }));
      await refused(again, 'BucketAlreadyOwnedByYou', 409);
    },
  },
  {
    name: 'creating a bucket that somebody else has is refused',
    async run(world) {
      const Bucket = await world.bucket();
      const again = world.second.send(new CreateBucketCommand({ Bucket }));
      await refused(again, 'BucketAlreadyExists', 409);
    },
  },
  {
    name: 'a name that is no bucket name is refused',
    async run(world) {
      for (const bucket of ['ab', 'Capital', '-dash', 'dot..dot', '10.0.0.1', 'x'.repeat(64)]) {
        const answer = await world.raw({ method: 'PUT', bucket });
        assert.deepEqual([bucket, answer.status, answer.code], [bucket, 400, 'InvalidBucketName']);
      }
    },
  },
  {
    name: 'a bucket that holds an object is not deleted',
    async run(world) {
      const Bucket = await world.bucket();
      await world.put(Bucket, 'in the way');
      await refused(world.s3.send(new DeleteBucketCommand({ Bucket })), 'BucketNotEmpty', 409);
      await world.s3.send(new DeleteObjectCommand({ Bucket, Key: 'in the way' }));
      await world.s3.send(new DeleteBucketCommand({ Bucket }));
    },
  },
  {
    name: 'a bucket that holds only a delete marker is not deleted',
    async run(world) {
      const Bucket = await world.bucket({ versioning: true });
      await world.s3.send(new DeleteObjectCommand({ Bucket, Key: 'never was' }));
      await refused(world.s3.send(new DeleteBucketCommand({ Bucket })), 'BucketNotEmpty', 409);
    },
  },
  {
    name: 'the location of a bucket in the first region has no name',
    async run(world) {
      const Bucket = await world.bucket();
      const answer = await world.s3.send(new GetBucketLocationCommand({ Bucket }));
      assert.equal(answer.LocationConstraint, undefined);
    },
  },
  {
    name: 'a bucket that is not there is said so by every kind of call',
    async run(world) {
      const Bucket = world.freeName();
      const { s3 } = world;
      await refused(s3.send(new ListObjectsV2Command({ Bucket })), 'NoSuchBucket', 404);
      await refused(s3.send(new DeleteBucketCommand({ Bucket })), 'NoSuchBucket', 404);
      await refused(world.put(Bucket, 'key'), 'NoSuchBucket', 404);
      for (const query of [{ versioning: '' }, { acl: '' }, { versions: '' }, { uploads: '' }]) {
        const answer = await world.raw({ method: 'GET', bucket: Bucket, query });
        assert.equal(answer.code, 'NoSuchBucket', JSON.stringify(query));
      }
    },
  },
  {
    name: 'a bucket of another owner than expected is refused',
    async run(world) {
      const Bucket = await world.bucket();
      const other = '999999999999';
      const expectOther = world.put(Bucket, 'k', 'x', { ExpectedBucketOwner: other });
      await refused(expectOther, 'AccessDenied', 403);
      await world.put(Bucket, 'k', 'x', { ExpectedBucketOwner: world.endpoint.accountId });
      const headers = { 'x-amz-expected-bucket-owner': other };
      const head = await world.raw({ method: 'HEAD', bucket: Bucket, headers });
      assert.equal(head.status, 403);
      assert.equal(head.body.length, 0);
    },
  },
  {
    name: 'buckets are listed page by page and by prefix',
    async run(world) {
      for (const name of ['paged-a', 'paged-b', 'paged-c']) {
        await world.s3.send(new CreateBucketCommand({ Bucket: name }));
      }
      const names: string[] = [];
      let ContinuationToken: string | undefined;
      do {
        const page = await world.s3.send(
          new ListBucketsCommand({ Prefix: 'paged-', MaxBuckets: 1, ContinuationToken }),
        );
        assert.equal(page.Buckets?.length, 1);
        names.push(...(page.Buckets ?? []).map(({ Name = '' }) => Name));
        ContinuationToken = page.ContinuationToken;
      } while (ContinuationToken !== undefined);
      assert.deepEqual(names, ['paged-a', 'paged-b', 'paged-c']);
    },
  },
];
