/**
 * The service is killed again and again while its jobs run and its sinks fail; in the end every sink
 * has had every event of every job, in the order of its history, once repeats are dropped by id.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateJobCommand, S3ControlClient } from '@aws-sdk/client-s3-control';
import { isTerminal } from '../../src/lifecycle/index.ts';
import { openSqliteStore } from '../../src/store/index.ts';
import { startService, type TestService } from '../lib/service.ts';

const BRIGADE = resolve(import.meta.dirname, '../../bin/brigade.js');
const JOBS = 12;
const KILLS = 3;

interface Seen {
  readonly id: string;
  readonly jobId: string;
}

interface ServiceEvent {
  readonly eventID: string;
  readonly serviceEventDetails: { readonly jobId: string };
}

const seenOf = ({ eventID, serviceEventDetails: { jobId } }: ServiceEvent): Seen => {
  return { id: eventID.replaceAll('-', ''), jobId };
};

/** Ids by job, each once, in the order of their first arrival. */
function byJob(all: readonly Seen[]): Map<string, string[]> {
  const jobs = new Map<string, string[]>();
  for (const { id, jobId } of all) {
    const ids = jobs.get(jobId) ?? [];
    jobs.set(jobId, ids.includes(id) ? ids : [...ids, id]);
  }
  return jobs;
}

/** `brigade events ...` beside the running service; resolves to its exit code and its lines. */
async function brigadeEvents(
  { folder, s3Url, credentials }: TestService,
  env: Readonly<Record<string, string>>,
  ...args: string[]
) {
  const child = spawn(process.execPath, [BRIGADE, 'events', ...args], {
    env: {
      ...env,
      BRIGADE_DATA_DIR: folder,
      BRIGADE_SANDBOX_PORT: new URL(s3Url).port,
      BRIGADE_ROOT_ACCESS_KEY_ID: credentials.accessKeyId,
      BRIGADE_ROOT_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => (said += bytes.toString()));
  }
  await once(child, 'close');
  return { code: child.exitCode, lines: said.split('\n').filter(Boolean), said };
}

test('brigade events tells of letters and sends them again; requests of tasks are recorded', async () => {
  const taken: ServiceEvent[] = [];
  let status = 400;
  const hook = createServer((request, response) => {
    let body = '';
    request.on('data', (piece: Buffer) => (body += piece.toString()));
    request.on('end', () => {
      if (status === 200) taken.push((JSON.parse(body) as { readonly data: ServiceEvent }).data);
      response.writeHead(status).end('not today');
    });
  });
  hook.listen(0, '127.0.0.1');
  await once(hook, 'listening');
  // Listening on TCP: the address is never a pipe's name.
  const { port } = hook.address() as AddressInfo;
  const folder = mkdtempSync(join(tmpdir(), 'brigade-events-'));
  const file = join(folder, 'tasks.jsonl');
  const sinks = {
    hook: { type: 'webhook', url: `http://127.0.0.1:${port}/`, secret: { env: 'HOOK' } },
    file: { type: 'file', path: file, send: ['tasks'] },
  };
  const env = { BRIGADE_EVENTS: JSON.stringify({ sinks }), HOOK: 'shh' };
  const service = await startService({ env });
  try {
    const { credentials, account: AccountId } = service;
    const s3 = new S3Client({
      ...{ endpoint: service.s3Url, region: 'us-east-1', credentials, forcePathStyle: true },
    });
    const control = new S3ControlClient({ endpoint: service.url, region: 'snow', credentials });
    await s3.send(new CreateBucketCommand({ Bucket: 'data' }));
    const manifest = { Bucket: 'data', Key: 'm.csv', Body: 'data,m.csv\ndata,none\n' };
    const { ETag = '' } = await s3.send(new PutObjectCommand(manifest));
    const { JobId } = await control.send(
      new CreateJobCommand({
        ...{ AccountId, Priority: 1, ConfirmationRequired: false },
        RoleArn: `arn:aws:iam::${AccountId}:role/r`,
        Operation: { S3PutObjectTagging: { TagSet: [] } },
        Report: { Enabled: false },
        Manifest: {
          Spec: { Format: 'S3BatchOperations_CSV_20180820', Fields: ['Bucket', 'Key'] },
          Location: { ObjectArn: 'arn:aws:s3:::data/m.csv', ETag },
        },
        Tags: [{ Key: 'brigade:data-events', Value: 'true' }],
      }),
    );
    s3.destroy();
    control.destroy();
    const store = openSqliteStore({ path: join(service.folder, 'brigade.db') });
    const settled = async (): Promise<void> => {
      for (;;) {
        const job = await store.job(AccountId, JobId ?? '');
        const standings = await store.sinks();
        const isFed = standings.every(({ waiting }) => waiting === 0);
        if (job && isTerminal(job.status) && isFed) return;
        await sleep(50);
      }
    };
    await settled();
    const history = (await store.events(0, 100)).map(({ id }) => id);

    const dead = await brigadeEvents(service, env, 'dead', 'hook');
    const letters = dead.lines.map((line) => JSON.parse(line) as { id: string; reason: string });
    assert.deepEqual(
      letters.map(({ id }) => id),
      history,
      'the first, and all behind it',
    );
    assert.equal(letters[0]?.reason, 'HTTP 400: not today');
    assert.match(letters[1]?.reason ?? '', /waits behind/);
    const refused = await brigadeEvents(service, env, 'test', 'hook');
    assert.deepEqual([refused.code, /HTTP 400/.test(refused.said)], [1, true]);
    status = 200;
    assert.equal((await brigadeEvents(service, env, 'test', 'hook')).code, 0);
    assert.equal((await brigadeEvents(service, env, 'replay', 'hook')).code, 0);
    while ((await store.deadLetters({ after: 0, limit: 1 })).length > 0) await sleep(50);
    const ids = taken.map((event) => seenOf(event)).filter(({ jobId }) => jobId === JobId);
    assert.deepEqual(
      ids.map(({ id }) => id),
      history,
    );
    const [standing] = (await brigadeEvents(service, env, 'list')).lines;
    assert.match(standing ?? '', /"name":"file".*"waiting":0,.*"type":"file"/);
    await store.close();

    const tasks = readFileSync(file, 'utf8').split('\n').filter(Boolean);
    const told = tasks
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .map(({ eventName, errorCode, requestID }) => [eventName, errorCode, typeof requestID]);
    assert.deepEqual(
      told.sort(),
      [
        ['PutObjectTagging', 'NoSuchKey', 'string'],
        ['PutObjectTagging', undefined, 'string'],
      ].sort(),
    );
  } finally {
    await service.stop();
    hook.closeAllConnections();
    hook.close();
    rmSync(folder, { recursive: true });
  }
});

test('kill -9 and failing sinks: each sink has every job’s history, in order', async () => {
  const taken: Seen[] = [];
  let calls = 0;
  const hook = createServer((request, response) => {
    let body = '';
    request.on('data', (piece: Buffer) => (body += piece.toString()));
    request.on('end', () => {
      calls++;
      // One of three fails, each in another way; one of those after it was taken.
      if (calls % 9 === 0) return void response.writeHead(503).end();
      if (calls % 9 === 3) return void request.socket.destroy();
      taken.push(seenOf((JSON.parse(body) as { readonly data: ServiceEvent }).data));
      if (calls % 9 === 6) return void request.socket.destroy();
      response.end();
    });
  });
  hook.listen(0, '127.0.0.1');
  await once(hook, 'listening');
  // Listening on TCP: the address is never a pipe's name.
  const { port } = hook.address() as AddressInfo;
  const folder = mkdtempSync(join(tmpdir(), 'brigade-events-'));
  const file = join(folder, 'events.jsonl');
  const sinks = {
    hook: { type: 'webhook', url: `http://127.0.0.1:${port}/`, secret: { env: 'HOOK' } },
    file: { type: 'file', path: file, send: ['jobs'] },
  };
  const env = { BRIGADE_EVENTS: JSON.stringify({ sinks }), HOOK: 'shh' };
  const service = await startService({ env });
  try {
    const { credentials, account: AccountId } = service;
    const s3 = new S3Client({
      ...{ endpoint: service.s3Url, region: 'us-east-1', credentials, forcePathStyle: true },
    });
    const control = new S3ControlClient({ endpoint: service.url, region: 'snow', credentials });
    await s3.send(new CreateBucketCommand({ Bucket: 'data' }));
    const manifest = { Bucket: 'data', Key: 'm.csv', Body: 'data,a\ndata,m.csv\n' };
    const { ETag = '' } = await s3.send(new PutObjectCommand(manifest));
    for (let i = 0; i < JOBS; i++) {
      await control.send(
        new CreateJobCommand({
          ...{ AccountId, Priority: 1, ConfirmationRequired: false, ClientRequestToken: `t${i}` },
          RoleArn: `arn:aws:iam::${AccountId}:role/r`,
          Operation: { S3PutObjectTagging: { TagSet: [{ Key: 'k', Value: String(i) }] } },
          Report: { Enabled: false },
          Manifest: {
            Spec: { Format: 'S3BatchOperations_CSV_20180820', Fields: ['Bucket', 'Key'] },
            // Some jobs fail, with reasons.
            Location: {
              ObjectArn: `arn:aws:s3:::data/${i % 5 === 0 ? 'none' : 'm.csv'}`,
              ETag,
            },
          },
        }),
      );
      if (i % Math.floor(JOBS / KILLS) === 3) {
        await service.kill9();
        await service.restart();
      }
    }
    s3.destroy();
    control.destroy();

    const store = openSqliteStore({ path: join(service.folder, 'brigade.db') });
    for (;;) {
      const query = { account: AccountId, statuses: [], limit: 1000 };
      const jobs = await store.jobs(query);
      const isOver = jobs.length === JOBS && jobs.every(({ status }) => isTerminal(status));
      const standings = await store.sinks();
      if (isOver && standings.every(({ waiting }) => waiting === 0)) break;
      await sleep(100);
    }
    const history = byJob(await store.events(0, 10_000));
    await store.close();
    assert.equal(history.size, JOBS);
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
    const written = lines.map((line) => seenOf(JSON.parse(line) as ServiceEvent));
    for (const [name, seen] of Object.entries({ hook: taken, file: written })) {
      assert.deepEqual([...byJob(seen)].sort(), [...history].sort(), name);
    }
    assert.ok(taken.length > [...history.values()].flat().length, 'some came twice');
  } finally {
    await service.stop();
    hook.closeAllConnections();
    hook.close();

    rmSync(folder, { recursive: true });
  }
});
