import assert from 'node:assert/strict';
import { test } from 'node:test';
import { thresholdFailure } from '../../src/lifecycle/index.ts';

test('999 failures of 999 tasks do not trip the threshold', () => {
  assert.equal(thresholdFailure(0, 999), undefined);
});

test('501 failures of 1,000 tasks trip it, exactly half does not', () => {
  assert.equal(thresholdFailure(499, 501)?.code, 'TaskFailureThresholdExceeded');
  assert.equal(thresholdFailure(500, 500), undefined);
});

test('the share counts, not the number', () => {
  assert.equal(thresholdFailure(1_000_000, 999_999), undefined);
  assert.equal(thresholdFailure(999_999, 1_000_000)?.code, 'TaskFailureThresholdExceeded');
});
