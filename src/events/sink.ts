/** What a sink is: somewhere that messages are delivered to, at least once. */
import type { Message, MessageKind } from './message.ts';

/** What became of one message. */
export type Delivery =
  | { readonly kind: 'delivered' }
  /** Worth another try, not before `afterMs` where the receiver said so. */
  | { readonly kind: 'later'; readonly reason: string; readonly afterMs?: number }
  /** Another try would end alike. */
  | { readonly kind: 'refused'; readonly reason: string };

export const DELIVERED: Delivery = { kind: 'delivered' };

export interface Sent {
  /** One for each message, in their order. */
  readonly deliveries: readonly Delivery[];
  /** What the sink wants to remember; absent: as before. */
  readonly memory?: string;
}

export interface Sink {
  readonly name: string;
  readonly wants: ReadonlySet<MessageKind>;
  /** Messages of one `send`. */
  readonly batchMax: number;
  /** Takes a batch whole and in order. Otherwise a batch has one message of a turn. */
  readonly isOrdered: boolean;
  /** Waits for so long for a batch to become full. */
  readonly lingerMs: number;
  /** `send` and `idle` end within. */
  readonly timeoutMs: number;
  /** Never rejects for what a receiver does. */
  send(batch: readonly Message[], memory: string | null): Promise<Sent>;
  /**
   * What is to be done from time to time; resolves to what is to be remembered, or to undefined.
   * What it did is done again when its memory could not be saved.
   */
  idle?(memory: string | null): Promise<string | undefined>;
  close(): Promise<void>;
}
