/**
 * A real client with somebody in between: CopyObject is refused as too large, whatever the size, and
 * what a test wants to go wrong goes wrong.
 */
import type { S3, S3Answer, S3Request } from '../../src/s3/index.ts';
import { answer } from './scene.ts';

/** Undefined: the request goes through. `pass` sends it all the same, so that its answer gets lost. */
export type Meddle = (
  request: S3Request,
  pass: () => Promise<S3Answer>,
) => Promise<S3Answer> | undefined;

export const TOO_LARGE = answer(
  400,
  '<Error><Code>InvalidRequest</Code><Message>The specified copy source is larger than the maximum allowable size for a copy source: 5368709120</Message></Error>',
);

export class Meddling implements S3 {
  readonly requests: S3Request[] = [];
  readonly #s3: S3;
  meddle: Meddle = () => undefined;

  constructor(s3: S3) {
    this.#s3 = s3;
  }

  send(request: S3Request, signal?: AbortSignal): Promise<S3Answer> {
    this.requests.push(request);
    const pass = (): Promise<S3Answer> => this.#s3.send(request, signal);
    const meddled = this.meddle(request, pass);
    if (meddled !== undefined) return meddled;
    return isCopyObject(request) ? Promise.resolve(TOO_LARGE) : pass();
  }

  open(request: S3Request, signal?: AbortSignal) {
    return this.#s3.open(request, signal);
  }

  traits(signal?: AbortSignal) {
    return this.#s3.traits(signal);
  }
}

export function isCopyObject({ headers, query }: S3Request): boolean {
  return headers?.['x-amz-copy-source'] !== undefined && query?.['partNumber'] === undefined;
}

export function isPart({ query }: S3Request): boolean {
  return query?.['partNumber'] !== undefined;
}

export function isComplete({ method, query }: S3Request): boolean {
  return method === 'POST' && query?.['uploadId'] !== undefined;
}

export function isAbort({ method, query }: S3Request): boolean {
  return method === 'DELETE' && query?.['uploadId'] !== undefined;
}
