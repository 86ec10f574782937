import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import {
  type ChunkRange,
  type CutterCheckpoint,
  ManifestCutter,
} from '../../src/manifest/index.ts';
import { rowsOfChunk } from '../../src/manifest/cutter.ts';
import { BUCKET, cut, row, schema, tasksIn, writeRow } from './manifests.ts';

const splits = fc.array(fc.nat(), { maxLength: 12 });
const manifest = fc
  .tuple(schema, fc.array(row, { minLength: 1, maxLength: 30 }), fc.boolean())
  .map(([fields, rows, endsOpen]) => {
    const text = rows.map((one) => writeRow(one, fields)).join('');
    const bytes = Buffer.from(endsOpen ? text.replace(/\r?\n$/, '') : text);
    return { fields, rows, bytes };
  });

test('every row of a manifest becomes one task, in order, however rows, buffers and chunks fall', () => {
  // Aim: cutter and reader agree with what was written (5.1; D1).
  fc.assert(
    fc.property(manifest, splits, fc.integer({ min: 1, max: 7 }), (made, at, chunkRows) => {
      const { chunks } = cut(made.bytes, made.fields, chunkRows, at);
      const tasks = chunks.flatMap((range) =>
        tasksIn(made.bytes.subarray(range.start, range.end), made.fields, range),
      );
      const expected = made.rows.map(({ key, manifestKey, versionId }) => ({
        bucket: BUCKET,
        key,
        manifestKey,
        ...(made.fields.includes('VersionId') && { versionId }),
      }));
      assert.deepEqual(tasks, expected);
    }),
    { numRuns: 500 },
  );
});

test('the fields are the ones csv-parse finds', () => {
  // Aim: an independent reader of RFC 4180 sees the same rows and cells.
  fc.assert(
    fc.property(manifest, ({ fields, bytes }) => {
      const records: string[][] = parse(bytes, { record_delimiter: ['\r\n', '\n'] });
      const keys = tasksIn(bytes, fields).map((task) => task.manifestKey);
      assert.deepEqual(
        keys,
        records.map((record) => record[fields.indexOf('Key')]),
      );
    }),
  );
});

test('chunks are consecutive byte ranges that cover the whole manifest', () => {
  fc.assert(
    fc.property(manifest, splits, fc.integer({ min: 1, max: 7 }), (made, at, chunkRows) => {
      const { chunks, checkpoint } = cut(made.bytes, made.fields, chunkRows, at);
      let end = 0;
      let rows = 0;
      for (const chunk of chunks) {
        assert.equal(chunk.start, end);
        assert.equal(chunk.firstRow, rows);
        assert.equal(chunk.rows, Math.min(chunkRows, made.rows.length - rows));
        end = chunk.end;
        rows += chunk.rows;
      }
      assert.equal(end, made.bytes.length);
      assert.equal(rows, made.rows.length);
      assert.deepEqual(
        { offset: checkpoint.offset, rows: checkpoint.rows, bucket: checkpoint.bucket },
        { offset: end, rows, bucket: BUCKET },
      );
    }),
  );
});

const GROWING = { fields: ['Bucket', 'Key'], chunkRows: 2, chunkRowsMax: 16 } as const;
const linesOf = (rows: number): Buffer =>
  Buffer.from(Array.from({ length: rows }, (_, row) => `bkt,${10_000 + row}\n`).join(''));
const rowsCut = (bytes: Buffer, size?: number): number[] => {
  const cutter = new ManifestCutter({ ...GROWING, size: () => size });
  return [...cutter.push(bytes), ...cutter.end()].map(({ rows }) => rows);
};

test('a chunk is a number of first chunks, between one and the largest, and no more than its share', () => {
  for (let listRows = 0; listRows < 3_000_000; listRows += 500) {
    const rows = rowsOfChunk(listRows, 1000, 8000);
    assert.ok(rows >= 1000 && rows <= 8000 && rows % 1000 === 0);
    assert.ok(rows === 1000 || rows <= listRows / 128, `${rows} of ${listRows}`);
  }
  assert.equal(rowsOfChunk(255_999, 1000, 8000), 1000);
  assert.equal(rowsOfChunk(1_024_000, 1000, 8000), 8000);
});

test('chunks of a list whose size is known are alike behind the first, which shows how long rows are', () => {
  for (const rows of [100, 511, 512, 1025, 1600, 2048, 5000]) {
    const bytes = linesOf(rows);
    const [first, ...others] = rowsCut(bytes, bytes.length);
    const expected = rowsOfChunk(rows, 2, 16);
    assert.equal(first, 2);
    assert.deepEqual(new Set(others.slice(0, -1)), new Set([expected]), `${rows}`);
    assert.ok((others.at(-1) ?? 0) <= expected);
  }
});

test('chunks of a list whose size nobody knows grow with it, and none is more than its share', () => {
  const sizes = rowsCut(linesOf(2000));
  let before = 0;
  for (const rows of sizes) {
    assert.ok(rows === 2 || rows <= before / 64, `${rows} behind ${before}`);
    before += rows;
  }
  assert.deepEqual(new Set(sizes), new Set([2, 4, 6, 8, 10, 12, 14, 16]));
});

test('a size that is wrong changes how large chunks are, and nothing else', () => {
  for (const size of [0, 1, 5000, 1e15]) {
    const sizes = rowsCut(linesOf(2000), size);
    assert.equal(
      sizes.reduce((sum, rows) => sum + rows),
      2000,
    );
    assert.ok(sizes.every((rows) => rows >= 1 && rows <= 16));
  }
});

test('a cutter of growing chunks that resumes cuts what it would have cut', () => {
  const bytes = linesOf(2000);
  for (const size of [undefined, bytes.length]) {
    // As a reader has it: known with the first bytes.
    const cutter = (
      resume?: CutterCheckpoint,
    ): [ManifestCutter, (piece: Buffer) => ChunkRange[]] => {
      let known: number | undefined;
      const made = new ManifestCutter({ ...GROWING, size: () => known, ...(resume && { resume }) });
      return [made, (piece) => ((known = size), [...made.push(piece)])];
    };
    const [whole, pushWhole] = cutter();
    const chunks = [...pushWhole(bytes), ...whole.end()];
    for (const at of [1, 50, 70, chunks.length - 2]) {
      const end = chunks[at]?.end ?? 0;
      const [first, push] = cutter();
      const before = [...push(bytes.subarray(0, end)), ...first.settle()];
      const resume = JSON.parse(JSON.stringify(first.checkpoint())) as CutterCheckpoint;
      const [second, pushOn] = cutter(resume);
      assert.deepEqual([...before, ...pushOn(bytes.subarray(end)), ...second.end()], chunks);
    }
  }
});

test('a cutter that resumes from any checkpoint cuts the rest as the first would have', () => {
  // Aim: a crash during preparation costs neither rows nor lines (I4), also through JSON.
  fc.assert(
    fc.property(manifest, fc.integer({ min: 1, max: 4 }), fc.nat(), (made, chunkRows, pick) => {
      const { fields, bytes } = made;
      const whole = cut(bytes, fields, chunkRows);
      // Only full chunks leave a checkpoint to crash at; the window hands them out at the end.
      const crashAfter = pick % whole.chunks.length;
      const before = whole.chunks.slice(0, crashAfter);
      const last = before.at(-1);
      if (last === undefined) return;
      const until = cut(bytes.subarray(0, last.end), fields, chunkRows);
      assert.deepEqual(until.chunks, before);
      const resume = JSON.parse(JSON.stringify(until.checkpoint));
      const rest = cut(bytes.subarray(resume.offset), fields, chunkRows, [], resume);
      assert.deepEqual([...before, ...rest.chunks], whole.chunks);
      assert.deepEqual(rest.checkpoint, whole.checkpoint);
    }),
  );
});

test('a manifest of many windows is cut the same in one push, in odd pieces and byte by byte', () => {
  // Aim: rows that straddle the cutter's window of 256 KiB, which small manifests never fill.
  const rows = Array.from(
    { length: 9000 },
    (_, i) => `${BUCKET},"folder ""${i}""/${'x'.repeat(i % 70)}"\r\n`,
  );
  const bytes = Buffer.from(rows.join(''));
  assert.ok(bytes.length > 500_000);
  const once = cut(bytes, ['Bucket', 'Key'], 1000).chunks;
  const odd = Array.from({ length: 700 }, (_, i) => i * 997);
  assert.deepEqual(cut(bytes, ['Bucket', 'Key'], 1000, odd).chunks, once);
  assert.deepEqual(cut(bytes, ['Bucket', 'Key'], 1000, [...bytes.keys()]).chunks, once);
  assert.equal(once.length, 9);
  const keys = once.flatMap((range) =>
    tasksIn(bytes.subarray(range.start, range.end), ['Bucket', 'Key'], range),
  );
  assert.equal(keys.length, 9000);
  assert.equal(keys[8999]?.key, `folder "8999"/${'x'.repeat(8999 % 70)}`);
});

test('chunks of a long manifest come out while it is pushed, and the checkpoint follows them', () => {
  // Aim: preparation streams; it does not wait for the end (D6), and can crash in between (I4).
  const bytes = Buffer.from(`${BUCKET},key-0123456789\n`.repeat(40_000));
  const cutter = new ManifestCutter({ fields: ['Bucket', 'Key'], chunkRows: 100 });
  const early = cutter.push(bytes.subarray(0, 600_000));
  const checkpoint = cutter.checkpoint();
  assert.ok(early.length > 100);
  assert.equal(checkpoint.offset, early.at(-1)?.end);
  assert.equal(checkpoint.line, checkpoint.rows + 1);
  const rest = cut(bytes.subarray(checkpoint.offset), ['Bucket', 'Key'], 100, [], checkpoint);
  assert.deepEqual([...early, ...rest.chunks], cut(bytes, ['Bucket', 'Key'], 100).chunks);
});

test('a resumed cutter still knows the bucket of the rows before', () => {
  const fields = ['Bucket', 'Key'] as const;
  const { checkpoint } = cut(Buffer.from('bkt,a\nbkt,b\n'), fields, 2);
  assert.deepEqual(checkpoint, { offset: 12, rows: 2, line: 3, bucket: 'bkt' });
  assert.throws(
    () => cut(Buffer.from('other,c\n'), fields, 2, [], checkpoint),
    /line 3 names "other", the lines before "bkt"/,
  );
});

test('a cutter that resumes behind the last row has nothing to cut and nothing to refuse', () => {
  const checkpoint = { offset: 12, rows: 2, line: 3, bucket: 'bkt' };
  const again = cut(Buffer.alloc(0), ['Bucket', 'Key'], 2, [], checkpoint);
  assert.deepEqual(again, { chunks: [], checkpoint });
});
