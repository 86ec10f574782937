import assert from 'node:assert/strict';
import {
  CopyObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  RestoreObjectCommand,
  type RestoreObjectCommandOutput,
  type RestoreRequest,
} from '@aws-sdk/client-s3';
import { type ContractCase, given, refused, textOf, type World } from './s3-harness.ts';

/** The stores of the contract finish a restore at once. */
function restore(
  world: World,
  Bucket: string,
  RestoreRequest: RestoreRequest,
  more: { Key?: string; VersionId?: string } = {},
): Promise<RestoreObjectCommandOutput> {
  const input = { Bucket, Key: 'cold', RestoreRequest, ...more };
  return world.s3.send(new RestoreObjectCommand(input));
}

async function archived(
  world: World,
  StorageClass: 'GLACIER' | 'DEEP_ARCHIVE' = 'GLACIER',
  options: { versioning?: boolean } = {},
): Promise<{ Bucket: string; VersionId: string }> {
  const Bucket = await world.bucket(options);
  const { VersionId = '' } = await world.put(Bucket, 'cold', 'thawed', { StorageClass });
  return { Bucket, VersionId };
}

async function restoreHeader(world: World, Bucket: string, VersionId?: string) {
  const version = VersionId === undefined ? {} : { VersionId };
  const head = new HeadObjectCommand({ Bucket, Key: 'cold', ...version });
  return (await world.s3.send(head)).Restore;
}

export const restoreCases: readonly ContractCase[] = [
  {
    name: 'a restored object is read, and tells until when',
    async run(world) {
      for (const StorageClass of ['GLACIER', 'DEEP_ARCHIVE'] as const) {
        const { Bucket } = await archived(world, StorageClass);
        assert.equal(await restoreHeader(world, Bucket), undefined);
        const asked = await restore(world, Bucket, { Days: 3 });
        assert.equal(asked.$metadata.httpStatusCode, 202);
        const told = given(await restoreHeader(world, Bucket));
        const expiry = /^ongoing-request="false", expiry-date="([^"]+ GMT)"$/.exec(told)?.[1];
        const days = (Date.parse(given(expiry)) - Date.now()) / 86_400_000;
        assert.ok(days > 2.9 && days < 4.1, told);
        const got = await world.s3.send(new GetObjectCommand({ Bucket, Key: 'cold' }));
        assert.equal(await textOf(got), 'thawed');
        assert.equal(got.StorageClass, StorageClass);
      }
    },
  },
  {
    name: 'a restored object is copied',
    async run(world) {
      const { Bucket } = await archived(world);
      await restore(world, Bucket, { Days: 1 });
      const CopySource = `${Bucket}/cold`;
      await world.s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource }));
      const copy = await world.s3.send(new GetObjectCommand({ Bucket, Key: 'copy' }));
      assert.equal(await textOf(copy), 'thawed');
      assert.equal(copy.Restore, undefined);
    },
  },
  {
    name: 'a second restore changes how long the copy is there',
    async run(world) {
      const { Bucket } = await archived(world);
      await restore(world, Bucket, { Days: 9, GlacierJobParameters: { Tier: 'Bulk' } });
      const first = await restoreHeader(world, Bucket);
      const again = await restore(world, Bucket, { Days: 2 });
      assert.equal(again.$metadata.httpStatusCode, 200);
      assert.notEqual(await restoreHeader(world, Bucket), first);
    },
  },
  {
    name: 'what is not archived is not restored',
    async run(world) {
      const Bucket = await world.bucket();
      for (const StorageClass of ['STANDARD', 'GLACIER_IR', 'STANDARD_IA'] as const) {
        await world.put(Bucket, 'cold', 'x', { StorageClass });
        await refused(restore(world, Bucket, { Days: 1 }), 'InvalidObjectState', 403);
      }
    },
  },
  {
    name: 'a refusal of an archived object names its storage class',
    async run(world) {
      const { Bucket: bucket } = await archived(world, 'DEEP_ARCHIVE');
      const answer = await world.raw({ method: 'GET', bucket, key: 'cold' });
      assert.deepEqual([answer.status, answer.code], [403, 'InvalidObjectState']);
      assert.match(answer.body.toString(), /<StorageClass>DEEP_ARCHIVE<\/StorageClass>/);
    },
  },
  {
    name: 'a restore without days or of no days is refused',
    async run(world) {
      const { Bucket } = await archived(world);
      await refused(restore(world, Bucket, {}), 'MalformedXML', 400);
      for (const Days of [0, -1]) {
        await refused(restore(world, Bucket, { Days }), 'InvalidArgument', 400);
      }
      assert.equal(await restoreHeader(world, Bucket), undefined);
    },
  },
  {
    name: 'a restore with a tier that the class does not have is refused',
    async run(world) {
      const { Bucket } = await archived(world, 'DEEP_ARCHIVE');
      const expedited = { Days: 1, GlacierJobParameters: { Tier: 'Expedited' as const } };
      await refused(restore(world, Bucket, expedited), 'InvalidArgument', 400);
      const Tier: unknown = 'Yesterday';
      const unknown = { Days: 1, GlacierJobParameters: { Tier: Tier as 'Bulk' } };
      await refused(restore(world, Bucket, unknown), 'MalformedXML', 400);
    },
  },
  {
    name: 'the version that is named is restored',
    async run(world) {
      const { Bucket, VersionId } = await archived(world, 'GLACIER', { versioning: true });
      await world.put(Bucket, 'cold', 'newer', { StorageClass: 'GLACIER' });
      await restore(world, Bucket, { Days: 1 }, { VersionId });
      assert.match(given(await restoreHeader(world, Bucket, VersionId)), /"false"/);
      assert.equal(await restoreHeader(world, Bucket), undefined);
      const older = new GetObjectCommand({ Bucket, Key: 'cold', VersionId });
      assert.equal(await textOf(await world.s3.send(older)), 'thawed');
      const newer = world.s3.send(new GetObjectCommand({ Bucket, Key: 'cold' }));
      await refused(newer, 'InvalidObjectState', 403);
    },
  },
  {
    name: 'what is not there is not restored',
    async run(world) {
      const Bucket = await world.bucket();
      const missing = restore(world, Bucket, { Days: 1 }, { Key: 'missing' });
      await refused(missing, 'NoSuchKey', 404);
    },
  },
];
