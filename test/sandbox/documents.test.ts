/** Whatever document is sent to the calls that take one: a clean refusal, or a success, no crash. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { World } from '../contract/s3-harness.ts';
import { startTestSandbox } from './start.ts';

const CALLS: readonly { readonly root: string; readonly method: string; readonly query: string }[] =
  [
    { root: 'ObjectLockConfiguration', method: 'PUT', query: 'object-lock' },
    { root: 'ReplicationConfiguration', method: 'PUT', query: 'replication' },
    { root: 'ServerSideEncryptionConfiguration', method: 'PUT', query: 'encryption' },
    { root: 'InventoryConfiguration', method: 'PUT', query: 'inventory' },
    { root: 'Retention', method: 'PUT', query: 'retention' },
    { root: 'LegalHold', method: 'PUT', query: 'legal-hold' },
    { root: 'ObjectEncryption', method: 'PUT', query: 'encryption' },
    { root: 'RestoreRequest', method: 'POST', query: 'restore' },
  ];
const OF_OBJECTS = ['retention', 'legal-hold', 'restore'];

/** Names and texts that mean something to one of the calls. */
const NAMES = [
  ...['ObjectLockEnabled', 'Rule', 'DefaultRetention', 'Mode', 'Days', 'Years', 'Role', 'Status'],
  ...['Destination', 'Bucket', 'Filter', 'And', 'Tag', 'Key', 'Value', 'Prefix', 'Priority', 'ID'],
  ...['ApplyServerSideEncryptionByDefault', 'SSEAlgorithm', 'KMSMasterKeyID', 'BucketKeyEnabled'],
  ...['Id', 'IsEnabled', 'Schedule', 'Frequency', 'IncludedObjectVersions', 'OptionalFields'],
  ...['S3BucketDestination', 'Format', 'RetainUntilDate', 'SSE-KMS', 'KMSKeyArn', 'Field'],
  ...['GlacierJobParameters', 'Tier', 'DeleteMarkerReplication', 'Unknown'],
];
const TEXTS = [
  ...['', 'Enabled', 'GOVERNANCE', 'COMPLIANCE', 'ON', 'OFF', '1', '0', '-1', '1e400', 'NaN'],
  ...['99999999999999999999', 'true', 'false', 'maybe', 'AES256', 'aws:kms', 'Daily', 'All', 'CSV'],
  ...['2999-01-01T00:00:00Z', '9999999-13-45T99:00:00Z', 'arn:aws:s3:::documents', 'Bulk', 'id'],
  ...['&lt;', '&#0;', '&bad;', '<![CDATA[x]]>', '<!-- -->', 'é😀'],
];

const { element } = fc.letrec<{ element: string; content: string }>((tie) => ({
  content: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom(...TEXTS),
    fc.array(tie('element'), { maxLength: 5 }).map((elements) => elements.join('')),
  ),
  element: fc
    .tuple(fc.constantFrom(...NAMES), tie('content'))
    .map(([name, content]) => `<${name}>${content}</${name}>`),
}));

const document = fc.oneof(
  fc.array(element, { maxLength: 6 }).map((elements) => elements.join('')),
  fc.string({ unit: 'binary', maxLength: 60 }),
);

test('any document is answered without an internal error', async () => {
  const world = new World(await startTestSandbox());
  const bucket = 'documents';
  const headers = { 'x-amz-bucket-object-lock-enabled': 'true' };
  await world.raw({ method: 'PUT', bucket, headers });
  await world.put(bucket, 'k', 'x', { StorageClass: 'GLACIER', ServerSideEncryption: 'AES256' });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...CALLS),
      document,
      fc.boolean(),
      async (call, inner, isCut) => {
        const { root, method } = call;
        const whole = `<${root}>${inner}</${root}>`;
        const body = isCut ? whole.slice(0, -3) : whole;
        const isOfObject = OF_OBJECTS.includes(call.query) || root === 'ObjectEncryption';
        const id = call.query === 'inventory' ? { id: 'id' } : {};
        const answer = await world.raw({
          ...{ method, bucket, body, query: { [call.query]: '', ...id } },
          ...(isOfObject ? { key: 'k' } : {}),
          headers: { 'content-md5': createHash('md5').update(body).digest('base64') },
        });
        assert.ok([200, 202, 204, 400, 403, 409, 501].includes(answer.status), `${answer.status}`);
      },
    ),
    { numRuns: 600 },
  );
  // What they have left behind can be read.
  for (const query of ['object-lock', 'replication', 'encryption', 'inventory']) {
    const answer = await world.raw({ method: 'GET', bucket, query: { [query]: '' } });
    assert.ok(answer.status === 200 || answer.status === 404);
  }
  assert.equal((await world.raw({ method: 'HEAD', bucket, key: 'k' })).status, 200);
  world.close();
  // Also asserts that there was no internal error.
  await world.endpoint.stop();
});

test('any header about locks, restores and attributes is answered without an internal error', async () => {
  const world = new World(await startTestSandbox());
  const bucket = 'headers';
  await world.raw({
    ...{ method: 'PUT', bucket },
    headers: { 'x-amz-bucket-object-lock-enabled': 'true' },
  });
  const names = [
    ...['x-amz-object-lock-mode', 'x-amz-object-lock-retain-until-date'],
    ...['x-amz-object-lock-legal-hold', 'x-amz-bypass-governance-retention'],
    ...['x-amz-replication-status', 'x-amz-object-attributes', 'x-amz-max-parts'],
    ...['x-amz-part-number-marker', 'x-amz-checksum-md5', 'x-amz-server-side-encryption'],
  ];
  const values = [
    ...['GOVERNANCE', 'ON', 'true', '2999-01-01T00:00:00Z', '2026-99-99T00:00:00Z', 'REPLICA'],
    ...['+275760-09-13T00:00:00.001Z', '-1', 'ETag,,Checksum', 'constructor', '__proto__', 'é'],
  ];
  const request = fc.record({
    method: fc.constantFrom('PUT', 'GET', 'DELETE', 'HEAD'),
    attributes: fc.boolean(),
    headers: fc.dictionary(fc.constantFrom(...names), fc.constantFrom(...values), { maxKeys: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(request, async ({ method, attributes, headers }) => {
      const query = attributes ? { attributes: '' } : {};
      const answer = await world.raw({ method, bucket, key: 'k', query, headers });
      assert.notEqual(answer.status, 500);
    }),
    { numRuns: 300 },
  );
  world.close();
  await world.endpoint.stop();
});
