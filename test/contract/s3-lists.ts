import assert from 'node:assert/strict';
import {
  DeleteObjectCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  ListObjectVersionsCommand,
} from '@aws-sdk/client-s3';
import { type ContractCase, given, type World } from './s3-harness.ts';

/** In the order of their UTF-8 bytes, which differs from JavaScript's: U+FF5E before U+1F600. */
const KEYS: readonly string[] = [
  'A',
  'a',
  'a-b',
  'a/',
  'a/1',
  'a/2/x',
  'a/2/y',
  'a/3',
  'a0',
  'b//c',
  'b/c',
  'z z/+%&<>"',
  'é',
  '～',
  '😀',
];

async function filled(world: World): Promise<string> {
  const Bucket = await world.bucket();
  for (const key of [...KEYS].reverse()) await world.put(Bucket, key, key);
  return Bucket;
}

interface Listed {
  readonly keys: readonly string[];
  readonly prefixes: readonly string[];
}

/** All pages of a listing; each page but the last must be full. */
async function listAll(world: World, input: ListObjectsV2CommandInput): Promise<Listed> {
  const keys: string[] = [];
  const prefixes: string[] = [];
  let ContinuationToken: string | undefined;
  do {
    const command = new ListObjectsV2Command({ ...input, ContinuationToken });
    const page = await world.s3.send(command);
    keys.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
    prefixes.push(...(page.CommonPrefixes ?? []).map(({ Prefix = '' }) => Prefix));
    const count = (page.Contents ?? []).length + (page.CommonPrefixes ?? []).length;
    assert.equal(page.KeyCount, count);
    assert.equal(page.IsTruncated, page.NextContinuationToken !== undefined);
    if (page.IsTruncated === true) assert.equal(count, input.MaxKeys ?? 1000);
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  return { keys, prefixes };
}

/** What a listing must be, from all keys and the definition. */
function expected(prefix: string, delimiter: string, after = ''): Listed {
  const prefixes = new Set<string>();
  const keys: string[] = [];
  for (const key of KEYS) {
    if (!key.startsWith(prefix) || Buffer.compare(Buffer.from(key), Buffer.from(after)) <= 0) {
      continue;
    }
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (end < 0) keys.push(key);
    else prefixes.add(key.slice(0, end + delimiter.length));
  }
  return { keys, prefixes: [...prefixes] };
}

export const listCases: readonly ContractCase[] = [
  {
    name: 'keys are listed in the order of their bytes, in pages of any size',
    async run(world) {
      const Bucket = await filled(world);
      for (const MaxKeys of [1, 2, 4, 1000]) {
        assert.deepEqual(await listAll(world, { Bucket, MaxKeys }), expected('', ''));
      }
    },
  },
  {
    name: 'keys are rolled up to their common prefixes, in pages of any size',
    async run(world) {
      const Bucket = await filled(world);
      for (const Prefix of ['', 'a', 'a/', 'a/2', 'b/', 'z', 'none']) {
        for (const Delimiter of ['/', '2/', '-']) {
          for (const MaxKeys of [1, 3, 1000]) {
            const listed = await listAll(world, { Bucket, Prefix, Delimiter, MaxKeys });
            const message = JSON.stringify({ Prefix, Delimiter, MaxKeys });
            assert.deepEqual(listed, expected(Prefix, Delimiter), message);
          }
        }
      }
    },
  },
  {
    name: 'a listing starts after any key',
    async run(world) {
      const Bucket = await filled(world);
      for (const StartAfter of ['a', 'a/1', 'a/1zzz', 'b', '😀', '~']) {
        const listed = await listAll(world, { Bucket, StartAfter, MaxKeys: 3 });
        assert.deepEqual(listed, expected('', '', StartAfter));
      }
    },
  },
  {
    name: 'what is listed of an object is what it is',
    async run(world) {
      const Bucket = await world.bucket();
      const { ETag } = await world.put(Bucket, 'k', 'four', { StorageClass: 'STANDARD_IA' });
      const plain = await world.s3.send(new ListObjectsV2Command({ Bucket }));
      const [object] = plain.Contents ?? [];
      assert.equal(object?.ETag, ETag);
      assert.equal(object?.Size, 4);
      assert.equal(object?.StorageClass, 'STANDARD_IA');
      assert.ok(object.LastModified);
      assert.equal(object.Owner, undefined);
      const owned = await world.s3.send(new ListObjectsV2Command({ Bucket, FetchOwner: true }));
      assert.ok(owned.Contents?.[0]?.Owner?.ID);
    },
  },
  {
    name: 'keys of a listing can be asked for URL-encoded',
    async run(world) {
      const bucket = await filled(world);
      const query = { 'list-type': '2', 'encoding-type': 'url', prefix: 'z z/' };
      const answer = await world.raw({ method: 'GET', bucket, query });
      const key = given(/<Key>([^<]*)<\/Key>/.exec(answer.body.toString())?.[1]);
      assert.equal(decodeURIComponent(key.replaceAll('+', '%20')), 'z z/+%&<>"');
      const prefix = given(/<Prefix>([^<]*)<\/Prefix>/.exec(answer.body.toString())?.[1]);
      assert.equal(decodeURIComponent(prefix.replaceAll('+', '%20')), 'z z/');
    },
  },
  {
    name: 'a page of no keys is empty and the last',
    async run(world) {
      const Bucket = await filled(world);
      const page = await world.s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 0 }));
      assert.equal(page.KeyCount, 0);
      assert.equal(page.IsTruncated, false);
    },
  },
  {
    name: 'a page size that is no number is refused',
    async run(world) {
      const bucket = await world.bucket();
      const query = { 'list-type': '2', 'max-keys': 'many' };
      const answer = await world.raw({ method: 'GET', bucket, query });
      assert.deepEqual([answer.status, answer.code], [400, 'InvalidArgument']);
    },
  },
  {
    name: 'the first version of ListObjects pages by markers',
    async run(world) {
      const Bucket = await filled(world);
      for (const Delimiter of [undefined, '/']) {
        const keys: string[] = [];
        const prefixes: string[] = [];
        let Marker: string | undefined;
        for (let isTruncated = true; isTruncated;) {
          const input = { Bucket, MaxKeys: 2, Marker, Delimiter };
          const page = await world.s3.send(new ListObjectsCommand(input));
          keys.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
          prefixes.push(...(page.CommonPrefixes ?? []).map(({ Prefix = '' }) => Prefix));
          isTruncated = given(page.IsTruncated);
          if (Delimiter !== undefined && isTruncated) assert.ok(page.NextMarker);
          Marker = page.NextMarker ?? keys.at(-1);
        }
        assert.deepEqual({ keys, prefixes }, expected('', Delimiter ?? ''));
      }
    },
  },
  {
    name: 'versions and markers are listed newest first, in pages of any size',
    async run(world) {
      const Bucket = await world.bucket({ versioning: true });
      const made: string[] = [];
      for (const Key of ['a', 'b/1', 'b/2', '😀']) {
        const ids: string[] = [];
        for (const text of ['one', 'two', 'three']) {
          ids.unshift(given((await world.put(Bucket, Key, text)).VersionId));
        }
        const deleted = await world.s3.send(new DeleteObjectCommand({ Bucket, Key }));
        ids.unshift(given(deleted.VersionId));
        made.push(...ids.map((id, i) => `${Key} ${id} ${i === 0 ? 'marker latest' : ''}`));
      }
      for (const MaxKeys of [1, 3, 5, 1000]) {
        const seen: string[] = [];
        let markers: { KeyMarker?: string; VersionIdMarker?: string } = {};
        for (let isTruncated = true; isTruncated;) {
          const page = await world.s3.send(
            new ListObjectVersionsCommand({ Bucket, MaxKeys, ...markers }),
          );
          const rows = [
            ...(page.Versions ?? []).map((version) => ({ ...version, kind: '' })),
            ...(page.DeleteMarkers ?? []).map((marker) => ({ ...marker, kind: 'marker' })),
          ];
          assert.ok(rows.length <= MaxKeys);
          for (const { Key = '', VersionId = '', IsLatest, kind } of rows) {
            const latest = IsLatest === true ? ' latest' : '';
            seen.push(`${Key} ${VersionId} ${kind}${latest}`);
          }
          isTruncated = given(page.IsTruncated);
          markers = {
            KeyMarker: page.NextKeyMarker ?? '',
            VersionIdMarker: page.NextVersionIdMarker ?? '',
          };
        }
        // The SDK gives versions and markers apart, so only the order within a kind is seen.
        assert.deepEqual(
          seen.filter((line) => !line.includes('marker')),
          made.filter((line) => !line.includes('marker')),
        );
        assert.deepEqual([...seen].sort(), [...made].sort());
      }
    },
  },
  {
    name: 'a listing of versions goes on behind a version that was deleted meanwhile',
    async run(world) {
      const Bucket = await world.bucket({ versioning: true });
      for (const text of ['one', 'two', 'three', 'four']) await world.put(Bucket, 'k', text);
      const deleted: (string | undefined)[] = [];
      let markers: { KeyMarker?: string; VersionIdMarker?: string } = {};
      for (let isTruncated = true; isTruncated;) {
        const page = await world.s3.send(
          new ListObjectVersionsCommand({ Bucket, MaxKeys: 1, ...markers }),
        );
        for (const { Key, VersionId } of page.Versions ?? []) {
          await world.s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
          deleted.push(VersionId);
        }
        isTruncated = given(page.IsTruncated);
        markers = {
          KeyMarker: page.NextKeyMarker ?? '',
          VersionIdMarker: page.NextVersionIdMarker ?? '',
        };
      }
      assert.equal(new Set(deleted).size, 4);
    },
  },
  {
    name: 'versions are rolled up to their common prefixes',
    async run(world) {
      const Bucket = await world.bucket({ versioning: true });
      for (const key of ['a/1', 'a/1', 'a/2', 'b', 'c/1']) await world.put(Bucket, key);
      const command = new ListObjectVersionsCommand({ Bucket, Delimiter: '/' });
      const page = await world.s3.send(command);
      assert.deepEqual(
        (page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
        ['a/', 'c/'],
      );
      assert.deepEqual(
        (page.Versions ?? []).map(({ Key }) => Key),
        ['b'],
      );
    },
  },
];
