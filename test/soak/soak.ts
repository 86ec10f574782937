/**
 * The whole of Brigade under fire: PostgreSQL, an API, four workers, jobs of every kind, and a fault
 * every few seconds. Then the faults stop, every job must end, and everything must agree: reports,
 * counters, objects, and nothing is left lying about. Half of it runs on Ceph RGW with its staging
 * in a bucket, half on the sandbox with its staging in a folder.
 */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom, type Random } from '../../src/base/random.ts';
import { onStore, type Store } from '../e2e/on-store.ts';
import { World } from '../e2e/world.ts';
import { startPostgres } from '../lib/postgres.ts';
import { startService, type TestService } from '../lib/service.ts';
import { startWorker } from '../lib/worker-process.ts';
import { startRgw } from '../real/rgw.ts';
import { CREDENTIALS, startTestSandbox } from '../sandbox/start.ts';
import { FaultyS3 } from './faulty-s3.ts';
import { COPIES, FUNCTION_NAME, OBJECTS, REPORTS, verifyJob } from './jobs.ts';
import { Troubles } from './troubles.ts';
import { Users } from './users.ts';

const STAGING = 'soak-staging';
const LEASE_SECONDS = '3';
/** After the faults: the last jobs end, at the pace that they asked for. */
const ENDING_MS = 120_000;
const SWEPT_MS = 30_000;
const UNLUCKY_SAID_MAX = 3;
const FAULT_MS = [500, 3000] as const;

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}

interface Place {
  readonly name: string;
  readonly isStagingInBucket: boolean;
  start(): Promise<Store & { stop(): Promise<void> }>;
}

/** The sandbox asks who owns a bucket, when a report says whom it expects. */
const OWNED = { credentials: [{ ...CREDENTIALS[0], accountId: '123456789012' }] };
const PLACES: readonly Place[] = [
  { name: 'Ceph RGW', isStagingInBucket: true, start: startRgw },
  { name: 'the sandbox', isStagingInBucket: false, start: () => startTestSandbox(OWNED) },
];

/** Rejects with what does not agree. `minutes`: how long there are faults. */
export async function soak({ minutes, seed, say }: SoakOptions): Promise<void> {
  say(`--seed ${seed} repeats its choices (not its moments).`);
  const random = seededRandom(seed);
  for (const place of PLACES) {
    say(`On ${place.name}, staging in a ${place.isStagingInBucket ? 'bucket' : 'folder'}.`);
    const store = await place.start();
    try {
      await soakOn(place, store, (minutes * 60_000) / PLACES.length, random, say);
    } finally {
      await store.stop();
    }
  }
}

async function soakOn(
  place: Place,
  store: Store,
  ms: number,
  random: Random,
  say: SoakOptions['say'],
): Promise<void> {
  const undo: (() => unknown)[] = [];
  try {
    const postgres = await startPostgres();
    undo.push(() => postgres.stop());
    const s3 = await FaultyS3.open(store.endpoint, () => random.next());
    undo.push(() => s3.close());
    const databaseUrl = await postgres.createDatabase();
    const { env = {}, s3Credentials } = onStore({ ...store, endpoint: s3.url });
    const settings = {
      ...env,
      BRIGADE_DATABASE_URL: databaseUrl,
      BRIGADE_WORKERS: '0',
      BRIGADE_CONCURRENCY: '48',
      BRIGADE_LEASE_SECONDS: LEASE_SECONDS,
      BRIGADE_LOG_LEVEL: 'warn',
      BRIGADE_FUNCTIONS: JSON.stringify({
        [FUNCTION_NAME]: resolve(import.meta.dirname, 'function.mjs'),
      }),
    };
    const inBucket = { BRIGADE_STAGING: `s3://${STAGING}/parts` };
    const staging: Record<string, string> = place.isStagingInBucket ? inBucket : {};
    await makeBuckets(store);
    const service = await startService({ env: { ...settings, ...staging } });
    undo.push(() => service.stop());
    const world = new World(beside(service, store.endpoint), s3Credentials);
    undo.push(() => closeClients(world));
    const workerEnv = { ...settings, ...staging, BRIGADE_DATA_DIR: service.folder };
    const troubles = new Troubles({ random, postgres, service, s3, workerEnv, say });
    const shoot = (): void => troubles.shoot();
    process.once('exit', shoot);
    undo.push(() => process.off('exit', shoot));
    undo.push(() => troubles.stop());
    await troubles.man();

    const users = new Users(world, random);
    await trouble(troubles, users, ms, random);
    await troubles.heal();
    say(`The faults are over; ${users.live.length} jobs are on their way.`);
    await users.letAllEnd(ENDING_MS);
    await verify(world, users, say);
    await troubles.stop();
    // Who begins sweeps what those who died left behind.
    const last = await startWorker('soak-last', workerEnv);
    undo.push(() => last.stop());
    await assertEmpty(world, place);
    report({ troubles, users, s3, say });
    assert.deepEqual(
      troubles.errors.slice(0, 5),
      [],
      `${troubles.errors.length} errors were logged`,
    );
  } finally {
    for (let step = undo.pop(); step; step = undo.pop()) await step();
  }
}

/** Users and faults go on beside each other; the first that throws ends both. */
async function trouble(
  troubles: Troubles,
  users: Users,
  ms: number,
  random: Random,
): Promise<void> {
  const until = performance.now() + ms;
  const ended = { value: false };
  const isOver = (): boolean => ended.value || performance.now() > until;
  const pause = ([least, more]: readonly [number, number]): Promise<void> =>
    sleep(least + random.next() * more);
  const faults = async (): Promise<void> => {
    for (await pause(FAULT_MS); !isOver(); await pause(FAULT_MS)) await troubles.strike();
  };
  const people = async (): Promise<void> => {
    for (; !isOver(); await pause([100, 800])) await users.act();
  };
  const both = [faults(), people()].map((one) => one.finally(() => (ended.value = true)));
  const [first, second] = await Promise.allSettled(both);
  for (const one of [first, second]) if (one?.status === 'rejected') throw one.reason;
}

async function verify(world: World, users: Users, say: SoakOptions['say']): Promise<void> {
  let rows = 0;
  const unlucky: string[] = [];
  for (const soakJob of users.jobs) {
    const job = users.ended.get(soakJob.id);
    assert.ok(job);
    const verified = await verifyJob(world, soakJob, job);
    rows += verified.rows;
    for (const row of verified.unlucky) unlucky.push(`${soakJob.name}: ${JSON.stringify(row)}`);
  }
  say(`${users.jobs.length} jobs agree with their ${rows} rows and with the objects.`);
  assert.deepEqual(
    unlucky.slice(0, UNLUCKY_SAID_MAX),
    [],
    `${unlucky.length} of ${rows} rows failed for the faults`,
  );
}

/** Nothing in staging, no upload left open. */
async function assertEmpty(world: World, { isStagingInBucket }: Place): Promise<void> {
  const staged = (): Promise<string[]> =>
    isStagingInBucket ? world.keys(STAGING, 'parts/jobs/') : filesBelow(world.service.folder);
  const giveUpAt = performance.now() + SWEPT_MS;
  let left = await staged();
  for (; left.length > 0 && performance.now() < giveUpAt; left = await staged()) await sleep(300);
  assert.deepEqual(left, [], 'something was left in staging');
  for (const bucket of [OBJECTS, COPIES, REPORTS, STAGING]) {
    const { body } = await world.thin.send({ method: 'GET', bucket, query: { uploads: '' } });
    assert.doesNotMatch(body.toString(), /<Upload>/, `an upload to ${bucket} was left open`);
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(join(folder, 'staging'), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}

function report(what: {
  readonly troubles: Troubles;
  readonly users: Users;
  readonly s3: FaultyS3;
  readonly say: SoakOptions['say'];
}): void {
  const list = (counts: ReadonlyMap<string, number>): string =>
    [...counts]
      .sort()
      .map(([name, count]) => `${count} ${name}`)
      .join(', ');
  const { counts } = what.troubles;
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  what.say(`Faults survived: ${total} (${list(counts)}).`);
  what.say(`Users: ${list(what.users.acts)}.`);
  const { executed } = what.s3;
  const twice = [...executed.values()].filter((count) => count > 1);
  const again = twice.reduce((sum, count) => sum + count - 1, 0);
  what.say(
    `Of ${executed.size} tags, copies and deletes ${twice.length} were executed more than once (${again} times too often).`,
  );
}

async function makeBuckets(store: Store): Promise<void> {
  const world = new World(beside(NOBODY, store.endpoint), store);
  for (const bucket of [OBJECTS, COPIES, REPORTS, STAGING]) {
    const { status, body } = await world.thin.send({ method: 'PUT', bucket });
    assert.equal(status, 200, body.toString());
  }
  await closeClients(world);
}

async function closeClients(world: World): Promise<void> {
  world.control.destroy();
  world.s3.destroy();
  await world.thin.close();
}

/** The same service, but its store is asked directly: what we look at goes through no weather. */
function beside(service: Partial<TestService>, s3Url: string): TestService {
  // Everything else is the service's own, the pid of today included.
  return Object.create(service, { s3Url: { value: s3Url } }) as TestService;
}

const NOBODY: Partial<TestService> = {
  url: 'http://127.0.0.1:1',
  credentials: { accessKeyId: 'nobody', secretAccessKey: 'nobody' },
};
