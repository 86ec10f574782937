import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandOutput,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { type ContractCase, given, refused, type World } from './s3-harness.ts';

const MIB = 1024 * 1024;

interface Upload {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId: string;
}

async function begin(
  world: World,
  Bucket: string,
  more: Partial<CreateMultipartUploadCommandInput> = {},
): Promise<Upload> {
  const Key = more.Key ?? 'assembled';
  const command = new CreateMultipartUploadCommand({ Bucket, Key, ...more });
  const { UploadId } = await world.s3.send(command);
  return { Bucket, Key, UploadId: given(UploadId) };
}

async function part(
  world: World,
  upload: Upload,
  PartNumber: number,
  Body: Buffer | string,
): Promise<CompletedPart> {
  const answer = await world.s3.send(new UploadPartCommand({ ...upload, PartNumber, Body }));
  const { ETag, ChecksumCRC32, ChecksumSHA256, ChecksumCRC64NVME } = answer;
  return { PartNumber, ETag, ChecksumCRC32, ChecksumSHA256, ChecksumCRC64NVME };
}

function complete(
  world: World,
  upload: Upload,
  Parts: CompletedPart[],
): Promise<CompleteMultipartUploadCommandOutput> {
  const input = { ...upload, MultipartUpload: { Parts } };
  return world.s3.send(new CompleteMultipartUploadCommand(input));
}

async function contentOf(world: World, { Bucket, Key }: Upload): Promise<Buffer> {
  const got = await world.s3.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from(await given(got.Body).transformToByteArray());
}

export const multipartCases: readonly ContractCase[] = [
  {
    name: 'an object is assembled from its parts',
    async run(world) {
      const Bucket = await world.bucket();
      const upload = await begin(world, Bucket, {
        ContentType: 'text/x-parts',
        Metadata: { made: 'of parts' },
        StorageClass: 'STANDARD_IA',
      });
      const bodies = [randomBytes(5 * MIB), randomBytes(5 * MIB + 1), randomBytes(10)];
      const parts: CompletedPart[] = [];
      for (const [i, body] of bodies.entries()) {
        parts.push(await part(world, upload, (i + 1) * 2, body));
      }
      const missing = new HeadObjectCommand({ Bucket, Key: upload.Key });
      await refused(world.s3.send(missing), 'NotFound', 404);
      await complete(world, upload, parts);
      const md5s = bodies.map((body) => createHash('md5').update(body).digest());
      const md5 = createHash('md5').update(Buffer.concat(md5s)).digest('hex');
      assert.ok(Buffer.concat(bodies).equals(await contentOf(world, upload)));
      const head = await world.s3.send(missing);
      assert.equal(head.ETag, `"${md5}-3"`);
      assert.equal(head.ContentType, 'text/x-parts');
      assert.deepEqual(head.Metadata, { made: 'of parts' });
      assert.equal(head.StorageClass, 'STANDARD_IA');
      const { Uploads } = await world.s3.send(new ListMultipartUploadsCommand({ Bucket }));
      assert.equal(Uploads, undefined);
    },
  },
  {
    name: 'the parts of a completed upload are no longer listed',
    async run(world) {
      const Bucket = await world.bucket();
      const upload = await begin(world, Bucket);
      await complete(world, upload, [await part(world, upload, 1, 'x')]);
      await refused(world.s3.send(new ListPartsCommand(upload)), 'NoSuchUpload', 404);
    },
  },
  {
    name: 'the answer to a completed upload tells what was made',
    async run(world) {
      const Bucket = await world.bucket();
      const upload = await begin(world, Bucket);
      const answer = await complete(world, upload, [await part(world, upload, 1, 'x')]);
      assert.equal(answer.Bucket, Bucket);
      assert.equal(answer.Key, upload.Key);
      const head = await world.s3.send(new HeadObjectCommand({ Bucket, Key: upload.Key }));
      assert.equal(answer.ETag, head.ETag);
    },
  },
  {
    name: 'tags given at the beginning of an upload are the object’s',
    async run(world) {
      const Bucket = await world.bucket();
      const upload = await begin(world, Bucket, { Tagging: 'a=b' });
      await complete(world, upload, [await part(world, upload, 1, 'x')]);
      const target = { Bucket, Key: upload.Key };
      const { TagSet } = await world.s3.send(new GetObjectTaggingCommand(target));
      assert.deepEqual(TagSet, [{ Key: 'a', Value: 'b' }]);
    },
  },
  {
    name: 'a part that comes again replaces the first',
    async run(world) {
      const Bucket = await world.bucket();
      const upload = await begin(world, Bucket);
      await part(world, upload, 1, 'first');
      const again = await part(world, upload, 1, 'again');
      await complete(world, upload, [again]);
      assert.equal((await contentOf(world, upload)).toString(), 'again');
    },
  },
  {
    name: 'a part that is too small and not the last is refused',
    async run(world) {
      const Bucket = await world.bucket();
      const upload = await begin(world, Bucket);
      const one = await part(world, upload, 1, 'small');
      const two = await part(world, upload, 2, 'last');
      await refused(complete(world, upload, [one, two]), 'EntityTooSmall', 400);
    },
  },
  {
    name: 'parts that the completion does not name are left out',
    async run(world) {
      const Bucket = await world.bucket();
      const upload = await begin(world, Bucket);
      await part(world, upload, 1, 'left out');
      const two = await part(world, upload, 2, 'named');
      await complete(world, upload, [two]);
      assert.equal((await contentOf(world, upload)).toString(), 'named');
    },
  },
  {
    name: 'a part that is missing or another is refused',
    async run(world) {
      const Bucket = await world.bucket();
      const upload = await begin(world, Bucket);
      const one = await part(world, upload, 1, randomBytes(5 * MIB));
      const ETag = '"00000000000000000000000000000000"';
      const missing = complete(world, upload, [one, { PartNumber: 3, ETag }]);
      await refused(missing, 'InvalidPart', 400);
      await refused(complete(world, upload, [{ ...one, ETag }]), 'InvalidPart', 400);
    },
  },
  {
    name: 'parts in disorder are refused',
    async run(world) {
      const Bucket = await world.bucket();
      const upload = await begin(world, Bucket);
      const one = await part(world, upload, 1, 'x');
      const two = await part(world, upload, 2, randomBytes(5 * MIB));
      await refused(complete(world, upload, [two, one]), 'InvalidPartOrder', 400);
    },
  },
  {
    name: 'parts are copied from ranges of an object',
    async run(world) {
      const Bucket = await world.bucket();
      const body = randomBytes(12 * MIB);
      await world.put(Bucket, 'source', body);
      const upload = await begin(world, Bucket);
      const ranges = [
        [6 * MIB, 12 * MIB - 1],
        [0, 6 * MIB - 1],
      ];
      const parts: CompletedPart[] = [];
      for (const [i, range] of ranges.entries()) {
        const answer = await world.s3.send(
          new UploadPartCopyCommand({
            ...upload,
            PartNumber: i + 1,
            CopySource: `${Bucket}/source`,
            CopySourceRange: `bytes=${range.join('-')}`,
          }),
        );
        const { ETag, ChecksumCRC32 } = given(answer.CopyPartResult);
        parts.push({ PartNumber: i + 1, ETag, ChecksumCRC32 });
      }
      await complete(world, upload, parts);
      const expected = Buffer.concat([body.subarray(6 * MIB), body.subarray(0, 6 * MIB)]);
      assert.ok(expected.equals(await contentOf(world, upload)));
    },
  },
  {
    name: 'a range behind the end of its source is no part',
    async run(world) {
      const Bucket = await world.bucket();
      await world.put(Bucket, 'source', '0123456789');
      const upload = await begin(world, Bucket);
      for (const CopySourceRange of ['bytes=5-10', 'bytes=5-', 'bytes=-5', '0-4']) {
        const input = { ...upload, PartNumber: 1, CopySource: `${Bucket}/source`, CopySourceRange };
        await refused(world.s3.send(new UploadPartCopyCommand(input)), 'InvalidArgument', 400);
      }
    },
  },
  {
    name: 'an upload that was given up is gone',
    async run(world) {
      const Bucket = await world.bucket();
      const upload = await begin(world, Bucket);
      await part(world, upload, 1, 'x');
      await world.s3.send(new AbortMultipartUploadCommand(upload));
      await refused(part(world, upload, 2, 'y'), 'NoSuchUpload', 404);
      const again = world.s3.send(new AbortMultipartUploadCommand(upload));
      await refused(again, 'NoSuchUpload', 404);
    },
  },
  {
    name: 'an upload that was given up is not completed',
    async run(world) {
      const Bucket = await world.bucket();
      const upload = await begin(world, Bucket);
      const one = await part(world, upload, 1, 'x');
      await world.s3.send(new AbortMultipartUploadCommand(upload));
      await refused(complete(world, upload, [one]), 'NoSuchUpload', 404);
    },
  },
  {
    name: 'part numbers go from 1 to 10,000',
    async run(world) {
      const Bucket = await world.bucket();
      const upload = await begin(world, Bucket);
      await refused(part(world, upload, 0, 'x'), 'InvalidArgument', 400);
      await refused(part(world, upload, 10_001, 'x'), 'InvalidArgument', 400);
      await part(world, upload, 10_000, 'x');
    },
  },
  {
    name: 'the parts of an upload are listed page by page',
    async run(world) {
      const Bucket = await world.bucket();
      const upload = await begin(world, Bucket);
      for (const number of [1, 5, 9]) await part(world, upload, number, `part ${number}`);
      const numbers: (number | undefined)[] = [];
      let PartNumberMarker: string | undefined;
      for (let isTruncated = true; isTruncated;) {
        const command = new ListPartsCommand({ ...upload, MaxParts: 2, PartNumberMarker });
        const page = await world.s3.send(command);
        for (const { PartNumber, Size, ETag } of page.Parts ?? []) {
          numbers.push(PartNumber);
          assert.equal(Size, 6);
          const md5 = createHash('md5').update(`part ${PartNumber}`).digest('hex');
          assert.equal(ETag, `"${md5}"`);
        }
        isTruncated = given(page.IsTruncated);
        PartNumberMarker = page.NextPartNumberMarker;
      }
      assert.deepEqual(numbers, [1, 5, 9]);
    },
  },
  {
    name: 'uploads in progress are listed page by page and by prefix',
    async run(world) {
      const Bucket = await world.bucket();
      const made: string[] = [];
      for (const Key of ['a/1', 'a/1', 'a/2', 'b', 'c/1']) {
        const { UploadId } = await begin(world, Bucket, { Key });
        made.push(`${Key} ${UploadId}`);
      }
      const seen: string[] = [];
      let markers: { KeyMarker?: string; UploadIdMarker?: string } = {};
      for (let isTruncated = true; isTruncated;) {
        const page = await world.s3.send(
          new ListMultipartUploadsCommand({ Bucket, MaxUploads: 2, ...markers }),
        );
        for (const { Key, UploadId } of page.Uploads ?? []) {
          seen.push(`${Key ?? ''} ${UploadId ?? ''}`);
        }
        isTruncated = given(page.IsTruncated);
        markers = {
          KeyMarker: page.NextKeyMarker ?? '',
          UploadIdMarker: page.NextUploadIdMarker ?? '',
        };
      }
      assert.deepEqual([...seen].sort(), [...made].sort());
      const prefixed = await world.s3.send(
        new ListMultipartUploadsCommand({ Bucket, Prefix: 'a/' }),
      );
      assert.equal(prefixed.Uploads?.length, 3);
    },
  },
  {
    name: 'uploads in progress are rolled up to their common prefixes',
    async run(world) {
      const Bucket = await world.bucket();
      for (const Key of ['a/1', 'a/2', 'b', 'c/1']) await begin(world, Bucket, { Key });
      const grouped = await world.s3.send(
        new ListMultipartUploadsCommand({ Bucket, Delimiter: '/' }),
      );
      assert.deepEqual(
        (grouped.CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
        ['a/', 'c/'],
      );
      assert.deepEqual(
        (grouped.Uploads ?? []).map(({ Key }) => Key),
        ['b'],
      );
    },
  },
  {
    name: 'a composite checksum is one of the parts’ checksums',
    async run(world) {
      const Bucket = await world.bucket();
      const upload = await begin(world, Bucket, { ChecksumAlgorithm: 'SHA256' });
      const bodies = [randomBytes(5 * MIB), randomBytes(100)];
      const parts: CompletedPart[] = [];
      for (const [i, Body] of bodies.entries()) {
        const input = { ...upload, PartNumber: i + 1, Body, ChecksumAlgorithm: 'SHA256' as const };
        const { ETag, ChecksumSHA256 } = await world.s3.send(new UploadPartCommand(input));
        parts.push({ PartNumber: i + 1, ETag, ChecksumSHA256 });
      }
      const answer = await complete(world, upload, parts);
      const digests = bodies.map((body) => createHash('sha256').update(body).digest());
      const whole = createHash('sha256').update(Buffer.concat(digests)).digest('base64');
      assert.equal(answer.ChecksumSHA256, `${whole}-2`);
      assert.equal(answer.ChecksumType, 'COMPOSITE');
    },
  },
  {
    name: 'a checksum of the full object is the same as in one piece',
    async run(world) {
      const Bucket = await world.bucket();
      const bodies = [randomBytes(5 * MIB), randomBytes(5 * MIB), randomBytes(1234)];
      for (const algorithm of ['CRC32', 'CRC64NVME'] as const) {
        const member = `Checksum${algorithm}` as const;
        const whole = await world.put(Bucket, 'whole', Buffer.concat(bodies), {
          ChecksumAlgorithm: algorithm,
        });
        const upload = await begin(world, Bucket, {
          ChecksumAlgorithm: algorithm,
          ChecksumType: 'FULL_OBJECT',
        });
        const parts: CompletedPart[] = [];
        for (const [i, Body] of bodies.entries()) {
          const input = { ...upload, PartNumber: i + 1, Body, ChecksumAlgorithm: algorithm };
          const { ETag } = await world.s3.send(new UploadPartCommand(input));
          parts.push({ PartNumber: i + 1, ETag });
        }
        const answer = await complete(world, upload, parts);
        assert.equal(answer[member], whole[member]);
        assert.equal(answer.ChecksumType, 'FULL_OBJECT');
      }
    },
  },
  {
    name: 'one part of an object is read by its number',
    async run(world) {
      const Bucket = await world.bucket();
      const upload = await begin(world, Bucket);
      const bodies = [randomBytes(5 * MIB), randomBytes(77)];
      const parts: CompletedPart[] = [];
      for (const [i, body] of bodies.entries()) {
        parts.push(await part(world, upload, i + 1, body));
      }
      await complete(world, upload, parts);
      const command = new GetObjectCommand({ Bucket, Key: upload.Key, PartNumber: 2 });
      const got = await world.s3.send(command);
      assert.ok(given(bodies[1]).equals(await given(got.Body).transformToByteArray()));
      assert.equal(got.PartsCount, 2);
      const third = new GetObjectCommand({ Bucket, Key: upload.Key, PartNumber: 3 });
      await refused(world.s3.send(third), 'InvalidPartNumber', 416);
    },
  },
  {
    name: 'an upload may only create when it says so',
    async run(world) {
      const Bucket = await world.bucket();
      const upload = await begin(world, Bucket);
      const Parts = [await part(world, upload, 1, 'x')];
      await world.put(Bucket, upload.Key, 'was faster');
      const input = { ...upload, MultipartUpload: { Parts }, IfNoneMatch: '*' };
      const command = new CompleteMultipartUploadCommand(input);
      await refused(world.s3.send(command), 'PreconditionFailed', 412);
      assert.equal((await contentOf(world, upload)).toString(), 'was faster');
    },
  },
  {
    name: 'a copy of an object of parts has its content',
    async run(world) {
      const Bucket = await world.bucket();
      const upload = await begin(world, Bucket);
      const bodies = [randomBytes(5 * MIB), randomBytes(10)];
      const parts: CompletedPart[] = [];
      for (const [i, body] of bodies.entries()) {
        parts.push(await part(world, upload, i + 1, body));
      }
      await complete(world, upload, parts);
      const CopySource = `${Bucket}/${upload.Key}`;
      const copied = { Bucket, Key: 'copy' };
      await world.s3.send(new CopyObjectCommand({ ...copied, CopySource }));
      assert.ok(Buffer.concat(bodies).equals(await contentOf(world, { ...copied, UploadId: '' })));
    },
  },
  {
    name: 'a copy of an object of parts is in one piece',
    async run(world) {
      const Bucket = await world.bucket();
      const upload = await begin(world, Bucket);
      await complete(world, upload, [await part(world, upload, 1, 'content')]);
      const CopySource = `${Bucket}/${upload.Key}`;
      const copied = { Bucket, Key: 'copy' };
      await world.s3.send(new CopyObjectCommand({ ...copied, CopySource }));
      const md5 = createHash('md5').update('content').digest('hex');
      assert.equal((await world.s3.send(new HeadObjectCommand(copied))).ETag, `"${md5}"`);
    },
  },
];
