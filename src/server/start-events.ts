/** Delivery of events, and the records of calls and tasks, as one process does them. */
import {
  type CallObserver,
  CallRecorder,
  Deliverer,
  type DelivererNeeds,
  TaskTrace,
} from '../events/index.ts';
import type { Meters, SinkKind } from '../metrics/index.ts';
import type { Store } from '../store/index.ts';
import type { SinkConfig } from './events-config.ts';
import { openSink, type SinkNeeds } from './open-sinks.ts';

export interface EventsNeeds extends SinkNeeds {
  readonly store: Store;
  readonly worker: string;
  readonly meters: Meters;
}

export interface RunningEvents {
  /** For the API; absent: nobody wants to know of calls. */
  readonly observer?: CallObserver;
}

/** How long a sink waits for another process after the death of its holder. */
const LEASE_MS = 40_000;

/** What is to be undone is put on `undo`, which is run from its end. */
export async function startEvents(
  needs: EventsNeeds,
  undo: (() => unknown)[],
): Promise<RunningEvents> {
  const { config, store, worker, clock, random, log } = needs;
  const { region, account } = config;
  const sinks = config.events.sinks.map((sink) => openSink(sink, needs));
  if (sinks.length === 0) return {};
  const facts = { store, clock, random, log, region };
  const watch = watchSinks(config.events.sinks, needs.meters);
  const deliverer = new Deliverer(sinks, { ...facts, ...watch, worker, leaseMs: LEASE_MS });
  undo.push(() => deliverer.stop());
  await deliverer.open();
  deliverer.start();
  if (!sinks.some(({ wants }) => wants.has('calls'))) return {};
  const recorder = new CallRecorder({ ...facts, account });
  undo.push(() => recorder.stop());
  return { observer: (call) => recorder.record(call) };
}

/** Undefined: no sink wants to know of tasks. */
export function openTaskTrace({
  config,
  ...facts
}: Omit<EventsNeeds, 'endpoint' | 'worker' | 'meters'>) {
  const { sinks, dataEvents: share } = config.events;
  if (!sinks.some(({ wants }) => wants.includes('tasks'))) return undefined;
  return new TaskTrace({ ...facts, region: config.region, share });
}

/** Metrics are by kind of sink: of several of a kind the sum. */
function watchSinks(
  sinks: readonly SinkConfig[],
  meters: Meters,
): Pick<DelivererNeeds, 'onDelivery' | 'onStanding'> {
  const kinds = new Map(sinks.map(({ name, type }) => [name, kindOf(type)]));
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  return {
    onDelivery(name, result, messages) {
      const cells = meters.sink(kinds.get(name) ?? 'other');
      cells[result === 'delivered' ? 'delivered' : 'failed'].add(messages);
    },
    onStanding(standings) {
      for (const kind of new Set(kinds.values())) {
        const own = standings.filter(({ name }) => kinds.get(name) === kind);
        const { pending, deadLetters } = meters.sink(kind);
        pending.set(sum(own.map(({ waiting }) => waiting)));
        deadLetters.set(sum(own.map(({ letters }) => letters)));
      }
    },
  };
}

function kindOf(type: SinkConfig['type']): SinkKind {
  return type === 'file' ? 'other' : type;
}
