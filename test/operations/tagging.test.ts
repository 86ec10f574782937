import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { answer, FakeS3, problems, run, TASK } from './scene.ts';

const XMLNS = 'http://s3.amazonaws.com/doc/2006-03-01/';
const TAGS = [
  { Key: 'a&b', Value: '<ü>' },
  { Key: 'empty', Value: '' },
];

test('put tagging is one PUT with the whole tag set, hashed once', async () => {
  const s3 = new FakeS3();
  const outcome = await run({ S3PutObjectTagging: { TagSet: TAGS } }, s3);
  assert.deepEqual(outcome, { ok: true, message: 'Successful' });
  const xml =
    `<Tagging xmlns="${XMLNS}"><TagSet>` +
    '<Tag><Key>a&amp;b</Key><Value>&lt;ü&gt;</Value></Tag>' +
    '<Tag><Key>empty</Key><Value></Value></Tag></TagSet></Tagging>';
  assert.deepEqual(s3.requests, [
    {
      method: 'PUT',
      bucket: 'source',
      key: 'a b/ü+',
      query: { tagging: '' },
      headers: { 'content-type': 'application/xml', 'content-md5': hash('md5', xml, 'base64') },
      body: Buffer.from(xml),
      bodySha256: hash('sha256', xml),
    },
  ]);
});

test('an empty tag set is sent as one', async () => {
  const s3 = new FakeS3();
  await run({ S3PutObjectTagging: { TagSet: [] } }, s3);
  const xml = `<Tagging xmlns="${XMLNS}"><TagSet></TagSet></Tagging>`;
  assert.equal(s3.requests[0]?.body?.toString(), xml);
});

test('delete tagging is one DELETE', async () => {
  const s3 = new FakeS3(() => answer(204));
  const outcome = await run({ S3DeleteObjectTagging: {} }, s3);
  assert.deepEqual(outcome, { ok: true, message: 'Successful' });
  assert.deepEqual(s3.requests, [
    { method: 'DELETE', bucket: 'source', key: 'a b/ü+', query: { tagging: '' } },
  ]);
});

test('a version is named in the query', async () => {
  const s3 = new FakeS3();
  const task = { ...TASK, versionId: 'v1' };
  await run({ S3PutObjectTagging: { TagSet: TAGS } }, s3, task);
  await run({ S3DeleteObjectTagging: {} }, s3, task);
  for (const { query } of s3.requests) assert.deepEqual(query, { tagging: '', versionId: 'v1' });
});

test('what the store answers is the outcome', async () => {
  const xml = '<Error><Code>SlowDown</Code><Message>Reduce.</Message></Error>';
  const s3 = new FakeS3(() => answer(503, xml));
  assert.deepEqual(await run({ S3DeleteObjectTagging: {} }, s3), {
    ok: false,
    httpStatus: 503,
    code: 'SlowDown',
    message: 'Reduce.',
    again: 'slow-down',
  });
});

test('a row that names no object never reaches the bucket', async () => {
  const s3 = new FakeS3();
  for (const task of [
    { ...TASK, key: '' },
    { ...TASK, bucket: '' },
  ]) {
    const outcome = await run({ S3DeleteObjectTagging: {} }, s3, task);
    assert.equal(!outcome.ok && outcome.again, 'never');
  }
  assert.deepEqual(s3.requests, []);
});

test('tags that S3 takes are accepted', () => {
  const TagSet = [
    { Key: 'k'.repeat(128), Value: 'v'.repeat(256) },
    { Key: 'K'.repeat(128), Value: '' },
    { Key: 'awsome', Value: 'tab\tand\nline' },
    ...Array.from({ length: 7 }, (_, i) => ({ Key: `${i}`, Value: 'same' })),
  ];
  assert.equal(TagSet.length, 10);
  assert.deepEqual(problems({ S3PutObjectTagging: { TagSet } }), []);
  assert.deepEqual(problems({ S3PutObjectTagging: { TagSet: [] } }), []);
  assert.deepEqual(problems({ S3DeleteObjectTagging: {} }), []);
});

test('tags that S3 would refuse are refused field by field', () => {
  const field = 'Operation.S3PutObjectTagging.TagSet';
  assert.deepEqual(problems({ S3PutObjectTagging: {} }), [`${field}: is required`]);
  const TagSet = [
    { Key: '', Value: 'v' },
    { Key: 'k'.repeat(129), Value: 'v'.repeat(257) },
    { Key: 'AWS:mine', Value: 'v' },
    { Key: 'twice', Value: '1' },
    { Key: 'twice', Value: '2' },
    { Key: 'control\u0001', Value: '\ud800' },
    { Key: 'valueless', Value: undefined },
  ];
  assert.deepEqual(problems({ S3PutObjectTagging: { TagSet } }), [
    `${field}[0].Key: must have 1 to 128 characters`,
    `${field}[1].Key: must have 1 to 128 characters`,
    `${field}[1].Value: must have at most 256 characters`,
    `${field}[2].Key: must not begin with the reserved prefix aws:`,
    `${field}[4].Key: must be unique within the tag set`,
    `${field}[5].Key: must not hold control characters`,
    `${field}[5].Value: must not hold control characters`,
    `${field}[6].Value: is required`,
  ]);
  const eleven = Array.from({ length: 11 }, (_, i) => ({ Key: `${i}`, Value: '' }));
  assert.deepEqual(problems({ S3PutObjectTagging: { TagSet: eleven } }), [
    `${field}: must hold at most 10 tags`,
  ]);
});
