import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { S3Client, UpdateObjectEncryptionCommand } from '@aws-sdk/client-s3';
import type { S3Answer, S3Request, StoreTraits } from '../../src/s3/index.ts';
import { OPERATIONS } from '../../src/operations/index.ts';
import { placeOn } from './place.ts';
import { answer, FakeS3, problems, requestOf, SIGNAL, SilentS3, TASK } from './scene.ts';

const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const PLAIN: StoreTraits = {
  name: 'S3',
  copyIgnoresTagging: false,
  copyIgnoresConditions: false,
  copyIgnoresLock: false,
};
const OPERATION = OPERATIONS.S3UpdateObjectEncryption;
const COPY_IN_PLACE = [{ Key: 'brigade:encryption', Value: 'copy-in-place' }];

function jobOf(BucketKeyEnabled?: boolean, Tags?: typeof COPY_IN_PLACE) {
  const ObjectEncryption = { SSEKMS: { KMSKeyArn: KEY, BucketKeyEnabled } };
  return { ...requestOf({ S3UpdateObjectEncryption: { ObjectEncryption } }), Tags };
}

/** What the AWS SDK puts on the wire. */
async function sdkBody(BucketKeyEnabled: boolean): Promise<{ url: string; body: string }> {
  let sent = { url: '', body: '' };
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      sent = { url: request.url ?? '', body };
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
    await sdk.send(
      new UpdateObjectEncryptionCommand({
        Bucket: 'source',
        Key: 'key',
        VersionId: 'v1',
        ObjectEncryption: { SSEKMS: { KMSKeyArn: KEY, BucketKeyEnabled } },
      }),
    );
  } finally {
    sdk.destroy();
    server.closeAllConnections();
    server.close();
  }
  return sent;
}

test('the call of a store that has it is the one that the AWS SDK makes', async () => {
  for (const bucketKey of [true, false]) {
    const s3 = new FakeS3(() => undefined, { ...PLAIN, updatesEncryption: true });
    const opened = await OPERATION.open(jobOf(bucketKey), placeOn(s3), SIGNAL);
    assert.ok(opened.ok);
    const outcome = await opened.run({ ...TASK, key: 'key', versionId: 'v1' }, SIGNAL);
    assert.deepEqual(outcome, { ok: true, message: 'Successful' });
    const [put, ...more] = s3.requests;
    assert.deepEqual(more, []);
    const sdk = await sdkBody(bucketKey);
    const { pathname, searchParams } = new URL(sdk.url, 'http://localhost');
    assert.equal(put?.method, 'PUT');
    assert.equal(`/${put.bucket}/${put.key}`, pathname);
    assert.equal(put.query?.['encryption'], searchParams.get('encryption'));
    assert.equal(put.query?.['versionId'], searchParams.get('versionId'));
    assert.equal(put.body?.toString(), sdk.body.replace(/^<\?xml[^>]*>\s*/, ''));
  }
});

test('what such a store refuses is the outcome', async () => {
  const xml = '<Error><Code>InvalidRequest</Code><Message>Unencrypted.</Message></Error>';
  const s3 = new FakeS3(() => answer(400, xml), { ...PLAIN, updatesEncryption: true });
  const opened = await OPERATION.open(jobOf(), placeOn(s3), SIGNAL);
  assert.ok(opened.ok);
  const outcome = await opened.run(TASK, SIGNAL);
  assert.deepEqual(!outcome.ok && [outcome.code, outcome.again], ['InvalidRequest', 'never']);
});

test('any other store is never sent the call, which it might write over an object', async () => {
  const s3 = new FakeS3();
  const opened = await OPERATION.open(jobOf(), placeOn(s3), SIGNAL);
  assert.ok(!opened.ok && opened.again === undefined);
  assert.match(
    opened.reason,
    /UpdateObjectEncryption.*brigade:encryption=copy-in-place.*LastModified/,
  );
  assert.ok(opened.reason.length <= 256);
  assert.deepEqual(s3.requests, []);
});

test('a store known to encrypt no copies is refused also with the tag', async () => {
  const traits = { ...PLAIN, name: 'Ceph RGW', copyIgnoresEncryption: true };
  const s3 = new FakeS3(() => undefined, traits);
  const opened = await OPERATION.open(jobOf(true, COPY_IN_PLACE), placeOn(s3), SIGNAL);
  assert.ok(!opened.ok && opened.again === undefined);
  assert.match(opened.reason, /^Ceph RGW encrypts no copy/);
});

test('a store that does not say what it is lets the job wait', async () => {
  const opened = await OPERATION.open(jobOf(), placeOn(new SilentS3()), SIGNAL);
  assert.ok(!opened.ok && opened.again);
});

test('a key is required, and the tag has one value', () => {
  assert.deepEqual(problems({ S3UpdateObjectEncryption: {} }), [
    'Operation.S3UpdateObjectEncryption.ObjectEncryption.SSE-KMS.KMSKeyArn: is required',
  ]);
  assert.deepEqual(OPERATION.check(jobOf(true, COPY_IN_PLACE)), []);
  const other = [
    { Key: 'x', Value: 'y' },
    { Key: 'brigade:encryption', Value: 'yes' },
  ];
  assert.deepEqual(OPERATION.check(jobOf(true, other)), [
    { field: 'Tags[1].Value', message: 'must be copy-in-place' },
  ]);
});

const ACL = (grants: string): string =>
  `<AccessControlPolicy><Owner><ID>me</ID></Owner><AccessControlList>${grants}</AccessControlList></AccessControlPolicy>`;
const MINE = '<Grant><Grantee><ID>me</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant>';
const ALL =
  '<Grant><Grantee><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant>';
const ENCRYPTED = { 'x-amz-server-side-encryption': 'aws:kms' };

type Headers = Readonly<Record<string, string>>;

/** Runs one task by copy in place on an object with these headers. */
async function inPlace(
  head: Headers,
  {
    acl = ACL(MINE),
    versionId,
    copied = ENCRYPTED,
    traits = PLAIN,
  }: {
    readonly acl?: string;
    readonly versionId?: string | undefined;
    readonly copied?: Headers;
    readonly traits?: StoreTraits;
  } = {},
) {
  const answering = ({ method, query, headers }: S3Request): S3Answer | undefined => {
    if (method === 'HEAD') return answer(200, '', { 'content-length': '7', etag: '"e"', ...head });
    if (method === 'GET' && query?.['acl'] === '') return answer(200, acl);
    if (headers?.['x-amz-copy-source'] === undefined) return undefined;
    return answer(200, '<CopyObjectResult></CopyObjectResult>', copied);
  };
  const s3 = new FakeS3(answering, traits);
  const opened = await OPERATION.open(jobOf(true, COPY_IN_PLACE), placeOn(s3), SIGNAL);
  assert.ok(opened.ok);
  assert.match(opened.note ?? '', /copied onto themselves/);
  const task = versionId === undefined ? TASK : { ...TASK, versionId };
  return { outcome: await opened.run(task, SIGNAL), requests: s3.requests };
}

function copyIn(requests: readonly S3Request[]): S3Request | undefined {
  return requests.find(({ headers }) => headers?.['x-amz-copy-source'] !== undefined);
}

test('a copy in place keeps class, redirect and ACL, and says that LastModified changed', async () => {
  const head = {
    'x-amz-storage-class': 'STANDARD_IA',
    'x-amz-website-redirect-location': '/x',
    'x-amz-version-id': 'v9',
    'x-amz-object-lock-mode': 'GOVERNANCE',
    'x-amz-object-lock-retain-until-date': '2020-01-01T00:00:00Z',
  };
  const { outcome, requests } = await inPlace(head, { acl: ACL(MINE + ALL), versionId: 'v9' });
  assert.deepEqual(outcome, {
    ok: true,
    message: 'Encrypted by a copy in place; LastModified has changed',
  });
  const copy = copyIn(requests);
  assert.deepEqual([copy?.bucket, copy?.key], ['source', TASK.key]);
  assert.deepEqual(copy?.headers, {
    'x-amz-copy-source': '/source/a%20b/%C3%BC%2B?versionId=v9',
    'x-amz-storage-class': 'STANDARD_IA',
    'x-amz-website-redirect-location': '/x',
    'x-amz-server-side-encryption': 'aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id': KEY,
    'x-amz-server-side-encryption-bucket-key-enabled': 'true',
  });
  const last = requests.at(-1);
  assert.deepEqual([last?.method, last?.query], ['PUT', { acl: '' }]);
  assert.equal(last?.body?.toString(), ACL(MINE + ALL));
});

test('a job that asks for copies gets them also where the store has the call', async () => {
  const { requests } = await inPlace({}, { traits: { ...PLAIN, updatesEncryption: true } });
  assert.ok(copyIn(requests));
  assert.ok(requests.every(({ query }) => query?.['encryption'] === undefined));
});

test('an ACL of the owner alone is not written again', async () => {
  const { outcome, requests } = await inPlace({});
  assert.equal(outcome.ok, true);
  assert.equal(requests.filter(({ method }) => method === 'PUT').length, 1);
});

test('what is encrypted with the key already is left alone', async () => {
  const SSE = 'x-amz-server-side-encryption';
  const head = { [SSE]: 'aws:kms', [`${SSE}-aws-kms-key-id`]: KEY };
  const done = await inPlace({ ...head, [`${SSE}-bucket-key-enabled`]: 'true' });
  assert.deepEqual(done.outcome, { ok: true, message: 'Encrypted with this key already' });
  assert.equal(copyIn(done.requests), undefined);
  const otherBucketKey = await inPlace(head);
  assert.ok(copyIn(otherBucketKey.requests));
});

test('what S3 would refuse is refused, and no copy is made', async () => {
  const LOCK = 'x-amz-object-lock-';
  const cases: readonly (readonly [Readonly<Record<string, string>>, string, RegExp])[] = [
    [{ [`${LOCK}legal-hold`]: 'ON' }, 'AccessDenied', /Object Lock/],
    [
      { [`${LOCK}mode`]: 'COMPLIANCE', [`${LOCK}retain-until-date`]: '2036-01-01T00:00:00Z' },
      'AccessDenied',
      /Object Lock/,
    ],
    [{ 'x-amz-server-side-encryption': 'aws:kms:dsse' }, 'InvalidRequest', /DSSE-KMS/],
    [{ 'x-amz-version-id': 'newer' }, 'InvalidRequest', /current version/],
  ];
  for (const [head, code, message] of cases) {
    const versionId = head['x-amz-version-id'] === undefined ? undefined : 'older';
    const { outcome, requests } = await inPlace(head, { versionId });
    assert.equal(!outcome.ok && outcome.code, code);
    assert.match(outcome.ok ? '' : outcome.message, message);
    assert.equal(copyIn(requests), undefined);
  }
});

test('a store that accepts the copy and does not encrypt it fails the task', async () => {
  const { outcome } = await inPlace({}, { copied: {} });
  assert.equal(!outcome.ok && outcome.code, 'EncryptionNotApplied');
});
