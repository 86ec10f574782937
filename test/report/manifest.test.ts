import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportManifest } from '../../src/report/index.ts';

const INDEX = {
  createdAt: Date.UTC(2019, 3, 5, 17, 48, 39, 725),
  bucket: 'reports',
  results: [
    { status: 'succeeded', key: 'job-1/results/a.csv', md5: '11' },
    { status: 'failed', key: 'job-1/results/b.csv', md5: '22' },
  ],
  failures: [],
} as const;

test('the index has the keys of AWS in the order of AWS', () => {
  assert.equal(
    reportManifest(INDEX),
    '{"Format":"Report_CSV_20180820","ReportCreationDate":"2019-04-05T17:48:39.725Z","Results":[' +
      '{"TaskExecutionStatus":"succeeded","Bucket":"reports","MD5Checksum":"11","Key":"job-1/results/a.csv"},' +
      '{"TaskExecutionStatus":"failed","Bucket":"reports","MD5Checksum":"22","Key":"job-1/results/b.csv"}],' +
      '"ReportSchema":"Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage"}',
  );
});

test('failures of the job stand behind what AWS writes, and only when there are any', () => {
  const reason = 'More than half of the tasks failed.';
  const failures = [{ code: 'TaskFailureThresholdExceeded', reason }] as const;
  const text = reportManifest({ ...INDEX, results: [], failures });
  assert.deepEqual(JSON.parse(text).FailureReasons, [
    { FailureCode: 'TaskFailureThresholdExceeded', FailureReason: reason },
  ]);
  assert.deepEqual(JSON.parse(text).Results, []);
  assert.deepEqual(Object.keys(JSON.parse(text)).slice(-1), ['FailureReasons']);
  assert.doesNotMatch(reportManifest(INDEX), /FailureReasons/);
});
