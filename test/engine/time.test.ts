// Aim: what time alone brings about, with a clock that jumps over months.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONFIRMATION_MS_MAX, JOB_RETENTION_MS } from '../../src/model/limits.ts';
import { newJob } from '../contract/store.contract.ts';
import { ACCOUNT, withEngine } from './engine-world.ts';

test('a job that nobody confirms fails after thirty days, and not before', () =>
  withEngine(async ({ store, clock, jump }) => {
    const created = newJob({ createdAt: clock.now() });
    const { job } = created;
    await store.createJob(created);
    await store.apply(job.id, 'PreparationStarted', { at: clock.now() });
    await store.apply(job.id, 'PreparedForConfirmation', { at: clock.now() });
    const status = async () => (await store.job(ACCOUNT, job.id))?.status;
    await jump(CONFIRMATION_MS_MAX - 120_000);
    assert.equal(await status(), 'Suspended');
    await jump(180_000);
    assert.equal(await status(), 'Failed');
    const failed = await store.job(ACCOUNT, job.id);
    assert.equal(failed?.failures[0]?.code, 'ConfirmationTimeout');
  }));

test('a job is forgotten ninety days after its end, and not before', () =>
  withEngine(async ({ store, clock, jump }) => {
    const created = newJob({ createdAt: clock.now() });
    const { job } = created;
    await store.createJob(created);
    await store.apply(job.id, 'CancelRequested', { at: clock.now() });
    await jump(1000);
    assert.equal((await store.job(ACCOUNT, job.id))?.status, 'Cancelled');
    await jump(JOB_RETENTION_MS - 120_000);
    assert.ok(await store.job(ACCOUNT, job.id));
    await jump(180_000);
    assert.equal(await store.job(ACCOUNT, job.id), undefined);
  }));
