/** What every Store must answer when people look at it. Run over each of them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JobSearch, Store } from '../../src/store/index.ts';
import { newJob, T0 } from './store.contract.ts';

const ACCOUNT = '123456789012';
const ALL: JobSearch = {
  account: ACCOUNT,
  statuses: [],
  operations: [],
  text: '',
  sort: 'created',
  isDescending: true,
  offset: 0,
  limit: 100,
};

export function storeViewsContract(name: string, open: () => Promise<Store>): void {
  const withStore = async (use: (store: Store) => Promise<void>): Promise<void> => {
    const store = await open();
    try {
      await use(store);
    } finally {
      await store.close();
    }
  };
  const create = async (
    store: Store,
    id: string,
    changes = {},
    Description = '',
  ): Promise<void> => {
    const made = newJob({ id, ...changes });
    const request = { ...made.job.request, ...(Description && { Description }) };
    await store.createJob({ ...made, job: { ...made.job, request } });
  };
  const ids = async (store: Store, changes: Partial<JobSearch>): Promise<string[]> =>
    (await store.findJobs({ ...ALL, ...changes })).jobs.map((job) => job.id);

  describe(`the views of ${name}`, () => {
    test('jobs are found by a part of their id or description, in any case, wildcards being plain text', () =>
      withStore(async (store) => {
        await create(store, 'one', {}, 'Tag 100% of it');
        await create(store, 'two', { createdAt: T0 + 1 }, 'a_b\\c');
        await create(store, 'three', { createdAt: T0 + 2 });
        await create(store, 'four', { account: '999999999999' }, 'Tag');
        assert.deepEqual(await ids(store, { text: 'TAG 100%' }), ['one']);
        assert.deepEqual(await ids(store, { text: 'a_b\\' }), ['two']);
        assert.deepEqual(await ids(store, { text: '_' }), ['two']);
        assert.deepEqual(await ids(store, { text: '%' }), ['one']);
        assert.deepEqual(await ids(store, { text: 'T' }), ['three', 'two', 'one']);
        assert.deepEqual(await ids(store, { text: 'hre' }), ['three']);
        assert.deepEqual(await ids(store, { account: '999999999999' }), ['four']);
      }));

    test('found jobs are sorted, cut into pages and counted, filtered by status', () =>
      withStore(async (store) => {
        await create(store, 'a', { priority: 5 }, 'zebra');
        await create(store, 'b', { priority: 7, createdAt: T0 + 1 });
        await create(store, 'c', { priority: 6, createdAt: T0 + 2 }, 'ape');
        await store.apply('b', 'CancelRequested', { at: T0 });
        assert.deepEqual(await ids(store, { sort: 'priority' }), ['b', 'c', 'a']);
        assert.deepEqual(await ids(store, { sort: 'priority', isDescending: false }), [
          ...['a', 'c', 'b'],
        ]);
        // What has no description comes last, whatever the direction.
        assert.deepEqual(await ids(store, { sort: 'description' }), ['a', 'c', 'b']);
        assert.deepEqual(await ids(store, { sort: 'description', isDescending: false }), [
          ...['c', 'a', 'b'],
        ]);
        assert.deepEqual(await ids(store, { statuses: ['Cancelling'] }), ['b']);
        const page = await store.findJobs({ ...ALL, offset: 1, limit: 1, statuses: ['New'] });
        assert.deepEqual([page.jobs.map((job) => job.id), page.total], [['a'], 2]);
        for (const sort of [
          'ended',
          'status',
          'operation',
          'total',
          'failed',
          'progress',
        ] as const) {
          assert.equal((await store.findJobs({ ...ALL, sort })).total, 3, sort);
        }
      }));

    test('jobs are found by operation and by when they were created, the end being no part of it', () =>
      withStore(async (store) => {
        await create(store, 'a', { operation: 'S3PutObjectCopy' });
        await create(store, 'b', { operation: 'S3PutObjectTagging', createdAt: T0 + 10 }, 'x');
        await create(store, 'c', { operation: 'LambdaInvoke', createdAt: T0 + 20 });
        const found = (changes: Partial<JobSearch>): Promise<string[]> => ids(store, changes);
        assert.deepEqual(await found({ operations: ['S3PutObjectCopy', 'LambdaInvoke'] }), [
          ...['c', 'a'],
        ]);
        assert.deepEqual(await found({ operations: ['S3ReplicateObject'] }), []);
        assert.deepEqual(await found({ createdFrom: T0 + 10 }), ['c', 'b']);
        assert.deepEqual(await found({ createdBefore: T0 + 20 }), ['b', 'a']);
        assert.deepEqual(await found({ createdFrom: T0 + 1, createdBefore: T0 + 11 }), ['b']);
        const both = { operations: ['S3PutObjectTagging', 'LambdaInvoke'], text: 'X' } as const;
        assert.deepEqual(await found({ ...both, createdFrom: T0 }), ['b']);
        const page = { ...ALL, createdFrom: T0 + 10, offset: 1, limit: 1 };
        const { jobs, total } = await store.findJobs(page);
        assert.deepEqual([jobs.map((job) => job.id), total], [['b'], 2]);
      }));

    test('the history of a job is its events, in order, for its own account', () =>
      withStore(async (store) => {
        await create(store, 'a');
        await create(store, 'b');
        await store.apply('a', 'CancelRequested', { at: T0 + 5, reason: 'enough' });
        const events = await store.jobEvents(ACCOUNT, 'a');
        assert.deepEqual(
          events.map(({ name: event, status, at, reason }) => [event, status, at, reason]),
          [
            ['JobCreated', 'New', T0, undefined],
            ['JobStatusChanged', 'Cancelling', T0 + 5, 'enough'],
          ],
        );
        assert.deepEqual(await store.jobEvents('999999999999', 'a'), []);
      }));

    test('who works on a job, and how far it is, counts live leases only', () =>
      withStore(async (store) => {
        await create(store, 'a');
        const request = { now: T0, until: T0 + 100, limit: 1 };
        const [prepare] = await store.lease({ ...request, worker: 'w1', kinds: ['prepare'] });
        assert.ok(prepare);
        assert.deepEqual(await store.jobWorkers('a', T0 + 50), ['w1']);
        assert.deepEqual(await store.jobWorkers('a', T0 + 101), []);
        await store.apply('a', 'PreparationStarted', { at: T0 });
        const chunks = [0, 1].map((i) => ({ firstRow: i * 10, rows: 10, start: i, end: i + 1 }));
        assert.ok(await store.addChunks(prepare.lease, chunks, {}));
        assert.ok(await store.finishPreparing(prepare.lease, { tasks: 20, bucket: 'b' }, T0));
        assert.deepEqual([...(await store.runningCounts(T0))], []);
        await store.apply('a', 'Scheduled', { at: T0 });
        const leased = await store.lease({ ...request, limit: 2, worker: 'w2', kinds: ['chunk'] });
        const [first, second] = leased;
        assert.ok(first && second);
        await store.commitPart(
          first.lease,
          { to: 10, succeeded: 8, failed: 2, succeededBytes: 1, failedBytes: 1 },
          T0,
        );
        await store.renew([{ lease: second.lease, succeeded: 3, failed: 1 }], T0 + 100, T0);
        assert.deepEqual(
          [...(await store.runningCounts(T0 + 50))],
          [['a', { succeeded: 11, failed: 3 }]],
        );
        assert.deepEqual(
          [...(await store.runningCounts(T0 + 101))],
          [['a', { succeeded: 8, failed: 2 }]],
        );
        assert.deepEqual(await store.jobWorkers('a', T0 + 50), ['w2']);
      }));

    test('the vitals count jobs, chunks, tasks and leases, and know since when work waits', () =>
      withStore(async (store) => {
        const nothing = { waiting: 0, leased: 0, done: 0 };
        const empty = await store.vitals(T0);
        assert.deepEqual([...empty.jobs], []);
        assert.deepEqual(empty.chunks, nothing);
        assert.deepEqual(empty.leases, { live: 0, expired: 0 });
        assert.deepEqual([empty.tasksLeft, empty.waitingSince], [0, undefined]);

        await create(store, 'a');
        await create(store, 'b', { createdAt: T0 + 7 });
        assert.equal(
          (await store.vitals(T0 + 50)).waitingSince,
          T0,
          'a new job waits for a worker',
        );
        const request = { now: T0 + 10, until: T0 + 100, worker: 'w' };
        const [prepare] = await store.lease({ ...request, limit: 1, kinds: ['prepare'] });
        assert.ok(prepare);
        assert.equal(
          (await store.vitals(T0 + 50)).waitingSince,
          T0 + 7,
          'what is leased waits not',
        );
        const late = await store.vitals(T0 + 200);
        assert.deepEqual(late.leases, { live: 0, expired: 1 });
        await store.applyByUser(ACCOUNT, 'b', 'CancelRequested', { at: T0 + 11 });
        assert.equal(
          (await store.vitals(T0 + 200)).waitingSince,
          T0 + 100,
          'who lost its worker waits since then',
        );

        await store.apply('a', 'PreparationStarted', { at: T0 + 12 });
        const chunks = [0, 1, 2].map((i) => ({ firstRow: i * 10, rows: 10, start: i, end: i + 1 }));
        assert.ok(await store.addChunks(prepare.lease, chunks, {}));
        assert.equal((await store.vitals(T0 + 50)).tasksLeft, 0, 'a list that is still read');
        assert.ok(await store.finishPreparing(prepare.lease, { tasks: 30, bucket: 'b' }, T0 + 13));
        assert.equal(
          (await store.vitals(T0 + 50)).waitingSince,
          undefined,
          'a job that is not active',
        );
        await store.apply('a', 'Scheduled', { at: T0 + 20 });
        const [first, second] = await store.lease({ ...request, limit: 2, kinds: ['chunk'] });
        assert.ok(first && second);
        const recorded = { to: 10, succeeded: 8, failed: 2, succeededBytes: 1, failedBytes: 1 };
        await store.commitPart(first.lease, recorded, T0 + 30);
        const vitals = await store.vitals(T0 + 50);
        assert.deepEqual(vitals.chunks, { waiting: 1, leased: 1, done: 1 });
        assert.deepEqual(vitals.leases, { live: 1, expired: 0 });
        assert.equal(vitals.tasksLeft, 20);
        assert.equal(vitals.waitingSince, T0 + 20, 'since the job is active');
        assert.deepEqual(Object.fromEntries(vitals.jobs), { Active: 1, Cancelling: 1 });

        // Given back until a time: it waits since that time, and not before.
        const [third] = await store.lease({ ...request, limit: 1, kinds: ['chunk'] });
        assert.ok(third);
        await store.release(third.lease, T0 + 60, false);
        assert.equal((await store.vitals(T0 + 50)).waitingSince, undefined);
        assert.equal((await store.vitals(T0 + 70)).waitingSince, T0 + 60);
      }));
  });
}
