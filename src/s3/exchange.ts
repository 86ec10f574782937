/**
 * One request through the pool and its answer in memory: undici's handler interface directly, since
 * its `request` builds a stream, an async resource and a closure per call (46 against 38 µs of CPU).
 *
 * I1. Settles exactly once: an answer, or a rejection with the reason of the signal.
 * I2. An answer that ends early or is larger than `bytesMax` is a failure, never a short answer.
 */
import type { Dispatcher } from 'undici';
import { AssertionFailed } from '../base/assert.ts';
import type { S3Answer } from './s3.ts';

export type AnswerHeaders = Readonly<Record<string, string>>;

const NO_HEADERS: AnswerHeaders = {};
const NO_BODY = Buffer.alloc(0);

export class Exchange implements Dispatcher.DispatchHandler {
  readonly #resolve: (answer: S3Answer) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #bytesMax: number;
  #controller: Dispatcher.DispatchController | undefined;
  #isSettled = false;
  #status = 0;
  #headers: AnswerHeaders = NO_HEADERS;
  #first: Buffer | undefined;
  #rest: Buffer[] | undefined;
  #size = 0;

  constructor(
    resolve: (answer: S3Answer) => void,
    reject: (reason: unknown) => void,
    limits: { readonly bytesMax: number; readonly signal: AbortSignal | undefined },
  ) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#bytesMax = limits.bytesMax;
    this.#signal = limits.signal;
    // An object as listener: no closure per request.
    this.#signal?.addEventListener('abort', this);
  }

  /** The signal aborted. A request that still waits for a connection is dropped at its start. */
  handleEvent(): void {
    const reason: unknown = this.#signal?.reason;
    if (!this.#settle()) return;
    this.#reject(reason);
    this.#controller?.abort(new Error('The request was aborted.'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isSettled) controller.abort(new Error('The request was aborted.'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: RawHeaders,
  ): void {
    this.#status = status;
    this.#headers = flatHeaders(headers);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#bytesMax) {
      this.#end(noAnswer(`The answer is larger than ${this.#bytesMax} bytes.`)); // I2
      controller.abort(new Error('The answer is too large.'));
    } else if (this.#first === undefined) {
      this.#first = chunk;
    } else {
      (this.#rest ??= [this.#first]).push(chunk);
    }
  }

  onResponseEnd(): void {
    if (!this.#settle()) return;
    const body = this.#rest === undefined ? (this.#first ?? NO_BODY) : Buffer.concat(this.#rest);
    this.#resolve({ status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_controller: unknown, error: Error): void {
    const bug = bugOf(error);
    if (bug === undefined) this.#end(noAnswerFor(error));
    else if (this.#settle()) this.#reject(bug);
  }

  #end(answer: S3Answer): void {
    if (this.#settle()) this.#resolve(answer);
  }

  /** False when it was settled before (I1). */
  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    this.#signal?.removeEventListener('abort', this);
    return true;
  }
}

function noAnswer(failure: string): S3Answer {
  return { status: 0, headers: NO_HEADERS, body: NO_BODY, failure };
}

/** These happen before a connection stands. */
const UNSENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);

export function noAnswerFor(error: Error): S3Answer {
  const answer = noAnswer(failureOf(error));
  return UNSENT.has(codeOf(error)) ? { ...answer, isUnsent: true } : answer;
}

type RawHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Repeated headers become one, as HTTP allows. */
export function flatHeaders(raw: RawHeaders): AnswerHeaders {
  let hasLists = false;
  for (const name in raw) {
    if (typeof raw[name] !== 'string') hasLists = true;
  }
  // True when no value is a list: undici gives strings and lists, and no other kind.
  if (!hasLists) return raw as AnswerHeaders;
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(raw)) {
    if (value !== undefined) flat[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return flat;
}

/** A request that undici refuses to send was built wrong by us: not a condition of the world. */
export function bugOf(error: Error): AssertionFailed | undefined {
  if (codeOf(error) !== 'UND_ERR_INVALID_ARG') return undefined;
  return new AssertionFailed(`The S3 client built a request that cannot be sent: ${error.message}`);
}

const SENTENCES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'The endpoint refused the connection.',
  ECONNRESET: 'The connection was reset before the answer was complete.',
  EPIPE: 'The connection was closed before the request was sent.',
  ENOTFOUND: "The endpoint's name does not resolve.",
  EAI_AGAIN: "The endpoint's name could not be looked up at the moment.",
  UND_ERR_CONNECT_TIMEOUT: 'The endpoint did not accept the connection in time.',
  UND_ERR_HEADERS_TIMEOUT: 'The endpoint did not begin to answer in time.',
  UND_ERR_BODY_TIMEOUT: 'The endpoint fell silent in the middle of its answer.',
  UND_ERR_SOCKET: 'The connection was closed before the answer was complete.',
  UND_ERR_CLOSED: 'The S3 client is closed.',
  UND_ERR_DESTROYED: 'The S3 client is closed.',
};

/** Why there is no answer, in a sentence. */
function failureOf(error: Error): string {
  const code = codeOf(error);
  return SENTENCES[code] ?? `The request failed: ${error.message} (${code || error.name}).`;
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
