// Aim: the reader of Parquet inventories agrees with an independent writer on every compression,
// resumes at any row, and meets any bytes with a ManifestDefect, in bounded time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ManifestDefect, ParquetFile } from '../../src/manifest/index.ts';
import { CODECS, parquetOf, rowsOf, tasksOf } from '../engine/list-files.ts';
import { tasksIn } from './manifests.ts';

const FIELDS = ['Bucket', 'Key', 'VersionId'] as const;

async function rowsFrom(file: Buffer, skip: number): Promise<Buffer> {
  const read = (start: number, end: number): Promise<Buffer> =>
    Promise.resolve(file.subarray(start, end));
  const parquet = await ParquetFile.open(file.length, read);
  const pieces: Buffer[] = [];
  for await (const { rows, first, end } of parquet.batches(skip)) {
    assert.ok(first >= skip && end > first);
    pieces.push(Buffer.from(rows));
  }
  return Buffer.concat(pieces);
}

for (const codec of Object.keys(CODECS) as (keyof typeof CODECS)[]) {
  test(`pages with ${codec} read back row by row`, async () => {
    const rows = rowsOf(9000);
    const csv = await rowsFrom(parquetOf(rows, codec), 0);
    assert.deepEqual(tasksIn(csv, [...FIELDS]), tasksOf(rows, true));
  });
}

test('a file is resumed at any row, within and between row groups', async () => {
  const rows = rowsOf(250);
  const file = parquetOf(rows);
  for (const skip of [0, 1, 99, 100, 101, 249]) {
    const csv = await rowsFrom(file, skip);
    assert.deepEqual(tasksIn(csv, [...FIELDS]), tasksOf(rows.slice(skip), true), `from ${skip}`);
  }
  assert.equal((await rowsFrom(file, 250)).length, 0);
});

test('damaged files are read or refused, never anything else', async () => {
  const files = (Object.keys(CODECS) as (keyof typeof CODECS)[]).map((codec) =>
    parquetOf(rowsOf(150), codec),
  );
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...files), damage, fc.boolean(), async (file, bytes, tail) => {
      const broken = Buffer.from(file);
      // Half of the time only the footer, where every number counts.
      const from = tail ? Math.max(0, broken.length - 800) : 0;
      for (const [at, byte] of bytes) broken[from + (at % (broken.length - from))] = byte;
      await rowsFrom(broken, 0).catch((error: unknown) => {
        assert.ok(error instanceof ManifestDefect, String(error));
      });
    }),
    { numRuns: 600 },
  );
});

test('any bytes between the marks of a file are refused', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      const file = Buffer.concat([Buffer.from('PAR1'), bytes, length, Buffer.from('PAR1')]);
      await assert.rejects(rowsFrom(file, 0), ManifestDefect);
    }),
    { numRuns: 600 },
  );
});

test('a number of endless length is refused at once, where hyparquet adds it up for ever', async () => {
  const footer = Buffer.concat([Buffer.of(0x36), Buffer.alloc(1024 * 1024, 0xff)]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  const file = Buffer.concat([Buffer.from('PAR1'), footer, length, Buffer.from('PAR1')]);
  await assert.rejects(rowsFrom(file, 0), /a number out of range/);
});
