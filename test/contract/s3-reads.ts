import assert from 'node:assert/strict';
import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { type ContractCase, given, refused, textOf, type World } from './s3-harness.ts';

async function digits(world: World): Promise<{ Bucket: string; Key: string; ETag: string }> {
  const Bucket = await world.bucket();
  const { ETag } = await world.put(Bucket, 'digits', '0123456789');
  return { Bucket, Key: 'digits', ETag: given(ETag) };
}

export const readCases: readonly ContractCase[] = [
  {
    name: 'ranges of an object are read',
    async run(world) {
      const { Bucket, Key } = await digits(world);
      const expected: readonly (readonly [range: string, text: string, contentRange: string])[] = [
        ['bytes=0-3', '0123', 'bytes 0-3/10'],
        ['bytes=4-4', '4', 'bytes 4-4/10'],
        ['bytes=7-', '789', 'bytes 7-9/10'],
        ['bytes=-2', '89', 'bytes 8-9/10'],
        ['bytes=8-100', '89', 'bytes 8-9/10'],
        ['bytes=-100', '0123456789', 'bytes 0-9/10'],
      ];
      for (const [Range, text, contentRange] of expected) {
        const got = await world.s3.send(new GetObjectCommand({ Bucket, Key, Range }));
        assert.equal(got.$metadata.httpStatusCode, 206);
        assert.equal(await textOf(got), text);
        assert.equal(got.ContentRange, contentRange);
        assert.equal(got.ContentLength, text.length);
      }
    },
  },
  {
    name: 'a range behind the end is refused',
    async run(world) {
      const { Bucket, Key } = await digits(world);
      const get = world.s3.send(new GetObjectCommand({ Bucket, Key, Range: 'bytes=10-' }));
      await refused(get, 'InvalidRange', 416);
    },
  },
  {
    name: 'a range that is none is ignored',
    async run(world) {
      const { Bucket, Key } = await digits(world);
      const get = new GetObjectCommand({ Bucket, Key, Range: 'bytes=4-2' });
      const got = await world.s3.send(get);
      assert.equal(got.$metadata.httpStatusCode, 200);
      assert.equal(await textOf(got), '0123456789');
    },
  },
  {
    name: 'a HEAD of a range tells of the range and has no body',
    async run(world) {
      const { Bucket, Key } = await digits(world);
      const headers = { range: 'bytes=2-5' };
      const head = await world.raw({ method: 'HEAD', bucket: Bucket, key: Key, headers });
      assert.equal(head.status, 206);
      assert.equal(head.headers['content-length'], '4');
      assert.equal(head.body.length, 0);
    },
  },
  {
    name: 'If-Match reads one content only',
    async run(world) {
      const { Bucket, Key, ETag } = await digits(world);
      const { s3 } = world;
      await s3.send(new GetObjectCommand({ Bucket, Key, IfMatch: ETag }));
      await s3.send(new GetObjectCommand({ Bucket, Key, IfMatch: ETag.replaceAll('"', '') }));
      const other = s3.send(new GetObjectCommand({ Bucket, Key, IfMatch: '"other"' }));
      await refused(other, 'PreconditionFailed', 412);
    },
  },
  {
    name: 'If-None-Match does not read what is known',
    async run(world) {
      const { Bucket, Key, ETag } = await digits(world);
      const headers = { 'if-none-match': ETag };
      for (const method of ['GET', 'HEAD']) {
        const known = await world.raw({ method, bucket: Bucket, key: Key, headers });
        assert.equal(known.status, 304);
        assert.equal(known.body.length, 0);
      }
      const command = new GetObjectCommand({ Bucket, Key, IfNoneMatch: '"other"' });
      assert.equal(await textOf(await world.s3.send(command)), '0123456789');
    },
  },
  {
    name: 'an answer of "not modified" tells the entity tag',
    async run(world) {
      const { Bucket, Key, ETag } = await digits(world);
      const headers = { 'if-none-match': ETag };
      const known = await world.raw({ method: 'GET', bucket: Bucket, key: Key, headers });
      assert.equal(known.headers['etag'], ETag);
    },
  },
  {
    name: 'conditions of time are met or not',
    async run(world) {
      const { Bucket, Key } = await digits(world);
      const { s3 } = world;
      const past = new Date(Date.now() - 3_600_000);
      const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));
      const modified = given(head.LastModified);
      await s3.send(new GetObjectCommand({ Bucket, Key, IfModifiedSince: past }));
      await s3.send(new GetObjectCommand({ Bucket, Key, IfUnmodifiedSince: modified }));
      const changed = s3.send(new GetObjectCommand({ Bucket, Key, IfUnmodifiedSince: past }));
      await refused(changed, 'PreconditionFailed', 412);
      const headers = { 'if-modified-since': modified.toUTCString() };
      const same = await world.raw({ method: 'GET', bucket: Bucket, key: Key, headers });
      assert.equal(same.status, 304);
    },
  },
  {
    name: 'an entity tag decides before a time does',
    async run(world) {
      const { Bucket, Key, ETag } = await digits(world);
      const past = new Date(Date.now() - 3_600_000);
      const met = new GetObjectCommand({ Bucket, Key, IfMatch: ETag, IfUnmodifiedSince: past });
      assert.equal(await textOf(await world.s3.send(met)), '0123456789');
    },
  },
  {
    name: 'the answer’s headers can be chosen by the request',
    async run(world) {
      const { Bucket, Key } = await digits(world);
      const got = await world.s3.send(
        new GetObjectCommand({
          Bucket,
          Key,
          ResponseContentType: 'text/html',
          ResponseCacheControl: 'max-age=1',
          ResponseContentDisposition: 'inline',
          ResponseContentLanguage: 'fr',
        }),
      );
      assert.equal(got.ContentType, 'text/html');
      assert.equal(got.CacheControl, 'max-age=1');
      assert.equal(got.ContentDisposition, 'inline');
      assert.equal(got.ContentLanguage, 'fr');
    },
  },
  {
    name: 'text outside ASCII in a plain header comes back byte for byte',
    async run(world) {
      const bucket = await world.bucket();
      const headers = { 'content-disposition': 'attachment; filename="世界 ü.txt"' };
      await world.raw({ method: 'PUT', bucket, key: 'k', headers });
      const got = await world.raw({ method: 'GET', bucket, key: 'k' });
      const value = Buffer.from(given(got.headers['content-disposition']), 'latin1');
      assert.equal(value.toString('utf8'), headers['content-disposition']);
    },
  },
  {
    name: 'an object that is not there is said so',
    async run(world) {
      const Bucket = await world.bucket();
      const get = world.s3.send(new GetObjectCommand({ Bucket, Key: 'never was' }));
      const refusal = await refused(get, 'NoSuchKey', 404);
      assert.ok(refusal.$metadata.requestId);
      const head = await world.raw({ method: 'HEAD', bucket: Bucket, key: 'never was' });
      assert.equal(head.status, 404);
      assert.equal(head.body.length, 0);
      assert.ok(head.headers['x-amz-request-id']);
    },
  },
  {
    name: 'every answer carries the id of its request',
    async run(world) {
      const { Bucket, Key } = await digits(world);
      for (const request of [
        { method: 'GET', bucket: Bucket, key: Key },
        { method: 'HEAD', bucket: Bucket, key: Key },
        { method: 'DELETE', bucket: Bucket, key: Key },
        { method: 'GET', bucket: Bucket, key: 'never was' },
      ]) {
        const { headers } = await world.raw(request);
        assert.ok(headers['x-amz-request-id'], JSON.stringify(request));
      }
    },
  },
  {
    name: 'every answer carries the second id of its request',
    async run(world) {
      const { Bucket, Key } = await digits(world);
      for (const request of [
        { method: 'GET', bucket: Bucket, key: Key },
        { method: 'GET', bucket: Bucket, key: 'never was' },
      ]) {
        const { headers } = await world.raw(request);
        assert.ok(headers['x-amz-id-2'], JSON.stringify(request));
      }
    },
  },
];
