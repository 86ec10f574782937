/** Deliverers that die, freeze and meet sinks that fail, on a store that is real. */
import { type ManualClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import type { Random } from '../../src/base/random.ts';
import {
  Deliverer,
  DELIVERED,
  type Delivery,
  type Message,
  type MessageKind,
  type Sink,
} from '../../src/events/index.ts';
import type { Store } from '../../src/store/index.ts';

export const LEASE_MS = 40_000;
export const REGION = 'eu-central-1';

/** What a sink does with a message. */
export type Judge = (message: Message) => Delivery;

export interface FakeSinkOptions {
  readonly name?: string;
  readonly wants?: readonly MessageKind[];
  readonly isOrdered?: boolean;
  readonly batchMax?: number;
  readonly lingerMs?: number;
}

/** Remembers what it was sent and took, in the order in which it was. */
export class FakeSink implements Sink {
  readonly name: string;
  readonly wants: ReadonlySet<MessageKind>;
  readonly batchMax: number;
  readonly isOrdered: boolean;
  readonly lingerMs: number;
  readonly timeoutMs = 1000;
  readonly taken: Message[] = [];
  readonly sent: Message[] = [];
  judge: Judge = () => DELIVERED;

  constructor({ name = 'sink', wants = ['jobs'], ...options }: FakeSinkOptions = {}) {
    this.name = name;
    this.wants = new Set(wants);
    this.batchMax = options.batchMax ?? 4;
    this.isOrdered = options.isOrdered ?? false;
    this.lingerMs = options.lingerMs ?? 0;
  }

  send(batch: readonly Message[]) {
    // Who takes a batch whole says one thing of all of it.
    const [first] = batch;
    const ofAll = this.isOrdered && first !== undefined ? this.judge(first) : undefined;
    const deliveries = batch.map((message) => {
      this.sent.push(message);
      const delivery = ofAll ?? this.judge(message);
      if (delivery.kind === 'delivered') this.taken.push(message);
      return delivery;
    });
    return Promise.resolve({ deliveries });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Ids of what a sink took of each job, without repeats, in the order of their first arrival. */
export function takenByJob(taken: readonly Message[]): Map<string, string[]> {
  const byJob = new Map<string, string[]>();
  for (const { id, turn } of taken) {
    const ids = byJob.get(turn) ?? [];
    if (!ids.includes(id)) ids.push(id);
    byJob.set(turn, ids);
  }
  return byJob;
}

/** What may happen at an await: nothing, a death (it never ends), or a pause of some milliseconds. */
export type Fate = () => 'go' | 'die' | number;

/** The same object, whose methods meet their fate before and after they do what they do. */
export function fated<T extends object>(of: T, fate: Fate, clock: ManualClock): T {
  const meet = async (): Promise<void> => {
    const what = fate();
    if (what === 'die') await new Promise(() => undefined);
    else if (what !== 'go') await clock.sleep(what);
  };
  return new Proxy(of, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]): Promise<unknown> => {
        await meet();
        const result: unknown = await Reflect.apply(member, target, args);
        await meet();
        return result;
      };
    },
  });
}

export interface StartNeeds {
  readonly store: Store;
  readonly sinks: readonly Sink[];
  readonly clock: ManualClock;
  readonly random: Random;
  readonly worker: string;
}

export function deliverer({ sinks, ...needs }: StartNeeds): Deliverer {
  return new Deliverer(sinks, { ...needs, region: REGION, leaseMs: LEASE_MS, log: silentLog });
}

/** Lets everything that can happen at this moment happen. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Moves time in steps until it is so; a world that never gets there is a failure. */
export async function until(
  clock: ManualClock,
  isSo: () => Promise<boolean> | boolean,
  { stepMs = 500, steps = 3000, rest = settle } = {},
): Promise<void> {
  for (let i = 0; i < steps; i++) {
    await rest();
    if (await isSo()) return;
    clock.advance(stepMs);
  }
  throw new Error(`It has not come to it after ${(stepMs * steps) / 1000} seconds.`);
}
