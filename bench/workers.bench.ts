/**
 * Several worker processes on one job: how much faster, what coordination costs, and how soon the work
 * of a dead one goes on.
 *
 *   npm run bench -- workers [--rows N] [--quick]
 *
 * - Two processes against one, each with 32 requests in flight to an endpoint that answers after
 *   20 ms; SQLite.
 * - Eight processes with 8 requests each, as if they were eight hosts, against one process with 64, to
 *   an endpoint that answers after 100 ms; PostgreSQL, half of the rows. Slow on purpose: two processors
 *   must not be what holds eight hosts up.
 * - Recovery: from kill -9 until every chunk of the dead worker runs again, by a supervisor and by
 *   its lease alone; from the start of a service that was killed with all its workers to a task.
 *
 * Rates are of the middle of the job, from a tenth of its tasks to six tenths, while every worker finds
 * chunks to lease; beside them stands the whole job. At its end a worker may be alone with the last
 * chunks: a job of few chunks gains less than these figures say.
 *
 * Not measured: hosts of their own and the network between them. The stub of the endpoint is in this
 * process and shares the processors with everybody.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { StubWorld, type TextJob } from '../test/e2e/stub-world.ts';
import { startPostgres } from '../test/lib/postgres.ts';
import { shownWorkers, startWorker, type TestWorker } from '../test/lib/worker-process.ts';
import { setting, settingLines, table } from './lib/figures.ts';
import { benchOptions } from './lib/options.ts';

const { rows, quick } = benchOptions({ full: 100_000, quick: 30_000 });
const LEASE_SECONDS = quick ? 3 : 15;
/** A worker holds as many chunks at once; with a job of one more another worker gets its share. */
const LANES = 3;
const CHUNK_ROWS = 1000;

type Settings = Readonly<Record<string, string>>;

/** A service with workers of its own, or with `hosts` that join it. */
async function withWorkers<T>(
  { own, hosts, settings }: { own: number; hosts: number; settings: Settings },
  play: (scene: StubWorld, hosts: readonly TestWorker[]) => Promise<T>,
): Promise<T> {
  const all = { ...settings, BRIGADE_WORKERS: String(own) };
  const scene = await StubWorld.open(all);
  const workers: TestWorker[] = [];
  try {
    const env = {
      ...all,
      BRIGADE_S3_ENDPOINT: scene.stub.url,
      BRIGADE_S3_ACCESS_KEY_ID: 'stub',
      BRIGADE_S3_SECRET_ACCESS_KEY: 'stub',
      BRIGADE_DATA_DIR: scene.world.service.folder,
      BRIGADE_LOG_LEVEL: 'warn',
    };
    for (let host = 0; host < hosts; host++) workers.push(await startWorker(`host-${host}`, env));
    await shared(scene, own + hosts, Number(settings['BRIGADE_CONCURRENCY']));
    return await play(scene, workers);
  } finally {
    for (const worker of workers) await worker.kill9();
    await scene.close();
  }
}

/** Resolves when the limit of the endpoint is split over all of them. */
async function shared({ world }: StubWorld, count: number, limit: number): Promise<void> {
  for (;;) {
    const limits = (await shownWorkers(world.service)).map((worker) => worker.limit);
    if (limits.length === count && limits.every((one) => one === limit / count)) return;
    await sleep(50);
  }
}

async function finished({ world }: StubWorld, job: TextJob): Promise<void> {
  for (;;) {
    const { Status: status = '', FailureReasons: failures } = await world.describe(job.id);
    if (status === 'Complete') return;
    assert.ok(!['Failed', 'Cancelled'].includes(status), JSON.stringify(failures));
    await sleep(200);
  }
}

interface Rates {
  readonly middle: number;
  readonly whole: number;
}

/** Tasks per second. */
async function ratesOf(scene: StubWorld, tasks: number): Promise<Rates> {
  const job = await scene.job(tasks);
  await finished(scene, job);
  scene.assertOnce(job);
  const times = scene.seen(job).map(({ at }) => at);
  const between = (from: number, to: number): number => {
    const [first, last] = [Math.floor(from * tasks), Math.floor(to * tasks) - 1];
    return ((last - first) * 1000) / ((times[last] ?? NaN) - (times[first] ?? NaN));
  };
  return { middle: between(0.1, 0.6), whole: between(0, 1) };
}

async function rates(
  { own, hosts, tasks, delayMs }: { own: number; hosts: number; tasks: number; delayMs: number },
  settings: Settings,
): Promise<Rates> {
  return withWorkers({ own, hosts, settings }, async (scene) => {
    scene.stub.delayMs = delayMs;
    return ratesOf(scene, tasks);
  });
}

const quotient = (many: Rates, one: Rates, key: keyof Rates): number => many[key] / one[key];
const perSecond = ({ middle, whole }: Rates): string[] => [middle.toFixed(0), whole.toFixed(0)];

async function twoProcesses(): Promise<string[][]> {
  const work = { hosts: 0, tasks: rows, delayMs: 20 };
  const one = await rates({ ...work, own: 1 }, { BRIGADE_CONCURRENCY: '32' });
  const two = await rates({ ...work, own: 2 }, { BRIGADE_CONCURRENCY: '64' });
  const gain = (key: keyof Rates): string => `x ${quotient(two, one, key).toFixed(2)}`;
  return [
    ['one process, 32 in flight, 20 ms', ...perSecond(one), ''],
    ['two processes, 32 in flight each', ...perSecond(two), ''],
    ['  gain', gain('middle'), gain('whole'), 'at least x 1.90'],
  ];
}

async function eightHosts(newDatabase: () => Promise<string>): Promise<string[][]> {
  const settings = async (): Promise<Settings> => ({
    BRIGADE_CONCURRENCY: '64',
    BRIGADE_DATABASE_URL: await newDatabase(),
  });
  const work = { own: 0, tasks: Math.ceil(rows / 2), delayMs: 100 };
  const one = await rates({ ...work, hosts: 1 }, await settings());
  const eight = await rates({ ...work, hosts: 8 }, await settings());
  const loss = (key: keyof Rates): string =>
    `${((1 - quotient(eight, one, key)) * 100).toFixed(1)} %`;
  return [
    ['one process, 64 in flight, 100 ms', ...perSecond(one), ''],
    ['eight processes, 8 in flight each', ...perSecond(eight), ''],
    ['  loss', loss('middle'), loss('whole'), 'below 5 %'],
  ];
}

/** Seconds from `killedAt` until every chunk that was begun by then and not recorded is begun again. */
function goesOnAfter(scene: StubWorld, job: TextJob, killedAt: number): number {
  const before = new Set<string>();
  const again = new Map<number, number>();
  for (const { key, at } of scene.seen(job)) {
    const chunk = Math.floor(Number(key.slice(job.prefix.length)) / CHUNK_ROWS);
    if (before.has(key) && !again.has(chunk)) again.set(chunk, at);
    before.add(key);
  }
  assert.ok(again.size > 0, 'nothing was run again: the worker was killed too late');
  return (Math.max(...again.values()) - killedAt) / 1000;
}

/** Resolves to the time of the kill. */
async function killed(pid: number): Promise<number> {
  process.kill(pid, 'SIGKILL');
  await sleep(0);
  return performance.now();
}

async function ofSupervised(settings: Settings): Promise<number> {
  return withWorkers({ own: 2, hosts: 0, settings }, async (scene) => {
    scene.stub.delayMs = 100;
    const job = await scene.job(2 * LANES * CHUNK_ROWS);
    await scene.until(job, 500);
    const [victim] = await shownWorkers(scene.world.service);
    assert.ok(victim);
    const at = await killed(victim.pid);
    await finished(scene, job);
    return goesOnAfter(scene, job, at);
  });
}

async function ofHost(settings: Settings): Promise<number> {
  return withWorkers({ own: 0, hosts: 2, settings }, async (scene, [victim]) => {
    scene.stub.delayMs = 100;
    const job = await scene.job(2 * LANES * CHUNK_ROWS);
    await scene.until(job, 500);
    assert.ok(victim);
    const at = await killed(victim.pid);
    await finished(scene, job);
    return goesOnAfter(scene, job, at);
  });
}

/** Seconds from the start of a service that was killed with all its workers to the first task. */
async function ofEverything(settings: Settings): Promise<number> {
  return withWorkers({ own: 2, hosts: 0, settings }, async (scene) => {
    scene.stub.delayMs = 100;
    const job = await scene.job(2 * LANES * CHUNK_ROWS);
    await scene.until(job, 500);
    await scene.world.service.kill9();
    await sleep(1000);
    const startedAt = performance.now();
    await scene.world.service.restart();
    await finished(scene, job);
    const first = scene.seen(job).find(({ at }) => at > startedAt);
    assert.ok(first);
    return (first.at - startedAt) / 1000;
  });
}

async function recovery(databaseUrl: string): Promise<string[][]> {
  const settings = { BRIGADE_CONCURRENCY: '64', BRIGADE_LEASE_SECONDS: String(LEASE_SECONDS) };
  const postgres = { ...settings, BRIGADE_DATABASE_URL: databaseUrl };
  const seconds = (value: number): string => `${value.toFixed(2)} s`;
  const bar = `below ${2 * LEASE_SECONDS} s`;
  return [
    ['a worker of a supervisor', seconds(await ofSupervised(settings)), bar],
    [`a worker alone, lease ${LEASE_SECONDS} s`, seconds(await ofHost(postgres)), bar],
    ['everything, to the first task', seconds(await ofEverything(settings)), 'below 3 s'],
  ];
}

const postgres = await startPostgres({ isDurable: true });
try {
  console.log(`workers.bench: ${settingLines(setting())}`);
  const head = [`tasks/s, ${rows} rows`, 'middle', 'whole job', 'bar'];
  const lines = [...(await twoProcesses()), ...(await eightHosts(() => postgres.createDatabase()))];
  console.log(table([head, ...lines]));
  const after = await recovery(await postgres.createDatabase());
  console.log(table([['runs again after kill -9 of', 'after', 'bar'], ...after]));
} finally {
  await postgres.stop();
}
