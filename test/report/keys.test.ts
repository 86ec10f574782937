import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportKeys, resultKey } from '../../src/report/index.ts';

test('the report lies under its prefix and the job, joined by a slash whatever the prefix ends in', () => {
  assert.deepEqual(reportKeys('reports/2024', 'id-1'), {
    manifest: 'reports/2024/job-id-1/manifest.json',
    md5: 'reports/2024/job-id-1/manifest.json.md5',
  });
  assert.equal(reportKeys('reports/', 'id-1').manifest, 'reports//job-id-1/manifest.json');
  assert.equal(reportKeys(undefined, 'id-1').manifest, 'job-id-1/manifest.json');
  assert.equal(reportKeys('', 'id-1').manifest, 'job-id-1/manifest.json');
});

test('a results file has forty hexadecimal characters that follow from what it holds', () => {
  const first = resultKey('reports', 'id-1', 0, 'succeeded');
  assert.match(first, /^reports\/job-id-1\/results\/[0-9a-f]{40}\.csv$/);
  assert.equal(resultKey('reports', 'id-1', 0, 'succeeded'), first);
  assert.match(resultKey(undefined, 'id-1', 0, 'failed'), /^job-id-1\/results\/[0-9a-f]{40}\.csv$/);
  const names = [
    first,
    resultKey('reports', 'id-1', 0, 'failed'),
    resultKey('reports', 'id-1', 1, 'succeeded'),
    resultKey('reports', 'id-1', 10, 'succeeded'),
    resultKey('reports', 'id-11', 0, 'succeeded'),
  ].map((key) => key.split('/').at(-1));
  assert.equal(new Set(names).size, names.length);
});
