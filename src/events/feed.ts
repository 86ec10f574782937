/**
 * What one sink is owed, while one process holds its lease: read from the outbox in windows, sent in
 * batches, and the position moved behind what is done.
 *
 * F1. At least once: a position moves only behind what was delivered or parked, in the transaction
 *     that parks it.
 * F2. In order per turn: while a message of a turn is not done, no later one of it is sent. One that
 *     is refused is parked, and later ones of its turn are parked behind it, untried.
 * F3. What may pass is tried again, with backoff. It is parked only when it failed TRIES_MAX times
 *     while others went through; a sink that takes nothing at all is away, and is waited for.
 * F4. Memory is one window, whatever is owed.
 */
import { backoffMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { NewLetter, SinkLease, SinkProgress, Store } from '../store/index.ts';
import {
  type Message,
  messageOfEvent,
  messageOfRecord,
  packMessage,
  unpackMessage,
} from './message.ts';
import type { Delivery, Sink } from './sink.ts';

export interface FeedNeeds {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly region: string;
  readonly leaseMs: number;
  /** Told of what became of messages; for metrics. */
  readonly onDelivery?: (sink: string, result: Delivery['kind'], messages: number) => void;
}

interface Item {
  readonly message: Message;
  readonly from: 'letter' | 'event' | 'record';
  /** Its number there. */
  readonly seq: number;
  tries: number;
  failedAt: number;
  notBefore: number;
  isDone: boolean;
}

/** Messages in memory: enough for full batches, little enough for many sinks. */
const WINDOW = 500;
/** A chunk's records are some hundred kilobytes, compressed. */
const RECORDS_WINDOW = 50;
/** Records of one batch: those of a few chunks, some megabytes. */
const RECORDS_MAX = 5000;
const TRIES_MAX = 8;
/** Turns with letters: beyond, a sink is not fed any more, so that letters do not fill the database. */
const TURNS_MAX = 5000;
const RETRY = { baseMs: 500, capMs: 60_000 };
/** What a receiver may ask for with Retry-After. */
const AFTER_MS_MAX = 300_000;

export class Feed {
  readonly #sink: Sink;
  readonly #needs: FeedNeeds;
  #lease: SinkLease;
  #memory: string | null;
  #items: Item[] = [];
  readonly #read: { event: number; record: number };
  #deliveredAt = -1;
  /** Rounds in a row in which nothing went through. */
  #failures = 0;
  #notBefore = 0;
  #problem: string | undefined;

  constructor(sink: Sink, lease: SinkLease, needs: FeedNeeds) {
    this.#sink = sink;
    this.#needs = needs;
    this.#lease = lease;
    this.#memory = lease.state;
    this.#read = { event: lease.eventsAfter, record: lease.recordsAfter };
  }

  /** Resolves to how long there is nothing to do, or to undefined when the lease is lost. */
  async round(idleMs: number): Promise<number | undefined> {
    const { clock, store } = this.#needs;
    const now = clock.now();
    if (!(await this.#keepLease(now))) return undefined;
    if (this.#notBefore > now) return Math.min(this.#notBefore - now, idleMs);
    const memory = await this.#sink.idle?.(this.#memory);
    if (memory !== undefined && !(await this.#save({ state: memory }))) return undefined;
    await this.#refill();
    const turns = this.#items.length === 0 ? [] : await store.parkedTurns(this.#sink.name);
    const behind = this.#parkBehind(new Set(turns.map(({ turn }) => turn)));
    if (behind.length > 0) return (await this.#save({ park: behind })) ? 0 : undefined;
    const batch = this.#pick(now);
    if (batch.length === 0) return (await this.#save({})) ? this.#idleMs(now, idleMs) : undefined;
    if (!(await this.#keepLease(clock.now()))) return undefined;
    return (await this.#send(batch, turns.length)) ? 0 : undefined;
  }

  /** Gives the sink to whoever asks next. */
  async release(): Promise<void> {
    const now = this.#needs.clock.now();
    await this.#needs.store.saveSink(this.#lease, { until: 0, now });
  }

  /** A send must end well before the lease does: whoever takes over shall find it ended. */
  async #keepLease(now: number): Promise<boolean> {
    const { leaseMs } = this.#needs;
    if (this.#lease.until - now > leaseMs / 2) return true;
    return this.#saveAt(now, {});
  }

  async #send(batch: readonly Item[], turns: number): Promise<boolean> {
    const { clock, random, onDelivery } = this.#needs;
    const messages = batch.map(({ message }) => message);
    const sent = await this.#sink.send(messages, this.#memory);
    const now = clock.now();
    const progress: Mutable = { park: [], delivered: [], refused: [] };
    let hasPassed = false;
    let problem = '';
    for (const [index, item] of batch.entries()) {
      const delivery = sent.deliveries[index] ?? { kind: 'later', reason: 'no answer' };
      onDelivery?.(this.#sink.name, delivery.kind, 1);
      if (delivery.kind === 'delivered') {
        hasPassed = true;
        item.isDone = true;
        if (item.from === 'letter') progress.delivered.push(item.seq);
        continue;
      }
      problem = delivery.reason;
      const isHopeless = delivery.kind === 'refused' || this.#isStuck(item);
      if (isHopeless && turns < TURNS_MAX) {
        item.isDone = true;
        if (item.from === 'letter') progress.refused.push({ no: item.seq, reason: problem });
        else progress.park.push(letterOf(item.message, problem, false));
        continue;
      }
      if (item.tries++ === 0) item.failedAt = now;
      const asked = delivery.kind === 'later' ? (delivery.afterMs ?? 0) : RETRY.capMs;
      const wait = backoffMs(item.tries, RETRY, random);
      item.notBefore = now + Math.max(wait, Math.min(asked, AFTER_MS_MAX));
    }
    if (progress.refused.length > 0) this.#dropLetters();
    if (hasPassed) this.#deliveredAt = now;
    this.#failures = hasPassed || progress.park.length > 0 ? 0 : this.#failures + 1;
    this.#notBefore = this.#failures > 0 ? now + backoffMs(this.#failures, RETRY, random) : 0;
    const state = sent.memory === undefined ? {} : { state: sent.memory };
    return this.#save({ ...progress, ...state, problem: hasPassed ? '' : problem });
  }

  #isStuck({ tries, failedAt }: Item): boolean {
    return tries + 1 >= TRIES_MAX && this.#deliveredAt > failedAt; // F3
  }

  /** Others of its turn must not be sent after one that was refused again. */
  #dropLetters(): void {
    this.#items = this.#items.filter(({ from, isDone }) => from !== 'letter' || isDone);
  }

  async #refill(): Promise<void> {
    const { store, region } = this.#needs;
    const { name, wants } = this.#sink;
    const count = (from: Item['from']): number =>
      this.#items.filter((item) => item.from === from).length;
    if (count('letter') === 0) {
      const query = { sink: name, replayedOnly: true, after: 0, limit: WINDOW };
      const letters = await store.deadLetters(query);
      // In front: whatever else there is of their turns comes after them (F2).
      this.#items.unshift(
        ...letters.map((one) => itemOf('letter', one.no, unpackMessage(one.body))),
      );
    }
    if (count('event') < WINDOW / 2) {
      for (const event of await store.events(this.#read.event, WINDOW)) {
        this.#read.event = event.seq;
        if (!wants.has('jobs')) continue;
        this.#items.push(itemOf('event', event.seq, messageOfEvent(event, region)));
      }
    }
    if ((wants.has('calls') || wants.has('tasks')) && count('record') < RECORDS_WINDOW / 2) {
      for (const record of await store.records(this.#read.record, RECORDS_WINDOW)) {
        this.#read.record = record.seq;
        if (!wants.has(record.kind)) continue;
        this.#items.push(itemOf('record', record.seq, messageOfRecord(record)));
      }
    }
  }

  /** F2. */
  #parkBehind(turns: ReadonlySet<string>): NewLetter[] {
    if (turns.size === 0) return [];
    const behind = this.#items.filter(
      ({ from, isDone, message }) => from !== 'letter' && !isDone && turns.has(message.turn),
    );
    return behind.map((item) => {
      item.isDone = true;
      return letterOf(item.message, 'It waits behind an earlier event of its job.', true);
    });
  }

  #pick(now: number): readonly Item[] {
    const { batchMax, isOrdered, lingerMs } = this.#sink;
    const blocked = new Set<string>();
    const batch: Item[] = [];
    let records = 0;
    for (const item of this.#items) {
      const { turn } = item.message;
      if (item.isDone || blocked.has(turn)) continue;
      if (item.notBefore > now) blocked.add(turn);
      else {
        records += item.message.count;
        if (batch.length > 0 && records > RECORDS_MAX) break;
        batch.push(item);
        if (!isOrdered) blocked.add(turn);
        if (batch.length === batchMax) break;
      }
    }
    const oldest = Math.min(...batch.map(({ message }) => message.at));
    const isFull = batch.length === batchMax || records >= RECORDS_MAX;
    return isFull || now - oldest >= lingerMs ? batch : [];
  }

  #idleMs(now: number, idleMs: number): number {
    const next = this.#items.map(({ notBefore, message }) =>
      Math.max(notBefore, message.at + this.#sink.lingerMs),
    );
    return Math.max(1, Math.min(idleMs, ...next.map((at) => at - now)));
  }

  #save(progress: Partial<SinkProgress>): Promise<boolean> {
    return this.#saveAt(this.#needs.clock.now(), progress, true);
  }

  /** Moves the positions behind what is done (F1); nothing that has not changed is written. */
  async #saveAt(
    now: number,
    progress: Partial<SinkProgress>,
    onlyChanges = false,
  ): Promise<boolean> {
    const { store, leaseMs } = this.#needs;
    this.#items = this.#items.filter(({ isDone }) => !isDone);
    const eventsAfter = this.#position('event');
    const recordsAfter = this.#position('record');
    const moved = {
      ...(eventsAfter === this.#lease.eventsAfter ? {} : { eventsAfter }),
      ...(recordsAfter === this.#lease.recordsAfter ? {} : { recordsAfter }),
    };
    const { problem, ...rest } = progress;
    const told = problem === undefined || problem === this.#problem ? {} : { problem };
    const lists = [rest.park, rest.delivered, rest.refused];
    const isNothing =
      Object.keys({ ...moved, ...told }).length === 0 &&
      rest.state === undefined &&
      lists.every((list) => list === undefined || list.length === 0);
    if (onlyChanges && isNothing) return true;
    const until = now + leaseMs;
    const isHeld = await store.saveSink(this.#lease, { ...rest, ...moved, ...told, until, now });
    if (!isHeld) return false;
    this.#lease = { ...this.#lease, until, eventsAfter, recordsAfter };
    this.#memory = rest.state ?? this.#memory;
    this.#problem = problem ?? this.#problem;
    return true;
  }

  #position(from: 'event' | 'record'): number {
    const first = this.#items.find((item) => item.from === from && !item.isDone);
    return first === undefined ? this.#read[from] : first.seq - 1;
  }
}

interface Mutable {
  park: NewLetter[];
  delivered: number[];
  refused: { no: number; reason: string }[];
}

function itemOf(from: Item['from'], seq: number, message: Message): Item {
  return { message, from, seq, tries: 0, failedAt: 0, notBefore: 0, isDone: false };
}

function letterOf(message: Message, reason: string, isBehind: boolean): NewLetter {
  const { id, turn } = message;
  return { id, turn, body: packMessage(message), reason, isBehind };
}
