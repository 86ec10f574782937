/**
 * PutEvents, to EventBridge or whatever speaks its API.
 *
 * B1. An entry that was not taken is tried again alone: the others of its batch are delivered.
 * B2. What another try or an operator can mend is tried again: throttling, rights, a bus that is gone.
 *     Only an entry that is wrong in itself is refused.
 */
import type { EventBridgeClient, PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { Lazy } from '../base/lazy.ts';
import type { Message, MessageKind } from './message.ts';
import { bridgeEvent } from './shapes.ts';
import { DELIVERED, type Delivery, type Sink } from './sink.ts';

export interface EventBridgeOptions {
  readonly name: string;
  readonly wants: readonly MessageKind[];
  /** A name or an ARN. */
  readonly bus: string;
  readonly source: string;
  /** Absent: AWS's own. */
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/** EventBridge's limits of one PutEvents. */
const ENTRIES_MAX = 10;
const BYTES_MAX = 256 * 1024;
const CONNECT_MS = 4000;
const REQUEST_MS = 10_000;
const HOPELESS = /^(InvalidArgument|MalformedDetail|InvalidEvent)/;

export function eventBridgeSink(options: EventBridgeOptions): Sink {
  const { name, wants, endpoint, region, credentials } = options;
  // Some hundred modules, which only those with such a sink load.
  const sdk = new Lazy(() => import('@aws-sdk/client-eventbridge'));
  const client = new Lazy(async () => {
    const { EventBridgeClient } = await sdk.get();
    return new EventBridgeClient({
      region,
      credentials,
      ...(endpoint === undefined ? {} : { endpoint }),
      // Tries are ours to count.
      maxAttempts: 1,
      requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: REQUEST_MS },
    });
  });

  const put = async (entries: readonly PutEventsRequestEntry[]): Promise<Delivery[]> => {
    const { PutEventsCommand } = await sdk.get();
    const made: EventBridgeClient = await client.get();
    try {
      const answer = await made.send(new PutEventsCommand({ Entries: [...entries] }));
      return entries.map((_, i) => deliveryOf(answer.Entries?.[i]));
    } catch (error) {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      return entries.map(() => ({ kind: 'later', reason }));
    }
  };

  return {
    name,
    wants: new Set(wants),
    batchMax: ENTRIES_MAX,
    isOrdered: false,
    lingerMs: 0,
    timeoutMs: REQUEST_MS,

    async send(batch) {
      const deliveries: Delivery[] = [];
      let entries: PutEventsRequestEntry[] = [];
      let bytes = 0;
      for (const message of batch) {
        const entry = entryOf(message, options);
        const size = sizeOf(entry);
        if (size > BYTES_MAX || bytes + size > BYTES_MAX) {
          // What does not fit beside the others is sent with the next batch; alone, it never fits.
          const reason = 'The entry is larger than 256 KB.';
          const later: Delivery = { kind: 'later', reason: 'The batch was full.' };
          deliveries.push(size > BYTES_MAX ? { kind: 'refused', reason } : later);
          continue;
        }
        bytes += size;
        deliveries.push(DELIVERED);
        entries = [...entries, entry];
      }
      const answers = entries.length === 0 ? [] : await put(entries);
      let next = 0;
      return {
        deliveries: deliveries.map((one) => (one === DELIVERED ? (answers[next++] ?? one) : one)),
      };
    },

    async close() {
      (await client.made)?.destroy();
    },
  };
}

function entryOf(message: Message, { bus, source }: EventBridgeOptions): PutEventsRequestEntry {
  const [record] = message.records();
  const { 'detail-type': DetailType, detail } =
    record === undefined ? { 'detail-type': '', detail: {} } : bridgeEvent(record);
  return {
    EventBusName: bus,
    Source: source,
    DetailType,
    Detail: JSON.stringify(detail),
    Resources: [],
    Time: new Date(message.at),
  };
}

/** As EventBridge counts it: 14 bytes for the time, and the texts in UTF-8. */
function sizeOf({ Source = '', DetailType = '', Detail = '' }: PutEventsRequestEntry): number {
  return 14 + Buffer.byteLength(Source + DetailType + Detail);
}

function deliveryOf(
  entry: { ErrorCode?: string | undefined; ErrorMessage?: string | undefined } | undefined,
): Delivery {
  if (entry === undefined) return { kind: 'later', reason: 'The answer does not name the entry.' };
  const { ErrorCode: code, ErrorMessage: message = '' } = entry;
  if (code === undefined) return DELIVERED;
  return { kind: HOPELESS.test(code) ? 'refused' : 'later', reason: `${code}: ${message}` };
}
