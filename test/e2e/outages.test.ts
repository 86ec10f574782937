/**
 * Outages, one after the other, in the middle of a job (D8). Aim: while something is away the job
 * waits; when it is back the job goes on by itself; nothing is failed for it, and the report has
 * every row once. Each test is a row of the failure table in docs/OPERATING.md.
 */
import assert from 'node:assert/strict';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { createServer as createTlsServer } from 'node:https';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BadLine, type LineState, startBadLine } from '../lib/bad-line.ts';
import { CERTIFICATES } from '../lib/certificates.ts';
import { startPostgres } from '../lib/postgres.ts';
import { startService } from '../lib/service.ts';
import { startSlowS3, type SlowS3 } from '../lib/slow-s3.ts';
import { onStore } from './on-store.ts';
import { assertCounts, assertReports, manifestTasks, World } from './world.ts';

const BUCKET = 'bucket';
const ROWS = 3000;
/** Long enough that every request in flight meets it, several times. */
const OUTAGE_MS = 3000;

interface Running {
  readonly id: string;
  readonly text: string;
  /** Of its keys. */
  readonly prefix: string;
}

/** A job that has done some of its tasks, and has most of them before it. */
async function jobInTheMiddle(world: World, stub: SlowS3, rows = ROWS): Promise<Running> {
  stub.delayMs = 30;
  const prefix = world.name('job');
  const lines = Array.from({ length: rows }, (_, index) => `${BUCKET},${prefix}/${index}\n`);
  const text = lines.join('');
  const manifest = await world.manifest(BUCKET, text);
  const id = await world.createJob({ manifest, report: { bucket: BUCKET, prefix: 'reports' } });
  await world.until(
    id,
    ({ ProgressSummary: summary }) => (summary?.NumberOfTasksSucceeded ?? 0) > 200,
  );
  return { id, text, prefix: `${prefix}/` };
}

/** Ended well, as if nothing had been. */
async function assertUnharmed(world: World, { id, text }: Omit<Running, 'prefix'>): Promise<void> {
  const ended = await world.ended(id);
  assert.equal(ended.Status, 'Complete', JSON.stringify(ended.FailureReasons));
  const rows = await world.report(ended);
  assertReports(rows, manifestTasks(text));
  assertCounts(ended, rows);
  assert.equal(ended.ProgressSummary?.NumberOfTasksFailed, 0);
  assert.deepEqual(await world.staged(id), []);
}

let stub: SlowS3;
let line: BadLine;
let world: World;
before(async () => {
  stub = await startSlowS3();
  line = await startBadLine(stub.url);
  world = await openBehind(line.url);
});
after(async () => {
  await world.close();
  await line.close();
  await stub.close();
});

/** The service meets the stub at `endpoint`; the test itself meets it without detours. */
async function openBehind(
  endpoint: string,
  more: Readonly<Record<string, string>> = {},
): Promise<World> {
  const keys = { accessKeyId: 'stub', secretAccessKey: 'stub' };
  const service = await startService({ env: { ...onStore({ endpoint, ...keys }).env, ...more } });
  return new World({ ...service, s3Url: stub.url }, keys);
}

const STATES: Readonly<Record<Exclude<LineState, 'good'>, string>> = {
  refuse: 'is down',
  reset: 'resets connections',
  silent: 'falls silent',
  truncate: 'cuts its answers short',
};

for (const [state, what] of Object.entries(STATES)) {
  test(`An endpoint that ${what} is waited for, and fails nothing`, async () => {
    const job = await jobInTheMiddle(world, stub);
    const before = line.spoilt;
    // A key of STATES.
    await line.turn(state as LineState);
    await sleep(OUTAGE_MS);
    assert.equal((await world.describe(job.id)).Status, 'Active');
    await line.turn('good');
    assert.ok(state === 'refuse' || line.spoilt > before + 10, `${line.spoilt - before}`);
    await assertUnharmed(world, job);
  });
}

test('A report bucket that is away is waited for, and one that is gone fails the job in a sentence', async () => {
  const job = await jobInTheMiddle(world, stub);
  let refused = 0;
  stub.gate = async ({ method, key }) => {
    if (method !== 'PUT' || !key.includes(`job-${job.id}`) || refused >= 12) return 'default';
    refused += 1;
    return { status: 503, code: 'ServiceUnavailable' };
  };
  await assertUnharmed(world, job);
  assert.equal(refused, 12);

  const other = await jobInTheMiddle(world, stub);
  stub.gate = async ({ key }) =>
    key.includes(`job-${other.id}`) ? { status: 404, code: 'NoSuchBucket' } : 'default';
  const ended = await world.ended(other.id);
  stub.gate = () => Promise.resolve('default');
  assert.equal(ended.Status, 'Failed');
  assert.deepEqual(
    ended.FailureReasons?.map(({ FailureCode }) => FailureCode),
    ['JobReportWriteFailed'],
  );
  assert.match(ended.FailureReasons?.[0]?.FailureReason ?? '', /report bucket.+404 NoSuchBucket/);
  assert.equal(ended.ProgressSummary?.NumberOfTasksSucceeded, ROWS);
});

test('Staging that is away is waited for: nothing runs that could not be recorded, nothing fails', async () => {
  const job = await jobInTheMiddle(world, stub);
  const jobs = join(world.service.folder, 'staging/jobs');
  // A volume that is gone: there is something in its place that is no folder.
  await rename(jobs, `${jobs}-away`);
  await writeFile(jobs, '');
  await sleep(OUTAGE_MS);
  // Chunks that had begun have run; none begins before their parts are written.
  const begun = stub.tasks.length;
  await sleep(500);
  assert.equal(stub.tasks.length, begun);
  assert.equal((await world.describe(job.id)).Status, 'Active');
  await rm(jobs);
  await rename(`${jobs}-away`, jobs);
  await assertUnharmed(world, job);
  const keys = stub.tasks.map(({ key }) => key).filter((key) => key.startsWith(job.prefix));
  assert.equal(new Set(keys).size, keys.length, 'a task ran twice');
});

test('A job that is cancelled while staging is away records what ran when it is back', async () => {
  // More than a worker holds: what it holds may all have run before it is cancelled.
  const rows = 3 * ROWS;
  const job = await jobInTheMiddle(world, stub, rows);
  const jobs = join(world.service.folder, 'staging/jobs');
  await rename(jobs, `${jobs}-away`);
  await writeFile(jobs, '');
  await sleep(1000);
  await world.updateStatus(job.id, 'Cancelled');
  await sleep(1500);
  assert.equal((await world.describe(job.id)).Status, 'Cancelling');
  await rm(jobs);
  await rename(`${jobs}-away`, jobs);
  const ended = await world.ended(job.id);
  assert.equal(ended.Status, 'Cancelled');
  const ran = new Set(stub.tasks.map(({ key }) => key).filter((key) => key.startsWith(job.prefix)));
  assert.ok(ran.size > 200 && ran.size < rows, `${ran.size}`);
  const reported = await world.report(ended);
  assertReports(
    reported,
    manifestTasks(job.text).filter(({ key }) => ran.has(key)),
  );
  assertCounts(ended, reported);
});

test('A certificate that is not to be trusted is an outage of the endpoint', async () => {
  const { trusted, other } = CERTIFICATES;
  // Ends TLS in front of the stub.
  const tls = createTlsServer(other, (request, response) => {
    const { method = '', url = '', headers } = request;
    const onward = httpRequest(`${stub.url}${url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
  const address = tls.address();
  assert.ok(address !== null && typeof address === 'object');
  const folder = join(world.service.folder, 'certificates');
  await mkdir(folder);
  await writeFile(join(folder, 'ca.pem'), trusted.cert);
  const distrustful = await openBehind(`https://127.0.0.1:${address.port}`, {
    NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
  });
  try {
    stub.delayMs = 1;
    const text = `${BUCKET},tls/1\n${BUCKET},tls/2\n`;
    const manifest = await distrustful.manifest(BUCKET, text);
    const report = { bucket: BUCKET, prefix: 'tls' };
    const id = await distrustful.createJob({ manifest, report });
    await sleep(OUTAGE_MS);
    assert.equal((await distrustful.describe(id)).Status, 'Preparing');
    tls.setSecureContext(trusted);
    await assertUnharmed(distrustful, { id, text });
  } finally {
    await distrustful.close();
    tls.closeAllConnections();
    await new Promise((resolve) => tls.close(resolve));
  }
});

test('A database that is stopped and started is waited for; meanwhile the API says so', async () => {
  const postgres = await startPostgres();
  try {
    const database = { BRIGADE_DATABASE_URL: await postgres.createDatabase() };
    const stored = await openBehind(stub.url, database);
    try {
      const job = await jobInTheMiddle(stored, stub);
      await postgres.down('immediate');
      await sleep(1500);
      // D5: without the store's word nothing begins.
      const begun = stub.tasks.length;
      const health = await fetch(`${stored.service.url}/health`);
      assert.equal(health.status, 503);
      await sleep(OUTAGE_MS - 1500);
      assert.equal(stub.tasks.length, begun);
      await postgres.up();
      await assertUnharmed(stored, job);
    } finally {
      await stored.close();
    }
  } finally {
    await postgres.stop();
  }
});
