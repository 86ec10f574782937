/**
 * What every implementation of Store must do. Run over each of them; nothing here knows which.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Job, JobRequest } from '../../src/model/job.ts';
import { CLOCK_MARGIN } from '../../src/model/limits.ts';
import type { JobStatus } from '../../src/model/vocabulary.ts';
import type { Lease, LeasedUnit, NewJob, Part, Store } from '../../src/store/index.ts';

export const T0 = Date.parse('2026-01-01T00:00:00Z');
export const LEASE_MS = 10_000;
const ACCOUNT = '123456789012';
let counter = 0;

const REQUEST: JobRequest = {
  AccountId: ACCOUNT,
  ConfirmationRequired: false,
  Operation: {
    S3PutObjectCopy: { ModifiedSinceConstraint: new Date('2026-01-02T03:04:05.678Z') },
  },
  Report: { Enabled: true, Bucket: 'arn:aws:s3:::reports', ReportScope: 'AllTasks' },
  ClientRequestToken: 'token',
  Priority: 10,
  RoleArn: 'arn:aws:iam::123456789012:role/role',
};

export function newJob(changes: Partial<Job> & Partial<Omit<NewJob, 'job'>> = {}): NewJob {
  const { token, requestHash = 'hash', ...job } = changes;
  const id = changes.id ?? `job-${String(++counter).padStart(8, '0')}`;
  return {
    token: token ?? `token-${id}`,
    requestHash,
    job: {
      id,
      account: ACCOUNT,
      operation: 'S3PutObjectCopy',
      request: REQUEST,
      tags: [],
      status: 'New',
      priority: 10,
      createdAt: T0,
      failures: [],
      tasksSucceeded: 0,
      tasksFailed: 0,
      activeMs: 0,
      ...job,
    },
  };
}

export function storeContract(name: string, open: () => Promise<Store>): void {
  const withStore = async (use: (store: Store) => Promise<void>): Promise<void> => {
    const store = await open();
    try {
      await use(store);
    } finally {
      await store.close();
    }
  };

  describe(`${name}: jobs`, () => {
    test('a job comes back as it was saved, dates inside its request included', () =>
      withStore(async (store) => {
        const created = newJob({ tags: [{ Key: 'a', Value: 'b' }] });
        assert.deepEqual(await store.createJob(created), { kind: 'created' });
        assert.deepEqual(await store.job(ACCOUNT, created.job.id), created.job);
        assert.deepEqual(await store.tags(ACCOUNT, created.job.id), [{ Key: 'a', Value: 'b' }]);
      }));

    test('a job of one account is invisible to another', () =>
      withStore(async (store) => {
        const { job } = newJob();
        await store.createJob(newJob({ ...job }));
        const other = '999999999999';
        assert.equal(await store.job(other, job.id), undefined);
        assert.equal(await store.tags(other, job.id), undefined);
        assert.equal(await store.setTags(other, job.id, []), false);
        assert.equal(await store.setPriority(other, job.id, 1), undefined);
        const applied = await store.applyByUser(other, job.id, 'CancelRequested', { at: T0 });
        assert.deepEqual(applied, { ok: false, why: 'no-such-job' });
        assert.deepEqual(await listAll(store, other), []);
      }));

    test('a token is repeated for the same request and a conflict for another', () =>
      withStore(async (store) => {
        const first = newJob({ token: 't', requestHash: 'h' });
        await store.createJob(first);
        const again = await store.createJob(newJob({ token: 't', requestHash: 'h' }));
        assert.deepEqual(again, { kind: 'repeated', jobId: first.job.id });
        const other = await store.createJob(newJob({ token: 't', requestHash: 'x' }));
        assert.deepEqual(other, { kind: 'conflict' });
        const elsewhere = newJob({ token: 't', requestHash: 'x', account: '999999999999' });
        assert.deepEqual(await store.createJob(elsewhere), { kind: 'created' });
        assert.equal((await listAll(store)).length, 1);
      }));

    test('pages of a list are newest first, disjoint and whole, also among equal times', () =>
      withStore(async (store) => {
        const ids: string[] = [];
        for (let i = 0; i < 23; i++) {
          const { job } = newJob({ createdAt: T0 + Math.floor(i / 4) });
          await store.createJob(newJob({ ...job }));
          ids.push(job.id);
        }
        for (const limit of [1, 4, 5, 100]) {
          const pages = await listAll(store, ACCOUNT, [], limit);
          assert.deepEqual(pages, [...ids].reverse());
        }
      }));

    test('a list holds the statuses that were asked for', () =>
      withStore(async (store) => {
        const a = await created(store);
        const b = await created(store);
        await store.apply(b, 'CancelRequested', { at: T0 });
        assert.deepEqual(await listAll(store, ACCOUNT, ['Cancelling']), [b]);
        assert.deepEqual(await listAll(store, ACCOUNT, ['New', 'Cancelling']), [b, a]);
        assert.deepEqual(await listAll(store, ACCOUNT, ['Complete']), []);
      }));

    test('priority changes while a job lives, and stays when it has ended', () =>
      withStore(async (store) => {
        const id = await created(store);
        assert.equal((await store.setPriority(ACCOUNT, id, 77))?.priority, 77);
        assert.equal((await store.job(ACCOUNT, id))?.priority, 77);
        await endByCancel(store, id);
        assert.equal((await store.setPriority(ACCOUNT, id, 5))?.priority, 77);
      }));
  });

  describe(`${name}: life cycle`, () => {
    test('every change of status writes one event, in order, with a stable id', () =>
      withStore(async (store) => {
        const id = await created(store);
        await store.apply(id, 'PreparationStarted', { at: T0 + 1 });
        const failure = { code: 'ManifestNotFound', reason: 'gone' } as const;
        await store.apply(id, 'FailureDetected', { at: T0 + 2, failure });
        const illegal = await store.apply(id, 'Confirmed', { at: T0 + 3 });
        assert.deepEqual(illegal, { ok: false, why: 'illegal', status: 'Failing' });
        const events = await store.events(0, 100);
        assert.deepEqual(
          events.map(({ name, status, at, failures }) => [name, status, at, failures.length]),
          [
            ['JobCreated', 'New', T0, 0],
            ['JobStatusChanged', 'Preparing', T0 + 1, 0],
            ['JobStatusChanged', 'Failing', T0 + 2, 1],
          ],
        );
        for (const event of events) assert.match(event.id, /^[0-9a-f]{32}$/);
        assert.deepEqual(await store.events(0, 100), events);
        assert.deepEqual(await store.events(events[1]?.seq ?? 0, 100), events.slice(2));
      }));

    test('a job that needs confirmation is suspended, one that does not is ready', () =>
      withStore(async (store) => {
        for (const [required, status] of [
          [undefined, 'Suspended'],
          [true, 'Suspended'],
          [false, 'Ready'],
        ] as const) {
          const { ConfirmationRequired: _, ...rest } = REQUEST;
          const request =
            required === undefined ? rest : { ...rest, ConfirmationRequired: required };
          const id = await created(store, { request });
          await prepared(store, id, [1000, 1]);
          const job = await store.job(ACCOUNT, id);
          assert.equal(job?.status, status);
          assert.equal(job.tasksTotal, 1001);
          assert.equal(job.bucket, 'objects');
          assert.equal(
            job.suspendedCause,
            status === 'Suspended' ? 'AWAITING_CONFIRMATION' : undefined,
          );
        }
      }));

    test('time in Active is counted over all stretches of it', () =>
      withStore(async (store) => {
        const id = await created(store);
        await prepared(store, id, [10]);
        await store.apply(id, 'Scheduled', { at: T0 });
        await store.apply(id, 'Preempted', { at: T0 + 1000 });
        await store.apply(id, 'Drained', { at: T0 + 5000 });
        await store.apply(id, 'Scheduled', { at: T0 + 6000 });
        await store.apply(id, 'CancelRequested', { at: T0 + 6500 });
        const job = await store.job(ACCOUNT, id);
        assert.equal(job?.activeMs, 1500);
        assert.equal(job.activeSince, undefined);
      }));

    test('jobs unconfirmed for too long are found, and ended jobs are forgotten with all they had', () =>
      withStore(async (store) => {
        const { ConfirmationRequired: _, ...request } = REQUEST;
        const id = await created(store, { request });
        await prepared(store, id, [5]);
        assert.deepEqual(await store.unconfirmedJobs(T0), []);
        assert.deepEqual(await store.unconfirmedJobs(T0 + 1), [id]);
        await endByCancel(store, id);
        assert.deepEqual(await store.deleteJobs(T0), []);
        assert.deepEqual(await store.deleteJobs(T0 + 1), [id]);
        assert.equal(await store.job(ACCOUNT, id), undefined);
        assert.deepEqual(await store.events(0, 10), []);
        assert.deepEqual(await listAll(store), []);
      }));
  });

  describe(`${name}: leases`, () => {
    test('a unit is leased once until its lease expires, and then with a higher fence', () =>
      withStore(async (store) => {
        await created(store);
        const first = await leaseOne(store, T0);
        assert.equal(await leaseOne(store, T0 + LEASE_MS), undefined);
        const second = await leaseOne(store, T0 + LEASE_MS + 1);
        assert.ok(first && second && second.lease.fence > first.lease.fence);
      }));

    test('a worker that lost its lease can neither renew, save, record nor close (D4)', () =>
      withStore(async (store) => {
        const id = await active(store, [10]);
        const old = await leaseOne(store, T0);
        const current = await leaseOne(store, T0 + LEASE_MS + 1);
        assert.ok(old && current);
        const [standing] = await store.renew(
          [{ lease: old.lease, succeeded: 5, failed: 0 }],
          T0 * 2,
          T0,
        );
        assert.equal(standing?.held, false);
        assert.equal(await store.commitPart(old.lease, part(10), T0), false);
        assert.equal(await store.release(old.lease, 0, false), false);
        assert.equal(await store.complete(old.lease, null), false);
        assert.equal((await store.job(ACCOUNT, id))?.tasksSucceeded, 0);
        assert.equal(await store.commitPart(current.lease, part(10), T0), true);
        assert.equal(await store.commitPart(current.lease, part(10), T0), false, 'only once');
        assert.equal((await store.job(ACCOUNT, id))?.tasksSucceeded, 10);
      }));

    test('a lost prepare lease adds no chunks', () =>
      withStore(async (store) => {
        const id = await created(store);
        const old = await leaseOne(store, T0);
        const current = await leaseOne(store, T0 + LEASE_MS + 1);
        assert.ok(old && current);
        const chunk = { firstRow: 0, rows: 1, start: 0, end: 9 };
        assert.equal(await store.addChunks(old.lease, [chunk], { at: 9 }), false);
        assert.equal(await store.finishPreparing(old.lease, { tasks: 1, bucket: 'b' }, T0), false);
        assert.equal(await store.addChunks(current.lease, [chunk], { at: 9 }), true);
        assert.equal((await store.job(ACCOUNT, id))?.tasksTotal, 1);
        assert.equal(await store.addChunks(current.lease, [chunk], { at: 9 }), false, 'not twice');
        await store.release(current.lease, 0, true);
        const next = await leaseOne(store, T0 + LEASE_MS + 2);
        assert.deepEqual(next?.work.checkpoint, { at: 9 });
        assert.equal(next?.failures, 1);
      }));

    test('what preparing made of a rewritten list comes back: segments of chunks, its columns', () =>
      withStore(async (store) => {
        const id = await created(store);
        await store.apply(id, 'PreparationStarted', { at: T0 });
        const prepare = await leaseOne(store, T0);
        assert.ok(prepare);
        // Each in its own segment: byte offsets begin again, and a segment's name may be large.
        const ranges = [
          { firstRow: 0, rows: 2, segment: 7 * 2 ** 24, start: 0, end: 20 },
          { firstRow: 2, rows: 1, segment: 9 * 2 ** 24 + 1, start: 0, end: 10 },
        ];
        for (const range of ranges) {
          assert.ok(await store.addChunks(prepare.lease, [range], { position: range.firstRow }));
          const { tasksTotal } = (await store.job(ACCOUNT, id)) ?? {};
          assert.equal(tasksTotal, range.firstRow + range.rows, 'progress is visible');
        }
        assert.equal((await store.job(ACCOUNT, id))?.list, undefined);
        const list = {
          fields: ['Bucket', 'Key', 'Ignore'],
          generated: { objectArn: 'arn:aws:s3:::made/manifest.json', etag: 'e' },
        } as const;
        const facts = { tasks: 3, bucket: 'objects', list };
        assert.ok(await store.finishPreparing(prepare.lease, facts, T0));
        assert.deepEqual((await store.job(ACCOUNT, id))?.list, list);
        await store.apply(id, 'Scheduled', { at: T0 });
        const chunks = await lease(store, T0, 2);
        assert.deepEqual(
          chunks.map(({ work }) => work.range),
          ranges,
        );
      }));

    test('a position is saved without chunks', () =>
      withStore(async (store) => {
        await created(store);
        const unit = await leaseOne(store, T0);
        assert.ok(unit);
        assert.ok(await store.addChunks(unit.lease, [], { position: 'far' }));
        await store.release(unit.lease, 0, false);
        assert.deepEqual((await leaseOne(store, T0))?.work.checkpoint, { position: 'far' });
      }));

    test('a released unit waits for its time', () =>
      withStore(async (store) => {
        await created(store);
        const unit = await leaseOne(store, T0);
        assert.ok(unit);
        await store.release(unit.lease, T0 + 500, false);
        assert.equal(await leaseOne(store, T0 + 499), undefined);
        assert.ok(await leaseOne(store, T0 + 500));
      }));

    test('a renewed lease lives on and tells what became of the job', () =>
      withStore(async (store) => {
        const id = await active(store, [10, 10]);
        const unit = await leaseOne(store, T0);
        assert.ok(unit);
        const progress = [{ lease: unit.lease, succeeded: 3, failed: 1 }];
        const [before] = await store.renew(progress, T0 + 3 * LEASE_MS, T0);
        assert.deepEqual([before?.held, before?.status], [true, 'Active']);
        assert.deepEqual((await store.liveCounts([id], T0)).get(id), { succeeded: 3, failed: 1 });
        assert.equal(
          (await leaseOne(store, T0 + 2 * LEASE_MS))?.lease.seq,
          1,
          'not the renewed one',
        );
        await store.apply(id, 'CancelRequested', { at: T0 });
        const [after] = await store.renew(progress, T0 + 4 * LEASE_MS, T0);
        assert.deepEqual([after?.held, after?.status], [true, 'Cancelling']);
      }));

    test('what a dead worker held is given back at once when it says so itself', () =>
      withStore(async (store) => {
        await active(store, [10, 10]);
        await lease(store, T0, 2, 'dead');
        assert.equal(await leaseOne(store, T0), undefined);
        assert.equal(await store.voidLeases('other'), 0);
        assert.equal(await store.voidLeases('dead'), 2);
        assert.equal((await leaseOne(store, T0))?.lease.fence, 2);
      }));

    test('higher priority is served first, equals by turns', () =>
      withStore(async (store) => {
        const low = await active(store, [10, 10, 10], { priority: 1 });
        const highA = await active(store, [10, 10, 10], { priority: 9 });
        const highB = await active(store, [10, 10], { priority: 9 });
        const order = (await lease(store, T0, 8)).map((unit) => unit.lease.jobId);
        assert.deepEqual(new Set(order.slice(0, 2)), new Set([highA, highB]));
        assert.deepEqual(new Set(order.slice(2, 4)), new Set([highA, highB]));
        assert.deepEqual(order.slice(4), [highA, low, low, low]);
      }));

    test('jobs to be passed over are passed over, at every priority', () =>
      withStore(async (store) => {
        const low = await active(store, [1, 1], { priority: 1 });
        const high = await active(store, [1, 1], { priority: 9 });
        const request = leaseRequest(T0, 3);
        const units = await store.lease({ ...request, except: [high, 'unknown'] });
        assert.deepEqual(
          units.map((unit) => unit.lease.jobId),
          [low, low],
        );
        assert.deepEqual(await store.lease({ ...request, except: [high, low] }), []);
        assert.equal((await leaseOne(store, T0))?.lease.jobId, high);
      }));

    test('a few units are leased out of many jobs in the right order, whatever else waits', () =>
      withStore(async (store) => {
        // Jobs in other statuses and of all priorities around the one whose turn it is.
        for (let i = 0; i < 30; i++) {
          const id = await created(store, { priority: i % 3 });
          if (i % 5 === 0) await store.apply(id, 'CancelRequested', { at: T0 });
        }
        const first = await active(store, [1, 1, 1], { priority: 2 });
        const units = await store.lease({ ...leaseRequest(T0, 2), kinds: ['chunk'] });
        assert.deepEqual(
          units.map(({ lease: { jobId, seq } }) => [jobId, seq]),
          [
            [first, 0],
            [first, 1],
          ],
        );
        const prepares = await lease(store, T0, 12);
        const priorities = prepares.map(({ job }) => job.priority);
        assert.deepEqual(priorities, [...priorities].sort().reverse());
        assert.equal(new Set(prepares.slice(1).map(({ job }) => job.id)).size, 11, 'by turns');
      }));

    test('chunks are handed out to several workers by turns of the jobs', () =>
      withStore(async (store) => {
        const jobs = [
          await active(store, Array(20).fill(1)),
          await active(store, Array(20).fill(1)),
        ];
        const counts = new Map(jobs.map((id) => [id, 0]));
        for (let round = 0; round < 10; round++) {
          const worker = `worker-${round % 3}`;
          for (const unit of await lease(store, T0 + round, 2, worker)) {
            counts.set(unit.lease.jobId, (counts.get(unit.lease.jobId) ?? 0) + 1);
          }
        }
        assert.deepEqual([...counts.values()], [10, 10]);
      }));

    test('a renewal tells who else works on the job, and what its tags are now', () =>
      withStore(async (store) => {
        const other = await active(store, [1], { priority: 1 });
        const id = await active(store, [1, 1, 1, 1], { tags: [{ Key: 'a', Value: '1' }] });
        const [mine] = await lease(store, T0, 1, 'me');
        await lease(store, T0, 2, 'you');
        await lease(store, T0 - 1, 1, 'gone');
        const [elsewhere] = await lease(store, T0, 1, 'elsewhere');
        assert.ok(mine && elsewhere);
        assert.deepEqual(mine.job.tags, [{ Key: 'a', Value: '1' }]);
        assert.equal(elsewhere.job.id, other);
        const ask = async (now: number) => {
          const progress = [mine, elsewhere].map((unit) => ({
            lease: unit.lease,
            succeeded: 0,
            failed: 0,
          }));
          const standings = await store.renew(progress, T0 + 2 * LEASE_MS, now);
          return standings.map(({ workers, tags }) => [workers, tags]);
        };
        const tagged = [{ Key: 'a', Value: '1' }];
        assert.deepEqual(await ask(T0), [
          [['gone', 'me', 'you'], tagged],
          [['elsewhere'], []],
        ]);
        await store.setTags(ACCOUNT, id, []);
        assert.deepEqual(await ask(T0 + LEASE_MS), [
          [['me', 'you'], []],
          [['elsewhere'], []],
        ]);
      }));

    test('turns go on from one lease to the next', () =>
      withStore(async (store) => {
        const a = await active(store, [1, 1]);
        const b = await active(store, [1, 1]);
        const first = await leaseOne(store, T0 + 1);
        const second = await leaseOne(store, T0 + 2);
        assert.deepEqual(new Set([first?.lease.jobId, second?.lease.jobId]), new Set([a, b]));
      }));

    test('only what a status hands out is leased', () =>
      withStore(async (store) => {
        const id = await active(store, [10]);
        await store.apply(id, 'Preempted', { at: T0 });
        assert.equal(await leaseOne(store, T0), undefined);
        await store.apply(id, 'Drained', { at: T0 });
        await store.apply(id, 'Scheduled', { at: T0 });
        const kinds = { kinds: ['finish'] as const };
        assert.deepEqual(await store.lease({ ...leaseRequest(T0, 1), ...kinds }), []);
        assert.ok(await leaseOne(store, T0));
      }));
  });

  describe(`${name}: recording`, () => {
    test('parts of a chunk add up from mark to mark, and the chunk is done with its last row (D3)', () =>
      withStore(async (store) => {
        const id = await active(store, [10]);
        const first = await leaseOne(store, T0);
        assert.ok(first);
        assert.deepEqual(first.work, {
          mark: 0,
          range: { firstRow: 0, rows: 10, start: 0, end: 100 },
        });
        await store.commitPart(first.lease, part(4, 1), T0);
        assert.equal((await moving(store, id)).chunksDone, 0);
        const second = await leaseOne(store, T0);
        assert.equal(second?.work.mark, 4);
        assert.ok(second);
        await store.commitPart(second.lease, { ...part(6, 2), to: 10 }, T0);
        assert.equal((await moving(store, id)).chunksDone, 1);
        assert.equal(await leaseOne(store, T0), undefined);
        const job = await store.job(ACCOUNT, id);
        assert.deepEqual([job?.tasksSucceeded, job?.tasksFailed], [7, 3]);
        const expected: Part[] = [
          { seq: 0, fence: 1, from: 0, ...part(4, 1) },
          { seq: 0, fence: 2, from: 4, ...part(6, 2), to: 10 },
        ];
        assert.deepEqual(await store.parts(id, 0, 1), expected);
        assert.deepEqual(await store.parts(id, 1, 9), []);
      }));

    test('rows that a part leaves out come first in the next lease, and are recorded once', () =>
      withStore(async (store) => {
        const id = await active(store, [10]);
        const first = await leaseOne(store, T0);
        assert.ok(first);
        const some = { ...part(5, 1), to: 8, holes: [1, 3, 6] };
        assert.equal(await store.commitPart(first.lease, some, T0), true);
        const second = await leaseOne(store, T0);
        assert.ok(second);
        assert.deepEqual([second.work.mark, second.work.holes], [8, [1, 3, 6]]);
        // The last row of the chunk has ended, and still the chunk has not.
        const more = { ...part(4), to: 10, holes: [3] };
        assert.equal(await store.commitPart(second.lease, more, T0), true);
        assert.equal((await moving(store, id)).chunksDone, 0);
        const third = await leaseOne(store, T0);
        assert.ok(third);
        assert.deepEqual([third.work.mark, third.work.holes], [10, [3]]);
        for (const wrong of [
          { ...part(2), to: 10 }, // Counts more than was left.
          { ...part(0), to: 10, holes: [3] }, // Holds nothing.
          { ...part(1), to: 10, holes: [4] }, // Leaves out what was recorded.
        ]) {
          await assert.rejects(store.commitPart(third.lease, wrong, T0), /A part/);
        }
        assert.equal(await store.commitPart(third.lease, { ...part(1, 1), to: 10 }, T0), true);
        assert.equal((await moving(store, id)).chunksDone, 1);
        assert.equal(await leaseOne(store, T0), undefined);
        const job = await store.job(ACCOUNT, id);
        assert.deepEqual([job?.tasksSucceeded, job?.tasksFailed], [8, 2]);
        assert.deepEqual(await store.parts(id, 0, 1), [
          { seq: 0, fence: 1, from: 0, ...some },
          { seq: 0, fence: 2, from: 8, ...more },
          { seq: 0, fence: 3, from: 10, ...part(1, 1), to: 10 },
        ]);
      }));

    test('once a job is sealed, what a lease has done counts no more', () =>
      withStore(async (store) => {
        const id = await active(store, [10]);
        const unit = await leaseOne(store, T0);
        assert.ok(unit);
        await store.renew([{ lease: unit.lease, succeeded: 3, failed: 1 }], T0 + LEASE_MS, T0);
        assert.deepEqual((await store.liveCounts([id], T0)).get(id), { succeeded: 3, failed: 1 });
        await store.seal(id);
        assert.equal((await store.liveCounts([id], T0)).get(id), undefined);
      }));

    test('live progress vanishes with the lease that it belongs to', () =>
      withStore(async (store) => {
        const id = await active(store, [10]);
        const unit = await leaseOne(store, T0);
        assert.ok(unit);
        await store.renew([{ lease: unit.lease, succeeded: 3, failed: 0 }], T0 + LEASE_MS, T0);
        await store.commitPart(unit.lease, part(4), T0);
        assert.equal((await store.liveCounts([id], T0)).get(id), undefined);
      }));

    test('the failure threshold is looked at with every part, and trips once', () =>
      withStore(async (store) => {
        const id = await active(store, [999, 1, 1000]);
        const units = await lease(store, T0, 3);
        assert.ok(units[0] && units[1] && units[2]);
        await store.commitPart(units[0].lease, part(999, 999), T0);
        assert.equal((await store.job(ACCOUNT, id))?.status, 'Active', '999 of 999');
        await store.commitPart(units[1].lease, part(1, 1), T0);
        const failing = await store.job(ACCOUNT, id);
        assert.equal(failing?.status, 'Failing');
        assert.equal(failing.failures[0]?.code, 'TaskFailureThresholdExceeded');
        await store.commitPart(units[2].lease, part(1000, 1000), T0);
        assert.equal((await store.job(ACCOUNT, id))?.failures.length, 1);
      }));

    test('a sealed ledger refuses late parts, so that the report equals the counters', () =>
      withStore(async (store) => {
        const id = await active(store, [10]);
        const unit = await leaseOne(store, T0);
        assert.ok(unit);
        await store.apply(id, 'CancelRequested', { at: T0 });
        assert.equal((await moving(store, id)).isSealed, false);
        await store.seal(id);
        assert.equal((await moving(store, id)).isSealed, true);
        assert.equal(await store.commitPart(unit.lease, part(10), T0), false);
      }));

    test('finishing closes the unit and the job as one, once', () =>
      withStore(async (store) => {
        const id = await created(store);
        await store.apply(id, 'CancelRequested', { at: T0, reason: 'no longer needed' });
        await store.addUnits(id, [{ kind: 'finish', seq: 0, work: {} }]);
        await store.addUnits(id, [{ kind: 'finish', seq: 0, work: {} }]);
        const unit = await leaseOne(store, T0);
        assert.equal(unit?.lease.kind, 'finish');
        assert.ok(unit);
        const other = await created(store);
        assert.deepEqual([...(await store.ended([id, other, 'unknown']))], []);
        assert.equal(await store.finishJob(unit.lease, T0 + 7), true);
        assert.equal(await store.finishJob(unit.lease, T0 + 8), false);
        const job = await store.job(ACCOUNT, id);
        assert.deepEqual(
          [job?.status, job?.terminatedAt, job?.statusReason],
          ['Cancelled', T0 + 7, 'no longer needed'],
        );
        assert.deepEqual([...(await store.ended([id, other, 'unknown']))], [id]);
      }));

    test('results of report units come back in order', () =>
      withStore(async (store) => {
        const id = await created(store);
        await store.apply(id, 'CancelRequested', { at: T0 });
        const chunks = (first: number) => ({ chunks: { first, end: first + 1 } });
        await store.addUnits(id, [
          { kind: 'report', seq: 0, work: chunks(0) },
          { kind: 'report', seq: 1, work: chunks(1) },
        ]);
        const units = await lease(store, T0, 5);
        assert.deepEqual(
          units.map((unit) => unit.work),
          [chunks(0), chunks(1)],
        );
        for (const unit of [...units].reverse()) {
          await store.complete(unit.lease, [{ seq: unit.lease.seq }]);
        }
        assert.deepEqual(await store.reportResults(id), [[{ seq: 0 }], [{ seq: 1 }]]);
        const { reports, reportsDone } = await moving(store, id);
        assert.deepEqual([reports, reportsDone], [2, 2]);
      }));

    test('whatever workers do, counters are the sum of the parts, and parts cover each row once (D1, D2)', () =>
      fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
          fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat()), { maxLength: 40 }),
          (chunks, script) =>
            withStore(async (store) => {
              const id = await active(store, chunks);
              await playScript(store, script);
              await assertLedger(store, id, chunks);
            }),
        ),
        { numRuns: 40 },
      ));
  });

  describe(`${name}: workers`, () => {
    test('clocks that differ by twice the margin neither take what is alive nor leave what is dead', () =>
      withStore(async (store) => {
        const jobId = await created(store);
        // Their own clocks are off the database's by the margin, in opposite directions.
        const margin = LEASE_MS * CLOCK_MARGIN;
        const { slow, fast } = {
          slow: (at: number) => T0 + at - margin,
          fast: (at: number) => T0 + at + margin,
        };
        const [unit] = await lease(store, slow(0), 1, 'slow');
        assert.equal(unit?.lease.jobId, jobId);
        // Renewed a heartbeat ago, and the next one is late by as much again.
        for (let at = 0; at <= 3 * LEASE_MS; at += 300) {
          const progress = [{ lease: unit.lease, succeeded: 0, failed: 0 }];
          const [standing] = await store.renew(progress, slow(at) + LEASE_MS, slow(at));
          assert.equal(standing?.held, true);
          assert.deepEqual(await lease(store, fast(at + 600), 1, 'fast'), []);
        }
        // Dead: taken up within two lease times, also from one whose clock was ahead.
        const died = 10 * LEASE_MS;
        const [taken] = await lease(store, fast(died), 1, 'fast');
        assert.equal(taken?.lease.fence, 2);
        const [last] = await lease(store, slow(died + 2 * LEASE_MS), 1, 'slow');
        assert.equal(last?.lease.fence, 3);
      }));

    test('a database that has a clock of its own says what time it is', () =>
      withStore(async (store) => {
        const before = Date.now();
        const clock = await store.clock();
        // One machine: no more than the rounding of a millisecond.
        assert.ok(
          clock === undefined || (clock >= before - 1 && clock <= Date.now() + 1),
          `${clock}`,
        );
      }));

    test('workers are listed by name while they are seen, and forgotten when they are silent', () =>
      withStore(async (store) => {
        const one = (name: string, seenAt: number, rate = 0) => ({
          ...{ name, host: 'host', pid: 7, startedAt: T0, seenAt },
          ...{ inFlight: 3, limit: 64, rate },
        });
        await store.checkIn(one('b', T0), 0);
        await store.checkIn(one('a', T0 + 5), 0);
        assert.deepEqual(await store.workers(T0), [one('a', T0 + 5), one('b', T0)]);
        assert.deepEqual(await store.workers(T0 + 1), [one('a', T0 + 5)]);
        await store.checkIn(one('a', T0 + 9, 12.5), T0 + 1);
        assert.deepEqual(await store.workers(0), [one('a', T0 + 9, 12.5)]);
        await store.checkOut('a');
        await store.checkOut('never there');
        assert.deepEqual(await store.workers(0), []);
      }));
  });

  describe(`${name}: scheduling`, () => {
    test('what its user paused stays so until they resume it, then it waits for its turn', () =>
      withStore(async (store) => {
        const id = await active(store, [1]);
        const other = await created(store, { priority: 1 });
        await prepared(store, other, [1]);
        const user = async (event: 'PauseRequested' | 'Confirmed') => {
          const applied = await store.applyByUser(ACCOUNT, id, event, { at: T0 });
          return applied.ok ? applied.job.status : applied.why;
        };
        const step = async () => {
          await store.schedule(1, T0);
          const status = async (jobId: string) => (await store.job(ACCOUNT, jobId))?.status;
          return [await status(id), await status(other)];
        };
        assert.equal(await user('PauseRequested'), 'Pausing');
        assert.deepEqual(await step(), ['Pausing', 'Ready'], 'its slot is not free yet');
        await store.apply(id, 'Drained', { at: T0 });
        assert.equal((await store.job(ACCOUNT, id))?.isPausedByUser, true);
        assert.deepEqual(await step(), ['Paused', 'Active']);
        await endByCancel(store, other);
        assert.deepEqual(await step(), ['Paused', 'Cancelled']);
        assert.equal(await user('PauseRequested'), 'illegal');
        assert.equal(await user('Confirmed'), 'Ready');
        assert.equal((await store.job(ACCOUNT, id))?.isPausedByUser, undefined);
        assert.deepEqual(await step(), ['Active', 'Cancelled']);
      }));

    test('many jobs that wait do not keep the first of them from its turn', () =>
      withStore(async (store) => {
        const waiting: string[] = [];
        for (let i = 0; i < 12; i++) {
          const id = await created(store, { priority: i % 4, createdAt: T0 + i });
          await prepared(store, id, [1]);
          waiting.push(id);
        }
        await store.schedule(2, T0);
        const actives = await listAll(store, ACCOUNT, ['Active']);
        assert.deepEqual(actives.sort(), [waiting[3], waiting[7]].sort());
      }));

    test('the scheduler is applied to all jobs as one', () =>
      withStore(async (store) => {
        const low = await active(store, [1], { priority: 1 });
        const high = await created(store, { priority: 5 });
        await prepared(store, high, [1]);
        const step = async () => {
          await store.schedule(1, T0);
          const status = async (id: string) => (await store.job(ACCOUNT, id))?.status;
          return [await status(low), await status(high)];
        };
        assert.deepEqual(await step(), ['Pausing', 'Ready']);
        await store.apply(low, 'Drained', { at: T0 });
        assert.deepEqual(await step(), ['Paused', 'Active']);
        await endByCancel(store, high);
        assert.deepEqual(await step(), ['Active', 'Cancelled']);
      }));
  });
}

/** Leases, commits, loses and releases at random; time moves on so that leases expire. */
async function playScript(
  store: Store,
  script: readonly [number, number, number][],
): Promise<void> {
  const held: LeasedUnit[] = [];
  let now = T0;
  for (const [action, pick, size] of script) {
    const unit = held[pick % Math.max(1, held.length)];
    const left = unit ? (unit.work.range?.rows ?? 0) - (unit.work.mark ?? 0) : 0;
    if (action % 4 === 0 || !unit) held.push(...(await lease(store, now, 1 + (size % 2))));
    else if (action % 4 === 1) {
      const rows = 1 + (size % left);
      const to = (unit.work.mark ?? 0) + rows;
      await store.commitPart(unit.lease, { ...part(rows, size % (rows + 1)), to }, now);
    } else if (action % 4 === 2) await store.release(unit.lease, now, false);
    else now += LEASE_MS + 1;
  }
}

export async function assertLedger(
  store: Store,
  id: string,
  chunks: readonly number[],
): Promise<void> {
  const job = await store.job(ACCOUNT, id);
  const parts = await store.parts(id, 0, chunks.length);
  const sum = (pick: (part: Part) => number): number => parts.reduce((n, one) => n + pick(one), 0);
  assert.equal(
    job?.tasksSucceeded,
    sum((one) => one.succeeded),
  );
  assert.equal(
    job.tasksFailed,
    sum((one) => one.failed),
  );
  for (const [seq, rows] of chunks.entries()) {
    let at = 0;
    for (const one of parts.filter((candidate) => candidate.seq === seq)) {
      assert.equal(one.from, at);
      assert.ok(one.to > one.from && one.to <= rows);
      at = one.to;
    }
  }
  assert.equal(new Set(parts.map(({ seq, fence }) => `${seq}-${fence}`)).size, parts.length);
}

export function part(rows: number, failed = 0) {
  const succeeded = rows - failed;
  return { to: rows, succeeded, failed, succeededBytes: succeeded * 9, failedBytes: failed * 9 };
}

function leaseRequest(now: number, limit: number, worker = 'worker') {
  const kinds = ['prepare', 'chunk', 'report', 'finish'] as const;
  return { worker, now, until: now + LEASE_MS, limit, kinds };
}

export const lease = (store: Store, now: number, limit: number, worker = 'worker') =>
  store.lease(leaseRequest(now, limit, worker));

async function leaseOne(store: Store, now: number): Promise<LeasedUnit | undefined> {
  return (await lease(store, now, 1))[0];
}

async function created(store: Store, changes: Partial<Job> = {}): Promise<string> {
  const one = newJob(changes);
  await store.createJob(one);
  return one.job.id;
}

async function leaseOf(store: Store, jobId: string): Promise<Lease> {
  for (;;) {
    const unit = await leaseOne(store, T0);
    assert.ok(unit, 'nothing left to lease');
    if (unit.lease.jobId === jobId) return unit.lease;
  }
}

/** Chunks of these numbers of rows, ten bytes each. */
async function prepared(store: Store, jobId: string, rows: readonly number[]): Promise<void> {
  await store.apply(jobId, 'PreparationStarted', { at: T0 });
  const held = await leaseOf(store, jobId);
  let firstRow = 0;
  const chunks = rows.map((count) => {
    const chunk = { firstRow, rows: count, start: firstRow * 10, end: (firstRow + count) * 10 };
    firstRow += count;
    return chunk;
  });
  assert.ok(await store.addChunks(held, chunks, null));
  assert.ok(await store.finishPreparing(held, { tasks: firstRow, bucket: 'objects' }, T0));
}

export async function active(
  store: Store,
  rows: readonly number[],
  changes: Partial<Job> = {},
): Promise<string> {
  const id = await created(store, changes);
  await prepared(store, id, rows);
  const applied = await store.apply(id, 'Scheduled', { at: T0 });
  assert.ok(applied.ok);
  return id;
}

async function endByCancel(store: Store, id: string): Promise<void> {
  await store.apply(id, 'CancelRequested', { at: T0 });
  await store.addUnits(id, [{ kind: 'finish', seq: 0, work: {} }]);
  assert.ok(await store.finishJob(await leaseOf(store, id), T0));
}

async function moving(store: Store, id: string) {
  const found = (await store.movingJobs(T0)).find(({ job }) => job.id === id);
  assert.ok(found);
  return found.ledger;
}

async function listAll(
  store: Store,
  account = ACCOUNT,
  statuses: readonly JobStatus[] = [],
  limit = 7,
): Promise<string[]> {
  const ids: string[] = [];
  let after: { createdAt: number; id: string } | undefined;
  for (;;) {
    const page = await store.jobs({ account, statuses, limit, ...(after ? { after } : {}) });
    ids.push(...page.map(({ id }) => id));
    const last = page.at(-1);
    if (!last || page.length < limit) return ids;
    after = { createdAt: last.createdAt, id: last.id };
  }
}
