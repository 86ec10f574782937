/**
 * One job, several processes: what they share, what becomes of it when one of them ends, and that
 * nothing shows of it in the report.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPostgresStore, openSqliteStore, type Store } from '../../src/store/index.ts';
import { startPostgres, type TestPostgres } from '../lib/postgres.ts';
import { isAlive, shownWorkers, startWorker, type TestWorker } from '../lib/worker-process.ts';
import { StubWorld, type TextJob } from './stub-world.ts';
import { assertReports, manifestTasks } from './world.ts';

/** Five chunks: a worker that took as many as it has lanes for would leave none to the third. */
const ROWS = 5000;
const WAIT_MS = 60_000;
const POLL_MS = 20;

async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  const giveUp = performance.now() + WAIT_MS;
  while (!(await isSo())) {
    assert.ok(performance.now() < giveUp, `never: ${what}`);
    await sleep(POLL_MS);
  }
}

/** Resolves when `count` workers hold leases of the job at once, and have begun some of its tasks. */
async function allTakePart(
  scene: StubWorld,
  job: TextJob,
  count: number,
  databaseUrl?: string,
): Promise<void> {
  const store = await openedStore(scene, databaseUrl);
  try {
    await until(`${count} workers at work`, async () => {
      return (await store.jobWorkers(job.id, Date.now())).length === count;
    });
  } finally {
    await store.close();
  }
  await scene.until(job, scene.seen(job).length + 100);
}

async function openedStore({ world }: StubWorld, databaseUrl?: string): Promise<Store> {
  if (databaseUrl !== undefined) return openPostgresStore({ url: databaseUrl });
  return openSqliteStore({ path: join(world.service.folder, 'brigade.db') });
}

/** Each row once in the report of a job that is complete. */
async function assertComplete(scene: StubWorld, job: TextJob): Promise<void> {
  const ended = await scene.world.ended(job.id);
  assert.equal(ended.Status, 'Complete', JSON.stringify(ended.FailureReasons));
  const rows = await scene.world.report(ended);
  assertReports(rows, manifestTasks(job.text));
  assert.equal(ended.ProgressSummary?.NumberOfTasksSucceeded, rows.length);
}

describe('three workers beside the API', () => {
  let scene: StubWorld;
  before(async () => {
    scene = await StubWorld.open({ BRIGADE_WORKERS: '3', BRIGADE_CONCURRENCY: '60' });
    await until('three shares', async () => {
      const limits = (await shownWorkers(scene.world.service)).map(({ limit }) => limit);
      return limits.length === 3 && limits.every((limit) => limit === 20);
    });
  });
  after(() => scene.close());

  test('they do a job together, each task once, within the limit of the endpoint', async () => {
    const { stub } = scene;
    let most = 0;
    stub.delayMs = 20;
    stub.reply = () => {
      most = Math.max(most, stub.waiting.length);
      return 'default';
    };
    const job = await scene.job(ROWS);
    await allTakePart(scene, job, 3);
    await assertComplete(scene, job);
    scene.assertOnce(job);
    assert.ok(most <= 60, `${most} requests were in flight`);
    stub.reply = () => 'default';
  });

  test('the limits of jobs are kept by all of them together', async () => {
    const { stub } = scene;
    // Of a job with limits a worker holds two chunks at most: the third one gets the last.
    const limited = (name: string, value: number) =>
      scene.job(5000, { more: { Tags: [{ Key: `brigade:${name}`, Value: String(value) }] } });
    stub.delayMs = 2;
    const paced = await limited('max-tasks-per-second', 700);
    const narrow = await limited('concurrency', 6);
    let most = 0;
    stub.reply = () => {
      const inFlight = stub.waiting.filter(({ key }) => key.startsWith(narrow.prefix)).length;
      most = Math.max(most, inFlight);
      return 'default';
    };
    await Promise.all([paced, narrow].map((job) => allTakePart(scene, job, 3)));
    for (const job of [paced, narrow]) {
      await assertComplete(scene, job);
      scene.assertOnce(job);
    }
    const seen = scene.seen(paced);
    const seconds = ((seen.at(-1)?.at ?? 0) - (seen[0]?.at ?? 0)) / 1000;
    // A second less for what the machine lets arrive late.
    assert.ok(seconds >= 5000 / 700 - 1, `the tasks began within ${seconds} s`);
    // A heartbeat may miss one that is between two chunks, whose share the others then take too.
    assert.ok(most <= 6 + 3, `${most} requests were in flight`);
    stub.reply = () => 'default';
  });

  test('jobs of equal priority share all workers', async () => {
    scene.stub.delayMs = 5;
    // Many chunks: those that are leased already say nothing of whose turn it was.
    const rows = 8000;
    const jobs = [await scene.job(rows), await scene.job(rows)];
    const begun = (): number[] => jobs.map((job) => scene.seen(job).length);
    await until('one of them has begun all', () => Math.max(...begun()) === rows);
    const less = Math.min(...begun());
    assert.ok(less > rows / 2, `the other job had begun ${less} of its tasks`);
    for (const job of jobs) await assertComplete(scene, job);
  });

  test('one that dies is started again, and what it had begun is taken up', async () => {
    scene.stub.delayMs = 20;
    const job = await scene.job(ROWS);
    await allTakePart(scene, job, 3);
    const [victim] = await shownWorkers(scene.world.service);
    assert.ok(victim);
    process.kill(victim.pid, 'SIGKILL');
    await until('it works again', async () => {
      const shown = await shownWorkers(scene.world.service);
      return shown.some(({ name, pid }) => name === victim.name && pid !== victim.pid);
    });
    await assertComplete(scene, job);
    assert.match(scene.world.service.logs(), /"end":"SIGKILL","msg":"A worker has ended/);
  });

  for (const [how, stop] of [
    ['SIGTERM', () => scene.world.service.restart()],
    ['a terminal’s Ctrl-C', interrupt],
  ] as const) {
    test(`${how} lets all of them record what they have begun`, async () => {
      scene.stub.delayMs = 20;
      const job = await scene.job(ROWS);
      await allTakePart(scene, job, 3);
      const pids = (await shownWorkers(scene.world.service)).map(({ pid }) => pid);
      await stop();
      assert.deepEqual(pids.filter(isAlive), []);
      await assertComplete(scene, job);
      scene.assertOnce(job);
    });
  }

  /** As a terminal does it: every process of the group gets the signal. */
  async function interrupt(): Promise<void> {
    const { service } = scene.world;
    const pids = (await shownWorkers(service)).map(({ pid }) => pid);
    for (const pid of [...pids, service.pid]) process.kill(pid, 'SIGINT');
    await until('all are gone', () => ![...pids, service.pid].some(isAlive));
    await service.restart();
  }

  test('kill -9 of the service ends them all, and the next one finishes the job', async () => {
    scene.stub.delayMs = 20;
    const job = await scene.job(ROWS);
    await allTakePart(scene, job, 3);
    const pids = (await shownWorkers(scene.world.service)).map(({ pid }) => pid);
    await scene.world.service.kill9();
    await until('no orphan is left', () => !pids.some(isAlive));
    await scene.world.service.restart();
    await assertComplete(scene, job);
  });
});

test('one active job is one over all processes, and one of higher priority takes its place', async () => {
  const scene = await StubWorld.open({ BRIGADE_WORKERS: '2', BRIGADE_ACTIVE_JOBS: '1' });
  try {
    scene.stub.delayMs = 40;
    const job = await scene.job(ROWS);
    await allTakePart(scene, job, 2);
    const urgent = await scene.job(2500, { priority: 99 });
    await assertComplete(scene, urgent);
    const times = scene.seen(urgent).map(({ at }) => at);
    const [first = 0, last = 0] = [times[0], times.at(-1)];
    const between = scene.seen(job).filter(({ at }) => at > first && at < last);
    assert.equal(between.length, 0, 'both were active at once');
    assert.ok(
      scene.seen(job).some(({ at }) => at < first),
      'it began too early to be preempted',
    );
    assert.ok(scene.seen(job).length < ROWS, 'it ended before the urgent one');
    await assertComplete(scene, job);
    scene.assertOnce(job);
  } finally {
    await scene.close();
  }
});

describe('workers that join by the database', () => {
  let postgres: TestPostgres;
  before(async () => {
    postgres = await startPostgres();
  });
  after(() => postgres.stop());

  for (const store of ['SQLite', 'PostgreSQL'] as const) {
    test(`on ${store} one is stopped and one is killed, and the third finishes the job`, async () => {
      const url = store === 'SQLite' ? undefined : await postgres.createDatabase();
      const settings: Record<string, string> = {
        BRIGADE_WORKERS: '0',
        BRIGADE_CONCURRENCY: '60',
        BRIGADE_LEASE_SECONDS: '3',
        ...(url === undefined ? {} : { BRIGADE_DATABASE_URL: url }),
      };
      const scene = await StubWorld.open(settings);
      const { service } = scene.world;
      const workers: TestWorker[] = [];
      try {
        const env = {
          ...settings,
          BRIGADE_S3_ENDPOINT: scene.stub.url,
          BRIGADE_S3_ACCESS_KEY_ID: 'stub',
          BRIGADE_S3_SECRET_ACCESS_KEY: 'stub',
          BRIGADE_DATA_DIR: service.folder,
          BRIGADE_LOG_LEVEL: 'warn',
        };
        for (const name of ['one', 'two', 'three']) workers.push(await startWorker(name, env));
        const [one, two] = workers;
        assert.ok(one && two);
        scene.stub.delayMs = 20;
        const job = await scene.job(ROWS);
        await allTakePart(scene, job, 3, url);
        assert.equal(await one.stop(), 0);
        scene.assertOnce(job);
        assert.ok(!(await shownWorkers(service)).some(({ name }) => name === 'one'));
        const seen = scene.seen(job).length;
        await scene.until(job, seen + 200);
        scene.assertOnce(job);
        await two.kill9();
        await assertComplete(scene, job);
        const errors = workers.flatMap(
          (worker) => worker.logs().match(/^.*"level":[56]0.*$/gm) ?? [],
        );
        assert.deepEqual(errors, []);
      } finally {
        for (const worker of workers) await worker.kill9();
        await scene.close();
      }
    });
  }
});
