/**
 * Stores, and a staging, that break one promise each. A world that holds them to be sound has a
 * checker that does not check.
 */
import type { Random } from '../../src/base/random.ts';
import { seededRandom } from '../../src/base/random.ts';
import { isTerminal } from '../../src/lifecycle/index.ts';
import type { Lease, Store } from '../../src/store/index.ts';
import type { Sabotage } from './world.ts';

export interface Mutant {
  /** What is wrong with it. */
  readonly fault: string;
  readonly sabotage: Sabotage;
  /** What it must be found out by. */
  readonly symptom: RegExp;
}

/** A world in circles is a failure of its own, which another checker is to have found before. */
const HEALING_MS = 120_000;

const mutant = (
  fault: string,
  symptom: RegExp,
  change: (store: Store) => Partial<Store>,
): Mutant => ({
  fault,
  symptom,
  sabotage: { store: (store) => ({ ...store, ...change(store) }), healingMs: HEALING_MS },
});

export const MUTANTS: readonly Mutant[] = [
  mutant('a lease that was lost is as good as any', /a lost lease was/, (store) => {
    const newest = newestLeases(store);
    return { lease: newest.lease, ...withLeases(store, newest.of) };
  }),
  mutant('fences do not grow', /a fence went from/, (store) => {
    const newest = newestLeases(store);
    return {
      ...withLeases(store, newest.of),
      lease: async (request) =>
        (await newest.lease(request)).map((unit) => ({
          ...unit,
          lease: { ...unit.lease, fence: 1 },
        })),
    };
  }),
  mutant('a lease is given away while it is live', /a live lease was given away/, (store) => ({
    lease: (request) => store.lease({ ...request, now: request.now + 2000 }),
  })),
  mutant(
    'nobody is told that a job was stopped',
    /a task began \d+ ms after its job was/,
    (store) => ({
      renew: async (...args) =>
        (await store.renew(...args)).map((standing) => ({ ...standing, status: 'Active' })),
    }),
  ),
  mutant('a failure is counted as a success', /counted differ/, (store) => ({
    commitPart: (lease, { succeeded, failed, ...part }, now) => {
      const wrong = failed > 0 ? 1 : 0;
      const counts = { succeeded: succeeded + wrong, failed: failed - wrong };
      return store.commitPart(lease, { ...part, ...counts }, now);
    },
  })),
  mutant('what leases have done is counted twice', /live of \d+ tasks/, (store) => ({
    liveCounts: async (...args) =>
      new Map(
        [...(await store.liveCounts(...args))].map(([id, { succeeded, failed }]) => [
          id,
          { succeeded: succeeded * 2, failed: failed * 2 },
        ]),
      ),
  })),
  mutant('some answers about a job are old', /counters went backwards/, (store) => {
    const random = chance();
    return {
      job: async (...args) => {
        const job = await store.job(...args);
        const isOld = job && !isTerminal(job.status) && random.next() < 0.3;
        return isOld ? { ...job, tasksSucceeded: 0 } : job;
      },
    };
  }),
  mutant('some changes of status are not told', /is not a move/, (store) => {
    const random = chance();
    return {
      events: async (...args) => (await store.events(...args)).filter(() => random.next() < 0.95),
    };
  }),
  mutant('some parts are reported twice', /reported twice/, (store) => {
    const random = chance();
    return {
      parts: async (...args) =>
        (await store.parts(...args)).flatMap((part) =>
          random.next() < 0.1 ? [part, part] : [part],
        ),
    };
  }),
  mutant('some parts are not reported', /differ/, (store) => {
    const random = chance();
    return {
      parts: async (...args) => (await store.parts(...args)).filter(() => random.next() < 0.9),
    };
  }),
  mutant('what ends after a cancel is not recorded', /tasks ran and are not in/, (store) => ({
    commitPart: async (lease, part, now) => {
      const [standing] = await store.renew([{ lease, succeeded: 0, failed: 0 }], lease.until, now);
      if (standing?.status === 'Cancelling') return false;
      return store.commitPart(lease, part, now);
    },
  })),
  mutant('a unit that was given back is not leased again', /did not end/, (store) => ({
    release: (lease, _notBefore, ...rest) => store.release(lease, 1e15, ...rest),
  })),
  {
    fault: 'staging is not emptied',
    symptom: /left in staging/,
    sabotage: {
      staging: (staging) => ({ ...staging, removeJob: () => Promise.resolve() }),
      healingMs: HEALING_MS,
    },
  },
];

function chance(): Random {
  return seededRandom(1);
}

/** Everything that names a lease, with another lease in its place. */
function withLeases(store: Store, other: (lease: Lease) => Lease): Partial<Store> {
  return {
    renew: async (progress, ...rest) => {
      const others = progress.map((one) => ({ ...one, lease: other(one.lease) }));
      const standings = await store.renew(others, ...rest);
      return standings.map((one, at) => ({ ...one, lease: progress[at]?.lease ?? one.lease }));
    },
    addChunks: (lease, ...rest) => store.addChunks(other(lease), ...rest),
    finishPreparing: (lease, ...rest) => store.finishPreparing(other(lease), ...rest),
    commitPart: (lease, ...rest) => store.commitPart(other(lease), ...rest),
    release: (lease, ...rest) => store.release(other(lease), ...rest),
    complete: (lease, ...rest) => store.complete(other(lease), ...rest),
    finishJob: (lease, ...rest) => store.finishJob(other(lease), ...rest),
  };
}

/** Leases of a store, and for any lease of a unit its newest. */
function newestLeases(store: Store): Pick<Store, 'lease'> & { of(lease: Lease): Lease } {
  const fences = new Map<string, number>();
  const nameOf = ({ jobId, kind, seq }: Lease): string => `${jobId}/${kind}/${seq}`;
  return {
    lease: async (request) => {
      const units = await store.lease(request);
      for (const { lease } of units) fences.set(nameOf(lease), lease.fence);
      return units;
    },
    of: (lease) => ({ ...lease, fence: fences.get(nameOf(lease)) ?? lease.fence }),
  };
}
