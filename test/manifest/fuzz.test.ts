import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { type ChunkRange, ManifestCutter, ManifestDefect } from '../../src/manifest/index.ts';
import { cut, row, schema, tasksIn, writeRow } from './manifests.ts';

/** The chunks, or the reason why not. Anything but ManifestDefect fails the test. */
function attempt(run: () => readonly ChunkRange[]): readonly ChunkRange[] | string {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ManifestDefect)) throw error;
    assert.ok(error.message.length > 0 && error.message.length <= 256);
    assert.match(error.message, /^[\x20-\x7e]+$/);
    return error.message;
  }
}

const noise = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc
    .string({ unit: fc.constantFrom(...'bkt,,\n\n"\r%+2aé\0'), maxLength: 60 })
    .map((text) => Buffer.from(text)),
);

/** A right manifest with some bytes overwritten, taken out or put in. */
const damaged = fc
  .tuple(
    schema,
    fc.array(row, { minLength: 1, maxLength: 8 }),
    fc.array(
      fc.tuple(fc.nat(), fc.nat(2), fc.constantFrom(...Buffer.from('",\n\r%a\0\xff', 'latin1'))),
      {
        maxLength: 3,
      },
    ),
  )
  .map(([fields, rows, damages]) => {
    const bytes = [...Buffer.from(rows.map((one) => writeRow(one, fields)).join(''))];
    for (const [at, kind, byte] of damages) {
      const removed = kind === 0 ? 0 : 1;
      bytes.splice(at % bytes.length, removed, ...(kind === 2 ? [] : [byte]));
    }
    return { fields, bytes: Uint8Array.from(bytes) };
  });

const anything = fc.oneof(
  damaged,
  fc.record({ fields: schema, bytes: noise }),
  fc.record({
    fields: schema,
    bytes: noise.map((bytes) => Buffer.concat([Buffer.from('bkt,k\n'), bytes])),
  }),
);

test('any bytes are either cut into chunks that can be read, or refused with a ManifestDefect', () => {
  let accepted = 0;
  let refused = 0;
  fc.assert(
    fc.property(anything, fc.array(fc.nat(), { maxLength: 5 }), ({ fields, bytes }, splits) => {
      const chunks = attempt(() => cut(bytes, fields, 2, splits).chunks);
      // However the bytes arrive, the verdict is the same, word for word.
      assert.deepEqual(
        attempt(() => cut(bytes, fields, 2).chunks),
        chunks,
      );
      if (typeof chunks === 'string') {
        refused++;
        return;
      }
      accepted++;
      const tasks = chunks.flatMap((range) =>
        tasksIn(bytes.subarray(range.start, range.end), fields, range),
      );
      const records: string[][] = parse(Buffer.from(bytes), { record_delimiter: ['\r\n', '\n'] });
      const key = fields.indexOf('Key');
      assert.deepEqual(
        tasks.map((task) => task.manifestKey),
        records.map((record) => record[key]),
      );
    }),
    { numRuns: 4000 },
  );
  // Both answers have to be common, or the property above says nothing.
  assert.ok(accepted > 200 && refused > 200, `${accepted} accepted, ${refused} refused`);
});

test('any bytes given to readTasks are read or refused with a ManifestDefect', () => {
  fc.assert(
    fc.property(anything, fc.nat(), fc.nat(), ({ fields, bytes }, from, to) => {
      const part = bytes.subarray(from % (bytes.length + 1), to % (bytes.length + 1));
      attempt(() => {
        tasksIn(part, fields);
        return [];
      });
    }),
    { numRuns: 4000 },
  );
});

test('a file without line ends is refused after one window, not gathered to its end', () => {
  const cutter = new ManifestCutter({ fields: ['Bucket', 'Key'], chunkRows: 1000 });
  const piece = Buffer.alloc(1000, 'x');
  let pushed = 0;
  assert.throws(() => {
    for (; pushed < 10_000_000; pushed += piece.length) cutter.push(piece);
  }, ManifestDefect);
  assert.ok(pushed <= 256 * 1024, `${pushed}`);
});

test('memory does not grow with the manifest', () => {
  // Aim: D6. 64 MB pass through; buffers held outside of the heap may not grow by a tenth of that.
  const piece = Buffer.from('bkt,some/key/of/a/manifest\n'.repeat(2400));
  const cutter = new ManifestCutter({ fields: ['Bucket', 'Key'], chunkRows: 1000 });
  cutter.push(piece);
  const before = process.memoryUsage().arrayBuffers;
  let rows = 0;
  for (let pushes = 0; pushes < 1000; pushes++) {
    for (const chunk of cutter.push(piece)) rows += chunk.rows;
  }
  for (const chunk of cutter.end()) rows += chunk.rows;
  assert.equal(rows, 2400 * 1001);
  assert.ok(process.memoryUsage().arrayBuffers - before < 6_400_000);
});
