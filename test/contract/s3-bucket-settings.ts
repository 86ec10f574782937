import assert from 'node:assert/strict';
import {
  DeleteBucketEncryptionCommand,
  DeleteBucketInventoryConfigurationCommand,
  DeleteBucketReplicationCommand,
  GetBucketEncryptionCommand,
  GetBucketInventoryConfigurationCommand,
  GetBucketReplicationCommand,
  HeadObjectCommand,
  type InventoryConfiguration,
  ListBucketInventoryConfigurationsCommand,
  PutBucketEncryptionCommand,
  type PutBucketEncryptionCommandOutput,
  PutBucketInventoryConfigurationCommand,
  PutBucketReplicationCommand,
  type PutBucketReplicationCommandOutput,
  type ReplicationRule,
  type ServerSideEncryptionRule,
} from '@aws-sdk/client-s3';
import { type ContractCase, refused, type World } from './s3-harness.ts';

const ROLE = 'arn:aws:iam::111111111111:role/replication';

async function pair(world: World): Promise<{ Bucket: string; target: string }> {
  const Bucket = await world.bucket({ versioning: true });
  return { Bucket, target: await world.bucket({ versioning: true }) };
}

function replicate(
  world: World,
  Bucket: string,
  Rules: ReplicationRule[],
): Promise<PutBucketReplicationCommandOutput> {
  const ReplicationConfiguration = { Role: ROLE, Rules };
  return world.s3.send(new PutBucketReplicationCommand({ Bucket, ReplicationConfiguration }));
}

/** Of the second version of the configuration. */
function ruleTo(bucket: string, more: Partial<ReplicationRule> = {}): ReplicationRule {
  return {
    ...{ ID: 'rule', Status: 'Enabled', Priority: 1, Filter: { Prefix: 'logs/' } },
    DeleteMarkerReplication: { Status: 'Disabled' },
    Destination: { Bucket: `arn:aws:s3:::${bucket}` },
    ...more,
  };
}

async function rulesOf(world: World, Bucket: string): Promise<ReplicationRule[] | undefined> {
  const got = await world.s3.send(new GetBucketReplicationCommand({ Bucket }));
  assert.equal(got.ReplicationConfiguration?.Role, ROLE);
  return got.ReplicationConfiguration.Rules;
}

const replicationCases: readonly ContractCase[] = [
  {
    name: 'a replication by prefix is kept and read',
    async run(world) {
      const { Bucket, target } = await pair(world);
      const rules: ReplicationRule[] = [
        {
          ...{ ID: 'old', Status: 'Enabled', Prefix: 'logs/' },
          Destination: { Bucket: `arn:aws:s3:::${target}`, StorageClass: 'STANDARD_IA' },
        },
      ];
      await replicate(world, Bucket, rules);
      assert.deepEqual(await rulesOf(world, Bucket), rules);
    },
  },
  {
    name: 'replications by filter are kept and read',
    async run(world) {
      const { Bucket, target } = await pair(world);
      const Tags = [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ];
      const rules = [
        ruleTo(target),
        ruleTo(target, {
          ...{ ID: 'and', Status: 'Disabled', Priority: 2, Filter: { And: { Prefix: 'x', Tags } } },
        }),
        ruleTo(target, { ID: 'tag', Priority: 3, Filter: { Tag: { Key: 'a', Value: '1' } } }),
      ];
      await replicate(world, Bucket, rules);
      const kept = await rulesOf(world, Bucket);
      assert.deepEqual(
        kept?.map((rule) => [rule.ID, rule.Status, rule.Priority, rule.Filter]),
        rules.map((rule) => [rule.ID, rule.Status, rule.Priority, rule.Filter]),
      );
      assert.equal(kept?.[0]?.Destination?.Bucket, `arn:aws:s3:::${target}`);
    },
  },
  {
    name: 'all that a replication says is kept and read',
    async run(world) {
      const { Bucket, target } = await pair(world);
      const rules = [
        ruleTo(target, {
          SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } },
          ExistingObjectReplication: { Status: 'Enabled' },
          Destination: {
            Bucket: `arn:aws:s3:::${target}`,
            Account: '111111111111',
            AccessControlTranslation: { Owner: 'Destination' },
            EncryptionConfiguration: { ReplicaKmsKeyID: 'key' },
          },
        }),
      ];
      await replicate(world, Bucket, rules);
      assert.deepEqual(await rulesOf(world, Bucket), rules);
    },
  },
  {
    name: 'a replication that was deleted is gone, and deleting none is no fault',
    async run(world) {
      const { Bucket, target } = await pair(world);
      await replicate(world, Bucket, [ruleTo(target)]);
      for (let i = 0; i < 2; i++) {
        const deleted = await world.s3.send(new DeleteBucketReplicationCommand({ Bucket }));
        assert.equal(deleted.$metadata.httpStatusCode, 204);
      }
      const get = world.s3.send(new GetBucketReplicationCommand({ Bucket }));
      await refused(get, 'ReplicationConfigurationNotFoundError', 404);
    },
  },
  {
    name: 'a replication needs versions on both sides',
    async run(world) {
      const { Bucket, target } = await pair(world);
      const unversioned = await world.bucket();
      await refused(replicate(world, unversioned, [ruleTo(target)]), 'InvalidRequest', 400);
      await refused(replicate(world, Bucket, [ruleTo(unversioned)]), 'InvalidRequest', 400);
    },
  },
  {
    name: 'a replication to a bucket that does not exist is refused',
    async run(world) {
      const { Bucket } = await pair(world);
      await refused(replicate(world, Bucket, [ruleTo(world.freeName())]), 'InvalidRequest', 400);
    },
  },
  {
    name: 'a replication that lacks what its version demands is refused',
    async run(world) {
      const { Bucket, target } = await pair(world);
      const { Priority: _priority, ...unranked } = ruleTo(target);
      await refused(replicate(world, Bucket, [unranked]), 'InvalidRequest', 400);
      const { DeleteMarkerReplication: _markers, ...silent } = ruleTo(target);
      await refused(replicate(world, Bucket, [silent]), 'InvalidRequest', 400);
    },
  },
  {
    name: 'a replication without rules or with two of one name is refused',
    async run(world) {
      const { Bucket, target } = await pair(world);
      await refused(replicate(world, Bucket, []), 'MalformedXML', 400);
      const twice = [ruleTo(target), ruleTo(target, { Priority: 2 })];
      await refused(replicate(world, Bucket, twice), 'InvalidArgument', 400);
    },
  },
  {
    name: 'the versions of a replicated bucket are not suspended',
    async run(world) {
      const { Bucket: bucket, target } = await pair(world);
      await replicate(world, bucket, [ruleTo(target)]);
      const body = `<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>`;
      const answer = await world.raw({ method: 'PUT', bucket, query: { versioning: '' }, body });
      assert.deepEqual([answer.status, answer.code], [409, 'InvalidBucketState']);
    },
  },
];

function encrypt(
  world: World,
  Bucket: string,
  Rule: ServerSideEncryptionRule,
): Promise<PutBucketEncryptionCommandOutput> {
  const ServerSideEncryptionConfiguration = { Rules: [Rule] };
  return world.s3.send(
    new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration }),
  );
}

const KMS: ServerSideEncryptionRule = {
  ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'key-1' },
  BucketKeyEnabled: true,
};

const encryptionCases: readonly ContractCase[] = [
  {
    name: 'the encryption of a bucket is kept and read',
    async run(world) {
      const Bucket = await world.bucket();
      await encrypt(world, Bucket, KMS);
      const got = await world.s3.send(new GetBucketEncryptionCommand({ Bucket }));
      const [rule] = got.ServerSideEncryptionConfiguration?.Rules ?? [];
      assert.deepEqual(
        rule?.ApplyServerSideEncryptionByDefault,
        KMS.ApplyServerSideEncryptionByDefault,
      );
      assert.equal(rule?.BucketKeyEnabled, true);
    },
  },
  {
    name: 'a bucket whose encryption was deleted has none to tell',
    async run(world) {
      const Bucket = await world.bucket();
      await encrypt(world, Bucket, KMS);
      await world.s3.send(new DeleteBucketEncryptionCommand({ Bucket }));
      const get = world.s3.send(new GetBucketEncryptionCommand({ Bucket }));
      await refused(get, 'ServerSideEncryptionConfigurationNotFoundError', 404);
    },
  },
  {
    name: 'what comes without encryption gets that of the bucket',
    async run(world) {
      const Bucket = await world.bucket();
      await world.put(Bucket, 'before');
      await encrypt(world, Bucket, KMS);
      const put = await world.put(Bucket, 'after');
      const head = await world.s3.send(new HeadObjectCommand({ Bucket, Key: 'after' }));
      for (const answer of [put, head]) {
        assert.equal(answer.ServerSideEncryption, 'aws:kms');
        assert.equal(answer.SSEKMSKeyId, 'key-1');
        assert.equal(answer.BucketKeyEnabled, true);
      }
      const own = await world.put(Bucket, 'own', 'x', { ServerSideEncryption: 'AES256' });
      assert.deepEqual([own.ServerSideEncryption, own.SSEKMSKeyId], ['AES256', undefined]);
    },
  },
  {
    name: 'an encryption of a bucket that is none is refused',
    async run(world) {
      const Bucket = await world.bucket();
      const SSEAlgorithm: unknown = 'rot13';
      const unknown = { SSEAlgorithm: SSEAlgorithm as 'AES256' };
      const none = encrypt(world, Bucket, { ApplyServerSideEncryptionByDefault: unknown });
      await refused(none, 'MalformedXML', 400);
      const keyed = { SSEAlgorithm: 'AES256' as const, KMSMasterKeyID: 'key-1' };
      const wrong = encrypt(world, Bucket, { ApplyServerSideEncryptionByDefault: keyed });
      await refused(wrong, 'InvalidArgument', 400);
    },
  },
];

function inventory(Id: string, more: Partial<InventoryConfiguration> = {}): InventoryConfiguration {
  return {
    ...{ Id, IsEnabled: true, IncludedObjectVersions: 'All', Schedule: { Frequency: 'Daily' } },
    Destination: {
      S3BucketDestination: {
        ...{ AccountId: '111111111111', Bucket: 'arn:aws:s3:::reports' },
        ...{ Format: 'Parquet', Prefix: 'lists' },
      },
    },
    ...more,
  };
}

async function configure(
  world: World,
  Bucket: string,
  configuration: InventoryConfiguration,
  Id = configuration.Id,
): Promise<void> {
  const input = { Bucket, Id, InventoryConfiguration: configuration };
  await world.s3.send(new PutBucketInventoryConfigurationCommand(input));
}

const inventoryCases: readonly ContractCase[] = [
  {
    name: 'inventory configurations are kept, read and listed',
    async run(world) {
      const Bucket = await world.bucket();
      const { s3 } = world;
      const first = inventory('first');
      const second = inventory('second', {
        Filter: { Prefix: 'logs/' },
        OptionalFields: ['Size', 'StorageClass'],
      });
      for (const each of [first, second]) await configure(world, Bucket, each);
      const get = new GetBucketInventoryConfigurationCommand({ Bucket, Id: 'second' });
      assert.deepEqual((await s3.send(get)).InventoryConfiguration, second);
      const list = await s3.send(new ListBucketInventoryConfigurationsCommand({ Bucket }));
      assert.deepEqual(
        list.InventoryConfigurationList?.map(({ Id }) => Id),
        ['first', 'second'],
      );
      assert.equal(list.IsTruncated, false);
    },
  },
  {
    name: 'an inventory configuration that was deleted is gone',
    async run(world) {
      const Bucket = await world.bucket();
      await configure(world, Bucket, inventory('only'));
      const place = { Bucket, Id: 'only' };
      await world.s3.send(new DeleteBucketInventoryConfigurationCommand(place));
      const get = world.s3.send(new GetBucketInventoryConfigurationCommand(place));
      await refused(get, 'NoSuchConfiguration', 404);
      const again = world.s3.send(new DeleteBucketInventoryConfigurationCommand(place));
      await refused(again, 'NoSuchConfiguration', 404);
    },
  },
  {
    name: 'an inventory configuration under another name than its own is refused',
    async run(world) {
      const Bucket = await world.bucket();
      await refused(configure(world, Bucket, inventory('a'), 'b'), 'IdMismatch', 400);
    },
  },
  {
    name: 'an inventory configuration that is none is refused',
    async run(world) {
      const Bucket = await world.bucket();
      const Frequency: unknown = 'Hourly';
      const hourly = inventory('a', { Schedule: { Frequency: Frequency as 'Daily' } });
      await refused(configure(world, Bucket, hourly), 'MalformedXML', 400);
      const nowhere = inventory('a', {
        Destination: { S3BucketDestination: { Bucket: 'reports', Format: 'CSV' } },
      });
      await refused(configure(world, Bucket, nowhere), 'InvalidS3DestinationBucket', 400);
    },
  },
  {
    name: 'more than a hundred inventory configurations are listed page by page',
    async run(world) {
      const Bucket = await world.bucket();
      const ids = Array.from({ length: 103 }, (_, i) => `id-${String(i).padStart(3, '0')}`);
      for (const id of ids) await configure(world, Bucket, inventory(id));
      const seen: string[] = [];
      let token: { ContinuationToken?: string } = {};
      for (let isTruncated = true; isTruncated;) {
        const page = await world.s3.send(
          new ListBucketInventoryConfigurationsCommand({ Bucket, ...token }),
        );
        for (const { Id } of page.InventoryConfigurationList ?? []) seen.push(Id ?? '');
        isTruncated = page.IsTruncated === true;
        token = { ContinuationToken: page.NextContinuationToken ?? '' };
      }
      assert.deepEqual(seen, ids);
    },
  },
];

export const bucketSettingsCases: readonly ContractCase[] = [
  ...replicationCases,
  ...encryptionCases,
  ...inventoryCases,
];
