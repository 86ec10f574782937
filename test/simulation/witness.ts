/**
 * Sits between the store and everybody who uses it, sees every call that reached it, and holds the
 * store to its word. What it finds it keeps: thrown into an engine it would look like a fault.
 *
 * W1. Fences of a unit only grow; nobody is given a unit whose lease is live by their own clock (D4).
 * W2. Only the newest lease of a unit changes anything, and only until it is given back (D4).
 * W3. Every change of status is in the table, is told by one event, and is what the job says (D10).
 */
import { isTerminal, JOB_EVENTS, nextStatus } from '../../src/lifecycle/index.ts';
import type { JobStatus } from '../../src/model/vocabulary.ts';
import type { Lease, Store } from '../../src/store/index.ts';
import type { WorldClock } from './clock.ts';

export interface Moment {
  readonly status: JobStatus;
  /** By the world's clock, when the change had reached the store. */
  readonly at: number;
}

interface NewestLease {
  readonly fence: number;
  until: number;
  isOpen: boolean;
}

export class Witness {
  /** What is to be used instead of the store. */
  readonly store: Store;
  readonly problems: string[] = [];
  /** Parts that were refused because their lease was lost. */
  refusedParts = 0;
  readonly #watched: Store;
  readonly #clock: WorldClock;
  readonly #newest = new Map<string, NewestLease>();
  readonly #histories = new Map<string, Moment[]>();
  #lastEvent = 0;

  constructor(watched: Store, clock: WorldClock) {
    this.#watched = watched;
    this.#clock = clock;
    this.store = { ...watched, ...this.#leasing(), ...this.#committing(), ...this.#moving() };
  }

  /** The statuses of a job, in order. */
  history(jobId: string): readonly Moment[] {
    return this.#histories.get(jobId) ?? [];
  }

  get endedJobs(): number {
    return [...this.#histories.values()].filter((h) => isTerminal(h.at(-1)?.status ?? 'New'))
      .length;
  }

  /** Reads what the outbox has to tell (W3). */
  async look(): Promise<void> {
    for (const { seq, jobId, name, status } of await this.#watched.events(this.#lastEvent, 1000)) {
      if (seq <= this.#lastEvent) continue; // Somebody else looks at the same time.
      this.#lastEvent = seq;
      const history = this.history(jobId);
      const before = history.at(-1)?.status;
      const isMove =
        name === 'JobCreated'
          ? before === undefined && status === 'New'
          : before && JOB_EVENTS.some((event) => nextStatus(before, event) === status);
      if (!isMove) this.problems.push(`from ${before} to ${status} is not a move`);
      this.#histories.set(jobId, [...history, { status, at: this.#clock.now() }]);
    }
  }

  #leasing(): Pick<Store, 'lease' | 'renew'> {
    return {
      lease: async (request) => {
        const units = await this.#watched.lease(request);
        for (const { lease } of units) {
          const { fence, until, isOpen } = this.#newest.get(nameOf(lease)) ?? NEVER;
          if (lease.fence <= fence)
            this.problems.push(`a fence went from ${fence} to ${lease.fence}`);
          if (isOpen && until >= request.now) this.problems.push('a live lease was given away');
          const newest = { fence: lease.fence, until: request.until, isOpen: true };
          this.#newest.set(nameOf(lease), newest);
        }
        return units;
      },
      renew: async (progress, until, now) => {
        const standings = await this.#watched.renew(progress, until, now);
        for (const { lease, held } of standings) {
          const newest = this.#judge(lease, held, 'prolonged');
          if (held && newest) newest.until = until;
        }
        return standings;
      },
    };
  }

  #committing(): Pick<
    Store,
    'addChunks' | 'finishPreparing' | 'commitPart' | 'finishJob' | 'complete' | 'release'
  > {
    const closing = async (lease: Lease, work: Promise<boolean>): Promise<boolean> => {
      const isTaken = await work;
      const newest = this.#judge(lease, isTaken, 'committed');
      if (isTaken && newest) newest.isOpen = false;
      await this.look();
      return isTaken;
    };
    const { addChunks, finishPreparing, commitPart, finishJob, complete, release } = this.#watched;
    return {
      addChunks: async (lease, ...rest) => {
        const isTaken = await addChunks(lease, ...rest);
        this.#judge(lease, isTaken, 'committed');
        return isTaken;
      },
      finishPreparing: (lease, ...rest) => closing(lease, finishPreparing(lease, ...rest)),
      commitPart: async (lease, ...rest) => {
        const isTaken = await closing(lease, commitPart(lease, ...rest));
        if (!isTaken) this.refusedParts += 1;
        return isTaken;
      },
      finishJob: (lease, ...rest) => closing(lease, finishJob(lease, ...rest)),
      complete: (lease, ...rest) => closing(lease, complete(lease, ...rest)),
      release: (lease, ...rest) => closing(lease, release(lease, ...rest)),
    };
  }

  #moving(): Pick<Store, 'createJob' | 'apply' | 'applyByUser' | 'schedule'> {
    const seen = async <T>(work: Promise<T>): Promise<T> => {
      const result = await work;
      await this.look();
      return result;
    };
    const { createJob, apply, applyByUser, schedule } = this.#watched;
    return {
      createJob: (...args) => seen(createJob(...args)),
      apply: (...args) => seen(apply(...args)),
      applyByUser: (...args) => seen(applyByUser(...args)),
      schedule: async (...args) => {
        const count = await schedule(...args);
        if (count > 0) await this.look();
        return count;
      },
    };
  }

  /** W2. */
  #judge(lease: Lease, isTaken: boolean, what: string): NewestLease | undefined {
    const newest = this.#newest.get(nameOf(lease));
    if (isTaken && (newest?.fence !== lease.fence || !newest.isOpen)) {
      this.problems.push(`a lost lease was ${what}: ${nameOf(lease)}, fence ${lease.fence}`);
    }
    return newest;
  }
}

const NEVER: NewestLease = { fence: 0, until: -Infinity, isOpen: false };

function nameOf({ jobId, kind, seq }: Lease): string {
  return `${jobId}/${kind}/${seq}`;
}
