/**
 * From an answer of S3 to what a task ended as (D9).
 *
 * I1. Total: whatever arrives, an Outcome comes out, and nothing throws.
 * I2. An error inside a 200 is an error, and a 200 that must carry a result and does not is none.
 * I3. Code and message are the store's own; where it gave none, the status names one.
 */
import { failed, type FailedOutcome, type Outcome } from '../model/outcome.ts';
import { againOf } from './retry-class.ts';
import type { S3Answer } from './s3.ts';
import { elementText, isElement, rootName } from './xml.ts';

/** What a succeeded row says for a plain S3 operation; unverified what AWS writes there. */
const SUCCESS_MESSAGE = 'Successful';
/** Messages end up in report rows, one per object: enough for any sentence of S3. */
const MESSAGE_CHARS_MAX = 1000;

export const SUCCESSFUL: Outcome = { ok: true, message: SUCCESS_MESSAGE };

export function toOutcome(answer: S3Answer, message?: string): Outcome {
  if (answer.status < 200 || answer.status > 299) return toFailure(answer);
  if (answer.body.length > 0 && rootName(textOf(answer)) === 'Error') return toFailure(answer); // I2
  return message === undefined ? SUCCESSFUL : { ok: true, message };
}

/**
 * For calls that answer 200 before they know how they end (CopyObject, CompleteMultipartUpload):
 * only a whole `resultName` element is a success.
 */
export function toOutcomeOfResult(answer: S3Answer, resultName: string): Outcome {
  if (answer.status < 200 || answer.status > 299) return toFailure(answer);
  const xml = textOf(answer);
  if (isElement(xml, resultName)) return SUCCESSFUL;
  const root = rootName(xml);
  if (root === 'Error') return toFailure(answer); // I2
  if (root === resultName && xml.includes(`</${resultName}>`)) return SUCCESSFUL;
  return failed(
    answer.status,
    'InternalError',
    `The store answered ${answer.status} without a complete ${resultName}.`,
    'later',
  );
}

/** As toOutcomeOfResult, of a list: a store that has nothing to tell may send `<Result/>`. */
export function toOutcomeOfList(answer: S3Answer, resultName: string): Outcome {
  const outcome = toOutcome(answer);
  const xml = textOf(answer);
  const isEmpty = rootName(xml) === resultName && /^[^<]*(<\?[^>]*>\s*)?<[^<>]*\/>\s*$/.test(xml);
  return outcome.ok && isEmpty ? outcome : toOutcomeOfResult(answer, resultName);
}

/** Whether a request that failed may have been carried out all the same. */
export function mayHaveHappened({ status, isUnsent }: S3Answer): boolean {
  return status === 0 ? isUnsent !== true : status === 500 || status === 502 || status === 504;
}

/** The failure that an answer tells of; the caller knows that it is one. */
export function toFailure(answer: S3Answer): FailedOutcome {
  const { status } = answer;
  if (status === 0) {
    const said = answer.failure ?? 'The store did not answer.';
    const failure = failed(0, 'NoAnswer', said, againOf(0, ''));
    return answer.isUnsigned === true ? { ...failure, isOutage: true } : failure;
  }
  const xml = answer.body.length === 0 ? '' : textOf(answer);
  const isError = rootName(xml) === 'Error';
  const code = (isError ? elementText(xml, 'Code') : undefined) || codeOfStatus(status);
  const message = (isError ? elementText(xml, 'Message') : undefined) || messageOf(status, code);
  return failed(status, code, tidy(message), againOf(status, code));
}

function textOf(answer: S3Answer): string {
  return answer.body.toString('utf8');
}

/** I3: names for answers without a body (HEAD) and for those of proxies. */
const CODE_OF_STATUS: Readonly<Record<number, string>> = {
  301: 'PermanentRedirect',
  304: 'NotModified',
  307: 'TemporaryRedirect',
  400: 'BadRequest',
  401: 'AccessDenied',
  403: 'AccessDenied',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  408: 'RequestTimeout',
  409: 'Conflict',
  411: 'MissingContentLength',
  412: 'PreconditionFailed',
  413: 'EntityTooLarge',
  416: 'InvalidRange',
  429: 'TooManyRequests',
  500: 'InternalError',
  501: 'NotImplemented',
  502: 'BadGateway',
  503: 'ServiceUnavailable',
  504: 'GatewayTimeout',
};

function codeOfStatus(status: number): string {
  return CODE_OF_STATUS[status] ?? `HTTP${status}`;
}

/** Ceph RGW sends codes without messages. */
const MESSAGE_OF_CODE: Readonly<Record<string, string>> = {
  AccessDenied: 'Access Denied',
  NoSuchBucket: 'The specified bucket does not exist',
  NoSuchKey: 'The specified key does not exist.',
  NoSuchVersion: 'The specified version does not exist.',
  NotFound: 'Not Found',
  PreconditionFailed: 'At least one of the pre-conditions you specified did not hold',
};

function messageOf(status: number, code: string): string {
  return MESSAGE_OF_CODE[code] ?? `The store answered HTTP ${status} ${code} without a message.`;
}

function tidy(message: string): string {
  const line = message.replace(/[\u0000-\u001f\u007f\s]+/g, ' ').trim();
  return line.length > MESSAGE_CHARS_MAX ? `${line.slice(0, MESSAGE_CHARS_MAX)}...` : line;
}
