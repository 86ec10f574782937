// Aim: what the table alone cannot say: the same status means another thing when the user paused it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { applyEvent, JOB_EVENTS, type JobEvent } from '../../src/lifecycle/index.ts';
import type { Job } from '../../src/model/job.ts';
import { newJob } from '../contract/store.contract.ts';

const AT = 1000;
const FAILURE = { code: 'InternalError', reason: 'it had to be' } as const;

/** Plays events on an Active job; an illegal one shows as such. */
function play(...events: JobEvent[]): string {
  let job: Job = newJob({ status: 'Active', activeSince: 0 }).job;
  for (const event of events) {
    const next = applyEvent(job, event, { at: AT, failure: FAILURE });
    if (!next) return `${event} is illegal in ${job.status}`;
    job = next;
  }
  return job.isPausedByUser ? `${job.status} by its user` : job.status;
}

test('what its user paused is resumed by its user alone', () => {
  assert.equal(play('PauseRequested'), 'Pausing by its user');
  assert.equal(play('PauseRequested', 'Drained'), 'Paused by its user');
  const barred = 'Scheduled is illegal in Paused';
  assert.equal(play('PauseRequested', 'Drained', 'Scheduled'), barred);
  assert.equal(play('PauseRequested', 'Drained', 'Confirmed'), 'Ready');
  assert.equal(play('PauseRequested', 'Drained', 'Confirmed', 'Scheduled'), 'Active');
});

test('what was preempted is resumed by the service alone', () => {
  const barred = 'Confirmed is illegal in Paused';
  assert.equal(play('Preempted', 'Drained', 'Confirmed'), barred);
  assert.equal(play('Preempted', 'Drained', 'Scheduled'), 'Active');
});

test('a preempted job can be paused by its user, and then waits for them', () => {
  assert.equal(play('Preempted', 'PauseRequested', 'Drained'), 'Paused by its user');
  assert.equal(play('Preempted', 'Drained', 'PauseRequested'), 'Paused by its user');
});

test('a job that is resumed while it still drains waits for a turn again', () => {
  assert.equal(play('PauseRequested', 'Confirmed'), 'Pausing');
  assert.equal(play('PauseRequested', 'Confirmed', 'Drained', 'Scheduled'), 'Active');
});

test('pausing twice is an error, as confirming twice is', () => {
  const twice = 'PauseRequested is illegal in Paused';
  assert.equal(play('PauseRequested', 'Drained', 'PauseRequested'), twice);
  assert.equal(play('PauseRequested', 'PauseRequested'), 'PauseRequested is illegal in Pausing');
});

test('a paused job can be cancelled, and can fail', () => {
  assert.equal(play('PauseRequested', 'CancelRequested'), 'Cancelling');
  assert.equal(play('PauseRequested', 'Drained', 'CancelRequested'), 'Cancelling');
  assert.equal(play('PauseRequested', 'Drained', 'FailureDetected'), 'Failing');
});

test('whatever happens, only Pausing and Paused are a user’s pause, and a pause costs no active time', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...JOB_EVENTS), { maxLength: 30 }), (events) => {
      let job: Job = newJob({ status: 'Active', activeSince: 0 }).job;
      let active = 0;
      for (const [index, event] of events.entries()) {
        const before = job.status;
        if (before === 'Active') active += 1;
        job = applyEvent(job, event, { at: index + 1, failure: FAILURE }) ?? job;
        if (job.isPausedByUser) assert.ok(['Pausing', 'Paused'].includes(job.status));
      }
      const running = job.activeSince === undefined ? 0 : events.length - job.activeSince;
      assert.equal(job.activeMs + running, active);
    }),
    { numRuns: 500 },
  );
});
