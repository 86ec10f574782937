/**
 * JSON over HTTP for functions: one POST, its whole answer in memory, within a time.
 *
 * I1. An answer is a value, also none at all; nothing rejects.
 * I2. Redirects are not followed: a task's key goes where the operator said and nowhere else.
 */
import type { Clock } from '../base/clock.ts';
import { Lazy } from '../base/lazy.ts';
import { type Again, failed, type FailedOutcome } from '../model/outcome.ts';
import { ANSWER_BYTES_MAX } from './functions.ts';

export interface Post {
  readonly origin: string;
  readonly path: string;
  /** Lowercase names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** From the start to the last byte of the answer. */
  readonly timeoutMs: number;
}

export interface Posted {
  readonly status: number;
  header(name: string): string | undefined;
  readonly body: Buffer;
}

export type Poster = (post: Post) => Promise<Posted | FailedOutcome>;

const CONNECT_MS = 10_000;

export function createPoster({ clock, connections }: { clock: Clock; connections: number }): {
  readonly post: Poster;
  close(): Promise<void>;
} {
  // A hundred modules that a service without such functions never needs.
  const agent = new Lazy(async () => {
    const { Agent } = await import('undici');
    return new Agent({
      connections,
      pipelining: 1,
      connect: { timeout: CONNECT_MS },
      // The time of a whole request is ours to watch: a function may be silent for minutes.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  });
  return {
    async post(post) {
      const over = new AbortController();
      const done = new AbortController();
      void clock.sleep(post.timeoutMs, done.signal).then(() => over.abort());
      try {
        const answer = await (
          await agent.get()
        ).request({
          method: 'POST',
          origin: post.origin,
          path: post.path,
          headers: post.headers,
          body: post.body,
          signal: over.signal,
        });
        const body = await readBounded(answer.body);
        if (body === undefined) return tooLarge(answer.statusCode);
        const { headers, statusCode: status } = answer;
        const header = (name: string): string | undefined => headers[name]?.toString();
        return { status, header, body };
      } catch (error) {
        return noAnswer(error, over.signal.aborted ? post.timeoutMs : undefined);
      } finally {
        done.abort();
      }
    },
    close: async () => (await agent.made)?.destroy(),
  };
}

export function isPosted(result: Posted | FailedOutcome): result is Posted {
  return 'body' in result;
}

/** Whether a refusal is worth another try; `code` is the one of AWS, where there is one. */
export function againOf(status: number, code = ''): Again {
  if (status === 429 || status === 503 || /^(TooManyRequests|Throttling)/.test(code)) {
    return 'slow-down';
  }
  // A function that is being updated answers 409 for a while.
  if (status === 408 || status === 409 || status === 307 || /^ExpiredToken/.test(code)) {
    return 'later';
  }
  return status >= 500 && status !== 501 && status !== 505 ? 'later' : 'never';
}

async function readBounded(body: AsyncIterable<Buffer>): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop destroys the body, and with it the rest of the answer.
  for await (const chunk of body) {
    size += chunk.length;
    if (size > ANSWER_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(status: number): FailedOutcome {
  const message = `The function's answer is larger than ${ANSWER_BYTES_MAX} bytes.`;
  return failed(status, 'PermanentFailure', message);
}

function noAnswer(error: unknown, timeoutMs: number | undefined): FailedOutcome {
  if (timeoutMs !== undefined) {
    const message = `The function did not answer within ${timeoutMs / 1000} seconds.`;
    return failed(0, 'NoAnswer', message, 'later');
  }
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
  const said = error instanceof Error ? error.message : String(error);
  const message = `The function could not be reached: ${said || 'no connection'}${code}.`;
  return failed(0, 'NoAnswer', message, 'later');
}
