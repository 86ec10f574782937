import assert from 'node:assert/strict';
import {
  GetBucketAclCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  type Grant,
  ListBucketsCommand,
  PutBucketAclCommand,
  PutObjectAclCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { type ContractCase, given, refused, textOf, type World } from './s3-harness.ts';

const ALL_USERS = 'http://acs.amazonaws.com/groups/global/AllUsers';

async function idOf(client: World['s3']): Promise<string> {
  return given((await client.send(new ListBucketsCommand())).Owner?.ID);
}

/** Each grant as a line, in a stable order. */
function lines(grants: readonly Grant[] = []): readonly string[] {
  return grants
    .map(({ Grantee, Permission }) => `${Grantee?.ID ?? Grantee?.URI ?? ''} ${Permission ?? ''}`)
    .sort();
}

export const aclCases: readonly ContractCase[] = [
  {
    name: 'a new object is its owner’s alone',
    async run(world) {
      const Bucket = await world.bucket();
      await world.put(Bucket, 'k');
      const owner = await idOf(world.s3);
      const acl = await world.s3.send(new GetObjectAclCommand({ Bucket, Key: 'k' }));
      assert.equal(acl.Owner?.ID, owner);
      assert.deepEqual(lines(acl.Grants), [`${owner} FULL_CONTROL`]);
      const get = new GetObjectCommand({ Bucket, Key: 'k' });
      await refused(world.second.send(get), 'AccessDenied', 403);
      const nobody = await world.raw({ method: 'GET', bucket: Bucket, key: 'k', as: null });
      assert.deepEqual([nobody.status, nobody.code], [403, 'AccessDenied']);
    },
  },
  {
    name: 'a canned list opens an object to everybody and closes it again',
    async run(world) {
      const Bucket = await world.bucket();
      await world.put(Bucket, 'k', 'open');
      const owner = await idOf(world.s3);
      const set = (ACL: 'public-read' | 'private'): Promise<unknown> =>
        world.s3.send(new PutObjectAclCommand({ Bucket, Key: 'k', ACL }));
      await set('public-read');
      const acl = await world.s3.send(new GetObjectAclCommand({ Bucket, Key: 'k' }));
      assert.deepEqual(lines(acl.Grants), [`${owner} FULL_CONTROL`, `${ALL_USERS} READ`].sort());
      const read = { method: 'GET', bucket: Bucket, key: 'k', as: null };
      assert.equal((await world.raw(read)).body.toString(), 'open');
      await set('private');
      assert.equal((await world.raw(read)).status, 403);
    },
  },
  {
    name: 'a list can be given with the object',
    async run(world) {
      const Bucket = await world.bucket();
      await world.put(Bucket, 'k', 'open', { ACL: 'public-read' });
      const read = await world.raw({ method: 'GET', bucket: Bucket, key: 'k', as: null });
      assert.equal(read.body.toString(), 'open');
    },
  },
  {
    name: 'grant headers let one account read',
    async run(world) {
      const Bucket = await world.bucket();
      await world.put(Bucket, 'k', 'for two');
      const [owner, other] = [await idOf(world.s3), await idOf(world.second)];
      await world.s3.send(
        new PutObjectAclCommand({
          Bucket,
          Key: 'k',
          GrantFullControl: `id="${owner}"`,
          GrantRead: `id="${other}"`,
        }),
      );
      const get = new GetObjectCommand({ Bucket, Key: 'k' });
      assert.equal(await textOf(await world.second.send(get)), 'for two');
      const acl = new GetObjectAclCommand({ Bucket, Key: 'k' });
      await refused(world.second.send(acl), 'AccessDenied', 403);
    },
  },
  {
    name: 'a document sets the list and comes back',
    async run(world) {
      const Bucket = await world.bucket();
      await world.put(Bucket, 'k');
      const [owner, other] = [await idOf(world.s3), await idOf(world.second)];
      const Grants: Grant[] = [
        { Grantee: { Type: 'CanonicalUser', ID: owner }, Permission: 'FULL_CONTROL' },
        { Grantee: { Type: 'CanonicalUser', ID: other }, Permission: 'READ_ACP' },
        { Grantee: { Type: 'Group', URI: ALL_USERS }, Permission: 'READ' },
      ];
      const AccessControlPolicy = { Owner: { ID: owner }, Grants };
      await world.s3.send(new PutObjectAclCommand({ Bucket, Key: 'k', AccessControlPolicy }));
      const acl = await world.second.send(new GetObjectAclCommand({ Bucket, Key: 'k' }));
      assert.deepEqual(lines(acl.Grants), lines(Grants));
    },
  },
  {
    name: 'a list belongs to one version',
    async run(world) {
      const Bucket = await world.bucket({ versioning: true });
      const { VersionId } = await world.put(Bucket, 'k', 'old');
      await world.put(Bucket, 'k', 'new');
      const ACL = 'public-read';
      await world.s3.send(new PutObjectAclCommand({ Bucket, Key: 'k', VersionId, ACL }));
      const target = { method: 'GET', bucket: Bucket, key: 'k', as: null };
      assert.equal((await world.raw(target)).status, 403);
      const query = { versionId: given(VersionId) };
      assert.equal((await world.raw({ ...target, query })).body.toString(), 'old');
    },
  },
  {
    name: 'headers that make no list are refused',
    async run(world) {
      const bucket = await world.bucket();
      await world.put(bucket, 'k');
      const query = { acl: '' };
      const put = { method: 'PUT', bucket, key: 'k', query };
      const canned = await world.raw({ ...put, headers: { 'x-amz-acl': 'everybody' } });
      assert.deepEqual([canned.status, canned.code], [400, 'InvalidArgument']);
      const headers = { 'x-amz-acl': 'private', 'x-amz-grant-read': `uri="${ALL_USERS}"` };
      const both = await world.raw({ ...put, headers });
      assert.deepEqual([both.status, both.code], [400, 'InvalidRequest']);
    },
  },
  {
    name: 'a document that is no list is refused',
    async run(world) {
      const bucket = await world.bucket();
      await world.put(bucket, 'k');
      const put = { method: 'PUT', bucket, key: 'k', query: { acl: '' } };
      const document = await world.raw({ ...put, body: '<AccessControlPolicy>' });
      assert.deepEqual([document.status, document.code], [400, 'MalformedACLError']);
    },
  },
  {
    name: 'the list of what is not there is refused',
    async run(world) {
      const Bucket = await world.bucket();
      const put = new PutObjectAclCommand({ Bucket, Key: 'never was', ACL: 'private' });
      await refused(world.s3.send(put), 'NoSuchKey', 404);
    },
  },
  {
    name: 'the list of a bucket lets another account write into it',
    async run(world) {
      const Bucket = await world.bucket();
      const put = new PutObjectCommand({ Bucket, Key: 'k', Body: 'from the other' });
      await refused(world.second.send(put), 'AccessDenied', 403);
      const [owner, other] = [await idOf(world.s3), await idOf(world.second)];
      await world.s3.send(
        new PutBucketAclCommand({
          Bucket,
          GrantFullControl: `id="${owner}"`,
          GrantWrite: `id="${other}"`,
        }),
      );
      const acl = await world.s3.send(new GetBucketAclCommand({ Bucket }));
      assert.deepEqual(lines(acl.Grants), [`${owner} FULL_CONTROL`, `${other} WRITE`].sort());
      await world.second.send(put);
      const got = await world.second.send(new GetObjectCommand({ Bucket, Key: 'k' }));
      assert.equal(await textOf(got), 'from the other');
    },
  },
];
