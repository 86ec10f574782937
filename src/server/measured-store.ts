/** A store whose calls are timed and whose silences are counted; otherwise it is the one that it is given. */
import type { Clock } from '../base/clock.ts';
import type { DatabaseCall, Meters } from '../metrics/index.ts';
import { type Store, StoreUnavailable } from '../store/index.ts';

/** What is not here is `other`. */
const CALLS: Readonly<Partial<Record<keyof Store, DatabaseCall>>> = {
  createJob: 'jobs',
  job: 'jobs',
  jobs: 'jobs',
  setPriority: 'jobs',
  tags: 'jobs',
  setTags: 'jobs',
  applyByUser: 'jobs',
  apply: 'steer',
  schedule: 'steer',
  movingJobs: 'steer',
  seal: 'steer',
  addUnits: 'steer',
  unconfirmedJobs: 'steer',
  deleteJobs: 'steer',
  ended: 'steer',
  lease: 'lease',
  renew: 'renew',
  commitPart: 'record',
  complete: 'record',
  finishJob: 'record',
  release: 'record',
  voidLeases: 'record',
  addChunks: 'prepare',
  finishPreparing: 'prepare',
  parts: 'report',
  reportResults: 'report',
  checkIn: 'workers',
  checkOut: 'workers',
  workers: 'workers',
  clock: 'workers',
  liveCounts: 'look',
  findJobs: 'look',
  jobEvents: 'look',
  jobWorkers: 'look',
  runningCounts: 'look',
  vitals: 'look',
};

type Method = (...values: readonly unknown[]) => Promise<unknown>;

export function measuredStore(store: Store, meters: Meters, clock: Clock): Store {
  const database = meters.database();
  const measured = (name: string, method: Method): Method => {
    const { took, failures } = database[CALLS[name as keyof Store] ?? 'other'];
    return async (...values) => {
      const askedAt = clock.monotonic();
      try {
        return await method.apply(store, [...values]);
      } catch (error) {
        if (error instanceof StoreUnavailable) failures.add();
        throw error;
      } finally {
        took.observe((clock.monotonic() - askedAt) / 1000);
      }
    };
  };
  const wrapped = Object.entries(store).map(([name, member]: [string, unknown]) =>
    // A store is a record of methods that answer with promises (Store).
    [name, typeof member === 'function' ? measured(name, member as Method) : member],
  );
  // The same names, with the same types.
  return Object.fromEntries(wrapped);
}
