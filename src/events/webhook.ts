/**
 * A webhook: one POST for each event, signed as Standard Webhooks has it.
 *
 * W1. Redirects are not followed, and the URL comes from the configuration: nothing of an event says
 *     where it goes.
 * W2. 2xx is delivered. 408, 425, 429, 5xx and no answer are worth another try, not before what a
 *     Retry-After asks for. Everything else is a refusal.
 * W3. Of an answer only its head and the beginning of its body are read, and not for long.
 */
import { createHmac } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { Lazy } from '../base/lazy.ts';
import type { Message, MessageKind } from './message.ts';
import { bridgeEnvelope, cloudEvent } from './shapes.ts';
import { DELIVERED, type Delivery, type Sink } from './sink.ts';

export const WEBHOOK_SHAPES = ['cloudevents', 'eventbridge'] as const;
export type WebhookShape = (typeof WEBHOOK_SHAPES)[number];

export interface WebhookOptions {
  readonly name: string;
  readonly wants: readonly MessageKind[];
  readonly url: string;
  /** `whsec_` and base64, or any text. */
  readonly secret: string;
  readonly shape: WebhookShape;
  /** Of events in EventBridge's shape. */
  readonly source: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Events in flight: never two of one job. */
const LANES = 16;
const CONNECT_MS = 5000;
const SAID_BYTES_MAX = 1024;
const SAID_CHARS_MAX = 200;
const CONTENT_TYPE: Readonly<Record<WebhookShape, string>> = {
  cloudevents: 'application/cloudevents+json; charset=utf-8',
  eventbridge: 'application/json; charset=utf-8',
};

export function webhookSink(options: WebhookOptions): Sink {
  const { name, wants, timeoutMs } = options;
  const agent = new Lazy(async () => {
    const { Agent } = await import('undici');
    return new Agent({
      connections: LANES,
      pipelining: 1,
      connect: { timeout: CONNECT_MS },
      // The time of a whole request is watched below.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  });

  const post = async (message: Message): Promise<Delivery> => {
    const { clock, url } = options;
    const over = new AbortController();
    const done = new AbortController();
    void clock.sleep(timeoutMs, done.signal).then(() => over.abort());
    try {
      const { origin, pathname, search } = new URL(url);
      const { body, headers } = signedPost(message, options, clock.now());
      const answer = await (
        await agent.get()
      ).request({
        ...{ method: 'POST', origin, path: pathname + search, headers, body },
        signal: over.signal,
      });
      const said = await beginningOf(answer.body);
      const { statusCode, headers: given } = answer;
      return deliveryOf(statusCode, given['retry-after']?.toString(), said, clock.now());
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const reason = over.signal.aborted ? `no answer within ${timeoutMs / 1000} seconds` : why;
      return { kind: 'later', reason };
    } finally {
      done.abort();
    }
  };

  return {
    name,
    wants: new Set(wants),
    batchMax: LANES,
    isOrdered: false,
    lingerMs: 0,
    timeoutMs,
    send: async (batch) => ({ deliveries: await Promise.all(batch.map(post)) }),
    close: async () => (await agent.made)?.destroy(),
  };
}

/** Body and headers of one delivery. */
function signedPost(
  message: Message,
  { shape, source, secret }: Pick<WebhookOptions, 'shape' | 'source' | 'secret'>,
  now: number,
): { readonly body: string; readonly headers: Readonly<Record<string, string>> } {
  const [record] = message.records();
  const id = record?.eventID ?? message.id;
  let event: object = {};
  if (record !== undefined) {
    event =
      shape === 'cloudevents'
        ? cloudEvent(message, record)
        : bridgeEnvelope(message, record, source);
  }
  const body = JSON.stringify(event);
  const timestamp = String(Math.floor(now / 1000));
  return {
    body,
    headers: {
      'content-type': CONTENT_TYPE[shape],
      'user-agent': 'bucket-brigade',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signatureOf(secret, `${id}.${timestamp}.${body}`)}`,
    },
  };
}

function signatureOf(secret: string, signed: string): string {
  const [, encoded] = /^whsec_(.+)$/.exec(secret) ?? [];
  const key = encoded === undefined ? Buffer.from(secret) : Buffer.from(encoded, 'base64');
  return createHmac('sha256', key).update(signed).digest('base64');
}

function deliveryOf(
  status: number,
  retryAfter: string | undefined,
  said: string,
  now: number,
): Delivery {
  if (status >= 200 && status <= 299) return DELIVERED;
  const reason = `HTTP ${status}${said === '' ? '' : `: ${said}`}`;
  const isPassing = status >= 500 || [408, 425, 429].includes(status);
  if (!isPassing) return { kind: 'refused', reason };
  const afterMs = retryAfterMs(retryAfter, now);
  return { kind: 'later', reason, ...(afterMs === undefined ? {} : { afterMs }) };
}

/** Seconds, or a date. */
function retryAfterMs(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isFinite(at) ? Math.max(0, at - now) : undefined;
}

async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  // Leaving the loop destroys the body, and with it the rest of the answer.
  for await (const piece of body) {
    pieces.push(piece);
    size += piece.length;
    if (size >= SAID_BYTES_MAX) break;
  }
  const text = Buffer.concat(pieces).toString('utf8', 0, SAID_BYTES_MAX);
  return text
    .replace(/[\u0000-\u001f\u007f\s]+/g, ' ')
    .trim()
    .slice(0, SAID_CHARS_MAX);
}
