/** The configurations are written by the AWS SDK: what it puts on the wire is what stores keep. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import {
  PutBucketReplicationCommand,
  type ReplicationRule as SdkRule,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  matchingRules,
  readReplication,
  type ReplicationRule,
} from '../../src/operations/replication-config.ts';

async function xmlOf(Rules: SdkRule[]): Promise<string> {
  let xml = '';
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      xml = body;
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const endpoint = `http://127.0.0.1:${address.port}`;
  const sdk = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
  try {
    const ReplicationConfiguration = { Role: 'arn:aws:iam::123456789012:role/r', Rules };
    await sdk.send(new PutBucketReplicationCommand({ Bucket: 'b', ReplicationConfiguration }));
  } finally {
    sdk.destroy();
    server.closeAllConnections();
    server.close();
  }
  return xml;
}

async function read(...rules: SdkRule[]): Promise<readonly ReplicationRule[]> {
  const read = readReplication(await xmlOf(rules));
  assert.ok(read);
  return read;
}

const TO = (name: string) => ({ Bucket: `arn:aws:s3:::${name}` });

test('a rule of the first version has a prefix and replicates delete markers', async () => {
  assert.deepEqual(
    await read({ ID: 'one', Prefix: 'a/b&c', Status: 'Enabled', Destination: TO('x') }),
    [
      {
        id: 'one',
        priority: 0,
        prefix: 'a/b&c',
        tags: [],
        withDeleteMarkers: true,
        withKms: false,
        destination: {
          bucket: 'x',
          storageClass: undefined,
          isOwnerOverridden: false,
          kmsKeyId: undefined,
        },
      },
    ],
  );
});

test('a rule of the second version, with everything in it', async () => {
  const tags = [
    { Key: 'k<', Value: 'v&' },
    { Key: 'k2', Value: '' },
  ];
  const [rule, ...more] = await read({
    ID: 'two',
    Priority: 7,
    Status: 'Enabled',
    Filter: { And: { Prefix: 'p/', Tags: tags } },
    SourceSelectionCriteria: {
      SseKmsEncryptedObjects: { Status: 'Enabled' },
      ReplicaModifications: { Status: 'Disabled' },
    },
    ExistingObjectReplication: { Status: 'Disabled' },
    DeleteMarkerReplication: { Status: 'Enabled' },
    Destination: {
      ...TO('y'),
      Account: '123456789012',
      StorageClass: 'STANDARD_IA',
      AccessControlTranslation: { Owner: 'Destination' },
      EncryptionConfiguration: { ReplicaKmsKeyID: 'key' },
      ReplicationTime: { Status: 'Disabled', Time: { Minutes: 15 } },
      Metrics: { Status: 'Disabled' },
    },
  });
  assert.deepEqual(more, []);
  assert.deepEqual(rule, {
    id: 'two',
    priority: 7,
    prefix: 'p/',
    tags,
    // Rules by tags have none, whatever they say.
    withDeleteMarkers: false,
    withKms: true,
    destination: {
      bucket: 'y',
      storageClass: 'STANDARD_IA',
      isOwnerOverridden: true,
      kmsKeyId: 'key',
    },
  });
});

test('filters of one thing, and filters of nothing', async () => {
  const more = { Status: 'Enabled', DeleteMarkerReplication: { Status: 'Enabled' } } as const;
  const rules = await read(
    { ...more, Filter: { Prefix: 'p' }, Destination: TO('a') },
    { ...more, Filter: { Tag: { Key: 'k', Value: 'v' } }, Destination: TO('b') },
    { ...more, Filter: {}, Destination: TO('c') },
    { Status: 'Enabled', Filter: { Prefix: '' }, Destination: TO('d') },
  );
  assert.deepEqual(
    rules.map(({ prefix, tags, withDeleteMarkers }) => [prefix, tags.length, withDeleteMarkers]),
    [
      ['p', 0, true],
      ['', 1, false],
      ['', 0, true],
      ['', 0, false],
    ],
  );
});

test('rules that are disabled are left out, whatever else in them is enabled', async () => {
  const rules = await read({
    Status: 'Disabled',
    Filter: { Prefix: '' },
    DeleteMarkerReplication: { Status: 'Enabled' },
    ExistingObjectReplication: { Status: 'Enabled' },
    Destination: TO('x'),
  });
  assert.deepEqual(rules, []);
});

test('what is no replication configuration is none', () => {
  for (const xml of ['', 'x', '<ListBucketResult></ListBucketResult>', '{}']) {
    assert.equal(readReplication(xml), undefined);
  }
  // Ceph's way of saying that there is none.
  assert.deepEqual(
    readReplication('<ReplicationConfiguration><Role></Role></ReplicationConfiguration>'),
    [],
  );
});

const OBJECT = { key: 'p/1', tags: undefined, isMarker: false, isKms: false };

test('every destination is reached, by the rule of the highest priority', async () => {
  const rule = (bucket: string, Priority: number, Prefix: string): SdkRule => ({
    ID: `${bucket}${Priority}`,
    Priority,
    Status: 'Enabled',
    Filter: { Prefix },
    Destination: TO(bucket),
  });
  const rules = await read(
    rule('x', 1, ''),
    rule('x', 9, 'p'),
    rule('x', 5, 'q'),
    rule('y', 2, 'p'),
  );
  const ids = (key: string): string[] =>
    matchingRules(rules, { ...OBJECT, key }).map(({ id }) => id);
  assert.deepEqual(ids('p/1'), ['x9', 'y2']);
  assert.deepEqual(ids('q'), ['x5']);
  assert.deepEqual(ids('r'), ['x1']);
  assert.deepEqual(matchingRules([], OBJECT), []);
});

test('tags must all be there, KMS must be asked for, markers as well', async () => {
  const tags = [
    { Key: 'a', Value: '1' },
    { Key: 'b', Value: '2' },
  ];
  const [byTags] = await read({
    Status: 'Enabled',
    Filter: { And: { Prefix: 'p', Tags: tags } },
    Destination: TO('x'),
  });
  assert.ok(byTags);
  const counts = (rule: ReplicationRule, more: object): number =>
    matchingRules([rule], { ...OBJECT, ...more }).length;
  assert.equal(counts(byTags, { tags: [...tags, { Key: 'c', Value: '3' }] }), 1);
  assert.equal(counts(byTags, { tags: tags.slice(1) }), 0);
  assert.equal(counts(byTags, { tags: [tags[0], { Key: 'b', Value: '3' }] }), 0);
  assert.equal(counts(byTags, {}), 0);
  const plain = { ...byTags, tags: [] };
  assert.equal(counts(plain, { isKms: true }), 0);
  assert.equal(counts({ ...plain, withKms: true }, { isKms: true }), 1);
  assert.equal(counts(plain, { isMarker: true }), 0);
  assert.equal(counts({ ...plain, withDeleteMarkers: true }, { isMarker: true }), 1);
});
