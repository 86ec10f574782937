/** Delivery of events, and the records of calls and tasks, as one process does them. */
import { type CallObserver, CallRecorder, Deliverer, TaskTrace } from '../events/index.ts';
import type { Store } from '../store/index.ts';
import { openSink, type SinkNeeds } from './open-sinks.ts';

export interface EventsNeeds extends SinkNeeds {
  readonly store: Store;
  readonly worker: string;
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
  const deliverer = new Deliverer(sinks, { ...facts, worker, leaseMs: LEASE_MS });
  undo.push(() => deliverer.stop());
  await deliverer.open();
  deliverer.start();
  if (!sinks.some(({ wants }) => wants.has('calls'))) return {};
  const recorder = new CallRecorder({ ...facts, account });
  undo.push(() => recorder.stop());
  return { observer: (call) => recorder.record(call) };
}

/** Undefined: no sink wants to know of tasks. */
export function openTaskTrace({ config, ...facts }: Omit<EventsNeeds, 'endpoint' | 'worker'>) {
  const { sinks, dataEvents: share } = config.events;
  if (!sinks.some(({ wants }) => wants.includes('tasks'))) return undefined;
  return new TaskTrace({ ...facts, region: config.region, share });
}
