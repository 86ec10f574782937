import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectTaggingCommand,
  type StorageClass,
} from '@aws-sdk/client-s3';
import { createSigner, encodePath, UNSIGNED_PAYLOAD } from '../../src/sigv4/index.ts';
import {
  type ContractCase,
  given,
  type RawAnswer,
  refused,
  textOf,
  type World,
} from './s3-harness.ts';

/** Keys that a store keeps apart only when it neither normalises nor decodes twice. */
export const ODD_KEYS: readonly string[] = [
  'space in it',
  'plus+in+it',
  'percent%20in%it',
  `quotes"'`,
  'less<greater>amp&',
  'double//slash',
  '/leading',
  'trailing/',
  'dots/../up',
  './here',
  'tilde~star*paren()!',
  'question?mark#hash',
  'umlaut-äöü-é',
  'emoji-😀-𝒳',
  'back\\slash',
  'semi;colon:comma,equals=at@',
  'line\nfeed',
  'tab\there',
];

/** Computed by the SDK, which is the oracle. */
const SDK_CHECKSUMS = [
  ...(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256', 'SHA512'] as const),
  ...(['XXHASH64', 'XXHASH3', 'XXHASH128'] as const),
];

export const objectCases: readonly ContractCase[] = [
  {
    name: 'an object comes back with its content, headers and metadata',
    async run(world) {
      const Bucket = await world.bucket();
      const put = await world.put(Bucket, 'key', 'the content', {
        ContentType: 'text/x-test',
        CacheControl: 'no-cache',
        ContentDisposition: 'attachment; filename="a b"',
        ContentEncoding: 'gzip',
        ContentLanguage: 'de',
        Expires: new Date('2030-01-01T00:00:00Z'),
        Metadata: { colour: 'blue', number: '12' },
      });
      const md5 = createHash('md5').update('the content').digest('hex');
      assert.equal(put.ETag, `"${md5}"`);
      const got = await world.s3.send(new GetObjectCommand({ Bucket, Key: 'key' }));
      assert.equal(await textOf(got), 'the content');
      assert.equal(got.ETag, put.ETag);
      assert.equal(got.ContentType, 'text/x-test');
      assert.equal(got.CacheControl, 'no-cache');
      assert.equal(got.ContentDisposition, 'attachment; filename="a b"');
      assert.equal(got.ContentEncoding, 'gzip');
      assert.equal(got.ContentLanguage, 'de');
      assert.equal(got.ExpiresString, 'Tue, 01 Jan 2030 00:00:00 GMT');
      assert.deepEqual(got.Metadata, { colour: 'blue', number: '12' });
      const head = await world.s3.send(new HeadObjectCommand({ Bucket, Key: 'key' }));
      assert.equal(head.ContentLength, 11);
      assert.equal(head.ETag, put.ETag);
      assert.deepEqual(head.Metadata, got.Metadata);
      assert.ok(Math.abs(Date.now() - Number(head.LastModified)) < 60_000);
    },
  },
  {
    name: 'metadata outside ASCII comes back',
    async run(world) {
      const bucket = await world.bucket();
      const text = 'Grüße, 世界';
      const headers = { 'x-amz-meta-greeting': text };
      assert.equal((await world.raw({ method: 'PUT', bucket, key: 'k', headers })).status, 200);
      const head = await world.raw({ method: 'HEAD', bucket, key: 'k' });
      const value = given(head.headers['x-amz-meta-greeting']);
      const word = /^=\?UTF-8\?B\?(.*)\?=$/i.exec(value);
      const decoded =
        word === null ? Buffer.from(value, 'latin1') : Buffer.from(word[1] ?? '', 'base64');
      assert.equal(decoded.toString('utf8'), text);
    },
  },
  {
    name: 'metadata above two kilobytes is refused',
    async run(world) {
      const Bucket = await world.bucket();
      const big = world.put(Bucket, 'k', 'x', { Metadata: { m: 'v'.repeat(2049) } });
      await refused(big, 'MetadataTooLarge', 400);
      await world.put(Bucket, 'k', 'x', { Metadata: { m: 'v'.repeat(2047) } });
    },
  },
  {
    name: 'an empty object is an object',
    async run(world) {
      const Bucket = await world.bucket();
      await world.put(Bucket, 'empty', '');
      const got = await world.s3.send(new GetObjectCommand({ Bucket, Key: 'empty' }));
      assert.equal(got.ContentLength, 0);
      assert.equal(await textOf(got), '');
      assert.equal(got.ETag, '"d41d8cd98f00b204e9800998ecf8427e"');
    },
  },
  {
    name: 'a large object comes back byte for byte',
    async run(world) {
      const Bucket = await world.bucket();
      const body = randomBytes(20 * 1024 * 1024 + 7);
      await world.put(Bucket, 'large', body);
      const got = await world.s3.send(new GetObjectCommand({ Bucket, Key: 'large' }));
      const bytes = await given(got.Body).transformToByteArray();
      assert.ok(body.equals(bytes));
    },
  },
  {
    name: 'a stream with its checksum in a trailer is stored',
    async run(world) {
      const Bucket = await world.bucket();
      const body = randomBytes(300_000);
      const pieces = [body.subarray(0, 1), body.subarray(1, 200_000), body.subarray(200_000)];
      await world.put(Bucket, 'streamed', Readable.from(pieces, { objectMode: false }), {
        ContentLength: body.length,
        ChecksumAlgorithm: 'CRC32C',
      });
      const command = new GetObjectCommand({ Bucket, Key: 'streamed', ChecksumMode: 'ENABLED' });
      const got = await world.s3.send(command);
      assert.ok(body.equals(await given(got.Body).transformToByteArray()));
      assert.equal(got.ContentEncoding, undefined);
      assert.ok(got.ChecksumCRC32C);
    },
  },
  {
    name: 'every legal key is kept as it is',
    async run(world) {
      const Bucket = await world.bucket();
      for (const Key of ODD_KEYS) {
        await world.put(Bucket, Key, `content of ${Key}`);
        const TagSet = [{ Key: 'k', Value: 'v' }];
        await world.s3.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet } }));
      }
      for (const Key of ODD_KEYS) {
        const got = await world.s3.send(new GetObjectCommand({ Bucket, Key }));
        assert.equal(await textOf(got), `content of ${Key}`);
        assert.equal(got.TagCount, 1);
      }
      const listed = await world.s3.send(new ListObjectsV2Command({ Bucket }));
      const sorted = [...ODD_KEYS].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      assert.deepEqual(
        (listed.Contents ?? []).map(({ Key }) => Key),
        sorted,
      );
      for (const Key of ODD_KEYS) await world.s3.send(new DeleteObjectCommand({ Bucket, Key }));
      assert.equal((await world.s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 0);
    },
  },
  {
    name: 'a key of 1,024 bytes is stored and one of 1,025 is refused',
    async run(world) {
      const Bucket = await world.bucket();
      await world.put(Bucket, 'ä'.repeat(512));
      await refused(world.put(Bucket, `${'ä'.repeat(512)}x`), 'KeyTooLongError', 400);
    },
  },
  {
    name: 'a path whose bytes are not UTF-8 is refused',
    async run(world) {
      const bucket = await world.bucket();
      const path = `/${bucket}/%ff`;
      const headers = { host: world.host };
      const signer = createSigner({ ...world.endpoint, service: 's3' });
      const signed = { method: 'PUT', path: `/${bucket}/%FF`, query: '', headers };
      const added = signer.sign({ ...signed, payloadHash: UNSIGNED_PAYLOAD }, Date.now());
      const answer = await world.exchange('PUT', path, { ...headers, ...added });
      assert.equal(answer.status, 400);
    },
  },
  {
    name: 'a wrong Content-MD5 is refused, and so is one that is none',
    async run(world) {
      const bucket = await world.bucket();
      const put = (md5: string): ReturnType<typeof world.raw> => {
        const headers = { 'content-md5': md5 };
        return world.raw({ method: 'PUT', bucket, key: 'k', body: 'x', headers });
      };
      const other = createHash('md5').update('y').digest('base64');
      assert.equal((await put(other)).code, 'BadDigest');
      assert.equal((await put('bm9uZQ==')).code, 'InvalidDigest');
      assert.equal((await put(createHash('md5').update('x').digest('base64'))).status, 200);
    },
  },
  {
    name: 'a body that is not what was signed is refused',
    async run(world) {
      const bucket = await world.bucket();
      const payloadHash = createHash('sha256').update('signed').digest('hex');
      const body = 'another';
      const answer = await world.raw({ method: 'PUT', bucket, key: 'k', body, payloadHash });
      assert.deepEqual([answer.status, answer.code], [400, 'XAmzContentSHA256Mismatch']);
      const missing = new HeadObjectCommand({ Bucket: bucket, Key: 'k' });
      await refused(world.s3.send(missing), 'NotFound', 404);
    },
  },
  {
    name: 'a body without a length is refused',
    async run(world) {
      const bucket = await world.bucket();
      const headers = { 'transfer-encoding': 'chunked' };
      const answer = await world.raw({
        method: 'PUT',
        bucket,
        key: 'k',
        headers,
        payloadHash: UNSIGNED_PAYLOAD,
      });
      assert.deepEqual([answer.status, answer.code], [411, 'MissingContentLength']);
    },
  },
  {
    name: 'a client that asks "100-continue?" is told to go on',
    async run(world) {
      const bucket = await world.bucket();
      const headers = { host: world.host, expect: '100-continue', 'content-length': '5' };
      const path = `/${bucket}/${encodePath('asked first')}`;
      const signer = createSigner({ ...world.endpoint, service: 's3' });
      const { expect: _expect, 'content-length': _length, ...signedHeaders } = headers;
      const unsigned = { method: 'PUT', path, query: '', headers: signedHeaders };
      const added = signer.sign({ ...unsigned, payloadHash: UNSIGNED_PAYLOAD }, Date.now());
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const options = { method: 'PUT', path, headers: { ...headers, ...added }, agent: false };
        const outgoing = httpRequest(world.endpoint.endpoint, options, (incoming) => {
          incoming.resume();
          resolve(incoming.statusCode);
        });
        outgoing.on('error', reject);
        // Only the interim answer makes the body go out.
        outgoing.on('continue', () => outgoing.end('hello'));
        outgoing.flushHeaders();
      });
      assert.equal(status, 200);
      const got = await world.s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'asked first' }));
      assert.equal(await textOf(got), 'hello');
    },
  },
  ...SDK_CHECKSUMS.flatMap((algorithm): readonly ContractCase[] => {
    const member = `Checksum${algorithm}` as const;
    const header = `x-amz-checksum-${algorithm.toLowerCase()}`;
    const put = async (world: World): Promise<{ Bucket: string; sum: string }> => {
      const Bucket = await world.bucket();
      const answer = await world.put(Bucket, 'k', 'checked', { ChecksumAlgorithm: algorithm });
      return { Bucket, sum: given(answer[member]) };
    };
    return [
      {
        name: `the ${algorithm} checksum is kept and told to who asks for it`,
        async run(world) {
          const { Bucket, sum } = await put(world);
          const command = new GetObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED' });
          assert.equal((await world.s3.send(command))[member], sum);
          const plain = await world.raw({ method: 'HEAD', bucket: Bucket, key: 'k' });
          assert.equal(plain.headers[header], undefined);
        },
      },
      {
        name: `a wrong ${algorithm} checksum is refused, and so is one that is none`,
        async run(world) {
          const { Bucket: bucket, sum } = await put(world);
          const write = async (value: string): Promise<unknown> => {
            const headers = { [header]: value };
            const request = { method: 'PUT', bucket, key: 'wrong', body: 'other content', headers };
            const answer = await world.raw(request);
            return [answer.status, answer.code];
          };
          assert.deepEqual(await write(sum), [400, 'BadDigest']);
          assert.deepEqual(await write('bm9uZQ'), [400, 'InvalidRequest']);
        },
      },
    ];
  }),
  {
    name: 'the type of a checksum is told with it',
    async run(world) {
      const Bucket = await world.bucket();
      const put = await world.put(Bucket, 'k', 'x', { ChecksumAlgorithm: 'SHA256' });
      const command = new HeadObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED' });
      const head = await world.s3.send(command);
      assert.deepEqual([put.ChecksumType, head.ChecksumType], ['FULL_OBJECT', 'FULL_OBJECT']);
    },
  },
  {
    name: 'the MD5 checksum is verified, kept and told',
    // The SDK writes this one as Content-MD5.
    async run(world) {
      const bucket = await world.bucket();
      const header = 'x-amz-checksum-md5';
      const md5 = createHash('md5').update('checked').digest('base64');
      const put = (body: string): Promise<RawAnswer> =>
        world.raw({ method: 'PUT', bucket, key: 'k', body, headers: { [header]: md5 } });
      assert.equal((await put('checked')).headers[header], md5);
      const wrong = await put('other content');
      assert.deepEqual([wrong.status, wrong.code], [400, 'BadDigest']);
      const headers = { 'x-amz-checksum-mode': 'ENABLED' };
      const head = await world.raw({ method: 'HEAD', bucket, key: 'k', headers });
      assert.equal(head.headers[header], md5);
      await world.put(bucket, 'by the SDK', 'checked', { ChecksumAlgorithm: 'MD5' });
    },
  },
  {
    name: 'a write that may only create is refused when the object exists',
    async run(world) {
      const Bucket = await world.bucket();
      await world.put(Bucket, 'k', 'first', { IfNoneMatch: '*' });
      const again = world.put(Bucket, 'k', 'second', { IfNoneMatch: '*' });
      await refused(again, 'PreconditionFailed', 412);
      const got = await world.s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
      assert.equal(await textOf(got), 'first');
    },
  },
  {
    name: 'a write that may only replace one content is refused when it is another',
    async run(world) {
      const Bucket = await world.bucket();
      const first = await world.put(Bucket, 'k', 'first');
      const IfMatch = given(first.ETag);
      await world.put(Bucket, 'k', 'second', { IfMatch });
      await refused(world.put(Bucket, 'k', 'third', { IfMatch }), 'PreconditionFailed', 412);
    },
  },
  {
    name: 'a write that may only replace is refused when there is nothing to replace',
    async run(world) {
      const Bucket = await world.bucket();
      const put = world.put(Bucket, 'absent', 'x', { IfMatch: '"any"' });
      await refused(put, 'NoSuchKey', 404);
    },
  },
  {
    name: 'a storage class is kept and an unknown one is refused',
    async run(world) {
      const Bucket = await world.bucket();
      const classes: StorageClass[] = ['STANDARD_IA', 'GLACIER_IR', 'DEEP_ARCHIVE'];
      for (const StorageClass of classes) {
        await world.put(Bucket, StorageClass, 'x', { StorageClass });
        const head = await world.s3.send(new HeadObjectCommand({ Bucket, Key: StorageClass }));
        assert.equal(head.StorageClass, StorageClass);
      }
      await world.put(Bucket, 'STANDARD', 'x', { StorageClass: 'STANDARD' });
      const listed = await world.s3.send(new ListObjectsV2Command({ Bucket }));
      for (const { Key, StorageClass } of listed.Contents ?? []) assert.equal(StorageClass, Key);
      const headers = { 'x-amz-storage-class': 'COLD' };
      const bad = await world.raw({ method: 'PUT', bucket: Bucket, key: 'k', headers });
      assert.deepEqual([bad.status, bad.code], [400, 'InvalidStorageClass']);
    },
  },
  {
    name: 'the standard class is not told',
    async run(world) {
      const Bucket = await world.bucket();
      await world.put(Bucket, 'k', 'x', { StorageClass: 'STANDARD' });
      const head = await world.s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
      assert.equal(head.StorageClass, undefined);
    },
  },
  {
    name: 'an archived object tells of itself but is not read',
    async run(world) {
      const Bucket = await world.bucket();
      for (const StorageClass of ['GLACIER', 'DEEP_ARCHIVE'] as const) {
        await world.put(Bucket, 'cold', 'x', { StorageClass });
        const get = world.s3.send(new GetObjectCommand({ Bucket, Key: 'cold' }));
        await refused(get, 'InvalidObjectState', 403);
        const head = await world.s3.send(new HeadObjectCommand({ Bucket, Key: 'cold' }));
        assert.equal(head.ContentLength, 1);
      }
    },
  },
  {
    name: 'encryption headers are repeated',
    async run(world) {
      const Bucket = await world.bucket();
      const put = await world.put(Bucket, 'k', 'x', {
        ServerSideEncryption: 'aws:kms',
        SSEKMSKeyId: 'testkey-1',
      });
      const head = await world.s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
      for (const answer of [put, head]) {
        assert.equal(answer.ServerSideEncryption, 'aws:kms');
        assert.equal(answer.SSEKMSKeyId, 'testkey-1');
      }
    },
  },
  {
    name: 'encryption with the store’s own key and with a bucket key is told',
    async run(world) {
      const Bucket = await world.bucket();
      const put = await world.put(Bucket, 'k', 'x', {
        ServerSideEncryption: 'aws:kms',
        BucketKeyEnabled: true,
      });
      assert.equal(put.BucketKeyEnabled, true);
      await world.put(Bucket, 'k', 'x', { ServerSideEncryption: 'AES256' });
      const head = await world.s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
      assert.equal(head.ServerSideEncryption, 'AES256');
      assert.equal(head.SSEKMSKeyId, undefined);
      assert.equal(head.BucketKeyEnabled, undefined);
    },
  },
  {
    name: 'deleting an object that is not there succeeds',
    async run(world) {
      const Bucket = await world.bucket();
      const deleted = await world.s3.send(new DeleteObjectCommand({ Bucket, Key: 'never was' }));
      assert.equal(deleted.$metadata.httpStatusCode, 204);
      assert.equal(deleted.DeleteMarker, undefined);
    },
  },
  {
    name: 'several objects are deleted with one request',
    async run(world) {
      const Bucket = await world.bucket();
      const keys = ['a', 'b <&> c', 'd'];
      for (const key of keys) await world.put(Bucket, key);
      const Objects = ['a', 'b <&> c', 'never was'].map((Key) => ({ Key }));
      const answer = await world.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
      assert.deepEqual((answer.Deleted ?? []).map(({ Key }) => Key).sort(), [
        'a',
        'b <&> c',
        'never was',
      ]);
      assert.equal(answer.Errors, undefined);
      const Delete = { Objects: [{ Key: 'd' }], Quiet: true };
      const quiet = await world.s3.send(new DeleteObjectsCommand({ Bucket, Delete }));
      assert.equal(quiet.Deleted, undefined);
      assert.equal((await world.s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 0);
    },
  },
  {
    name: 'a thousand keys are deleted at once',
    async run(world) {
      const Bucket = await world.bucket();
      const Objects = Array.from({ length: 1000 }, (_, i) => ({ Key: `key-${i}` }));
      const answer = await world.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
      assert.equal(answer.Deleted?.length, 1000);
    },
  },
  {
    name: 'more than a thousand keys at once are refused',
    async run(world) {
      const Bucket = await world.bucket();
      const Objects = Array.from({ length: 1001 }, (_, i) => ({ Key: `key-${i}` }));
      const Delete = { Objects };
      const more = world.s3.send(new DeleteObjectsCommand({ Bucket, Delete }));
      await refused(more, 'MalformedXML', 400);
    },
  },
  {
    name: 'deleting several objects needs a digest of the list',
    async run(world) {
      const bucket = await world.bucket();
      const body = '<Delete><Object><Key>k</Key></Object></Delete>';
      const answer = await world.raw({ method: 'POST', bucket, query: { delete: '' }, body });
      assert.deepEqual([answer.status, answer.code], [400, 'InvalidRequest']);
    },
  },
];
