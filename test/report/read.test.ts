import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ReportDefect, readReport } from '../../src/report/index.ts';

test('a row as AWS shows it is read', () => {
  const line =
    'amzn-bucket,image%2014975,,failed,200,PermanentFailure,"Lambda returned ""no"", so"\r\n';
  assert.deepEqual(readReport(Buffer.from(line)), [
    {
      bucket: 'amzn-bucket',
      manifestKey: 'image%2014975',
      versionId: '',
      status: 'failed',
      httpStatus: 200,
      errorCode: 'PermanentFailure',
      message: 'Lambda returned "no", so',
    },
  ]);
  assert.deepEqual(readReport(Buffer.alloc(0)), []);
});

test('what is no report is refused with its row', () => {
  const good = 'b,k,,succeeded,200,,ok\n';
  const refused: readonly (readonly [string | Buffer, RegExp])[] = [
    [`${good}b,k,,succeeded,200,ok\n`, /^Row 2 of the report has 6 columns\.$/],
    ['b,k,,done,200,,ok\n', /^Row 1 of the report has no task status\.$/],
    ['b,k,,failed,AccessDenied,403,no\n', /^Row 1 of the report has no HTTP status\.$/],
    ['b,k,,failed,403,AccessDenied,"no\n', /^Row 1 of the report opens a quote/],
    [Buffer.from(good.replace('k', '\xe9'), 'latin1'), /not UTF-8/],
  ];
  for (const [text, message] of refused) {
    assert.throws(() => readReport(Buffer.from(text)), { name: 'ReportDefect', message });
  }
});

test('any bytes are read as a report or refused with a ReportDefect', () => {
  const almost = fc
    .string({ unit: fc.constantFrom(...'b,,,,"\n\r'), maxLength: 30 })
    .map((text) => Buffer.from(`b,k,,succeeded,200,,${text}`));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), almost), (bytes) => {
      try {
        readReport(bytes);
      } catch (error) {
        assert.ok(error instanceof ReportDefect, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
