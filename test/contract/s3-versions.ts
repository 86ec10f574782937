import assert from 'node:assert/strict';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
} from '@aws-sdk/client-s3';
import { type ContractCase, given, refused, textOf } from './s3-harness.ts';

export const versionCases: readonly ContractCase[] = [
  {
    name: 'versioning is off at first, then enabled, then suspended',
    async run(world) {
      const Bucket = await world.bucket();
      const status = async (): Promise<string | undefined> =>
        (await world.s3.send(new GetBucketVersioningCommand({ Bucket }))).Status;
      assert.equal(await status(), undefined);
      await world.setVersioning(Bucket, 'Enabled');
      assert.equal(await status(), 'Enabled');
      await world.setVersioning(Bucket, 'Suspended');
      assert.equal(await status(), 'Suspended');
    },
  },
  {
    name: 'every write to a versioned key stays readable by its version',
    async run(world) {
      const Bucket = await world.bucket({ versioning: true });
      const ids: string[] = [];
      for (const text of ['one', 'two', 'three']) {
        ids.push(given((await world.put(Bucket, 'k', text)).VersionId));
      }
      assert.equal(new Set(ids).size, 3);
      for (const [i, text] of ['one', 'two', 'three'].entries()) {
        const command = new GetObjectCommand({ Bucket, Key: 'k', VersionId: given(ids[i]) });
        const got = await world.s3.send(command);
        assert.equal(await textOf(got), text);
        assert.equal(got.VersionId, ids[i]);
      }
      const current = await world.s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
      assert.equal(await textOf(current), 'three');
      const { Versions = [] } = await world.s3.send(new ListObjectVersionsCommand({ Bucket }));
      assert.deepEqual(
        Versions.map(({ VersionId, IsLatest }) => [VersionId, IsLatest]),
        [
          [ids[2], true],
          [ids[1], false],
          [ids[0], false],
        ],
      );
    },
  },
  {
    name: 'deleting a versioned object lays a marker over it, and removing that brings it back',
    async run(world) {
      const Bucket = await world.bucket({ versioning: true });
      const Key = 'k';
      const { VersionId } = await world.put(Bucket, Key, 'still here');
      const deleted = await world.s3.send(new DeleteObjectCommand({ Bucket, Key }));
      assert.equal(deleted.DeleteMarker, true);
      const marker = given(deleted.VersionId);
      await refused(world.s3.send(new GetObjectCommand({ Bucket, Key })), 'NoSuchKey', 404);
      assert.equal((await world.s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 0);
      const old = await world.s3.send(new GetObjectCommand({ Bucket, Key, VersionId }));
      assert.equal(await textOf(old), 'still here');

      const command = new DeleteObjectCommand({ Bucket, Key, VersionId: marker });
      const removed = await world.s3.send(command);
      assert.equal(removed.DeleteMarker, true);
      assert.equal(removed.VersionId, marker);
      const back = await world.s3.send(new GetObjectCommand({ Bucket, Key }));
      assert.equal(await textOf(back), 'still here');
    },
  },
  {
    name: 'a delete marker is not read',
    async run(world) {
      const bucket = await world.bucket({ versioning: true });
      await world.put(bucket, 'k');
      const deleted = await world.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'k' }));
      const current = await world.raw({ method: 'GET', bucket, key: 'k' });
      assert.deepEqual([current.status, current.code], [404, 'NoSuchKey']);
      const query = { versionId: given(deleted.VersionId) };
      for (const method of ['GET', 'HEAD']) {
        const exact = await world.raw({ method, bucket, key: 'k', query });
        assert.ok(exact.status === 404 || exact.status === 405, String(exact.status));
      }
    },
  },
  {
    name: 'a delete marker that is read says what it is',
    async run(world) {
      const bucket = await world.bucket({ versioning: true });
      const deleted = await world.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'k' }));
      const query = { versionId: given(deleted.VersionId) };
      for (const request of [{}, { query }]) {
        const answer = await world.raw({ method: 'GET', bucket, key: 'k', ...request });
        assert.equal(answer.status, 'query' in request ? 405 : 404);
        assert.equal(answer.headers['x-amz-delete-marker'], 'true');
        assert.equal(answer.headers['x-amz-version-id'], deleted.VersionId);
      }
    },
  },
  {
    name: 'a removed version is gone and the one before it is current',
    async run(world) {
      const Bucket = await world.bucket({ versioning: true });
      const Key = 'k';
      await world.put(Bucket, Key, 'one');
      const { VersionId } = await world.put(Bucket, Key, 'two');
      const command = new DeleteObjectCommand({ Bucket, Key, VersionId });
      assert.equal((await world.s3.send(command)).DeleteMarker, undefined);
      const current = await world.s3.send(new GetObjectCommand({ Bucket, Key }));
      assert.equal(await textOf(current), 'one');
      const again = await world.s3.send(command);
      assert.equal(again.$metadata.httpStatusCode, 204);
    },
  },
  {
    name: 'a version that is not there is said so',
    async run(world) {
      const Bucket = await world.bucket({ versioning: true });
      const Key = 'k';
      await world.put(Bucket, Key, 'one');
      const { VersionId } = await world.put(Bucket, Key, 'two');
      await world.s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
      const gone = world.s3.send(new GetObjectCommand({ Bucket, Key, VersionId }));
      await refused(gone, 'NoSuchVersion', 404);
    },
  },
  {
    name: 'a version id that cannot be one is refused',
    async run(world) {
      const Bucket = await world.bucket({ versioning: true });
      await world.put(Bucket, 'k');
      const command = new GetObjectCommand({ Bucket, Key: 'k', VersionId: 'no-such-id' });
      await refused(world.s3.send(command), 'InvalidArgument', 400);
    },
  },
  {
    name: 'what was written before versioning is the null version and stays',
    async run(world) {
      const Bucket = await world.bucket();
      const Key = 'k';
      await world.put(Bucket, Key, 'before');
      await world.setVersioning(Bucket, 'Enabled');
      await world.put(Bucket, Key, 'after');
      const command = new GetObjectCommand({ Bucket, Key, VersionId: 'null' });
      const got = await world.s3.send(command);
      assert.equal(await textOf(got), 'before');
      assert.equal(got.VersionId, 'null');
    },
  },
  {
    name: 'a suspended bucket writes over its null version and keeps the others',
    async run(world) {
      const Bucket = await world.bucket({ versioning: true });
      const Key = 'k';
      const first = await world.put(Bucket, Key, 'versioned');
      await world.setVersioning(Bucket, 'Suspended');
      const put = await world.put(Bucket, Key, 'null one');
      assert.ok(put.VersionId === undefined || put.VersionId === 'null');
      await world.put(Bucket, Key, 'null two');
      const { Versions = [] } = await world.s3.send(new ListObjectVersionsCommand({ Bucket }));
      assert.deepEqual(
        Versions.map(({ VersionId, IsLatest }) => [VersionId, IsLatest]),
        [
          ['null', true],
          [first.VersionId, false],
        ],
      );
      const got = await world.s3.send(new GetObjectCommand({ Bucket, Key }));
      assert.equal(await textOf(got), 'null two');
    },
  },
  {
    name: 'a suspended bucket deletes by a null marker in the place of the null version',
    async run(world) {
      const Bucket = await world.bucket({ versioning: true });
      const Key = 'k';
      await world.put(Bucket, Key, 'versioned');
      await world.setVersioning(Bucket, 'Suspended');
      await world.put(Bucket, Key, 'null');
      const deleted = await world.s3.send(new DeleteObjectCommand({ Bucket, Key }));
      assert.equal(deleted.DeleteMarker, true);
      assert.equal(deleted.VersionId, 'null');
      const listed = await world.s3.send(new ListObjectVersionsCommand({ Bucket }));
      assert.equal(listed.Versions?.length, 1);
      assert.deepEqual(
        (listed.DeleteMarkers ?? []).map(({ VersionId, IsLatest }) => [VersionId, IsLatest]),
        [['null', true]],
      );
      const missing = new HeadObjectCommand({ Bucket, Key });
      await refused(world.s3.send(missing), 'NotFound', 404);
    },
  },
  {
    name: 'several versions and markers are deleted with one request',
    async run(world) {
      const Bucket = await world.bucket({ versioning: true });
      const a = await world.put(Bucket, 'a');
      await world.put(Bucket, 'b');
      const answer = await world.s3.send(
        new DeleteObjectsCommand({
          Bucket,
          Delete: { Objects: [{ Key: 'a', VersionId: a.VersionId }, { Key: 'b' }] },
        }),
      );
      const byKey = new Map((answer.Deleted ?? []).map((deleted) => [deleted.Key, deleted]));
      assert.equal(byKey.get('a')?.VersionId, a.VersionId);
      assert.equal(byKey.get('a')?.DeleteMarker, undefined);
      assert.equal(byKey.get('b')?.DeleteMarker, true);
      const listed = await world.s3.send(new ListObjectVersionsCommand({ Bucket }));
      assert.deepEqual(
        (listed.Versions ?? []).map(({ Key }) => Key),
        ['b'],
      );
      assert.equal(byKey.get('b')?.DeleteMarkerVersionId, listed.DeleteMarkers?.[0]?.VersionId);
    },
  },
];
