// Aim: the console's calls about jobs: the same requests, refusals and accounts as S3 Control's own,
// and what S3 Control has no call for.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Job } from '../../src/model/job.ts';
import { newJob } from '../contract/store.contract.ts';
import { ACCOUNT, type ConsoleWorld, openConsoleWorld } from './console-world.ts';

const world = openConsoleWorld();
after(() => world.close());
await world.signIn();

let tokens = 0;
function request(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    ConfirmationRequired: true,
    Operation: { S3PutObjectTagging: { TagSet: [{ Key: 'k', Value: 'ü -/+=@' }] } },
    Report: { Enabled: false },
    ClientRequestToken: `token-${tokens++}`,
    Manifest: {
      Spec: { Format: 'S3BatchOperations_CSV_20180820', Fields: ['Bucket', 'Key'] },
      Location: { ObjectArn: 'arn:aws:s3:::b/m.csv', ETag: 'e' },
    },
    Description: 'Tag them',
    Priority: 10,
    RoleArn: 'arn:aws:iam::123456789012:role/r',
    ...changes,
  };
}

const created = async (changes: Record<string, unknown> = {}, at = world): Promise<string> => {
  const reply = await at.call('POST', 'jobs', { body: request(changes) });
  assert.equal(reply.status, 200, reply.text);
  return (reply.json as { jobId: string }).jobId;
};
const jobOf = async (id: string, at: ConsoleWorld = world): Promise<Job> => {
  const job = await at.store.job(ACCOUNT, id);
  assert.ok(job);
  return job;
};

test('a job is created from JSON as from XML: the same request is kept, the same token is the same job', async () => {
  const body = request({
    ManifestGenerator: {
      S3JobManifestGenerator: {
        SourceBucket: 'arn:aws:s3:::source',
        EnableManifestOutput: false,
        Filter: {
          CreatedAfter: '2026-01-02T03:04:05Z',
          ObjectSizeGreaterThanBytes: 5,
          MatchAnyObjectEncryption: [{ SSES3: {} }],
        },
      },
    },
    Manifest: undefined,
    Tags: [{ Key: 'brigade:concurrency', Value: '3' }],
  });
  const first = await world.call('POST', 'jobs', { body });
  const again = await world.call('POST', 'jobs', { body });
  assert.deepEqual(again.json, first.json);
  const job = await jobOf((first.json as { jobId: string }).jobId);
  assert.deepEqual(job.request.Operation, body['Operation']);
  assert.deepEqual(job.request.ManifestGenerator?.S3JobManifestGenerator?.Filter, {
    CreatedAfter: new Date('2026-01-02T03:04:05Z'),
    ObjectSizeGreaterThanBytes: 5,
    MatchAnyObjectEncryption: [{ SSES3: {} }],
  });
  assert.equal(job.request.AccountId, ACCOUNT);
  assert.deepEqual(job.tags, [{ Key: 'brigade:concurrency', Value: '3' }]);
  const other = await world.call('POST', 'jobs', { body: { ...body, Priority: 11 } });
  assert.equal(other.code, 'IdempotencyException');
});

test('a request is refused in the words of S3 Control, field by field', async () => {
  const refusals: [Record<string, unknown>, RegExp][] = [
    [{ Priority: -1 }, /^Priority: must be between 0 and/],
    [{ Priority: 'soon' }, /^Priority: must be between 0 and/],
    [{ Priority: undefined }, /^Priority: is required$/],
    [{ Typo: 1 }, /^Typo: is not known here$/],
    [{ Operation: {} }, /^Operation: must hold exactly one operation$/],
    [
      { Operation: { S3PutObjectTagging: { TagSet: 'x' } } },
      /TagSet: must hold elements, not text/,
    ],
    [
      { Operation: { S3PutObjectTagging: { TagSet: [{ Key: 'k' }] } } },
      /TagSet\[0\]\.Value: is required/,
    ],
    [{ Description: { text: 1 } }, /^Description: must hold text, not elements/],
    [{ Description: 'a\u0000b' }, /Description: must hold only characters that XML can carry/],
    [{ Tags: [{ Key: 'brigade:x', Value: '1' }] }, /brigade:x is no option/],
    [{ Manifest: undefined }, /exactly one of Manifest and ManifestGenerator/],
  ];
  for (const [changes, message] of refusals) {
    const reply = await world.call('POST', 'jobs', { body: request(changes) });
    assert.deepEqual([reply.status, reply.code], [400, 'BadRequestException']);
    assert.match(reply.message, message);
  }
  for (const body of [[], 'text', undefined]) {
    const reply = await world.call('POST', 'jobs', { body });
    assert.equal(reply.status, 400, JSON.stringify(body));
  }
});

test('jobs are found by text and status, in pages, and those of another account are not', async () => {
  const own = openConsoleWorld();
  await own.signIn();
  for (let i = 0; i < 25; i++) {
    own.clock.advance(1000);
    await created({ Description: `Job number ${i}`, Priority: i }, own);
  }
  const list = async (query: string) => {
    const { json } = await own.call('GET', `jobs?${query}`);
    return json as { jobs: { Description: string; Status: string }[]; total: number };
  };
  const first = await list('size=10');
  assert.deepEqual(
    [first.total, first.jobs.length, first.jobs[0]?.Description],
    [25, 10, 'Job number 24'],
  );
  const last = await list('size=10&page=3&sort=priority&order=asc');
  assert.deepEqual(
    last.jobs.map((job) => job.Description),
    [20, 21, 22, 23, 24].map((i) => `Job number ${i}`),
  );
  assert.equal((await list('search=number+1')).total, 11);
  assert.equal((await list('status=Active,Failed')).total, 0);
  assert.equal((await list('status=New')).total, 25);
  for (const query of ['size=0', 'size=1000', 'page=-1', 'sort=secret', 'order=up', 'status=Odd']) {
    assert.equal((await own.call('GET', `jobs?${query}`)).code, 'BadRequestException', query);
  }
  await own.signIn('OTHER', 'other secret');
  assert.equal((await list('')).total, 0);
  await own.close();
});

test('jobs are found by operation and by when they were created, in pages that are counted', async () => {
  const at = openConsoleWorld();
  await at.signIn();
  const T = at.clock.now();
  const names = [
    'S3PutObjectCopy',
    'S3PutObjectTagging',
    'S3PutObjectCopy',
    'LambdaInvoke',
  ] as const;
  for (const [i, operation] of names.entries()) {
    await at.store.createJob(newJob({ id: `job-${i}`, operation, createdAt: T + i * 1000 }));
  }
  const found = async (query: string): Promise<unknown> => {
    const reply = await at.call('GET', `jobs?${query}`);
    const { jobs, total } = reply.json as { jobs: { JobId: string }[]; total: number };
    return [...jobs.map(({ JobId }) => JobId), total];
  };
  assert.deepEqual(await found('operation=S3PutObjectCopy'), ['job-2', 'job-0', 2]);
  assert.deepEqual(await found('operation=S3PutObjectCopy,LambdaInvoke&size=1&page=2'), [
    'job-2',
    3,
  ]);
  assert.deepEqual(await found(`createdFrom=${T + 1000}&createdBefore=${T + 3000}`), [
    ...['job-2', 'job-1', 2],
  ]);
  assert.deepEqual(await found(`operation=LambdaInvoke&createdBefore=${T + 3000}`), [0]);
  for (const query of ['operation=S3Nothing', 'createdFrom=yesterday', 'createdBefore=-1']) {
    assert.equal((await at.call('GET', `jobs?${query}`)).code, 'BadRequestException', query);
  }
  await at.close();
});

test('what another account asks about a job is answered as if there were none', async () => {
  const id = await created();
  await world.signIn('OTHER', 'other secret');
  const asked: [string, string, unknown?][] = [
    ['GET', `jobs/${id}`],
    ['GET', `jobs/${id}/estimate`],
    ['GET', `jobs/${id}/failures`],
    ['GET', `jobs/${id}/report`],
    ['POST', `jobs/${id}/status`, { status: 'Cancelled' }],
    ['POST', `jobs/${id}/priority`, { priority: 1 }],
    ['PUT', `jobs/${id}/tags`, { Tags: [] }],
  ];
  for (const [method, path, body] of asked) {
    const reply = await world.call(method, path, { body });
    assert.deepEqual([reply.status, reply.code], [400, 'NotFoundException'], path);
  }
  await world.signIn();
  assert.equal((await jobOf(id)).status, 'New');
});

test('a job is shown with its history, tags, workers and the samples of its progress', async () => {
  const id = await created({ Tags: [{ Key: 'team', Value: 'blue' }] });
  const at = world.clock.now();
  await world.store.apply(id, 'PreparationStarted', { at: at + 5 });
  await world.call('POST', `jobs/${id}/status`, {
    body: { status: 'Cancelled', reason: 'no more' },
  });
  const { json } = await world.call('GET', `jobs/${id}`);
  const page = json as Record<string, unknown> & { job: Record<string, unknown> };
  assert.equal(page.job['Status'], 'Cancelling');
  assert.equal(page.job['StatusUpdateReason'], 'no more');
  assert.deepEqual(page['tags'], [{ Key: 'team', Value: 'blue' }]);
  assert.deepEqual(page['workers'], []);
  assert.deepEqual(page['events'], [
    { at, status: 'New' },
    { at: at + 5, status: 'Preparing' },
    { at: world.clock.now(), status: 'Cancelling', reason: 'no more' },
  ]);
});

test('status and priority are changed by the calls of S3 Control, and refused by them', async () => {
  const id = await created();
  assert.equal(
    (await world.call('POST', `jobs/${id}/priority`, { body: { priority: 99 } })).status,
    200,
  );
  assert.equal((await jobOf(id)).priority, 99);
  for (const priority of [-1, 'x', undefined, 1.5]) {
    const reply = await world.call('POST', `jobs/${id}/priority`, { body: { priority } });
    assert.equal(reply.code, 'BadRequestException');
  }
  const ready = await world.call('POST', `jobs/${id}/status`, { body: { status: 'Ready' } });
  assert.equal(ready.code, 'JobStatusException');
  const odd = await world.call('POST', `jobs/${id}/status`, { body: { status: 'Complete' } });
  assert.equal(odd.code, 'BadRequestException');
});

test('tags are replaced as a whole, and fifty-one are refused', async () => {
  const id = await created();
  const Tags = [{ Key: 'a', Value: '' }];
  assert.equal((await world.call('PUT', `jobs/${id}/tags`, { body: { Tags } })).status, 200);
  assert.deepEqual(await world.store.tags(ACCOUNT, id), Tags);
  const many = Array.from({ length: 51 }, (_, i) => ({ Key: `k${i}`, Value: '' }));
  const reply = await world.call('PUT', `jobs/${id}/tags`, { body: { Tags: many } });
  assert.equal(reply.code, 'TooManyTagsException');
});

test('an estimate is taken from complete jobs of the same operation, and from nothing else', async () => {
  const own = openConsoleWorld();
  await own.signIn();
  const id = await created({}, own);
  const estimate = async () =>
    (await own.call('GET', `jobs/${id}/estimate`)).json as Record<string, unknown>;
  assert.deepEqual(await estimate(), { comparedJobs: 0 });
  const done = (changes: Partial<Job>) => ({
    status: 'Active' as const,
    operation: 'S3PutObjectTagging' as const,
    activeMs: 0,
    ...changes,
  });
  const finished = async (
    job: ReturnType<typeof newJob>,
    tasks: number,
    ms: number,
  ): Promise<void> => {
    const { store } = own;
    const at = job.job.createdAt;
    await store.createJob(job);
    await store.apply(job.job.id, 'PreparationStarted', { at });
    const [unit] = await store.lease({
      worker: 'w',
      now: at,
      until: at + 1e6,
      limit: 1,
      kinds: ['prepare'],
      except: [id],
    });
    assert.ok(unit);
    await store.addChunks(unit.lease, [{ firstRow: 0, rows: tasks, start: 0, end: 1 }], {});
    await store.finishPreparing(unit.lease, { tasks, bucket: 'b' }, at);
    await store.apply(job.job.id, 'Scheduled', { at });
    const [chunk] = await store.lease({
      worker: 'w',
      now: at,
      until: at + 1e6,
      limit: 1,
      kinds: ['chunk'],
    });
    assert.ok(chunk);
    const part = { to: tasks, succeeded: tasks, failed: 0, succeededBytes: 0, failedBytes: 0 };
    await store.commitPart(chunk.lease, part, at + ms);
    await store.apply(job.job.id, 'TasksDone', { at: at + ms });
    await store.apply(job.job.id, 'Finished', { at: at + ms });
  };
  await finished(newJob({ ...done({}), status: 'New', createdAt: own.clock.now() }), 1000, 2000);
  assert.deepEqual(await estimate(), { rate: 500, comparedJobs: 1 });
  await finished(
    newJob({ ...done({ operation: 'S3DeleteObjectTagging' }), status: 'New' }),
    1000,
    1,
  );
  await finished(newJob({ ...done({}), status: 'New' }), 10, 1);
  assert.deepEqual(await estimate(), { rate: 500, comparedJobs: 1 });
  await own.store.setTags(ACCOUNT, id, [{ Key: 'brigade:max-tasks-per-second', Value: '20' }]);
  assert.deepEqual(await estimate(), { rate: 20, comparedJobs: 1, limit: 20 });
  await own.close();
});

test('the system page knows version, limits and whether the store answers', async () => {
  const { json } = await world.call('GET', 'system');
  const page = json as Record<string, unknown> & { store: Record<string, unknown> };
  assert.equal(page['version'], '1.2.3');
  assert.deepEqual(page['limits'], { requestsMax: 64, activeJobsMax: 6 });
  assert.equal(page.store['status'], 404);
  assert.deepEqual(page['workers'], []);
});
