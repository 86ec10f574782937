import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import {
  type ChecksumAlgorithm,
  type ChecksumType,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectAttributesCommand,
  type GetObjectAttributesCommandInput,
  type GetObjectAttributesCommandOutput,
  GetObjectCommand,
  HeadObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { type ContractCase, given, refused, type World } from './s3-harness.ts';

const MIB = 1024 * 1024;
const ALL = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'] as const;

function attributes(
  world: World,
  Bucket: string,
  more: Partial<GetObjectAttributesCommandInput> = {},
): Promise<GetObjectAttributesCommandOutput> {
  const input = { Bucket, Key: 'k', ObjectAttributes: [...ALL], ...more };
  return world.s3.send(new GetObjectAttributesCommand(input));
}

interface Uploaded {
  readonly Bucket: string;
  readonly bodies: readonly Buffer[];
  readonly parts: readonly CompletedPart[];
}

async function inParts(
  world: World,
  checksum: { ChecksumAlgorithm?: ChecksumAlgorithm; ChecksumType?: ChecksumType } = {},
): Promise<Uploaded> {
  const Bucket = await world.bucket();
  const place = { Bucket, Key: 'k' };
  const begun = await world.s3.send(new CreateMultipartUploadCommand({ ...place, ...checksum }));
  const upload = { ...place, UploadId: given(begun.UploadId) };
  const bodies = [randomBytes(5 * MIB), randomBytes(5 * MIB), randomBytes(1000)];
  const parts: CompletedPart[] = [];
  const { ChecksumAlgorithm } = checksum;
  for (const [i, Body] of bodies.entries()) {
    const algorithm = ChecksumAlgorithm === undefined ? {} : { ChecksumAlgorithm };
    const part = { ...upload, PartNumber: i + 1, Body, ...algorithm };
    const { ETag, ChecksumSHA256, ChecksumCRC32 } = await world.s3.send(
      new UploadPartCommand(part),
    );
    parts.push({ PartNumber: i + 1, ETag, ChecksumSHA256, ChecksumCRC32 });
  }
  const completed = { ...upload, MultipartUpload: { Parts: parts } };
  await world.s3.send(new CompleteMultipartUploadCommand(completed));
  return { Bucket, bodies, parts };
}

const COMPOSITE = { ChecksumAlgorithm: 'SHA256', ChecksumType: 'COMPOSITE' } as const;

const attributeCases: readonly ContractCase[] = [
  {
    name: 'attributes are elements of a document',
    async run(world) {
      const bucket = await world.bucket();
      const put = await world.put(bucket, 'k', 'content', { ChecksumAlgorithm: 'SHA256' });
      const headers = { 'x-amz-object-attributes': 'ETag,ObjectSize,StorageClass,Checksum' };
      const query = { attributes: '' };
      const answer = await world.raw({ method: 'GET', bucket, key: 'k', query, headers });
      const text = answer.body.toString();
      const sum = given(put.ChecksumSHA256).replaceAll('+', '\\+');
      for (const element of [
        `<ETag>${given(put.ETag).replaceAll('"', '')}</ETag>`,
        '<ObjectSize>7</ObjectSize>',
        '<StorageClass>STANDARD</StorageClass>',
        `<Checksum>\\s*<ChecksumSHA256>${sum}</ChecksumSHA256>`,
      ]) {
        assert.match(text, new RegExp(element));
      }
      assert.doesNotMatch(text, /<ObjectParts>/);
    },
  },
  {
    name: 'the attributes that are asked for are told',
    async run(world) {
      const Bucket = await world.bucket();
      const put = await world.put(Bucket, 'k', 'content', {
        ChecksumAlgorithm: 'SHA256',
        StorageClass: 'STANDARD_IA',
      });
      const all = await attributes(world, Bucket);
      assert.equal(all.ETag, given(put.ETag).replaceAll('"', ''));
      assert.equal(all.ObjectSize, 7);
      assert.equal(all.StorageClass, 'STANDARD_IA');
      assert.equal(all.Checksum?.ChecksumSHA256, put.ChecksumSHA256);
      assert.equal(all.ObjectParts, undefined);
      assert.ok(all.LastModified instanceof Date);
      const some = await attributes(world, Bucket, { ObjectAttributes: ['ObjectSize'] });
      assert.deepEqual([some.ObjectSize, some.ETag, some.StorageClass], [7, undefined, undefined]);
    },
  },
  {
    name: 'the type of a checksum is told among the attributes',
    async run(world) {
      const Bucket = await world.bucket();
      await world.put(Bucket, 'k', 'content', { ChecksumAlgorithm: 'CRC32' });
      assert.equal((await attributes(world, Bucket)).Checksum?.ChecksumType, 'FULL_OBJECT');
    },
  },
  {
    name: 'the parts of an object are told page by page, with their checksums',
    async run(world) {
      const { Bucket, bodies, parts } = await inParts(world, COMPOSITE);
      const all = await attributes(world, Bucket);
      assert.equal(all.ObjectParts?.TotalPartsCount, 3);
      assert.deepEqual(
        all.ObjectParts.Parts?.map((part) => [part.PartNumber, part.Size, part.ChecksumSHA256]),
        bodies.map((body, i) => [i + 1, body.length, parts[i]?.ChecksumSHA256]),
      );
      const first = await attributes(world, Bucket, { MaxParts: 2 });
      assert.equal(first.ObjectParts?.IsTruncated, true);
      const PartNumberMarker = first.ObjectParts.NextPartNumberMarker;
      const second = await attributes(world, Bucket, { MaxParts: 2, PartNumberMarker });
      assert.equal(second.ObjectParts?.IsTruncated, false);
      assert.deepEqual(
        second.ObjectParts.Parts?.map(({ PartNumber }) => PartNumber),
        [3],
      );
    },
  },
  {
    name: 'a composite checksum stands among the attributes without its number of parts',
    async run(world) {
      const { Bucket, bodies } = await inParts(world, COMPOSITE);
      const { Checksum } = await attributes(world, Bucket);
      const digests = bodies.map((body) => createHash('sha256').update(body).digest());
      const whole = createHash('sha256').update(Buffer.concat(digests)).digest('base64');
      assert.deepEqual(Checksum, { ChecksumSHA256: whole, ChecksumType: 'COMPOSITE' });
    },
  },
  {
    name: 'of an object with a checksum of the whole, only the number of its parts is told',
    async run(world) {
      const full = { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' } as const;
      const { Bucket } = await inParts(world, full);
      const { ObjectParts, Checksum } = await attributes(world, Bucket);
      assert.deepEqual(ObjectParts, { TotalPartsCount: 3 });
      assert.equal(Checksum?.ChecksumType, 'FULL_OBJECT');
    },
  },
  {
    name: 'the attributes of a named version are told',
    async run(world) {
      const Bucket = await world.bucket({ versioning: true });
      const { VersionId } = await world.put(Bucket, 'k', 'older');
      await world.put(Bucket, 'k', 'newer content');
      const older = await attributes(world, Bucket, { VersionId });
      assert.deepEqual([older.ObjectSize, older.VersionId], [5, VersionId]);
      assert.equal((await attributes(world, Bucket)).ObjectSize, 13);
    },
  },
  {
    name: 'attributes of what is not there are refused',
    async run(world) {
      const Bucket = await world.bucket({ versioning: true });
      await refused(attributes(world, Bucket), 'NoSuchKey', 404);
      await world.put(Bucket, 'k');
      const marker = await world.s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
      await refused(attributes(world, Bucket), 'NoSuchKey', 404);
      const { VersionId } = marker;
      await refused(attributes(world, Bucket, { VersionId }), 'MethodNotAllowed', 405);
    },
  },
  {
    name: 'no attributes, or unknown ones, are refused',
    async run(world) {
      const bucket = await world.bucket();
      await world.put(bucket, 'k');
      const ask = async (headers: Record<string, string>): Promise<unknown> => {
        const request = { method: 'GET', bucket, key: 'k', query: { attributes: '' }, headers };
        const answer = await world.raw(request);
        return [answer.status, answer.code];
      };
      assert.deepEqual(await ask({}), [400, 'InvalidRequest']);
      const unknown = { 'x-amz-object-attributes': 'ETag,Weight' };
      assert.deepEqual(await ask(unknown), [400, 'InvalidArgument']);
    },
  },
];

const partCases: readonly ContractCase[] = [
  {
    name: 'a HEAD of a part tells its size and the number of parts',
    async run(world) {
      const { Bucket } = await inParts(world);
      const head = new HeadObjectCommand({ Bucket, Key: 'k', PartNumber: 3 });
      const told = await world.s3.send(head);
      assert.deepEqual([told.ContentLength, told.PartsCount], [1000, 3]);
      const whole = await world.s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
      assert.deepEqual([whole.ContentLength, whole.PartsCount], [10 * MIB + 1000, undefined]);
    },
  },
  {
    name: 'a part is read with the checksum that it was uploaded with',
    async run(world) {
      const { Bucket, bodies, parts } = await inParts(world, COMPOSITE);
      const place = { Bucket, Key: 'k', ChecksumMode: 'ENABLED' as const };
      const got = await world.s3.send(new GetObjectCommand({ ...place, PartNumber: 3 }));
      assert.equal(got.ChecksumSHA256, parts[2]?.ChecksumSHA256);
      const bytes = await given(got.Body).transformToByteArray();
      assert.ok(given(bodies[2]).equals(bytes));
      const whole = await world.s3.send(new HeadObjectCommand(place));
      assert.match(given(whole.ChecksumSHA256), /-3$/);
      assert.equal(whole.ChecksumType, 'COMPOSITE');
    },
  },
  {
    name: 'the first part of an object in one piece is all of it',
    async run(world) {
      const Bucket = await world.bucket();
      const put = await world.put(Bucket, 'k', 'content', { ChecksumAlgorithm: 'SHA1' });
      const place = { Bucket, Key: 'k', ChecksumMode: 'ENABLED' as const };
      const head = await world.s3.send(new HeadObjectCommand({ ...place, PartNumber: 1 }));
      assert.equal(head.ContentLength, 7);
      assert.equal(head.ChecksumSHA1, put.ChecksumSHA1);
      const second = world.s3.send(new GetObjectCommand({ ...place, PartNumber: 2 }));
      await refused(second, 'InvalidPartNumber', 416);
    },
  },
];

export const attributesCases: readonly ContractCase[] = [...attributeCases, ...partCases];
