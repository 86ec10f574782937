/** Requests that got no answer: a value like any other (D9), with the reason in a sentence. */
import type { NoCredentials } from './identity.ts';
import type { S3, S3Answer } from './s3.ts';
import { escapeXml } from './xml.ts';

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

/** Nobody could sign it: an outage of whoever gives out credentials, or a refusal like the store's own. */
export function notSigned({ reason, isFinal }: NoCredentials): S3Answer {
  if (!isFinal) return { ...noAnswer(reason), isUnsent: true, isUnsigned: true };
  const xml = `<Error><Code>AccessDenied</Code><Message>${escapeXml(reason)}</Message></Error>`;
  return { status: 403, headers: {}, body: Buffer.from(xml) };
}

/** A store for whom nobody can sign. */
export function unsignedS3(why: NoCredentials): S3 {
  const answer = notSigned(why);
  return {
    send: () => Promise.resolve(answer),
    open: () => Promise.resolve(answer),
    traits: () => Promise.resolve(undefined),
  };
}
