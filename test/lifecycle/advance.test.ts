import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextStep, type LedgerState } from '../../src/lifecycle/index.ts';
import type { Job } from '../../src/model/job.ts';
import { newJob } from '../contract/store.contract.ts';

const LEDGER: LedgerState = {
  chunks: 3,
  chunksDone: 3,
  chunksTouched: 3,
  isSealed: true,
  leasesLive: 0,
  reports: 0,
  reportsDone: 0,
  finishes: 0,
};

function step(changes: Partial<Job>, ledger: Partial<LedgerState> = {}): string {
  const { job } = newJob({ tasksSucceeded: 1, ...changes });
  const next = nextStep(job, { ...LEDGER, ...ledger });
  return next.kind === 'event' ? next.event : next.kind;
}

test('an active job is done with its last chunk', () => {
  assert.equal(step({ status: 'Active' }, { chunksDone: 2 }), 'wait');
  assert.equal(step({ status: 'Active' }), 'TasksDone');
});

test('a pausing job is paused when nothing is in flight', () => {
  assert.equal(step({ status: 'Pausing' }, { leasesLive: 1 }), 'wait');
  assert.equal(step({ status: 'Pausing' }), 'Drained');
});

test('an ending job awaits its leases, seals, reports, finishes, in this order', () => {
  for (const status of ['Completing', 'Cancelling', 'Failing'] as const) {
    assert.equal(step({ status }, { leasesLive: 1, isSealed: false }), 'wait');
    assert.equal(step({ status }, { isSealed: false }), 'seal');
    assert.equal(step({ status }), 'write-report');
    assert.equal(step({ status }, { reports: 2, reportsDone: 1 }), 'wait');
    assert.equal(step({ status }, { reports: 2, reportsDone: 2 }), 'finish');
    assert.equal(step({ status }, { reports: 2, reportsDone: 2, finishes: 1 }), 'wait');
  }
});

test('no report is written when nothing ran, when none is asked for, or when it failed already', () => {
  assert.equal(step({ status: 'Failing', tasksSucceeded: 0 }), 'finish');
  const { job } = newJob();
  const request = { ...job.request, Report: { Enabled: false } };
  assert.equal(step({ status: 'Completing', request }), 'finish');
  const failures = [{ code: 'JobReportWriteFailed', reason: 'denied' }] as const;
  assert.equal(step({ status: 'Failing', failures }, { reports: 2 }), 'finish');
});

test('the service does nothing to a job that waits for someone else', () => {
  for (const status of ['New', 'Preparing', 'Suspended', 'Ready', 'Paused', 'Complete'] as const) {
    assert.equal(step({ status }), 'wait');
  }
});
