/**
 * One worker of the world: the real Engine on a store, a staging and an S3 that die with it.
 *
 * A crash is a line that nothing crosses: a call that was under way may have had its effect or not,
 * but nothing comes back, and no later call does anything. A freeze (SIGSTOP, a long pause of the
 * collector, a sleeping laptop) holds back every answer until it thaws.
 */
import { silentLog } from '../../src/base/log.ts';
import type { Random } from '../../src/base/random.ts';
import { Engine, ENGINE_DEFAULTS } from '../../src/engine/index.ts';
import { createFunctions } from '../../src/functions/index.ts';
import type { Staging } from '../../src/staging/index.ts';
import type { Store } from '../../src/store/index.ts';
import { WorkerClock, type WorldClock } from './clock.ts';
import type { Faults } from './faults.ts';
import { s3Of, type FakeS3 } from './fake-s3.ts';

export interface WorldParts {
  readonly clock: WorldClock;
  readonly random: Random;
  readonly store: Store;
  readonly staging: Staging;
  readonly s3: FakeS3;
  readonly faults: () => Faults;
  readonly chunkRows: number;
  readonly activeJobsMax: number;
}

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
      sleep: (ms: number, signal?: AbortSignal) =>
        this.#crossing(() => this.clock.sleep(ms, signal)),
    };
    const s3 = s3Of(world.s3, world.clock, random, faults);
    this.#engine = new Engine(
      {
        store: this.#mortalStore(world.store),
        staging: this.#mortalStaging(world.staging),
        s3: {
          send: (request, signal) => {
            world.s3.note(request, world.clock.now());
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
        // Shorter than in life, so that leases are lost often; longer ticks, so that worlds are cheap.
        leaseMs: 3000,
        tickMs: 600,
        requestsMax: 8,
        chunkRows: world.chunkRows,
        activeJobsMax: world.activeJobsMax,
      },
    );
    this.#engine.start();
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
    await this.#alive();
    try {
      return await call();
    } finally {
      await this.#alive();
    }
  }

  async #alive(): Promise<void> {
    const { clock } = this.#world;
    while (!this.#isDead && clock.now() < this.#frozenUntil) {
      await clock.sleep(this.#frozenUntil - clock.now());
    }
    if (this.#isDead) await new Promise(() => undefined);
  }

  #mortalStore(store: Store): Store {
    const { clock, random, faults } = this.#world;
    return new Proxy(store, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return (...args: unknown[]) =>
          this.#crossing(async () => {
            await clock.sleep(random.next() * 10);
            await this.#alive();
            if (random.next() < faults().storeRefused) throw new Error('The database is away.');
            const result = (await Reflect.apply(method, target, args)) as unknown;
            if (random.next() < faults().storeAnswerLost) throw new Error('The connection broke.');
            return result;
          });
      },
    });
  }

  #mortalStaging(staging: Staging): Staging {
    const crossing = <T>(call: () => Promise<T>): Promise<T> => this.#crossing(call);
    return {
      write: (part, bytes) => crossing(() => staging.write(part, bytes)),
      read: (part, start, end) => staging.read(part, start, end),
      remove: (part) => crossing(() => staging.remove(part)),
      removeJob: (jobId) => crossing(() => staging.removeJob(jobId)),
      jobs: () => crossing(() => staging.jobs()),
    };
  }
}
