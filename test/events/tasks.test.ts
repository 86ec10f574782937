/** Data events: what is recorded of the requests of tasks, and that nothing is in the way when off. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { messageOfRecord, TaskTrace } from '../../src/events/index.ts';
import type { Job } from '../../src/model/job.ts';
import type { S3, S3Answer, S3Request } from '../../src/s3/index.ts';
import { openSqliteStore, type Store, StoreUnavailable } from '../../src/store/index.ts';
import { newJob, T0 } from '../contract/store.contract.ts';

const ANSWER: S3Answer = {
  status: 200,
  headers: { 'x-amz-request-id': 'RID', 'x-amz-id-2': 'HID' },
  body: Buffer.alloc(0),
};
const REFUSAL: S3Answer = {
  ...ANSWER,
  status: 403,
  body: Buffer.from('<Error><Code>AccessDenied</Code><Message>No</Message></Error>'),
};

const s3Of = (answer: S3Answer): S3 => ({
  send: () => Promise.resolve(answer),
  open: () => Promise.resolve(answer),
  traits: () => Promise.resolve(undefined),
});

function traceOf(store: Pick<Store, 'addRecords'>, share = 1): TaskTrace {
  const facts = { random: seededRandom(3), log: silentLog, region: 'us-east-1', share };
  return new TaskTrace({ store, clock: new ManualClock(T0), ...facts });
}

function jobWith(...tags: string[]): Job {
  return newJob({ tags: tags.map((Value) => ({ Key: 'brigade:data-events', Value })) }).job;
}

const tagging = (key: string): S3Request => {
  return { method: 'PUT', bucket: 'b', key, query: { tagging: '', versionId: 'v1' } };
};

async function recordsIn(store: Store) {
  return (await store.records(0, 1000)).flatMap((row) => messageOfRecord(row).records());
}

test('a job whose tasks are not recorded works with the very S3 it would have', () => {
  const s3 = s3Of(ANSWER);
  const store = { addRecords: () => Promise.resolve(true) };
  assert.equal(traceOf(store, 0).around(jobWith(), s3), s3);
  assert.equal(traceOf(store, 1).around(jobWith('false'), s3), s3);
  assert.notEqual(traceOf(store, 0).around(jobWith('true'), s3), s3);
  assert.notEqual(traceOf(store, 0).around(jobWith('0.5'), s3), s3);
});

test('each request about an object is a record with the id that the store gave it', async () => {
  const store = openSqliteStore({ path: ':memory:' });
  const trace = traceOf(store);
  const job = jobWith();
  await trace.around(job, s3Of(ANSWER)).send(tagging('k 1'));
  const refused = trace.around(job, s3Of(REFUSAL));
  await refused.open({ method: 'GET', bucket: 'b', key: 'k2' });
  await refused.send({ method: 'HEAD', bucket: 'b' });
  assert.equal((await recordsIn(store)).length, 0, 'nothing before its chunk ends');
  await trace.flush(job.id);
  const [first, second, ...more] = await recordsIn(store);
  assert.deepEqual(more, [], 'a question about the bucket is none about an object');
  assert.deepEqual(first?.['requestParameters'], { bucketName: 'b', key: 'k 1', versionId: 'v1' });
  assert.deepEqual(
    [first?.eventName, first?.['requestID'], first?.['errorCode'], first?.['readOnly']],
    ['PutObjectTagging', 'RID', undefined, false],
  );
  assert.deepEqual(
    [second?.eventName, second?.['errorCode'], second?.['errorMessage'], second?.['readOnly']],
    ['GetObject', 'AccessDenied', 'No', true],
  );
  await trace.flush(job.id);
  assert.equal((await recordsIn(store)).length, 2, 'each once');
  await store.close();
});

test('calls have the names of S3’s API', async () => {
  const store = openSqliteStore({ path: ':memory:' });
  const trace = traceOf(store);
  const job = jobWith();
  const s3 = trace.around(job, s3Of(ANSWER));
  const copy = { 'x-amz-copy-source': '/b/k' };
  const cases: readonly (readonly [string, Omit<S3Request, 'bucket' | 'key'>])[] = [
    ['CopyObject', { method: 'PUT', headers: copy }],
    ['PutObject', { method: 'PUT' }],
    ['UploadPartCopy', { method: 'PUT', headers: copy, query: { partNumber: '1', uploadId: 'u' } }],
    ['UploadPart', { method: 'PUT', query: { partNumber: '1', uploadId: 'u' } }],
    ['CreateMultipartUpload', { method: 'POST', query: { uploads: '' } }],
    ['CompleteMultipartUpload', { method: 'POST', query: { uploadId: 'u' } }],
    ['AbortMultipartUpload', { method: 'DELETE', query: { uploadId: 'u' } }],
    ['DeleteObject', { method: 'DELETE' }],
    ['DeleteObjectTagging', { method: 'DELETE', query: { tagging: '' } }],
    ['PutObjectAcl', { method: 'PUT', query: { acl: '' } }],
    ['RestoreObject', { method: 'POST', query: { restore: '' } }],
    ['PutObjectRetention', { method: 'PUT', query: { retention: '' } }],
    ['PutObjectLegalHold', { method: 'PUT', query: { 'legal-hold': '' } }],
    ['GetObjectAttributes', { method: 'GET', query: { attributes: '' } }],
    ['HeadObject', { method: 'HEAD' }],
  ];
  for (const [, request] of cases) await s3.send({ ...request, bucket: 'b', key: 'k' });
  await trace.flush(job.id);
  const names = (await recordsIn(store)).map(({ eventName }) => eventName);
  assert.deepEqual(
    names,
    cases.map(([name]) => name),
  );
  await store.close();
});

test('a share of the keys is recorded, all requests of a key or none', async () => {
  const store = openSqliteStore({ path: ':memory:' });
  const trace = traceOf(store, 0.1);
  const job = jobWith();
  const s3 = trace.around(job, s3Of(ANSWER));
  for (const round of [1, 2]) {
    for (let i = 0; i < 2000; i++) await s3.send(tagging(`photos/2026/${i}.jpg`));
    assert.ok(round > 0);
  }
  await trace.flush(job.id);
  const byKey = new Map<string, number>();
  for (const { requestParameters } of await recordsIn(store)) {
    const key = JSON.stringify(requestParameters);
    byKey.set(key, (byKey.get(key) ?? 0) + 1);
  }
  assert.ok(byKey.size > 140 && byKey.size < 260, String(byKey.size));
  assert.ok([...byKey.values()].every((count) => count === 2));
  await store.close();
});

test('a store that is away costs the job nothing, and memory is bounded', async () => {
  let isAway = true;
  const rows: number[] = [];
  const trace = traceOf({
    addRecords: (records) => {
      if (isAway) return Promise.reject(new StoreUnavailable('away'));
      rows.push(...records.map(({ body }) => Number(body.split(':')[0])));
      return Promise.resolve(true);
    },
  });
  const job = jobWith();
  const s3 = trace.around(job, s3Of(ANSWER));
  for (let i = 0; i < 10_500; i++) await s3.send(tagging(`k${i}`));
  await trace.flush(job.id);
  assert.deepEqual(rows, []);
  isAway = false;
  await trace.flush(job.id);
  assert.deepEqual(rows, new Array(10).fill(1000), 'and what was too much is not there');
});

test('chunks that end at once record each request once, and wait for their own', async () => {
  const slow = Promise.withResolvers<undefined>();
  const saved: string[] = [];
  const trace = traceOf({
    addRecords: async (rows) => {
      await slow.promise;
      for (const { body } of rows) {
        const record = { ...rows[0], body, no: 1, seq: 1 };
        for (const { requestParameters } of messageOfRecord(record as never).records()) {
          saved.push((requestParameters as { key: string }).key);
        }
      }
      return true;
    },
  });
  const job = jobWith();
  const s3 = trace.around(job, s3Of(ANSWER));
  const keys = Array.from({ length: 2500 }, (_, i) => `${i}`);
  for (const key of keys.slice(0, 1500)) await s3.send(tagging(key));
  const one = trace.flush(job.id);
  for (const key of keys.slice(1500)) await s3.send(tagging(key));
  const other = trace.flush(job.id);
  slow.resolve(undefined);
  await other;
  assert.deepEqual(saved.toSorted(), keys.toSorted());
  await one;
  assert.equal(saved.length, keys.length);
});

test('a chunk of many requests is recorded while it runs: all of them, whatever its size', async () => {
  const store = openSqliteStore({ path: ':memory:' });
  const trace = traceOf(store);
  const job = jobWith();
  const s3 = trace.around(job, s3Of(ANSWER));
  for (let i = 0; i < 25_000; i++) await s3.send(tagging(`${i}`));
  await trace.flush(job.id);
  assert.equal((await recordsIn(store)).length, 25_000);
  await store.close();
});
