/** Requests that got no answer: a value like any other (D9), with the reason in a sentence. */
import type { S3Answer } from './s3.ts';

/** By the codes of the system, of undici, and our own (`WIRE_`). */
const SENTENCES = {
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
  WIRE_CONNECT_LATE: 'The endpoint did not accept the connection in time.',
  WIRE_ANSWER_LATE: 'The endpoint did not begin to answer in time.',
  WIRE_BODY_LATE: 'The endpoint fell silent in the middle of its answer.',
  WIRE_CUT: 'The connection was closed before the answer was complete.',
  WIRE_CLOSED: 'The S3 client is closed.',
} as const;

export type NoAnswerCode = keyof typeof SENTENCES;

/** These happen before a connection stands. */
const UNSENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'WIRE_CONNECT_LATE',
]);

const NO_BODY = Buffer.alloc(0);

export function noAnswer(failure: string): S3Answer {
  return { status: 0, headers: {}, body: NO_BODY, failure };
}

export function noAnswerOf(code: NoAnswerCode): S3Answer {
  return unsentIf(UNSENT.has(code), noAnswer(SENTENCES[code]));
}

export function noAnswerFor(error: Error): S3Answer {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (Object.hasOwn(SENTENCES, code)) return noAnswerOf(code as NoAnswerCode); // Just looked up.
  return noAnswer(`The request failed: ${error.message} (${code || error.name}).`);
}

/** Certainly did not reach the store. */
export function unsentIf(isUnsent: boolean, answer: S3Answer): S3Answer {
  return isUnsent ? { ...answer, isUnsent } : answer;
}
