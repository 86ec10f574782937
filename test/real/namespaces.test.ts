/**
 * Three hosts, as far as they can tell: two with a worker each, and this one with PostgreSQL, the API
 * and the store. They share nothing but the network; staging is in a bucket. In the middle of a job
 * the cable of one is pulled, and plugged in again.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { onStore } from '../e2e/on-store.ts';
import { assertCounts, assertReports, manifestTasks, World } from '../e2e/world.ts';
import { startPostgres } from '../lib/postgres.ts';
import { startTestSandbox } from '../sandbox/start.ts';
import { NetHost, showTo } from './net-host.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');
const LEASE_SECONDS = 3;
/** Each worker takes two chunks of a thousand at a time of a job with a pace. */
const ROWS = 9000;
const TASKS_PER_SECOND = 500;
const WAIT_MS = 60_000;
const STAGING = 'hosts-staging';

interface RemoteWorker {
  readonly host: NetHost;
  readonly process: ChildProcess;
  logs(): string;
}

/** A unit as it is leased. */
interface Held {
  readonly seq: number;
  readonly fence: number;
}

test('A host is cut off in the middle of a job and comes back: each row once, nothing stale', async (t) => {
  const undo: (() => unknown)[] = [];
  try {
    const hosts = new Map<string, NetHost>();
    for (const name of ['one', 'two']) {
      const host = await NetHost.open(name);
      undo.push(() => host.close());
      hosts.set(name, host);
    }
    const scene = await openScene(undo);
    const workers = new Map<string, RemoteWorker>();
    for (const [name, host] of hosts) workers.set(name, await workerOn(name, host, scene, undo));
    const [one, two] = [workers.get('one'), workers.get('two')];
    assert.ok(one && two);

    const { world, database } = scene;
    const bucket = await world.bucket();
    const keys = Array.from({ length: ROWS }, (_, index) => `${index}.txt`);
    await world.upload(bucket, keys);
    const text = keys.map((key) => `${bucket},${key}\n`).join('');
    const pace = { Key: 'brigade:max-tasks-per-second', Value: String(TASKS_PER_SECOND) };
    const jobId = await world.createJob({
      manifest: await world.manifest(bucket, text),
      report: { bucket, prefix: 'reports' },
      more: { Tags: [pace] },
    });
    await until('both hosts work', async () => {
      const held = [await heldBy(database, 'one'), await heldBy(database, 'two')];
      return held.every((units) => units.length > 0) && (await counted(world, jobId)) > 300;
    });

    one.host.pullCable();
    const stale = await heldBy(database, 'one');
    const before = await counted(world, jobId);
    t.diagnostic(`Host one is cut off at ${before} tasks, with ${stale.length} chunks.`);
    assert.ok(stale.length > 0, 'the host was cut off with nothing in its hands');
    await until('its chunks are leased by the other', async () => {
      const fences = await fencesOf(database, stale);
      return stale.every(({ seq, fence }) => (fences.get(seq) ?? 0) > fence);
    });
    one.host.plugCable();
    const back = await counted(world, jobId);
    t.diagnostic(`Host one is back at ${back} tasks.`);
    assert.ok(back < ROWS, 'the job ended without it');
    await until('it works again', async () => (await heldBy(database, 'one')).length > 0);

    const job = await world.ended(jobId);
    assert.equal(job.Status, 'Complete', JSON.stringify(job.FailureReasons));
    const rows = await world.report(job);
    assertReports(rows, manifestTasks(text));
    assertCounts(job, rows);
    assert.equal(job.ProgressSummary?.NumberOfTasksFailed, 0);
    for (const { seq, fence } of stale) {
      const fences = await partFences(database, seq);
      assert.ok(!fences.includes(fence), `chunk ${seq} holds a part of the lost fence ${fence}`);
    }
    assert.deepEqual(await world.keys(STAGING, 'parts/jobs/'), [], 'something was left in staging');
    const errors = [one, two].flatMap(({ logs }) => logs().match(/^.*"level":[56]0,.*$/gm) ?? []);
    assert.deepEqual(errors, []);
  } finally {
    for (let step = undo.pop(); step; step = undo.pop()) await step();
  }
});

interface Scene {
  readonly world: World;
  readonly database: pg.Client;
  readonly databaseUrl: URL;
  readonly store: Awaited<ReturnType<typeof startTestSandbox>>;
}

/** What runs on this host. */
async function openScene(undo: (() => unknown)[]): Promise<Scene> {
  const postgres = await startPostgres();
  undo.push(() => postgres.stop());
  const store = await startTestSandbox();
  undo.push(() => store.stop());
  const databaseUrl = await postgres.createDatabase();
  const options = onStore(store);
  const env = {
    ...options.env,
    BRIGADE_DATABASE_URL: databaseUrl,
    BRIGADE_WORKERS: '0',
    BRIGADE_LEASE_SECONDS: String(LEASE_SECONDS),
  };
  const world = await World.open({ ...options, env });
  undo.push(() => world.close());
  const { status } = await world.thin.send({ method: 'PUT', bucket: STAGING });
  assert.equal(status, 200);
  const database = await postgres.connect(databaseUrl);
  undo.push(() => database.end());
  return { world, database, databaseUrl: new URL(databaseUrl), store };
}

/** A worker that knows of the others what the network tells it. */
async function workerOn(
  name: string,
  host: NetHost,
  { databaseUrl, store }: Scene,
  undo: (() => unknown)[],
): Promise<RemoteWorker> {
  const dataDir = await mkdtemp(join(tmpdir(), `brigade-host-${name}-`));
  undo.push(() => rm(dataDir, { recursive: true, force: true }));
  const shown = async (port: string): Promise<number> => {
    const door = await showTo(host, Number(port));
    undo.push(() => door.close());
    return door.port;
  };
  const url = new URL(databaseUrl);
  url.hostname = host.gateway;
  url.port = String(await shown(databaseUrl.port));
  const s3Port = await shown(new URL(store.endpoint).port);
  const [command = '', ...prefix] = host.prefix;
  const node = join(REPOSITORY, 'node_modules/.bin/node');
  const program = [node, join(REPOSITORY, 'bin/brigade.js'), 'worker'];
  const child = spawn(command, [...prefix, ...program], {
    env: {
      PATH: process.env['PATH'],
      BRIGADE_DATA_DIR: dataDir,
      BRIGADE_DATABASE_URL: url.href,
      BRIGADE_S3_ENDPOINT: `http://${host.gateway}:${s3Port}`,
      BRIGADE_S3_ACCESS_KEY_ID: store.accessKeyId,
      BRIGADE_S3_SECRET_ACCESS_KEY: store.secretAccessKey,
      BRIGADE_STAGING: `s3://${STAGING}/parts`,
      BRIGADE_LEASE_SECONDS: String(LEASE_SECONDS),
      BRIGADE_LOG_LEVEL: 'warn',
      // It ends with us, however we end: its standard input closes.
      BRIGADE_SUPERVISED_AS: name,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  undo.push(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  let printed = '';
  child.stderr.setEncoding('utf8').on('data', (bytes: string) => (printed += bytes));
  const works = once(child.stdout, 'data').then(() => true);
  assert.ok(await Promise.race([works, exited.then(() => false)]), `no worker: ${printed}`);
  return { host, process: child, logs: () => printed };
}

async function counted(world: World, jobId: string): Promise<number> {
  const { ProgressSummary: progress } = await world.describe(jobId);
  return (progress?.NumberOfTasksSucceeded ?? 0) + (progress?.NumberOfTasksFailed ?? 0);
}

async function heldBy(database: pg.Client, worker: string): Promise<Held[]> {
  const { rows } = await database.query<{ seq: string; fence: string }>(
    `SELECT seq, fence FROM units WHERE kind = 'chunk' AND state = 1 AND worker = $1`,
    [worker],
  );
  return rows.map(({ seq, fence }) => ({ seq: Number(seq), fence: Number(fence) }));
}

async function fencesOf(
  database: pg.Client,
  units: readonly Held[],
): Promise<ReadonlyMap<number, number>> {
  const { rows } = await database.query<{ seq: string; fence: string }>(
    `SELECT seq, fence FROM units WHERE kind = 'chunk' AND seq = ANY($1::bigint[])`,
    [units.map(({ seq }) => seq)],
  );
  return new Map(rows.map(({ seq, fence }) => [Number(seq), Number(fence)]));
}

/** Of the parts that the ledger holds of one chunk. */
async function partFences(database: pg.Client, seq: number): Promise<readonly number[]> {
  const { rows } = await database.query<{ parts: string }>(
    `SELECT parts FROM units WHERE kind = 'chunk' AND seq = $1`,
    [seq],
  );
  const parts = rows[0]?.parts.split(';') ?? [];
  assert.ok(parts.length > 0, `chunk ${seq} has no parts`);
  return parts.map((part) => Number(part.split(':')[0]));
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + WAIT_MS;
  while (!(await isSo())) {
    assert.ok(performance.now() < giveUpAt, `never: ${what}`);
    await sleep(50);
  }
}
