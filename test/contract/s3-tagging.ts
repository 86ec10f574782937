import assert from 'node:assert/strict';
import {
  DeleteObjectCommand,
  DeleteObjectTaggingCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectTaggingCommand,
  type Tag,
} from '@aws-sdk/client-s3';
import { type ContractCase, given, refused, type World } from './s3-harness.ts';

async function tagsOf(world: World, Bucket: string, VersionId?: string): Promise<readonly Tag[]> {
  const command = new GetObjectTaggingCommand({ Bucket, Key: 'k', VersionId });
  return (await world.s3.send(command)).TagSet ?? [];
}

function putTags(Bucket: string, TagSet: Tag[], VersionId?: string): PutObjectTaggingCommand {
  return new PutObjectTaggingCommand({ Bucket, Key: 'k', VersionId, Tagging: { TagSet } });
}

function numbered(count: number): Tag[] {
  return Array.from({ length: count }, (_, i) => ({ Key: `key-${i}`, Value: `value-${i}` }));
}

export const taggingCases: readonly ContractCase[] = [
  {
    name: 'tags given with the object are counted and read',
    async run(world) {
      const Bucket = await world.bucket();
      await world.put(Bucket, 'k', 'x', { Tagging: 'project=bucket%20brigade&empty=' });
      assert.deepEqual(
        [...(await tagsOf(world, Bucket))].sort((a, b) => (given(a.Key) < given(b.Key) ? -1 : 1)),
        [
          { Key: 'empty', Value: '' },
          { Key: 'project', Value: 'bucket brigade' },
        ],
      );
      const head = await world.raw({ method: 'GET', bucket: Bucket, key: 'k' });
      assert.equal(head.headers['x-amz-tagging-count'], '2');
    },
  },
  {
    name: 'a tag set replaces the one before it',
    async run(world) {
      const Bucket = await world.bucket();
      await world.put(Bucket, 'k', 'x', { Tagging: 'old=1' });
      const before = await world.s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
      const tags = [{ Key: 'schön +-=._:/@', Value: 'wert ä' }];
      await world.s3.send(putTags(Bucket, tags));
      assert.deepEqual(await tagsOf(world, Bucket), tags);
      await world.s3.send(putTags(Bucket, []));
      assert.deepEqual(await tagsOf(world, Bucket), []);
      const after = await world.s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
      assert.equal(after.ETag, before.ETag);
    },
  },
  {
    name: 'tags are deleted',
    async run(world) {
      const Bucket = await world.bucket();
      await world.put(Bucket, 'k', 'x', { Tagging: 'old=1' });
      const deleted = await world.s3.send(new DeleteObjectTaggingCommand({ Bucket, Key: 'k' }));
      assert.equal(deleted.$metadata.httpStatusCode, 204);
      assert.deepEqual(await tagsOf(world, Bucket), []);
    },
  },
  {
    name: 'tags belong to one version',
    async run(world) {
      const Bucket = await world.bucket({ versioning: true });
      const first = given((await world.put(Bucket, 'k', 'one')).VersionId);
      await world.put(Bucket, 'k', 'two');
      await world.s3.send(putTags(Bucket, numbered(1), first));
      assert.deepEqual(await tagsOf(world, Bucket), []);
      assert.deepEqual(await tagsOf(world, Bucket, first), numbered(1));
      await world.s3.send(putTags(Bucket, numbered(2)));
      assert.deepEqual(await tagsOf(world, Bucket, first), numbered(1));
      const remove = { Bucket, Key: 'k', VersionId: first };
      await world.s3.send(new DeleteObjectTaggingCommand(remove));
      assert.deepEqual(await tagsOf(world, Bucket, first), []);
      assert.equal((await tagsOf(world, Bucket)).length, 2);
    },
  },
  {
    name: 'answers about tags name the version',
    async run(world) {
      const Bucket = await world.bucket({ versioning: true });
      const { VersionId } = await world.put(Bucket, 'k');
      const target = { Bucket, Key: 'k' };
      assert.equal((await world.s3.send(putTags(Bucket, []))).VersionId, VersionId);
      const got = await world.s3.send(new GetObjectTaggingCommand(target));
      assert.equal(got.VersionId, VersionId);
      const deleted = await world.s3.send(new DeleteObjectTaggingCommand(target));
      assert.equal(deleted.VersionId, VersionId);
    },
  },
  {
    name: 'ten tags are taken and eleven refused',
    async run(world) {
      const Bucket = await world.bucket();
      await world.put(Bucket, 'k');
      await world.s3.send(putTags(Bucket, numbered(10)));
      const eleven = await refused(world.s3.send(putTags(Bucket, numbered(11))));
      assert.equal(eleven.$metadata.httpStatusCode, 400);
      assert.equal((await tagsOf(world, Bucket)).length, 10);
    },
  },
  {
    name: 'eleven tags are refused as a bad request',
    async run(world) {
      const Bucket = await world.bucket();
      await world.put(Bucket, 'k');
      await refused(world.s3.send(putTags(Bucket, numbered(11))), 'BadRequest', 400);
    },
  },
  {
    name: 'keys and values of tags have their longest lengths',
    async run(world) {
      const Bucket = await world.bucket();
      await world.put(Bucket, 'k');
      const put = (Key: string, Value: string): Promise<unknown> =>
        world.s3.send(putTags(Bucket, [{ Key, Value }]));
      await put('k'.repeat(128), 'v'.repeat(256));
      await refused(put('k'.repeat(129), 'v'), 'InvalidTag', 400);
      await refused(put('k', 'v'.repeat(257)), 'InvalidTag', 400);
    },
  },
  {
    name: 'characters that tags cannot have are refused',
    async run(world) {
      const Bucket = await world.bucket();
      await world.put(Bucket, 'k');
      for (const tag of [
        { Key: 'a<b', Value: 'v' },
        { Key: 'k', Value: 'a&b' },
        { Key: '', Value: 'v' },
        { Key: 'aws:reserved', Value: 'v' },
      ]) {
        await refused(world.s3.send(putTags(Bucket, [tag])), 'InvalidTag', 400);
      }
    },
  },
  {
    name: 'a tag key that comes twice is refused',
    async run(world) {
      const Bucket = await world.bucket();
      await world.put(Bucket, 'k');
      const twice = [
        { Key: 'same', Value: '1' },
        { Key: 'same', Value: '2' },
      ];
      await refused(world.s3.send(putTags(Bucket, twice)), 'InvalidTag', 400);
      const header = world.put(Bucket, 'k', 'x', { Tagging: 'same=1&same=2' });
      await refused(header, 'InvalidArgument', 400);
    },
  },
  {
    name: 'tags of what is not there are refused',
    async run(world) {
      const Bucket = await world.bucket({ versioning: true });
      await refused(world.s3.send(putTags(Bucket, [])), 'NoSuchKey', 404);
      const { VersionId } = await world.put(Bucket, 'k');
      const { VersionId: marker } = await world.s3.send(
        new DeleteObjectCommand({ Bucket, Key: 'k' }),
      );
      await world.s3.send(putTags(Bucket, numbered(1), VersionId));
      const onMarker = await world.raw({
        method: 'GET',
        bucket: Bucket,
        key: 'k',
        query: { tagging: '', versionId: given(marker) },
      });
      assert.ok(['NoSuchKey', 'MethodNotAllowed'].includes(given(onMarker.code)));
    },
  },
  {
    name: 'a document that is not XML is no tag set',
    async run(world) {
      const bucket = await world.bucket();
      await world.put(bucket, 'k');
      const query = { tagging: '' };
      for (const body of ['no xml', '<Tagging>']) {
        const answer = await world.raw({ method: 'PUT', bucket, key: 'k', query, body });
        assert.deepEqual([body, answer.status, answer.code], [body, 400, 'MalformedXML']);
      }
    },
  },
  {
    name: 'another document is no tag set',
    async run(world) {
      const bucket = await world.bucket();
      await world.put(bucket, 'k');
      const query = { tagging: '' };
      for (const body of [
        '<Other><TagSet/></Other>',
        '<Tagging><TagSet><Tag><Value>v</Value></Tag></TagSet></Tagging>',
      ]) {
        const answer = await world.raw({ method: 'PUT', bucket, key: 'k', query, body });
        assert.deepEqual([body, answer.status, answer.code], [body, 400, 'MalformedXML']);
      }
    },
  },
  {
    name: 'a tag set needs no namespace',
    async run(world) {
      const bucket = await world.bucket();
      await world.put(bucket, 'k');
      const body = '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>';
      const query = { tagging: '' };
      const answer = await world.raw({ method: 'PUT', bucket, key: 'k', query, body });
      assert.equal(answer.status, 200);
      assert.deepEqual(await tagsOf(world, bucket), [{ Key: 'a', Value: 'b' }]);
    },
  },
];
