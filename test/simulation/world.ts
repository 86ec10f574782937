/**
 * A small world in which everything can go wrong, decided by one number. The code that runs in it is
 * the real lifecycle, engine and store; time, chance, network, staging and the S3 store are the
 * world's. First everything may fail (safety: the checkers hold all the same); then all faults stop
 * and every job must end (liveness).
 */
import assert from 'node:assert/strict';
import { seededRandom } from '../../src/base/random.ts';
import { openSqliteStore, type Store } from '../../src/store/index.ts';
import type { StagedName, Staging } from '../../src/staging/index.ts';
import { newJob } from '../contract/store.contract.ts';
import { checkHistory, checkReport, checkStop, type PlannedJob } from './checkers.ts';
import { WorldClock } from './clock.ts';
import { FakeS3 } from './fake-s3.ts';
import { putList } from './lists.ts';
import { drawFaults, NO_FAULTS, type Faults } from './faults.ts';
import { SimulatedWorker, type WorldParts } from './worker.ts';

const ACCOUNT = '123456789012';
const TROUBLE_MS = 90_000;
/** A little more than the time between two sweeps of the engine. */
const SWEEP_MS = 61_000;
const HEALING_MS = 3 * 60 * 60 * 1000;

export interface Story {
  readonly crashes: number;
  readonly freezes: number;
  /** Requests of tasks that were made more than once. */
  readonly repeated: number;
  /** Parts that were refused because their lease was lost. */
  readonly lost: number;
  readonly ends: readonly string[];
}

/** Throws what a checker found. `sabotage` breaks the store on purpose, for the canary. */
export async function runWorld(
  seed: number,
  sabotage: (store: Store) => Store = (store) => store,
  healingMs = HEALING_MS,
): Promise<Story> {
  const random = seededRandom(seed);
  const clock = new WorldClock();
  let faults = drawFaults(random);
  const store = openSqliteStore({ path: ':memory:', random });
  const refusals = { count: 0 };
  const world: WorldParts = {
    clock,
    random,
    store: sabotage({ ...store, commitPart: countingRefusals(store, refusals) }),
    staging: memoryStaging(),
    s3: new FakeS3(),
    faults: () => faults,
    chunkRows: 1 + Math.floor(random.next() * 20),
    activeJobsMax: 1 + Math.floor(random.next() * 3),
  };
  const crew = new Crew(world, 1 + Math.floor(random.next() * 4));
  const jobs = await createJobs(world);
  const isOver = { value: false };
  const trouble = crew.suffer(() => faults, isOver);
  const users = meddle(world, jobs, isOver);

  const healed = clock.now() + TROUBLE_MS;
  await clock.run(() => clock.now() >= healed, TROUBLE_MS);
  isOver.value = true;
  faults = NO_FAULTS;
  crew.heal();
  const left = new Set(jobs.map((job) => job.id));
  const ended = await clock.run(() => allEnded(store, left), healingMs);
  assert.ok(ended, `after all faults stopped ${left.size} jobs did not end`);
  // What a crash left in staging goes with the next sweep.
  const swept = clock.now() + SWEEP_MS;
  await clock.run(() => clock.now() >= swept, SWEEP_MS);
  let isStopped = false;
  const stopping = Promise.all([crew.stop(), trouble, users]).then(() => (isStopped = true));
  assert.ok(await clock.run(() => isStopped, HEALING_MS), 'the workers did not stop');
  await stopping;

  const ends = await judge(world, store, jobs);
  await store.close();
  const keys = world.s3.tasks.map((task) => task.key);
  return {
    crashes: crew.crashes,
    freezes: crew.freezes,
    repeated: keys.length - new Set(keys).size,
    lost: refusals.count,
    ends,
  };
}

async function judge(
  world: WorldParts,
  store: Store,
  jobs: readonly PlannedJob[],
): Promise<readonly string[]> {
  const events = await store.events(0, 100_000);
  const ends: string[] = [];
  for (const planned of jobs) {
    const job = await store.job(ACCOUNT, planned.id);
    assert.ok(job);
    checkHistory(job, events);
    checkReport(job, planned, world.s3);
    checkStop(planned, events, world.s3);
    ends.push(job.status);
  }
  assert.deepEqual(await world.staging.jobs(), [], 'something was left in staging');
  return ends;
}

function countingRefusals(store: Store, refusals: { count: number }): Store['commitPart'] {
  return async (lease, part, now) => {
    const isTaken = await store.commitPart(lease, part, now);
    if (!isTaken) refusals.count += 1;
    return isTaken;
  };
}

function allEnded(store: Store, left: Set<string>): boolean {
  // The store of the world is synchronous behind its promises: one tick settles the question.
  for (const id of left) {
    void store.job(ACCOUNT, id).then((job) => {
      if (job?.terminatedAt !== undefined) left.delete(id);
    });
  }
  return left.size === 0;
}

async function createJobs({ random, s3, store, clock }: WorldParts): Promise<PlannedJob[]> {
  const jobs: PlannedJob[] = [];
  for (let n = 1 + Math.floor(random.next() * 4); n > 0; n--) {
    const rows = 1 + Math.floor(random.next() * 120);
    const id = random.uuid();
    const missing = random.next() * 0.3;
    const keys = Array.from({ length: rows }, (_, index) =>
      random.next() < missing ? `missing/${id}/${index}` : `there/${id}/${index}`,
    );
    const created = newJob({
      id,
      operation: 'S3PutObjectTagging',
      priority: Math.floor(random.next() * 3),
      createdAt: clock.now(),
      request: {
        AccountId: ACCOUNT,
        ConfirmationRequired: false,
        Operation: { S3PutObjectTagging: { TagSet: [{ Key: 'k', Value: 'v' }] } },
        Manifest: putList(s3, id, keys, random),
        Report: {
          Enabled: true,
          Bucket: 'arn:aws:s3:::reports',
          Format: 'Report_CSV_20180820',
          ReportScope: 'AllTasks',
        },
        ClientRequestToken: id,
        Priority: 1,
        RoleArn: 'arn:aws:iam::123456789012:role/role',
      },
    });
    await store.createJob(created);
    jobs.push({ id, keys });
  }
  return jobs;
}

/** Users who cancel and change priorities in the middle of it all. */
async function meddle(
  { store, clock, random }: WorldParts,
  jobs: readonly PlannedJob[],
  isOver: { readonly value: boolean },
): Promise<void> {
  while (!isOver.value) {
    await clock.sleep(random.next() * 20_000);
    const job = jobs[Math.floor(random.next() * jobs.length)];
    if (!job || isOver.value) return;
    if (random.next() < 0.3) {
      await store.applyByUser(ACCOUNT, job.id, 'CancelRequested', { at: clock.now() });
    } else {
      await store.setPriority(ACCOUNT, job.id, Math.floor(random.next() * 3));
    }
  }
}

class Crew {
  crashes = 0;
  freezes = 0;
  readonly #world: WorldParts;
  readonly #size: number;
  readonly #workers: SimulatedWorker[] = [];
  #names = 0;

  constructor(world: WorldParts, size: number) {
    this.#world = world;
    this.#size = size;
    this.heal();
  }

  async suffer(faults: () => Faults, isOver: { readonly value: boolean }): Promise<void> {
    const { clock, random } = this.#world;
    while (!isOver.value && faults().calamityMs > 0) {
      await clock.sleep(random.next() * 2 * faults().calamityMs);
      if (isOver.value) return;
      const index = Math.floor(random.next() * this.#workers.length);
      const worker = this.#workers[index];
      const kind = random.next();
      if (kind < 0.1) {
        const from = clock.now();
        this.#world.s3.outage = { from, to: from + random.next() * 30_000 };
      }
      if (!worker) this.heal();
      else if (kind < 0.4) {
        worker.crash();
        this.crashes += 1;
        this.#workers.splice(index, 1);
      } else if (kind < 0.6) {
        worker.freeze(random.next() * 40_000);
        this.freezes += 1;
      } else if (kind < 0.8) {
        worker.clock.offsetMs = (random.next() - 0.5) * 60_000;
      } else this.heal();
    }
  }

  /** As many workers as there should be; their clocks are right again. */
  heal(): void {
    while (this.#workers.length < this.#size) {
      this.#workers.push(new SimulatedWorker(`worker-${this.#names++}`, this.#world));
    }
    for (const worker of this.#workers) worker.clock.offsetMs = 0;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()));
  }
}

function memoryStaging(): Staging {
  const files = new Map<string, Buffer>();
  const nameOf = (name: StagedName): string =>
    'segment' in name
      ? `${name.jobId}/list/${name.segment}`
      : `${name.jobId}/${name.seq}-${name.fence}`;
  return {
    write: async (part, bytes) => void files.set(nameOf(part), Buffer.from(bytes)),
    async *read(part, from, to) {
      const file = files.get(nameOf(part));
      assert.ok(file, 'a part that the ledger knows is not in staging');
      if (to > from) yield file.subarray(from, to);
    },
    remove: async (part) => void files.delete(nameOf(part)),
    removeJob: async (jobId) => {
      for (const name of [...files.keys()]) if (name.startsWith(`${jobId}/`)) files.delete(name);
    },
    jobs: async () => [...new Set([...files.keys()].map((name) => name.split('/')[0] ?? ''))],
  };
}
