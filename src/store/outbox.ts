/**
 * The outbox beside the events of jobs: records of calls and of tasks, how far each sink has come,
 * and the letters that a sink would not take.
 *
 * I1. A sink has one holder at a time; whoever lost the lease saves nothing: the fence is compared in
 *     the same transaction that moves the positions, parks letters and removes delivered ones.
 * I2. Records become visible in the order of their numbers, as events do.
 * I3. Everything is bounded by the caller: `addRecords` refuses what does not fit, letters are counted.
 */

/** What happened beside changes of status: an API call, or the requests of a chunk's tasks. */
export interface OutboxRecord {
  readonly seq: number;
  /** 32 hex characters, stable over every delivery. */
  readonly id: string;
  readonly kind: RecordKind;
  readonly account: string;
  /** Empty: about no job. */
  readonly jobId: string;
  readonly at: number;
  /** Of the room `events`: nothing here reads it. */
  readonly body: string;
}

export type RecordKind = 'calls' | 'tasks';
export type NewRecord = Omit<OutboxRecord, 'seq'>;

export interface SinkLease {
  readonly name: string;
  readonly worker: string;
  readonly fence: number;
  readonly until: number;
  /** Everything up to these numbers is delivered or parked. */
  readonly eventsAfter: number;
  readonly recordsAfter: number;
  /** What the sink itself remembers; null: nothing yet. */
  readonly state: string | null;
}

export interface NewLetter {
  /** Of the event. */
  readonly id: string;
  /** What must not overtake each other at this sink share a turn. */
  readonly turn: string;
  /** Of the room `events`: whatever is needed to send it again. */
  readonly body: string;
  readonly reason: string;
  /** It was not tried: it waits behind earlier letters of its turn, and goes out again when they do. */
  readonly isBehind: boolean;
}

/** An event that a sink would not take, or that waits behind one. */
export interface DeadLetter extends Omit<NewLetter, 'isBehind'> {
  /** In the order in which they were parked. */
  readonly no: number;
  readonly sink: string;
  readonly parkedAt: number;
  /** On its way out again. */
  readonly isReplayed: boolean;
}

/** Undefined members stay as they are. */
export interface SinkProgress {
  /** 0 gives the lease back. */
  readonly until: number;
  readonly now: number;
  readonly eventsAfter?: number;
  readonly recordsAfter?: number;
  readonly state?: string;
  /** Why the sink waits, for people; empty: it does not. */
  readonly problem?: string;
  readonly park?: readonly NewLetter[];
  /** Numbers of letters that were delivered. */
  readonly delivered?: readonly number[];
  /** Replayed letters that were refused again: with them those of their turn stay. */
  readonly refused?: readonly { readonly no: number; readonly reason: string }[];
}

export interface SinkStanding {
  readonly name: string;
  /** Empty: nobody holds it. */
  readonly worker: string;
  readonly until: number;
  readonly seenAt: number;
  readonly problem: string;
  /** Events and records that it has not been given yet, and since when the first of them waits. */
  readonly waiting: number;
  readonly waitingSince: number | undefined;
  readonly letters: number;
}

/** Of a letter's turn at one sink. */
export interface ParkedTurn {
  readonly turn: string;
  /** All its letters are on their way out again. */
  readonly isReplayed: boolean;
}

export interface StoreOutbox {
  records(after: number, limit: number): Promise<readonly OutboxRecord[]>;
  /** All of one kind. False: there are `rowsMax` of that kind already, and nothing was added. */
  addRecords(records: readonly NewRecord[], rowsMax: number): Promise<boolean>;
  /** Makes sinks known, from when on they are owed what happens. Those unseen for long are forgotten. */
  openSinks(
    sinks: readonly { readonly name: string; readonly wantsRecords: boolean }[],
    now: number,
    forgetBefore: number,
  ): Promise<void>;
  /** Undefined: somebody else holds it, or it is not known. Who holds it may lease it again. */
  leaseSink(
    name: string,
    worker: string,
    now: number,
    until: number,
  ): Promise<SinkLease | undefined>;
  /** False: the lease is lost, and nothing was saved. */
  saveSink(lease: SinkLease, progress: SinkProgress): Promise<boolean>;
  /** Removes at most some thousand records that every sink has; resolves to how many. */
  trimRecords(): Promise<number>;
  sinks(): Promise<readonly SinkStanding[]>;
  /** Of one sink, or of all; in order. */
  deadLetters(query: LettersQuery): Promise<readonly DeadLetter[]>;
  parkedTurns(sink: string): Promise<readonly ParkedTurn[]>;
  /** With all that share its turn, so that nothing overtakes. Undefined `id`: all. */
  replayLetters(sink: string, id: string | undefined): Promise<number>;
  /** For good. */
  dropLetters(sink: string, id: string | undefined): Promise<number>;
}

export interface LettersQuery {
  readonly sink?: string;
  readonly replayedOnly?: boolean;
  readonly after: number;
  readonly limit: number;
}

/** The position of a sink that wants no records: it holds none of them back. */
export const WANTS_NONE = Number.MAX_SAFE_INTEGER;
/** Records removed by one call. */
export const TRIM_ROWS = 5000;
