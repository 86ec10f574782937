// Aim: a report that streams by gives the same rows as one that is there as a whole, however it is
// cut, and a row that never ends is refused before it fills the memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodePart, readReport, ReportDefect, ReportReader } from '../../src/report/index.ts';

test('rows are the same however the bytes are cut, and each knows where it ends', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
  const task = fc.record({ bucket: fc.constant('photos'), key: text, manifestKey: text });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(task, text), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 50 }),
      (rows, size) => {
        const outcomes = rows.map(([, message]) => ({ ok: true, message }) as const);
        const tasks = rows.map(([one]) => one);
        const { bytes } = encodePart(tasks, outcomes, 'AllTasks');
        const reader = new ReportReader(7);
        const found = [];
        for (let at = 0; at < bytes.length; at += size) {
          const piece = bytes.subarray(at, at + size);
          found.push(...reader.push(piece, at + size >= bytes.length));
        }
        assert.deepEqual(
          found.map(({ row }) => row),
          readReport(bytes),
        );
        assert.equal(found.at(-1)?.end, 7 + bytes.length);
      },
    ),
  );
});

test('a row that does not end is refused while it comes, not when it is over', () => {
  const reader = new ReportReader();
  const piece = Buffer.alloc(64 * 1024, 'x');
  assert.throws(() => {
    for (let i = 0; i < 10; i++) [...reader.push(piece, false)];
  }, ReportDefect);
});
