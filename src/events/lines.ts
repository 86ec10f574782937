/** CloudTrail's records as JSON lines: on standard output, or behind what a file holds. */
import type { MessageKind } from './message.ts';
import { DELIVERED, type Delivery, type Sink } from './sink.ts';

export interface LinesOptions {
  readonly name: string;
  readonly wants: readonly MessageKind[];
  /** Resolves when the lines are where they are to be. */
  write(lines: string): Promise<void>;
}

const BATCH_MAX = 100;
const TIMEOUT_MS = 1000;

export function linesSink({ name, wants, write }: LinesOptions): Sink {
  return {
    name,
    wants: new Set(wants),
    batchMax: BATCH_MAX,
    isOrdered: true,
    lingerMs: 0,
    timeoutMs: TIMEOUT_MS,

    async send(batch) {
      const records = batch.flatMap((message) => message.records());
      let delivery: Delivery = DELIVERED;
      try {
        await write(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
      } catch (error) {
        // A full disk, a folder that is gone: somebody can mend it.
        delivery = { kind: 'later', reason: String(error) };
      }
      return { deliveries: batch.map(() => delivery) };
    },

    close: () => Promise.resolve(),
  };
}
