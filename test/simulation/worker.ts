/**
 * One worker of the world: the real Engine on a store, a staging and an S3 that die with it.
 *
 * A crash is a line that nothing crosses: a call that was under way may have had its effect or not,
 * but nothing comes back, and no later call does anything. It may come at any time, and right before
 * or after any call. A freeze (SIGSTOP, a long pause of the collector, a sleeping laptop) holds back
 * every answer until it thaws.
 */
import { silentLog } from '../../src/base/log.ts';
import type { Random } from '../../src/base/random.ts';
import { Engine, ENGINE_DEFAULTS } from '../../src/engine/index.ts';
import { createFunctions } from '../../src/functions/index.ts';
import { type Staging, StagingUnavailable } from '../../src/staging/index.ts';
import { StoreUnavailable, type Store } from '../../src/store/index.ts';
import { WorkerClock, type WorldClock } from './clock.ts';
import { LATE_MS, type Faults } from './faults.ts';
import { s3Of, type FakeS3 } from './fake-s3.ts';

export interface WorldParts {
  readonly clock: WorldClock;
  readonly random: Random;
  readonly store: Store;
  readonly staging: Staging;
  readonly s3: FakeS3;
  readonly faults: () => Faults;
  /** From this time on until that one the database answers nothing. */
  databaseAway: { readonly from: number; readonly to: number };
  readonly chunkRows: number;
  readonly turnRows: number;
  readonly activeJobsMax: number;
}

/** Shorter than in life, so that leases are lost often. */
export const LEASE_MS = 3000;

export class SimulatedWorker {
  readonly clock: WorkerClock;
  readonly #world: WorldParts;
  readonly #engine: Engine;
  #isDead = false;
  #frozenUntil = 0;

  constructor(name: string, world: WorldParts) {
    this.#world = world;
    this.clock = new WorkerClock(world.clock);
    const { random, faults } = world;
    const clock = {
      now: () => this.clock.now(),
      monotonic: () => this.clock.monotonic(),
      sleep: async (ms: number, signal?: AbortSignal) => {
        await this.#alive();
        await this.clock.sleep(ms, signal);
        await this.#alive();
      },
    };
    const s3 = s3Of(world.s3, world.clock, random, faults);
    this.#engine = new Engine(
      {
        store: this.#mortalStore(world.store),
        staging: this.#mortalStaging(world.staging),
        s3: {
          send: (request, signal) => {
            if (!this.#isDead) world.s3.note(request, world.clock.now());
            return this.#crossing(() => s3.send(request, signal));
          },
          open: (request, signal) => this.#crossing(() => s3.open(request, signal)),
          traits: () => this.#crossing(() => s3.traits()),
        },
        functions: createFunctions({ clock }),
        clock,
        random,
        log: silentLog,
      },
      {
        ...ENGINE_DEFAULTS,
        worker: name,
        leaseMs: LEASE_MS,
        // Longer than in life, so that worlds are cheap.
        tickMs: 600,
        requestsMax: 8,
        chunkRows: world.chunkRows,
        chunkRowsMax: 4 * world.chunkRows,
        turnRows: world.turnRows,
        activeJobsMax: world.activeJobsMax,
      },
    );
    this.#engine.start();
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  crash(): void {
    this.#isDead = true;
  }

  freeze(ms: number): void {
    this.#frozenUntil = this.#world.clock.now() + ms;
  }

  stop(): Promise<void> {
    return this.#engine.stop();
  }

  /** Nothing begins and nothing returns beyond death. */
  async #crossing<T>(call: () => Promise<T>): Promise<T> {
    this.#perhapsCrash();
    await this.#alive();
    try {
      return await call();
    } finally {
      this.#perhapsCrash();
      await this.#alive();
    }
  }

  #perhapsCrash(): void {
    const { random, faults } = this.#world;
    if (random.next() < faults().crashPoint) this.#isDead = true;
  }

  async #alive(): Promise<void> {
    const { clock } = this.#world;
    while (!this.#isDead && clock.now() < this.#frozenUntil) {
      await clock.sleep(this.#frozenUntil - clock.now());
    }
    if (this.#isDead) await new Promise(() => undefined);
  }

  #mortalStore(store: Store): Store {
    return new Proxy(store, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return (...args: unknown[]) =>
          this.#crossing(() => this.#ask(() => Reflect.apply(method, target, args) as unknown));
      },
    });
  }

  /** One call of the store, which may be away, late, or never heard of again. */
  async #ask(call: () => unknown): Promise<unknown> {
    const { clock, random, faults, databaseAway } = this.#world;
    const isLate = random.next() < faults().late;
    const isLateBefore = isLate && random.next() < 0.5;
    await clock.sleep(random.next() * (isLateBefore ? LATE_MS : 10));
    // A statement that is under way reaches the database although the worker is frozen, not when it is dead.
    if (this.#isDead) return this.#alive();
    const isAway = clock.now() >= databaseAway.from && clock.now() < databaseAway.to;
    if (isAway || random.next() < faults().storeRefused) throw this.#storeError('It is away.');
    const result = await call();
    if (isLate && !isLateBefore) await clock.sleep(random.next() * LATE_MS);
    if (random.next() < faults().storeAnswerLost) throw this.#storeError('The connection broke.');
    return result;
  }

  /** Now and then one that no store is supposed to throw. */
  #storeError(message: string): Error {
    const isKnown = this.#world.random.next() < 0.9;
    return isKnown ? new StoreUnavailable(message) : new Error(message);
  }

  #mortalStaging(staging: Staging): Staging {
    const { random, faults } = this.#world;
    const crossing = <T>(call: () => Promise<T>): Promise<T> =>
      this.#crossing(() => {
        if (random.next() >= faults().stagingRefused) return call();
        const isRefused = random.next() < 0.5;
        return Promise.reject(new StagingUnavailable('The disk is full.', { isRefused }));
      });
    return {
      write: (part, bytes) => crossing(() => staging.write(part, bytes)),
      read: (part, start, end) => this.#stagedBytes(staging.read(part, start, end)),
      remove: (part) => crossing(() => staging.remove(part)),
      removeJob: (jobId) => crossing(() => staging.removeJob(jobId)),
      uploads: (jobId) => crossing(() => staging.uploads(jobId)),
      jobs: () => crossing(() => staging.jobs()),
    };
  }

  async *#stagedBytes(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const piece of bytes) yield await this.#crossing(() => Promise.resolve(piece));
  }
}
