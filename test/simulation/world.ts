/**
 * A small world in which everything can go wrong, decided by one number. The code that runs in it is
 * the real lifecycle, engine and store; time, chance, network, staging and the S3 store are the
 * world's. First everything may fail (safety: the checkers hold all the same); then all faults stop
 * and every job must end (liveness).
 */
import './instant-zlib.ts';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { seededRandom } from '../../src/base/random.ts';
import { openSqliteStore, type Store } from '../../src/store/index.ts';
import type { StagedName, Staging } from '../../src/staging/index.ts';
import { checkHistory, checkReport, checkStops } from './checkers.ts';
import { WorldClock } from './clock.ts';
import { Crew } from './crew.ts';
import { drawFaults, isCalm, NO_FAULTS } from './faults.ts';
import { FakeS3 } from './fake-s3.ts';
import { ACCOUNT, createJobs, type PlannedJob } from './jobs.ts';
import { letThemEnd, meddle, watch } from './users.ts';
import { Witness } from './witness.ts';
import type { WorldParts } from './worker.ts';

const TROUBLE_MS = 90_000;
const HEALING_MS = 3 * 60 * 60 * 1000;
const WORKERS_MAX = 4;

/** What breaks a world on purpose, for the canaries. */
export interface Sabotage {
  readonly store?: (store: Store) => Store;
  readonly staging?: (staging: Staging) => Staging;
  /** A job that goes round in circles need not do so for hours. */
  readonly healingMs?: number;
}

export interface Story {
  readonly crashes: number;
  readonly freezes: number;
  readonly jumps: number;
  readonly outages: number;
  readonly drained: number;
  /** Requests of tasks that were made more than once. */
  readonly repeated: number;
  /** Parts that were refused because their lease was lost. */
  readonly lost: number;
  readonly ends: readonly string[];
  /** Of all that was asked of S3, and when: two runs of one seed tell the same. */
  readonly fingerprint: string;
}

/** Throws what a checker found. */
export async function runWorld(seed: number, sabotage: Sabotage = {}): Promise<Story> {
  const random = seededRandom(seed);
  const clock = new WorldClock();
  let faults = drawFaults(random);
  const isCalmWorld = isCalm(faults);
  const store = openSqliteStore({ path: ':memory:', random });
  // As PostgreSQL, which has a clock of its own, or as SQLite.
  const time = random.next() < 0.5 ? () => Promise.resolve(clock.now()) : store.clock;
  const timed = { ...store, clock: time };
  const witness = new Witness(sabotage.store?.(timed) ?? timed, clock);
  const staging = memoryStaging();
  const world: WorldParts = {
    clock,
    random,
    store: witness.store,
    staging: sabotage.staging?.(staging) ?? staging,
    s3: new FakeS3(),
    faults: () => faults,
    databaseAway: { from: 0, to: 0 },
    chunkRows: 1 + Math.floor(random.next() * 20),
    turnRows: 1 + Math.floor(random.next() * 20),
    activeJobsMax: 1 + Math.floor(random.next() * 3),
  };
  const crew = new Crew(world, 1 + Math.floor(random.next() * WORKERS_MAX));
  const jobs = await createJobs(world);
  const isHealed = { value: false };
  const isOver = { value: false };
  const { problems } = witness;
  const others = [
    crew.suffer(isHealed),
    meddle(world, jobs, isHealed),
    watch(world, jobs, isOver, problems),
  ];

  const isDone = (): boolean => problems.length > 0 || witness.endedJobs === jobs.length;
  const troubleUntil = clock.now() + TROUBLE_MS;
  await clock.run(() => isDone() || clock.now() >= troubleUntil, TROUBLE_MS);
  isHealed.value = true;
  faults = NO_FAULTS;
  world.databaseAway = world.s3.outage = { from: 0, to: 0 };
  crew.heal();
  others.push(letThemEnd(world, jobs, isOver));
  const areEnded = await clock.run(isDone, sabotage.healingMs ?? HEALING_MS);
  assert.deepEqual(problems, []);
  const left = jobs.length - witness.endedJobs;
  assert.ok(areEnded, `after all faults stopped ${left} of ${jobs.length} jobs did not end`);
  isOver.value = true;
  let isStopped = false;
  const stopping = Promise.all([crew.stop(), ...others]).then(() => (isStopped = true));
  assert.ok(await clock.run(() => isStopped, HEALING_MS), 'the workers did not stop');
  await stopping;

  const ends = await judge(world, witness, jobs, isCalmWorld);
  await store.close();
  const { tasks } = world.s3;
  return {
    crashes: crew.crashes,
    freezes: crew.freezes,
    jumps: crew.jumps,
    outages: crew.outages,
    drained: crew.drained,
    repeated: tasks.length - new Set(tasks.map(({ key }) => key)).size,
    lost: witness.refusedParts,
    ends,
    fingerprint: createHash('md5').update(JSON.stringify(tasks)).digest('hex'),
  };
}

async function judge(
  { store, s3, staging }: WorldParts,
  witness: Witness,
  jobs: readonly PlannedJob[],
  isCalmWorld: boolean,
): Promise<readonly string[]> {
  const ends: string[] = [];
  for (const planned of jobs) {
    const job = await store.job(ACCOUNT, planned.id);
    assert.ok(job);
    const history = witness.history(job.id);
    checkHistory(job, history);
    checkReport(job, planned, s3, isCalmWorld);
    checkStops(planned, history, s3);
    ends.push(job.status);
  }
  assert.deepEqual(witness.problems, []);
  assert.deepEqual(await staging.jobs(), [], 'something was left in staging');
  return ends;
}

function memoryStaging(): Staging {
  const files = new Map<string, Buffer>();
  const nameOf = (name: StagedName): string => {
    if ('upload' in name) return `${name.jobId}/uploads/${name.upload}`;
    return 'segment' in name
      ? `${name.jobId}/list/${name.segment}`
      : `${name.jobId}/${name.seq}-${name.fence}`;
  };
  return {
    write: async (part, bytes) => void files.set(nameOf(part), Buffer.from(bytes)),
    async *read(part, from, to) {
      const file = files.get(nameOf(part));
      assert.ok(file, 'a part that the ledger knows is not in staging');
      if (to > from) yield Uint8Array.from(file.subarray(from, to));
    },
    remove: async (part) => void files.delete(nameOf(part)),
    removeJob: async (jobId) => {
      for (const name of [...files.keys()]) if (name.startsWith(`${jobId}/`)) files.delete(name);
    },
    // No task of this world has one.
    uploads: async () => [],
    jobs: async () => [...new Set([...files.keys()].map((name) => name.split('/')[0] ?? ''))],
  };
}
