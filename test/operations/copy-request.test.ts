import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { S3CopyObjectOperation } from '@aws-sdk/client-s3-control';
import { answer, FakeS3, open, problems, run, TASK } from './scene.ts';

const TARGET = { TargetResource: 'arn:aws:s3:::target' };
const FIELD = 'Operation.S3PutObjectCopy';

function copy(parameters: S3CopyObjectOperation = {}) {
  return { S3PutObjectCopy: { ...TARGET, ...parameters } };
}

/** The headers of the CopyObject of one task. */
async function headersOf(parameters: S3CopyObjectOperation, task = TASK) {
  assert.deepEqual(problems(copy(parameters)), []);
  // The store does all it is asked for and says so.
  const s3 = new FakeS3(({ headers }) => {
    if (headers?.['x-amz-copy-source'] === undefined) return undefined;
    const algorithm = headers['x-amz-checksum-algorithm'];
    const body = `<CopyObjectResult><Checksum${algorithm}>x</Checksum${algorithm}></CopyObjectResult>`;
    const encryption = headers['x-amz-server-side-encryption'] ?? '';
    return answer(200, body, { 'x-amz-server-side-encryption': encryption });
  });
  const outcome = await run(copy(parameters), s3, task);
  assert.deepEqual(outcome, { ok: true, message: 'Successful' });
  assert.equal(s3.requests.length, 2, 'one HEAD of the bucket, one copy');
  return s3.requests[1]?.headers;
}

const SOURCE = { 'x-amz-copy-source': '/source/a%20b/%C3%BC%2B' };

test('a plain copy is one PUT under the same key, that names its source encoded', async () => {
  const s3 = new FakeS3();
  await run(copy(), s3);
  const [head, put] = s3.requests;
  assert.deepEqual(head, { method: 'HEAD', bucket: 'target' });
  assert.deepEqual(put, {
    method: 'PUT',
    bucket: 'target',
    key: 'a b/ü+',
    headers: SOURCE,
    silenceMs: 900_000,
  });
});

test('a version of the source is part of the copy source', async () => {
  assert.deepEqual(await headersOf({}, { ...TASK, versionId: 'v/1+' }), {
    'x-amz-copy-source': '/source/a%20b/%C3%BC%2B?versionId=v%2F1%2B',
  });
});

test('the prefix and the key meet in exactly one slash of the prefix', async () => {
  const keys: Record<string, string> = {};
  for (const TargetKeyPrefix of ['Folder1', 'Folder1/', 'a/b', '/']) {
    for (const key of ['k', '/k']) {
      const s3 = new FakeS3();
      await run(copy({ TargetKeyPrefix }), s3, { ...TASK, key });
      keys[`${TargetKeyPrefix} ${key}`] = s3.requests[1]?.key ?? '';
    }
  }
  // A key that begins with a slash keeps it: `k` and `/k` are two objects.
  assert.deepEqual(keys, {
    'Folder1 k': 'Folder1/k',
    'Folder1 /k': 'Folder1//k',
    'Folder1/ k': 'Folder1/k',
    'Folder1/ /k': 'Folder1//k',
    'a/b k': 'a/b/k',
    'a/b /k': 'a/b//k',
    '/ k': '/k',
    '/ /k': '//k',
  });
});

test('every parameter has its header', async () => {
  const headers = await headersOf({
    CannedAccessControlList: 'bucket-owner-read',
    MetadataDirective: 'REPLACE',
    ModifiedSinceConstraint: new Date('2026-01-02T03:04:05.678Z'),
    UnModifiedSinceConstraint: new Date('2027-01-02T03:04:05Z'),
    NewObjectMetadata: {
      CacheControl: 'no-cache',
      ContentDisposition: 'inline',
      ContentEncoding: 'gzip',
      ContentLanguage: 'de',
      ContentType: 'text/css',
      HttpExpiresDate: new Date('2031-02-03T04:05:06Z'),
      UserMetadata: { Colour: 'blue', empty: '' },
      SSEAlgorithm: 'KMS',
      ContentLength: 7,
      ContentMD5: 'ignored',
      RequesterCharged: true,
    },
    NewObjectTagging: [
      { Key: 'a b', Value: 'c&d=e' },
      { Key: 'ü', Value: '' },
    ],
    RedirectLocation: '/elsewhere',
    RequesterPays: true,
    StorageClass: 'GLACIER_IR',
    SSEAwsKmsKeyId: 'arn:aws:kms:us-east-1:123456789012:key/k',
    BucketKeyEnabled: true,
    ObjectLockLegalHoldStatus: 'ON',
    ObjectLockMode: 'COMPLIANCE',
    ObjectLockRetainUntilDate: new Date('2030-01-02T03:04:05.678Z'),
    ChecksumAlgorithm: 'CRC64NVME',
  });
  assert.deepEqual(headers, {
    ...SOURCE,
    'x-amz-acl': 'bucket-owner-read',
    'x-amz-metadata-directive': 'REPLACE',
    'x-amz-copy-source-if-modified-since': 'Fri, 02 Jan 2026 03:04:05 GMT',
    'x-amz-copy-source-if-unmodified-since': 'Sat, 02 Jan 2027 03:04:05 GMT',
    'cache-control': 'no-cache',
    'content-disposition': 'inline',
    'content-encoding': 'gzip',
    'content-language': 'de',
    'content-type': 'text/css',
    expires: 'Mon, 03 Feb 2031 04:05:06 GMT',
    'x-amz-meta-colour': 'blue',
    'x-amz-meta-empty': '',
    'x-amz-tagging-directive': 'REPLACE',
    'x-amz-tagging': '%C3%BC=&a%20b=c%26d%3De',
    'x-amz-website-redirect-location': '/elsewhere',
    'x-amz-request-payer': 'requester',
    'x-amz-storage-class': 'GLACIER_IR',
    'x-amz-server-side-encryption': 'aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id': 'arn:aws:kms:us-east-1:123456789012:key/k',
    'x-amz-server-side-encryption-bucket-key-enabled': 'true',
    'x-amz-object-lock-legal-hold': 'ON',
    'x-amz-object-lock-mode': 'COMPLIANCE',
    'x-amz-object-lock-retain-until-date': '2030-01-02T03:04:05.678Z',
    'x-amz-checksum-algorithm': 'CRC64NVME',
  });
});

test('grants are gathered by permission', async () => {
  const uri = 'http://acs.amazonaws.com/groups/global/AllUsers';
  const headers = await headersOf({
    AccessControlGrants: [
      { Grantee: { TypeIdentifier: 'id', Identifier: '75aa' }, Permission: 'FULL_CONTROL' },
      { Grantee: { TypeIdentifier: 'uri', Identifier: uri }, Permission: 'READ' },
      { Grantee: { TypeIdentifier: 'emailAddress', Identifier: 'a@b.c' }, Permission: 'READ' },
      { Grantee: { TypeIdentifier: 'id', Identifier: '1' }, Permission: 'READ_ACP' },
      { Grantee: { TypeIdentifier: 'id', Identifier: '2' }, Permission: 'WRITE_ACP' },
    ],
  });
  assert.deepEqual(headers, {
    ...SOURCE,
    'x-amz-grant-full-control': 'id="75aa"',
    'x-amz-grant-read': `uri="${uri}", emailAddress="a@b.c"`,
    'x-amz-grant-read-acp': 'id="1"',
    'x-amz-grant-write-acp': 'id="2"',
  });
});

test('tags: absent copies those of the source, empty leaves none', async () => {
  assert.deepEqual(await headersOf({}), SOURCE);
  assert.deepEqual(await headersOf({ NewObjectTagging: [] }), {
    ...SOURCE,
    'x-amz-tagging-directive': 'REPLACE',
  });
});

test('metadata is replaced when told to, or when new metadata is given without a word', async () => {
  const type = { ContentType: 'text/css' };
  const replace = { ...SOURCE, 'x-amz-metadata-directive': 'REPLACE' };
  const replaceType = { ...replace, 'content-type': 'text/css' };
  assert.deepEqual(await headersOf({ NewObjectMetadata: type }), replaceType);
  assert.deepEqual(await headersOf({ NewObjectMetadata: {} }), replace);
  assert.deepEqual(await headersOf({ MetadataDirective: 'REPLACE' }), replace);
  assert.deepEqual(await headersOf({ MetadataDirective: 'COPY', NewObjectMetadata: type }), {
    ...SOURCE,
    'x-amz-metadata-directive': 'COPY',
  });
});

test('asking for encryption alone keeps the metadata', async () => {
  assert.deepEqual(await headersOf({ NewObjectMetadata: { SSEAlgorithm: 'AES256' } }), {
    ...SOURCE,
    'x-amz-server-side-encryption': 'AES256',
  });
  assert.deepEqual(await headersOf({ SSEAwsKmsKeyId: 'k', BucketKeyEnabled: false }), {
    ...SOURCE,
    'x-amz-server-side-encryption': 'aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id': 'k',
    'x-amz-server-side-encryption-bucket-key-enabled': 'false',
  });
});

test('what only looks like the ARN of a bucket is refused', async () => {
  const refusal = async (TargetResource: string | undefined): Promise<string> => {
    const [problem = ''] = problems({ S3PutObjectCopy: { TargetResource } });
    return Promise.resolve(problem);
  };
  const field = `${FIELD}.TargetResource`;
  assert.equal(await refusal(undefined), `${field}: is required`);
  for (const arn of [
    'target',
    'arn:aws:s3:::',
    'arn:aws:s3:::target/key',
    'arn:aws:s3:us-east-1:123456789012:accesspoint/name',
  ]) {
    const sentence = 'must be the ARN of a bucket, such as arn:aws:s3:::bucket';
    assert.equal(await refusal(arn), `${field}: ${sentence}`);
  }
  const directory = 'arn:aws:s3express:us-west-2:123456789012:bucket/b--usw2-az1--x-s3';
  assert.match(await refusal(directory), /TargetResource: names a directory bucket/);
  assert.equal(await refusal('arn:aws-cn:s3:::target'), '');
});

test('parameters that exclude or need each other are refused with their field', () => {
  const grant = { Grantee: { TypeIdentifier: 'id', Identifier: 'a' }, Permission: 'READ' } as const;
  const cases: readonly (readonly [S3CopyObjectOperation, string])[] = [
    [
      { CannedAccessControlList: 'private', AccessControlGrants: [grant] },
      'AccessControlGrants: must not be given together with CannedAccessControlList',
    ],
    [
      { AccessControlGrants: [{ ...grant, Permission: 'WRITE' }] },
      'AccessControlGrants[0].Permission: must not be WRITE, which objects do not have',
    ],
    [
      { AccessControlGrants: [{ ...grant, Grantee: { TypeIdentifier: 'id', Identifier: 'a"b' } }] },
      'AccessControlGrants[0].Grantee.Identifier: must not hold a quote',
    ],
    [
      { ObjectLockMode: 'GOVERNANCE' },
      'ObjectLockRetainUntilDate: is required together with ObjectLockMode',
    ],
    [
      { ObjectLockRetainUntilDate: new Date('2030-01-01T00:00:00Z') },
      'ObjectLockMode: is required together with ObjectLockRetainUntilDate',
    ],
    [
      { SSEAwsKmsKeyId: 'k', NewObjectMetadata: { SSEAlgorithm: 'AES256' } },
      'SSEAwsKmsKeyId: must not be given together with SSEAlgorithm AES256',
    ],
    [
      { NewObjectTagging: [{ Key: 'aws:x', Value: '' }] },
      'NewObjectTagging[0].Key: must not begin with the reserved prefix aws:',
    ],
    [{ RedirectLocation: '/ü' }, 'RedirectLocation: must consist of printable US-ASCII characters'],
    [
      { NewObjectMetadata: { ContentType: 'text/css\r\nx-amz-acl: public-read' } },
      'NewObjectMetadata.ContentType: must consist of printable US-ASCII characters',
    ],
    [
      { NewObjectMetadata: { UserMetadata: { 'a b': 'c' } } },
      'NewObjectMetadata.UserMetadata["a b"]: must be a name that an HTTP header can have',
    ],
    [
      { NewObjectMetadata: { UserMetadata: { a: '1', A: '2' } } },
      'NewObjectMetadata.UserMetadata["A"]: must be unique whatever the case of its letters',
    ],
    [
      { NewObjectMetadata: { UserMetadata: { a: 'ü' } } },
      'NewObjectMetadata.UserMetadata["a"]: must consist of printable US-ASCII characters',
    ],
  ];
  for (const [parameters, problem] of cases) {
    assert.deepEqual(problems(copy(parameters)), [`${FIELD}.${problem}`]);
  }
});

test('a job whose target is not there, or elsewhere, cannot work at all', async () => {
  for (const [status, reason] of [
    [404, 'The target bucket target does not exist.'],
    [301, 'The target bucket target is at another endpoint.'],
  ] as const) {
    const opened = await open(copy(), new FakeS3(() => answer(status)));
    assert.deepEqual(opened, { ok: false, reason });
  }
});

test('a target that may not be looked at may still be copied to', async () => {
  for (const status of [400, 403, 405]) {
    const s3 = new FakeS3(({ method }) => (method === 'HEAD' ? answer(status) : undefined));
    assert.equal((await run(copy(), s3)).ok, true);
  }
});

test('a store that cannot be asked fails nothing: the job opens again', async () => {
  for (const status of [0, 500, 503]) {
    const opened = await open(copy(), new FakeS3(() => answer(status)));
    assert.equal(!opened.ok && opened.again, true);
  }
});
