/**
 * Reports at scale. Aim: files of a bounded number of rows, written by whoever is alive; and whatever
 * dies or fails in the middle, no row is left out and no upload of ours is left open.
 */
import assert from 'node:assert/strict';
import { rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { silentLog } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { REPORT_CHUNKS_PER_UNIT } from '../../src/model/limits.ts';
import { openUploads } from '../../src/engine/open-uploads.ts';
import { elementText, type S3Request } from '../../src/s3/index.ts';
import { StagingUnavailable } from '../../src/staging/index.ts';
import { newJob } from '../contract/store.contract.ts';
import { assertEachOnce, noAnswer, REPORTS, ReportWorld } from './report-world.ts';

let world: ReportWorld;
beforeEach(async () => {
  world = await ReportWorld.open();
});
afterEach(() => world.close());

/** A thousand rows that fill more than one part of an upload. */
const LONG = 'x'.repeat(9500);

const isResult = ({ key = '' }: S3Request): boolean => key.includes('/results/');
const isPart = (request: S3Request, number: number): boolean =>
  request.method === 'PUT' && request.query?.['partNumber'] === String(number);
const isBegin = ({ method, query }: S3Request): boolean =>
  method === 'POST' && query?.['uploads'] === '';
const isAbort = ({ method, query }: S3Request): boolean =>
  method === 'DELETE' && query?.['uploadId'] !== undefined;

test('a report of many chunks is compacted by two workers into files of bounded length', async () => {
  const job = await world.job(2 * REPORT_CHUNKS_PER_UNIT + 1, 1);
  const begun = new Set<string>();
  let both = (): void => undefined;
  const bothAtIt = new Promise<void>((resolve) => (both = resolve));
  // Nobody goes on before both have begun a file: three units, and two lanes each.
  const line = (name: string) => ({
    before: async (request: S3Request) => {
      if (request.method !== 'PUT' || !isResult(request)) return undefined;
      if (begun.add(name).size === 2) both();
      await bothAtIt;
      return undefined;
    },
  });
  world.worker('one', line('one'));
  world.worker('two', line('two'));
  const ended = await world.ended(job.id);
  assert.equal(ended.status, 'Complete');
  const files = await world.report(job.id);
  assert.deepEqual(
    files.map((file) => file.length),
    [REPORT_CHUNKS_PER_UNIT, REPORT_CHUNKS_PER_UNIT, 1],
  );
  assertEachOnce(files, job);
});

test('a worker that dies in the middle of an upload leaves none: the next lease aborts it', async () => {
  const job = await world.job(2, 1000, LONG);
  const dying = world.worker('dying', {
    after: async (request, answer) => {
      if (isPart(request, 1)) dying.strike();
      return answer;
    },
  });
  while ((await world.openUploads()).length === 0) await new Promise(setImmediate);
  const asked: string[] = [];
  world.worker('next', {
    before: async (request) => {
      if (isAbort(request)) asked.push('abort');
      if (isBegin(request)) asked.push('begin');
      return undefined;
    },
  });
  const ended = await world.ended(job.id);
  assert.deepEqual(asked, ['abort', 'begin']);
  assert.equal(ended.status, 'Complete');
  assertEachOnce(await world.report(job.id), job);
  assert.deepEqual(await world.openUploads(), []);
});

test('an upload whose beginning was answered to nobody is closed, and those of others are not', async () => {
  const job = await world.job(2, 1000, LONG);
  const others = [
    'all/other.csv',
    `all/job-${job.id}/results/notes.csv`,
    `all/job-${job.id}x/results/${'0'.repeat(40)}.csv`,
    `all/job-${job.id}/results/${'0'.repeat(40)}.csv.part`,
  ];
  for (const key of others) await world.beginUpload(key);
  let lost = 0;
  world.worker('worker', {
    after: async (request, answer) => (isBegin(request) && ++lost < 3 ? noAnswer() : answer),
  });
  const ended = await world.ended(job.id);
  assert.equal(lost, 3);
  assert.equal(ended.status, 'Complete');
  assertEachOnce(await world.report(job.id), job);
  assert.deepEqual([...(await world.openUploads())].sort(), [...others].sort());
});

test('a report that may not be written fails the job, and leaves no upload open', async () => {
  const job = await world.job(2, 1000, LONG);
  let aborts = 0;
  const worker = world.worker('worker', {
    before: async (request) => {
      // The first attempts to abort get lost as well.
      if (isAbort(request) && ++aborts <= 2) return noAnswer();
      if (!isPart(request, 2)) return undefined;
      const body = Buffer.from('<Error><Code>AccessDenied</Code><Message>No.</Message></Error>');
      return { status: 403, headers: {}, body };
    },
  });
  const ended = await world.ended(job.id);
  assert.equal(ended.status, 'Failed');
  assert.match(ended.failures[0]?.reason ?? '', /report bucket.+403 AccessDenied/);
  assert.ok(aborts > 2);
  assert.deepEqual(await world.openUploads(), []);
  await worker.stop();
  assert.deepEqual(await world.staging.jobs(), []);
});

for (const [how, spoil] of [
  ['missing', (path: string) => rm(path)],
  ['short', (path: string) => truncate(path, 9_000_000)],
] as const) {
  test(`a part that is ${how} fails the job with its name: there is no report instead of a short one`, async () => {
    const job = await world.job(3, 1000, LONG);
    const part = `jobs/${job.id}/0/1-1.csv`;
    await spoil(join(world.folder, part));
    world.worker('worker');
    const ended = await world.ended(job.id);
    assert.equal(ended.status, 'Failed');
    assert.deepEqual(
      ended.failures.map(({ code }) => code),
      ['JobReportWriteFailed'],
    );
    const [failure] = ended.failures;
    assert.ok(failure?.reason.includes(part), failure?.reason);
    assert.equal(await world.get(`all/job-${job.id}/manifest.json`), undefined);
    assert.deepEqual(await world.openUploads(), []);
  });
}

test('staging that goes away while the report is read is waited for', async () => {
  const job = await world.job(3, 1000, LONG);
  const { staging } = world;
  let failures = 0;
  world.staging = {
    ...staging,
    async *read(name, start, end) {
      if ('seq' in name && name.seq === 2 && ++failures <= 20) {
        const pieces = staging.read(name, start, end)[Symbol.asyncIterator]();
        const { value } = await pieces.next();
        // The first piece of a file is there: the read breaks in its middle.
        yield value as Uint8Array;
        await pieces.return?.();
        throw new StagingUnavailable('It is being moved.', { isRefused: false });
      }
      yield* staging.read(name, start, end);
    },
  };
  world.worker('worker', { sleepMsMax: 50 });
  const ended = await world.ended(job.id);
  assert.equal(ended.status, 'Complete');
  assert.equal(failures, 21);
  assertEachOnce(await world.report(job.id), job);
  assert.deepEqual(await world.openUploads(), []);
});

test('a worker that is told to stop does not wait for staging, and the next one finishes the job', async () => {
  const job = await world.job(3, 10);
  const { staging } = world;
  let failures = 0;
  world.staging = {
    ...staging,
    async *read() {
      failures += 1;
      throw new StagingUnavailable('It is away.', { isRefused: true });
    },
  };
  const stopped = world.worker('stopped');
  while (failures < 2) await new Promise(setImmediate);
  await stopped.stop();
  world.staging = staging;
  world.worker('next');
  const ended = await world.ended(job.id);
  assert.equal(ended.status, 'Complete');
  assertEachOnce(await world.report(job.id), job);
});

test('an upload that a task left open is aborted at the end, and no other one', async () => {
  const job = await world.job(1, 10);
  const noted = openUploads({ staging: world.staging, log: silentLog }, job.id);
  const [bucket, left, closed, others] = [REPORTS, 'copies/left', 'copies/closed', 'copies/others'];
  for (const key of [left, closed, others]) await world.beginUpload(key);
  const idOf = async (key: string): Promise<string> => {
    const query = { uploads: '', prefix: key };
    const { body } = await world.s3.send({ method: 'GET', bucket, query });
    return elementText(body.toString(), 'UploadId') ?? '';
  };
  await noted.opened({ bucket, key: left, uploadId: await idOf(left) });
  await noted.opened({ bucket, key: left, uploadId: 'gone-meanwhile' });
  await noted.opened({ bucket, key: closed, uploadId: await idOf(closed) });
  await noted.closed({ bucket, key: closed, uploadId: await idOf(closed) });
  assert.deepEqual(await noted.of(bucket, closed), []);
  assert.equal((await noted.of(bucket, left)).length, 2);
  let refused = 0;
  world.worker('worker', {
    sleepMsMax: 50,
    // The endpoint is away for a while, and the answer of an abort gets lost.
    before: async (request) =>
      isAbort(request) && request.key === left && ++refused <= 20 ? noAnswer() : undefined,
    after: async (request, answer) => (isAbort(request) && ++refused === 22 ? noAnswer() : answer),
  });
  assert.equal((await world.ended(job.id)).status, 'Complete');
  assert.deepEqual([...(await world.openUploads())].sort(), [closed, others]);
});

test('staging that is away when it would be swept is a warning, and is swept when it is back', async () => {
  const done = await world.job(1, 10);
  const first = world.worker('first');
  await world.ended(done.id);
  await first.stop();
  const { staging } = world;
  await staging.write({ jobId: done.id, seq: 7, fence: 9 }, Buffer.from('row\n'));
  let failures = 0;
  world.staging = {
    ...staging,
    jobs: () => {
      if (++failures > 3) return staging.jobs();
      return Promise.reject(new StagingUnavailable('It is being moved.', { isRefused: false }));
    },
  };
  const said: string[] = [];
  const say = (_: object, message: string): number => said.push(message);
  const log = { ...silentLog, warn: say, error: say };
  world.worker('second', { sleepMsMax: 50, log });
  while ((await staging.jobs()).length > 0 || said.length < 2) await new Promise(setImmediate);
  // Once when it goes, once when it is back, however often it was asked for.
  assert.deepEqual(said, [
    'A round of the engine failed; it goes on with the next one.',
    'Rounds of the engine work again.',
  ]);
});

test('the sweep takes what is left of jobs that have ended, and nothing of living or unknown ones', async () => {
  const done = await world.job(1, 10);
  const first = world.worker('first');
  await world.ended(done.id);
  await first.stop();
  const [living, unknown] = [systemRandom.uuid(), systemRandom.uuid()];
  await world.store.createJob(newJob({ id: living, status: 'Suspended' }));
  for (const jobId of [done.id, living, unknown]) {
    await world.staging.write({ jobId, seq: 7, fence: 9 }, Buffer.from('row\n'));
  }
  world.worker('second');
  const giveUpAt = performance.now() + 20_000;
  while ((await world.staging.jobs()).includes(done.id)) {
    assert.ok(performance.now() < giveUpAt, 'nothing was swept');
    await new Promise(setImmediate);
  }
  assert.deepEqual([...(await world.staging.jobs())].sort(), [living, unknown].sort());
});
