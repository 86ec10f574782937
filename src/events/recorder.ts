/**
 * Writes down API calls: one record for each, in the store, before the answer goes out.
 *
 * R1. Calls that come together share one insert; none waits for it longer than WAIT_MS. A call that
 *     was answered is recorded, unless the store was away just then, and then the process died.
 * R2. Bounded: a queue of QUEUE_MAX, ROWS_MAX rows in the store. What does not fit is counted, and the
 *     count is recorded as soon as there is room: nothing is lost in silence.
 * R3. A flood of refusals fills nothing: of one caller, call and error the first REFUSALS_MAX in a
 *     minute are recorded, the others as one record with their number.
 */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { NewRecord, Store } from '../store/index.ts';
import { callRecord, type ObservedCall } from './call-record.ts';
import { packRecords } from './message.ts';
import { secondOf, type TrailRecord, uuidOf } from './trail-record.ts';

export interface RecorderNeeds {
  readonly store: Pick<Store, 'addRecords'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly region: string;
  readonly account: string;
}

const QUEUE_MAX = 2000;
const BATCH_MAX = 200;
/** Some 50 MB. */
const ROWS_MAX = 100_000;
const WAIT_MS = 1000;
const PAUSE_MS = 1000;
const WINDOW_MS = 60_000;
const REFUSALS_MAX = 10;
/** Callers, calls and errors that are told apart in a minute. */
const KINDS_MAX = 1000;

interface Flood {
  count: number;
  last: ObservedCall;
}

export class CallRecorder {
  readonly #needs: RecorderNeeds;
  readonly #floods = new Map<string, Flood>();
  #queue: NewRecord[] = [];
  #lost = 0;
  #writing: Promise<void> | undefined;
  #windowEndsAt = 0;
  /** The store did not take the last ones: calls do not wait for it again before then. */
  #notBefore = 0;

  constructor(needs: RecorderNeeds) {
    this.#needs = needs;
  }

  /** Resolves when the call is recorded, or after a second. Never rejects. */
  async record(call: ObservedCall): Promise<void> {
    const { clock } = this.#needs;
    this.#endWindow(clock.now());
    if (this.#isFlood(call)) return;
    this.#add(call);
    const written = this.#write();
    if (clock.now() < this.#notBefore) return;
    const done = new AbortController();
    await Promise.race([written, clock.sleep(WAIT_MS, done.signal)]);
    done.abort();
  }

  /** Writes what is left. */
  async stop(): Promise<void> {
    this.#endWindow(Number.POSITIVE_INFINITY);
    this.#notBefore = 0;
    await this.#write();
  }

  #add(call: ObservedCall, repeats?: number): void {
    const { clock, random, region, account } = this.#needs;
    if (this.#queue.length >= QUEUE_MAX) {
      this.#lost += repeats ?? 1;
      return;
    }
    const [id, at] = [random.hex(16), clock.now()];
    const facts = { id, at, region, account, ...(repeats === undefined ? {} : { repeats }) };
    const record = callRecord(call, facts);
    this.#queue.push(this.#rowOf(id, at, record, call.principal?.account ?? account, call.jobId));
  }

  #rowOf(id: string, at: number, record: TrailRecord, account: string, jobId = ''): NewRecord {
    return { id, kind: 'calls', account, jobId, at, body: packRecords([record]) };
  }

  /** True: it is counted, and has no record of its own (R3). */
  #isFlood(call: ObservedCall): boolean {
    if (call.error === undefined) return false;
    const caller = call.principal?.accessKeyId ?? call.claimedKeyId ?? '';
    const exact = JSON.stringify([call.sourceIp, caller, call.name, call.error.code]);
    const isKnown = this.#floods.has(exact) || this.#floods.size < KINDS_MAX;
    const kind = isKnown ? exact : 'others';
    const flood = this.#floods.get(kind) ?? { count: 0, last: call };
    this.#floods.set(kind, { count: flood.count + 1, last: call });
    return flood.count >= REFUSALS_MAX;
  }

  #endWindow(now: number): void {
    if (now < this.#windowEndsAt) return;
    this.#windowEndsAt = now + WINDOW_MS;
    for (const { count, last } of this.#floods.values()) {
      if (count > REFUSALS_MAX) this.#add(last, count - REFUSALS_MAX);
    }
    this.#floods.clear();
  }

  #write(): Promise<void> {
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = undefined));
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    const { store, clock, log } = this.#needs;
    if (clock.now() < this.#notBefore) return;
    while (this.#queue.length > 0 || this.#lost > 0) {
      const batch = this.#queue.slice(0, BATCH_MAX);
      const lost = this.#lost;
      const rows = lost === 0 ? batch : [...batch, this.#lossOf(lost)];
      try {
        const isAdded = await store.addRecords(rows, ROWS_MAX);
        this.#queue = this.#queue.slice(batch.length);
        if (isAdded) this.#lost -= lost;
        else {
          this.#lost += batch.length;
          if (lost === 0)
            log.error({ rows: ROWS_MAX }, 'Calls are not recorded: no sink takes them.');
          this.#notBefore = clock.now() + PAUSE_MS;
          return;
        }
      } catch (error) {
        log.warn(
          { error, waiting: this.#queue.length },
          'The store did not take records of calls.',
        );
        this.#notBefore = clock.now() + PAUSE_MS;
        return;
      }
    }
  }

  #lossOf(count: number): NewRecord {
    const { clock, random, region, account } = this.#needs;
    const [id, at] = [random.hex(16), clock.now()];
    const record = {
      eventVersion: '1.09',
      userIdentity: { accountId: account, invokedBy: 's3.amazonaws.com' },
      eventTime: secondOf(at),
      eventSource: 's3.amazonaws.com',
      eventName: 'CallsNotRecorded',
      awsRegion: region,
      eventID: uuidOf(id),
      readOnly: true,
      eventType: 'AwsServiceEvent',
      managementEvent: true,
      recipientAccountId: account,
      serviceEventDetails: { count },
      eventCategory: 'Management',
    };
    return this.#rowOf(id, at, record, account);
  }
}
