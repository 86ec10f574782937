import { toFailure, type S3Answer } from '../../s3/index.ts';

/** A refusal that S3 Control has no code for; `httpStatus` is the answer's. */
export class ConsoleError extends Error {
  override readonly name = 'ConsoleError';
  readonly httpStatus: number;
  readonly code: string;

  constructor(httpStatus: number, code: string, message: string) {
    super(message);
    this.httpStatus = httpStatus;
    this.code = code;
  }
}

/** The store's refusal, with its own code. The status is 502: it is not we who refuse. */
export function storeRefused(answer: S3Answer, what: string): ConsoleError {
  const { httpStatus, code, message } = toFailure(answer);
  const said = httpStatus === 0 ? message : `${code}, ${message}`;
  return new ConsoleError(502, code, `${what}: ${said}`);
}
