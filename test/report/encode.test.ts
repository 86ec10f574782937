import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { type Outcome, type Task, failed } from '../../src/model/outcome.ts';
import { encodePart, readReport } from '../../src/report/index.ts';

function task(manifestKey: string, versionId?: string): Task {
  return {
    bucket: 'bkt',
    key: 'decoded',
    manifestKey,
    ...(versionId !== undefined && { versionId }),
  };
}

const DONE: Outcome = { ok: true, message: 'Successful' };

test('rows have the columns in the order of every sample of AWS', () => {
  const part = encodePart(
    [task('a%20b.jpg', '3HL4kqtJlcpXrof3'), task('c.jpg'), task('d.jpg', '')],
    [
      DONE,
      failed(403, 'AccessDenied', 'Access Denied'),
      failed(400, 'InvalidRequest', 'Task failed due to missing VersionId'),
    ],
    'AllTasks',
  );
  const succeeded = 'bkt,a%20b.jpg,3HL4kqtJlcpXrof3,succeeded,200,,Successful\n';
  const failures =
    'bkt,c.jpg,,failed,403,AccessDenied,Access Denied\n' +
    'bkt,d.jpg,,failed,400,InvalidRequest,Task failed due to missing VersionId\n';
  assert.equal(part.bytes.toString(), succeeded + failures);
  assert.deepEqual(
    { ...part, bytes: undefined },
    {
      bytes: undefined,
      succeeded: 1,
      failed: 2,
      succeededBytes: succeeded.length,
      failedBytes: failures.length,
    },
  );
});

test('the key is echoed as the manifest spelt it, in quotes only where CSV needs them', () => {
  const keys = ['a%2520b', 'a+b', '%e6%97%a5', '日.jpg', 'a b', 'a,b', 'say "x"', 'two\nlines'];
  const { bytes } = encodePart(
    keys.map((key) => task(key)),
    keys.map(() => DONE),
    'AllTasks',
  );
  assert.deepEqual(
    readReport(bytes).map((row) => row.manifestKey),
    keys,
  );
  assert.match(bytes.toString(), /^bkt,a%2520b,,succeeded/);
  assert.match(bytes.toString(), /\nbkt,"say ""x""",,succeeded/);
});

test('messages of JSON are quoted as AWS quotes them', () => {
  const message = '{"checksum_base64":"bS9TOQ\\u003d\\u003d","etag":"3c3c"}';
  const { bytes } = encodePart([task('k')], [{ ok: true, message }], 'AllTasks');
  assert.equal(
    bytes.toString(),
    'bkt,k,,succeeded,200,,"{""checksum_base64"":""bS9TOQ\\u003d\\u003d"",""etag"":""3c3c""}"\n',
  );
});

test('messages never break a line, grow without bound or leave UTF-8', () => {
  const long = `${'x'.repeat(9_999)}😀${'y'.repeat(50)}`;
  const messages = ['a\r\nb\nc\rd\te\0f', long, '\ud800'];
  const { bytes, failed: count } = encodePart(
    messages.map(() => task('k')),
    messages.map((message) => failed(500, 'Internal\nError', message)),
    'FailedTasksOnly',
  );
  assert.equal(count, 3);
  assert.equal(bytes.toString().split('\n').length, 4);
  const rows = readReport(bytes);
  assert.deepEqual(
    rows.map((row) => row.message),
    ['a b c d e f', `${'x'.repeat(9_999)}\ufffd`, '\ufffd'],
  );
  assert.equal(rows[0]?.errorCode, 'Internal Error');
});

test('a task without an HTTP answer is reported with status 500', () => {
  // Aim: readers parse three digits there; "0" or nothing would break them.
  const { bytes } = encodePart([task('k')], [failed(0, 'Timeout', 'No answer.')], 'AllTasks');
  assert.equal(bytes.toString(), 'bkt,k,,failed,500,Timeout,No answer.\n');
});

test('FailedTasksOnly leaves succeeded rows out and still counts them', () => {
  const tasks = [task('a'), task('b'), task('c')];
  const outcomes = [DONE, failed(404, 'NoSuchKey', 'Gone.'), DONE];
  const part = encodePart(tasks, outcomes, 'FailedTasksOnly');
  assert.deepEqual([part.succeeded, part.failed, part.succeededBytes], [2, 1, 0]);
  assert.equal(part.bytes.toString(), 'bkt,b,,failed,404,NoSuchKey,Gone.\n');
  assert.equal(part.failedBytes, part.bytes.length);
});

test('a part without tasks is empty, and one with missing outcomes is a bug', () => {
  const none = encodePart([], [], 'AllTasks');
  assert.deepEqual([none.bytes.length, none.succeeded, none.failed], [0, 0, 0]);
  assert.throws(() => encodePart([task('a')], [], 'AllTasks'), /one outcome for each task/);
});

const text = fc.string({ unit: fc.constantFrom(...'ab ,"%+;日😀'), maxLength: 12 });
const anyTask = fc
  .record({ manifestKey: fc.oneof(text, fc.constant('x\r\ny')), versionId: fc.option(text) })
  .map(({ manifestKey, versionId }) => task(manifestKey, versionId ?? undefined));
const anyOutcome: fc.Arbitrary<Outcome> = fc.oneof(
  text.map((message) => ({ ok: true, message }) as const),
  fc
    .record({ status: fc.integer({ min: 200, max: 599 }), code: text, message: text })
    .map(({ status, code, message }) => failed(status, code, message)),
);

test('every row comes back from a part as it went in, succeeded ones first, each in its place', () => {
  // Aim: round trip, for our reader and for csv-parse; and the byte counts divide the two kinds.
  const pairs = fc.array(fc.tuple(anyTask, anyOutcome), { maxLength: 12 });
  fc.assert(
    fc.property(pairs, (made) => {
      const part = encodePart(
        made.map(([one]) => one),
        made.map(([, outcome]) => outcome),
        'AllTasks',
      );
      const rowsOf = (ok: boolean) =>
        made
          .filter(([, outcome]) => outcome.ok === ok)
          .map(([{ bucket, manifestKey, versionId = '' }, outcome]) => ({
            bucket,
            manifestKey,
            versionId,
            status: ok ? 'succeeded' : 'failed',
            httpStatus: outcome.ok ? 200 : outcome.httpStatus,
            errorCode: outcome.ok ? '' : outcome.code,
            message: outcome.message,
          }));
      const succeeded = readReport(part.bytes.subarray(0, part.succeededBytes));
      const failures = readReport(part.bytes.subarray(part.succeededBytes));
      assert.deepEqual(succeeded, rowsOf(true));
      assert.deepEqual(failures, rowsOf(false));
      assert.deepEqual([part.succeeded, part.failed], [succeeded.length, failures.length]);
      assert.equal(part.succeededBytes + part.failedBytes, part.bytes.length);
      const records: string[][] = parse(part.bytes, { record_delimiter: '\n' });
      assert.deepEqual(
        records,
        [...succeeded, ...failures].map((row) => Object.values(row).map(String)),
      );
    }),
    { numRuns: 500 },
  );
});
