import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManifestCutter, ManifestDefect } from '../../src/manifest/index.ts';
import type { ManifestField } from '../../src/model/vocabulary.ts';
import { cut, tasksIn } from './manifests.ts';

const PLAIN: readonly ManifestField[] = ['Bucket', 'Key'];
const VERSIONED: readonly ManifestField[] = ['Bucket', 'Key', 'VersionId'];
const IGNORING: readonly ManifestField[] = ['Ignore', 'Key', 'Bucket', 'Ignore'];

const FORMAT = 'Manifest file is not properly formatted: ';
const KEY = 'Invalid object key format: ';
const VERSION = 'Invalid version ID format: ';
const HEADER = `${FORMAT}line 1 repeats the names of the columns: manifests have no header row.`;

type Case = readonly [
  aim: string,
  fields: readonly ManifestField[],
  text: string | Buffer,
  reason: string,
];

const CASES: readonly Case[] = [
  [
    'a short row',
    VERSIONED,
    'bkt,a,1\nbkt,b,2\nbkt,c\n',
    'Unexpected number of task fields: line 3 has 2 fields, the schema names 3.',
  ],
  [
    'a long row',
    PLAIN,
    'bkt,a\nbkt,b,1',
    'Unexpected number of task fields: line 2 has 3 fields, the schema names 2.',
  ],
  [
    'an unquoted comma in a key',
    PLAIN,
    'bkt,a,b\n',
    'Unexpected number of task fields: line 1 has 3 fields, the schema names 2.',
  ],
  [
    'another delimiter',
    PLAIN,
    'bkt;a\n',
    'Unexpected number of task fields: line 1 has 1 field, the schema names 2.',
  ],
  [
    'a byte order mark',
    PLAIN,
    '\ufeffbkt,a\n',
    `${FORMAT}line 1 begins with a UTF-8 byte order mark (BOM); save it as UTF-8 without one.`,
  ],
  [
    'a byte order mark in an ignored column',
    IGNORING,
    '\ufeff1,a,bkt,2\n',
    `${FORMAT}line 1 begins with a UTF-8 byte order mark (BOM); save it as UTF-8 without one.`,
  ],
  [
    'Latin-1',
    PLAIN,
    Buffer.from('bkt,a\nbkt,caf\xe9\n', 'latin1'),
    `${FORMAT}line 2 is not UTF-8.`,
  ],
  [
    'Latin-1 in an ignored column',
    IGNORING,
    Buffer.from('1,a,bkt,\xe9\n', 'latin1'),
    `${FORMAT}line 1 is not UTF-8.`,
  ],
  ['UTF-16', PLAIN, Buffer.from('bkt,a\n', 'utf16le'), `${FORMAT}line 1 has a NUL byte.`],
  [
    'NUL in an ignored column',
    IGNORING,
    '1,a,bkt,2\n1,b,bkt,"\0"\n',
    `${FORMAT}line 2 has a NUL byte.`,
  ],
  [
    'a percent sign alone',
    PLAIN,
    'bkt,a\nbkt,100%\n',
    `${KEY}line 2 has a % without two hexadecimal digits.`,
  ],
  [
    'a percent sign and one digit',
    PLAIN,
    'bkt,a%2\n',
    `${KEY}line 1 has a % without two hexadecimal digits.`,
  ],
  [
    'a percent sign and other letters',
    PLAIN,
    'bkt,a%zz\n',
    `${KEY}line 1 has a % without two hexadecimal digits.`,
  ],
  ['escapes of Latin-1', PLAIN, 'bkt,caf%E9\n', `${KEY}line 1 decodes to a key that is not UTF-8.`],
  [
    'half a character escaped',
    PLAIN,
    'bkt,%E6%97\n',
    `${KEY}line 1 decodes to a key that is not UTF-8.`,
  ],
  [
    'an escaped surrogate',
    PLAIN,
    'bkt,%ED%A0%80\n',
    `${KEY}line 1 decodes to a key that is not UTF-8.`,
  ],
  ['an empty key', PLAIN, 'bkt,a\nbkt,\n', `${KEY}line 2 has no key.`],
  ['an empty quoted key', PLAIN, 'bkt,""\n', `${KEY}line 1 has no key.`],
  [
    'a key of 1,025 bytes',
    PLAIN,
    `bkt,${'a'.repeat(1025)}\n`,
    `${KEY}line 1 decodes to 1025 bytes, a key has at most 1024.`,
  ],
  [
    'a key of 342 three-byte characters',
    PLAIN,
    `bkt,${'日'.repeat(342)}\n`,
    `${KEY}line 1 decodes to 1026 bytes, a key has at most 1024.`,
  ],
  [
    'the same, escaped',
    PLAIN,
    `bkt,${encodeURIComponent('日'.repeat(342))}\n`,
    `${KEY}line 1 decodes to 1026 bytes, a key has at most 1024.`,
  ],
  ['an empty bucket', PLAIN, ',a\n', `${FORMAT}line 1 has no bucket name.`],
  ['an empty bucket later', PLAIN, 'bkt,a\n,b\n', `${FORMAT}line 2 has no bucket name.`],
  [
    'an ARN',
    PLAIN,
    'arn:aws:s3:::bkt,a\n',
    `${FORMAT}line 1 has "arn:aws:s3:::bkt" where a bucket name, not ARN, belongs.`,
  ],
  [
    'no bucket name',
    PLAIN,
    'my bucket!,a\n',
    `${FORMAT}line 1: "my bucket!" is not a bucket name.`,
  ],
  ['dots for a bucket', PLAIN, '..,a\n', `${FORMAT}line 1: ".." is not a bucket name.`],
  [
    'two buckets',
    PLAIN,
    'bkt,a\nbkt,b\nother,c\n',
    `${FORMAT}line 3 names "other", the lines before "bkt": a manifest with two buckets cannot be one job.`,
  ],
  [
    'a bucket that begins like the first',
    PLAIN,
    'bkt,a\nbkt2,b\n',
    `${FORMAT}line 2 names "bkt2", the lines before "bkt": a manifest with two buckets cannot be one job.`,
  ],
  ['an empty line', PLAIN, 'bkt,a\n\nbkt,b\n', `${FORMAT}line 2 is empty.`],
  ['an empty line at the end', PLAIN, 'bkt,a\r\n\r\n', `${FORMAT}line 2 is empty.`],
  ['an empty file', PLAIN, '', `${FORMAT}it has no rows.`],
  ['a file of one line feed', PLAIN, '\n', `${FORMAT}line 1 is empty.`],
  [
    'an open quote',
    PLAIN,
    'bkt,a\nbkt,"b\nbkt,c\n',
    `${FORMAT}line 2 opens a quote that is never closed.`,
  ],
  ['text behind a quote', PLAIN, 'bkt,"a"b\n', `${FORMAT}line 1 has text behind a closing quote.`],
  [
    'a quote in the middle',
    PLAIN,
    'bkt,a"b"\n',
    `${FORMAT}line 1 has a quote inside a field that does not begin with one.`,
  ],
  [
    'lone carriage returns',
    PLAIN,
    'bkt,a\rbkt,b\r',
    `${FORMAT}line 1 has a carriage return without a line feed.`,
  ],
  ['a line after quoted line breaks', PLAIN, 'bkt,"a\n\nb"\nbkt,\n', `${KEY}line 4 has no key.`],
  [
    'a fault behind quoted line breaks of its row',
    PLAIN,
    'bkt,a\n"b\nkt"x,a\n',
    `${FORMAT}line 3 has text behind a closing quote.`,
  ],
  [
    'a version id of 1,025 characters',
    VERSIONED,
    `bkt,a,${'v'.repeat(1025)}\n`,
    `${VERSION}line 1 has 1025 characters, at most 1024 may be.`,
  ],
  [
    'a tab in a version id',
    VERSIONED,
    'bkt,a,1\nbkt,b,v\t\n',
    `${VERSION}line 2 has a control character in it.`,
  ],
  [
    'a line break in a version id',
    VERSIONED,
    'bkt,a,"1\n2"\n',
    `${VERSION}line 1 has a control character in it.`,
  ],
  [
    'a row of more than 64 KiB',
    IGNORING,
    `1,a,bkt,2\n${'x'.repeat(65536)},b,bkt,2\n`,
    `${FORMAT}line 2 begins a row of more than 65536 bytes (a quote that is never closed?).`,
  ],
  [
    'a quote that swallows the file',
    PLAIN,
    `bkt,a\nbkt,"b\n${'bkt,c\n'.repeat(60_000)}`,
    `${FORMAT}line 2 begins a row of more than 65536 bytes (a quote that is never closed?).`,
  ],
  ['a header', PLAIN, 'Bucket,Key\nbkt,a\n', HEADER],
  ['a header in lower case', VERSIONED, 'bucket,key,versionid\nbkt,a,1\n', HEADER],
  [
    'a header in quotes with other ignored columns',
    IGNORING,
    '"Size","KEY","BUCKET","ETag"\n1,a,bkt,2\n',
    HEADER,
  ],
  [
    'a header between files that were joined',
    PLAIN,
    'bkt,a\nBucket,Key\nbkt,b\n',
    HEADER.replace('line 1', 'line 2'),
  ],
  [
    'a header where the bucket is called "bucket"',
    PLAIN,
    'bucket,a\nbucket,key\n',
    HEADER.replace('line 1', 'line 2'),
  ],
];

for (const [aim, fields, text, reason] of CASES) {
  test(`a manifest with ${aim} is refused with the line and the reason`, () => {
    const bytes = Buffer.from(text);
    const expected = { name: 'ManifestDefect', code: 'InvalidManifestContent', message: reason };
    assert.throws(() => cut(bytes, fields, 1000), expected);
    assert.throws(() => cut(bytes, fields, 1, [3, 7, 8, 9, bytes.length - 1]), expected);
    assert.ok(reason.length <= 256);
    if (!reason.includes('byte order mark') && bytes.length > 0) {
      assert.throws(() => tasksIn(bytes, fields), expected);
    }
  });
}

test('what is unusual but right is accepted', () => {
  const accepted: readonly (readonly [readonly ManifestField[], string, number])[] = [
    [PLAIN, 'bkt,a', 1],
    [PLAIN, 'bkt,a\r\nbkt,b\nbkt,c', 3],
    [PLAIN, '"bkt","a ""quoted"" key, with\r\nline break"\n', 1],
    [PLAIN, `bkt,${'a'.repeat(1024)}\nbkt,${encodeURIComponent('é'.repeat(512))}\n`, 2],
    [PLAIN, `bkt,"${'""'.repeat(1024)}"\n`, 1],
    [PLAIN, 'bkt,a\nbkt,a\n', 2],
    [VERSIONED, 'bkt,a,null\nbkt,b,\nbkt,c,""\n', 3],
    [VERSIONED, `bkt,a,${'é'.repeat(1024)}\n`, 1],
    [PLAIN, 'Old_Style.Bucket,key\n', 1],
    [PLAIN, 'bucket,keys\nbucket,Bucket\n', 2],
    [IGNORING, `,${'k'},bkt,${'x'.repeat(65_000)}\n`, 1],
  ];
  for (const [fields, text, rows] of accepted) {
    const { chunks } = cut(Buffer.from(text), fields, 1000);
    assert.deepEqual(chunks, [{ firstRow: 0, rows, start: 0, end: Buffer.byteLength(text) }], text);
    assert.equal(tasksIn(Buffer.from(text), fields, chunks[0]).length, rows);
  }
});

test('the longest row that is allowed is exactly 65,536 bytes with its line end', () => {
  const rowOf = (bytes: number): Buffer => Buffer.from(`,k,bkt,${'x'.repeat(bytes - 8)}\n`);
  assert.equal(rowOf(65_536).length, 65_536);
  assert.equal(cut(rowOf(65_536), IGNORING, 9).chunks.length, 1);
  assert.throws(() => cut(rowOf(65_537), IGNORING, 9), /line 1 begins a row of more than 65536/);
});

test('what a defect quotes from the manifest is short and printable', () => {
  const bytes = Buffer.from(`bkt,a\n${'\u0007é"\u2028'.replace('"', '')}${'z'.repeat(5000)},b\n`);
  assert.throws(
    () => cut(bytes, PLAIN, 10),
    (error) => {
      assert.ok(error instanceof ManifestDefect);
      assert.ok(error.message.length <= 256);
      assert.match(error.message, /^[\x20-\x7e]+$/);
      assert.match(error.message, /line 2: "\?\?\?z+\.\.\." is not a bucket name/);
      return true;
    },
  );
});

test('a reason is never longer than DescribeJob can show', () => {
  assert.equal(new ManifestDefect('x'.repeat(1000)).message.length, 256);
});

test('schemas that no manifest can follow are refused in the words of AWS', () => {
  const open =
    (...fields: ManifestField[]) =>
    () =>
      new ManifestCutter({ fields, chunkRows: 1 });
  const missing = 'Required fields are missing in the schema: ';
  assert.throws(open('Bucket'), { name: 'ManifestDefect', message: `${missing}Key` });
  assert.throws(open('Key', 'Ignore'), { message: `${missing}Bucket` });
  assert.throws(open(), { message: `${missing}Bucket, Key` });
  assert.throws(open('Key', 'Bucket', 'Key'), {
    name: 'ManifestDefect',
    message: /names Key twice/,
  });
});

test('a chunk whose rows are not the ones that were counted is refused', () => {
  const bytes = Buffer.from('bkt,a\nbkt,b\n');
  const range = { firstRow: 5, rows: 2, start: 100, end: 112 };
  assert.equal(tasksIn(bytes, PLAIN, range).length, 2);
  assert.throws(() => tasksIn(bytes, PLAIN, { ...range, rows: 3 }), ManifestDefect);
  assert.throws(() => tasksIn(bytes, PLAIN, { ...range, end: 113 }), ManifestDefect);
  assert.throws(() => tasksIn(bytes.subarray(0, 6), PLAIN, range), ManifestDefect);
  assert.throws(() => tasksIn(bytes.subarray(0, 0), PLAIN), ManifestDefect);
  assert.throws(() => tasksIn(Buffer.from('bkt,a\nbkt,\n'), PLAIN, range), /line 7 has no key/);
});

test('a cutter that met a defect or the end takes nothing more', () => {
  const broken = new ManifestCutter({ fields: PLAIN, chunkRows: 1 });
  broken.push(Buffer.from('bkt\n'));
  assert.throws(() => broken.end(), ManifestDefect);
  assert.throws(() => broken.end(), /ends twice/);
  const done = new ManifestCutter({ fields: PLAIN, chunkRows: 1 });
  done.push(Buffer.from('bkt,a\n'));
  done.end();
  assert.throws(() => done.push(Buffer.from('bkt,b\n')), /pushed after its end/);
});
