import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  CopyObjectCommand,
  type CopyObjectCommandInput,
  type CopyObjectCommandOutput,
  DeleteObjectCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
} from '@aws-sdk/client-s3';
import { encodePath } from '../../src/sigv4/index.ts';
import { type ContractCase, given, refused, textOf, type World } from './s3-harness.ts';

interface Source {
  readonly Bucket: string;
  readonly ETag: string;
}

/** An object `source` with all that a copy may take along. */
async function sourceIn(world: World, options: { versioning?: boolean } = {}): Promise<Source> {
  const Bucket = await world.bucket(options);
  const { ETag } = await world.put(Bucket, 'source', 'content', {
    ContentType: 'text/x-source',
    CacheControl: 'no-cache',
    Metadata: { from: 'source' },
    Tagging: 'from=source',
    ACL: 'public-read',
    StorageClass: 'STANDARD_IA',
  });
  return { Bucket, ETag: given(ETag) };
}

function copy(
  world: World,
  Bucket: string,
  more: Partial<CopyObjectCommandInput> = {},
): Promise<CopyObjectCommandOutput> {
  const input = { Bucket, Key: 'target', CopySource: `${Bucket}/source`, ...more };
  return world.s3.send(new CopyObjectCommand(input));
}

async function tagsOf(world: World, Bucket: string, Key = 'target'): Promise<string> {
  const { TagSet = [] } = await world.s3.send(new GetObjectTaggingCommand({ Bucket, Key }));
  return TagSet.map((tag) => `${tag.Key ?? ''}=${tag.Value ?? ''}`).join('&');
}

function head(world: World, Bucket: string, Key = 'target'): Promise<HeadObjectCommandOutput> {
  return world.s3.send(new HeadObjectCommand({ Bucket, Key }));
}

export const copyCases: readonly ContractCase[] = [
  {
    name: 'a copy takes content and metadata along, and not the list',
    async run(world) {
      const { Bucket, ETag } = await sourceIn(world);
      const answer = await copy(world, Bucket);
      assert.equal(answer.CopyObjectResult?.ETag?.replaceAll('"', ''), ETag.replaceAll('"', ''));
      assert.ok(answer.CopyObjectResult?.LastModified);
      const got = await world.s3.send(new GetObjectCommand({ Bucket, Key: 'target' }));
      assert.equal(await textOf(got), 'content');
      assert.equal(got.ETag, ETag);
      assert.equal(got.ContentType, 'text/x-source');
      assert.equal(got.CacheControl, 'no-cache');
      assert.deepEqual(got.Metadata, { from: 'source' });
      const acl = await world.s3.send(new GetObjectAclCommand({ Bucket, Key: 'target' }));
      assert.equal(acl.Grants?.length, 1);
    },
  },
  {
    name: 'a copy does not take the class along',
    async run(world) {
      const { Bucket } = await sourceIn(world);
      await copy(world, Bucket);
      assert.equal((await head(world, Bucket)).StorageClass, undefined);
    },
  },
  {
    name: 'the entity tag of a copy comes in quotes',
    async run(world) {
      const { Bucket, ETag } = await sourceIn(world);
      assert.equal((await copy(world, Bucket)).CopyObjectResult?.ETag, ETag);
    },
  },
  {
    name: 'a copy takes the tags along',
    async run(world) {
      const { Bucket } = await sourceIn(world);
      await copy(world, Bucket);
      assert.equal(await tagsOf(world, Bucket), 'from=source');
    },
  },
  {
    name: 'a copy can replace the metadata',
    async run(world) {
      const { Bucket } = await sourceIn(world);
      await copy(world, Bucket, {
        MetadataDirective: 'REPLACE',
        Metadata: { to: 'target' },
        ContentType: 'text/x-target',
      });
      const target = await head(world, Bucket);
      assert.deepEqual(target.Metadata, { to: 'target' });
      assert.equal(target.ContentType, 'text/x-target');
      assert.equal(target.CacheControl, undefined);
    },
  },
  {
    name: 'a copy can replace the tags, also by none',
    async run(world) {
      const { Bucket } = await sourceIn(world);
      await copy(world, Bucket, { TaggingDirective: 'REPLACE', Tagging: 'to=target' });
      assert.equal(await tagsOf(world, Bucket), 'to=target');
      await copy(world, Bucket, { TaggingDirective: 'REPLACE' });
      assert.equal(await tagsOf(world, Bucket), '');
    },
  },
  {
    name: 'a copy gets the class and list that it is given',
    async run(world) {
      const { Bucket } = await sourceIn(world);
      await copy(world, Bucket, {
        StorageClass: 'ONEZONE_IA',
        ACL: 'public-read',
      });
      assert.equal((await head(world, Bucket)).StorageClass, 'ONEZONE_IA');
      const open = await world.raw({ method: 'GET', bucket: Bucket, key: 'target', as: null });
      assert.equal(open.body.toString(), 'content');
    },
  },
  {
    name: 'a copy gets the redirect that it is given, and not that of its source',
    async run(world) {
      const { Bucket } = await sourceIn(world);
      await copy(world, Bucket, { WebsiteRedirectLocation: '/elsewhere' });
      assert.equal((await head(world, Bucket)).WebsiteRedirectLocation, '/elsewhere');
      await copy(world, Bucket, { CopySource: `${Bucket}/target`, Key: 'again' });
      const again = await head(world, Bucket, 'again');
      assert.equal(again.WebsiteRedirectLocation, undefined);
    },
  },
  {
    name: 'a copy repeats its encryption headers',
    async run(world) {
      const { Bucket } = await sourceIn(world);
      const answer = await copy(world, Bucket, {
        ServerSideEncryption: 'aws:kms',
        SSEKMSKeyId: 'testkey-1',
        BucketKeyEnabled: true,
      });
      for (const told of [answer, await head(world, Bucket)]) {
        assert.equal(told.ServerSideEncryption, 'aws:kms');
        assert.equal(told.SSEKMSKeyId, 'testkey-1');
        assert.equal(told.BucketKeyEnabled, true);
      }
    },
  },
  {
    name: 'a copy computes the checksum that it is asked for',
    async run(world) {
      const { Bucket } = await sourceIn(world);
      const answer = await copy(world, Bucket, { ChecksumAlgorithm: 'SHA256' });
      const sha256 = '7XACtDnprIRfIjV9giusFERzD722AW0+yUMil7nsn3M=';
      assert.equal(answer.CopyObjectResult?.ChecksumSHA256, sha256);
      const command = new HeadObjectCommand({ Bucket, Key: 'target', ChecksumMode: 'ENABLED' });
      assert.equal((await world.s3.send(command)).ChecksumSHA256, sha256);
    },
  },
  {
    name: 'one version of many is copied',
    async run(world) {
      const { Bucket } = await sourceIn(world, { versioning: true });
      const first = await head(world, Bucket, 'source');
      await world.put(Bucket, 'source', 'newer');
      const VersionId = given(first.VersionId);
      const CopySource = `${Bucket}/source?versionId=${VersionId}`;
      await copy(world, Bucket, { CopySource });
      const got = await world.s3.send(new GetObjectCommand({ Bucket, Key: 'target' }));
      assert.equal(await textOf(got), 'content');
    },
  },
  {
    name: 'a copy tells the version of its source',
    async run(world) {
      const { Bucket } = await sourceIn(world, { versioning: true });
      const { VersionId } = await head(world, Bucket, 'source');
      assert.equal((await copy(world, Bucket)).CopySourceVersionId, given(VersionId));
    },
  },
  {
    name: 'a copy into a versioned bucket tells its version',
    async run(world) {
      const { Bucket } = await sourceIn(world, { versioning: true });
      const answer = await copy(world, Bucket);
      assert.ok(answer.VersionId);
      assert.equal((await head(world, Bucket)).VersionId, answer.VersionId);
    },
  },
  {
    name: 'a copy between buckets of odd keys finds its source',
    async run(world) {
      const from = await world.bucket();
      const to = await world.bucket();
      for (const key of ['a b', 'a+b', 'a%20b', 'ä/😀', 'what?versionId', 'x//y', '..']) {
        await world.put(from, key, `content of ${key}`);
        for (const slash of ['', '/']) {
          const CopySource = `${slash}${from}/${encodePath(key)}`;
          await world.s3.send(new CopyObjectCommand({ Bucket: to, Key: key, CopySource }));
          const got = await world.s3.send(new GetObjectCommand({ Bucket: to, Key: key }));
          assert.equal(await textOf(got), `content of ${key}`);
        }
      }
    },
  },
  {
    name: 'a large object is copied byte for byte',
    async run(world) {
      const Bucket = await world.bucket();
      const body = randomBytes(9 * 1024 * 1024 + 3);
      await world.put(Bucket, 'source', body);
      await copy(world, Bucket);
      await world.s3.send(new DeleteObjectCommand({ Bucket, Key: 'source' }));
      const got = await world.s3.send(new GetObjectCommand({ Bucket, Key: 'target' }));
      assert.ok(body.equals(await given(got.Body).transformToByteArray()));
    },
  },
  {
    name: 'a copy onto itself that changes nothing is refused',
    async run(world) {
      const Bucket = await world.bucket();
      await world.put(Bucket, 'source');
      await refused(copy(world, Bucket, { Key: 'source' }), 'InvalidRequest', 400);
    },
  },
  {
    name: 'a copy onto itself may change metadata or class',
    async run(world) {
      const { Bucket } = await sourceIn(world);
      const Key = 'source';
      await copy(world, Bucket, { Key, MetadataDirective: 'REPLACE', Metadata: { new: 'one' } });
      assert.deepEqual((await head(world, Bucket, Key)).Metadata, { new: 'one' });
      await copy(world, Bucket, { Key, StorageClass: 'GLACIER_IR' });
      assert.equal((await head(world, Bucket, Key)).StorageClass, 'GLACIER_IR');
      const got = await world.s3.send(new GetObjectCommand({ Bucket, Key }));
      assert.equal(await textOf(got), 'content');
    },
  },
  {
    name: 'conditions on the source of a copy are met or not',
    async run(world) {
      const { Bucket, ETag } = await sourceIn(world);
      const past = new Date(Date.now() - 3_600_000);
      const future = new Date(Date.now() + 3_600_000);
      await copy(world, Bucket, { CopySourceIfMatch: ETag });
      await copy(world, Bucket, { CopySourceIfNoneMatch: '"other"' });
      await copy(world, Bucket, { CopySourceIfModifiedSince: past });
      await copy(world, Bucket, { CopySourceIfUnmodifiedSince: future });
      for (const unmet of [
        { CopySourceIfMatch: '"other"' },
        { CopySourceIfNoneMatch: ETag },
        { CopySourceIfModifiedSince: future },
        { CopySourceIfUnmodifiedSince: past },
      ]) {
        await refused(copy(world, Bucket, unmet), 'PreconditionFailed', 412);
      }
    },
  },
  {
    name: 'a source that is not there is said so',
    async run(world) {
      const { Bucket } = await sourceIn(world);
      const noKey = copy(world, Bucket, { CopySource: `${Bucket}/never-was` });
      await refused(noKey, 'NoSuchKey', 404);
      const noBucket = copy(world, Bucket, { CopySource: 'never-was-a-bucket/source' });
      await refused(noBucket, 'NoSuchBucket', 404);
    },
  },
  {
    name: 'a delete marker is no source',
    async run(world) {
      const { Bucket } = await sourceIn(world, { versioning: true });
      const { VersionId } = await world.s3.send(new DeleteObjectCommand({ Bucket, Key: 'source' }));
      await refused(copy(world, Bucket), 'NoSuchKey', 404);
      const CopySource = `${Bucket}/source?versionId=${given(VersionId)}`;
      await refused(copy(world, Bucket, { CopySource }), 'InvalidRequest', 400);
    },
  },
  {
    name: 'an archived source is refused',
    async run(world) {
      const Bucket = await world.bucket();
      for (const StorageClass of ['GLACIER', 'DEEP_ARCHIVE'] as const) {
        await world.put(Bucket, 'source', 'x', { StorageClass });
        await refused(copy(world, Bucket), 'InvalidObjectState', 403);
      }
      await world.put(Bucket, 'source', 'x', { StorageClass: 'GLACIER_IR' });
      await copy(world, Bucket);
    },
  },
  {
    name: 'a source of another owner than expected is refused',
    async run(world) {
      const { Bucket } = await sourceIn(world);
      const wrong = copy(world, Bucket, { ExpectedSourceBucketOwner: '999999999999' });
      await refused(wrong, 'AccessDenied', 403);
      await copy(world, Bucket, { ExpectedSourceBucketOwner: world.endpoint.accountId });
    },
  },
  {
    name: 'a source that the requester may not read is refused',
    async run(world) {
      const Bucket = await world.bucket();
      await world.put(Bucket, 'source');
      const own = world.freeName();
      assert.equal(
        (await world.raw({ method: 'PUT', bucket: own, as: world.endpoint.second })).status,
        200,
      );
      const input = { Bucket: own, Key: 'stolen', CopySource: `${Bucket}/source` };
      await refused(world.second.send(new CopyObjectCommand(input)), 'AccessDenied', 403);
    },
  },
  {
    name: 'directives that are none are refused',
    async run(world) {
      const { Bucket } = await sourceIn(world);
      for (const name of ['metadata', 'tagging']) {
        const headers = {
          'x-amz-copy-source': `${Bucket}/source`,
          [`x-amz-${name}-directive`]: 'KEEP',
        };
        const answer = await world.raw({ method: 'PUT', bucket: Bucket, key: 'target', headers });
        assert.deepEqual([name, answer.status, answer.code], [name, 400, 'InvalidArgument']);
      }
    },
  },
];
