/** One engine on a store in memory and a clock that only the test moves; no job gets to a request unless the test says so. */
import assert from 'node:assert/strict';
import { ManualClock } from '../../src/base/clock.ts';
import { silentLog, type Log } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { Engine, ENGINE_DEFAULTS, type EngineOptions } from '../../src/engine/index.ts';
import { createFunctions } from '../../src/functions/index.ts';
import type { S3 } from '../../src/s3/index.ts';
import type { Staging } from '../../src/staging/index.ts';
import { openSqliteStore, type Store } from '../../src/store/index.ts';

export const ACCOUNT = '123456789012';

const NO_S3: S3 = {
  send: () => assert.fail('nothing is to be sent'),
  open: () => assert.fail('nothing is to be read'),
  traits: () => assert.fail('nothing is to be asked'),
};

/** Nothing is staged either: the rest of the interface is never called. */
const NO_STAGING = {
  jobs: () => Promise.resolve([]),
  uploads: () => Promise.resolve([]),
  removeJob: () => Promise.resolve(),
} as Partial<Staging> as Staging;

export interface Scene {
  /** As it is, whatever `change` made of it for the engine. */
  readonly store: Store;
  readonly clock: ManualClock;
  /** What the service does when a user has changed a job. */
  wake(): void;
  /** Lets everything happen that needs no time. */
  settle(): Promise<void>;
  /** Moves time on in one jump, and then slowly enough for the engine to do what is due. */
  jump(ms: number): Promise<void>;
}

export interface SceneOptions {
  /** The store as the engine meets it. */
  readonly change?: (store: Store) => Store;
  readonly clockOf?: (clock: ManualClock) => EngineClock;
  readonly s3?: Partial<S3>;
  readonly log?: Log;
  readonly options?: Partial<EngineOptions>;
}

type EngineClock = Pick<ManualClock, 'now' | 'monotonic' | 'sleep'>;

export async function withEngine(
  play: (scene: Scene) => Promise<void>,
  settings: SceneOptions = {},
): Promise<void> {
  const { change = (same) => same, clockOf = (same) => same, s3 = {}, log = silentLog } = settings;
  const clock = new ManualClock();
  const random = seededRandom(1);
  const store = openSqliteStore({ path: ':memory:', random });
  const own = clockOf(clock);
  const engine = new Engine(
    {
      store: change(store),
      staging: NO_STAGING,
      s3: { ...NO_S3, ...s3 },
      functions: createFunctions({ clock: own }),
      clock: own,
      random,
      log,
    },
    { ...ENGINE_DEFAULTS, worker: 'engine', ...settings.options },
  );
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  const jump = async (ms: number): Promise<void> => {
    clock.advance(ms);
    for (let i = 0; i < 10; i++) {
      await settle();
      clock.advance(300);
    }
    await settle();
  };
  engine.start();
  await settle();
  await play({ store, clock, wake: () => engine.wake(), settle, jump });
  let isStopped = false;
  const stopping = engine.stop().then(() => (isStopped = true));
  while (!isStopped) await jump(1000);
  await stopping;
  await store.close();
}
