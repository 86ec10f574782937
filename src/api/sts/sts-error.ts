/** Refusals as STS words them: its codes are not S3's. */
import type { ApiErrorCode } from '../../model/api-error.ts';
import { toApiError } from '../errors.ts';

const STS_ERRORS = {
  AccessDenied: 403,
  ExpiredToken: 403,
  IncompleteSignature: 400,
  InternalFailure: 500,
  InvalidAction: 400,
  InvalidClientTokenId: 403,
  MalformedPolicyDocument: 400,
  MissingAuthenticationToken: 403,
  ServiceUnavailable: 503,
  SignatureDoesNotMatch: 403,
  Throttling: 400,
  ValidationError: 400,
} as const satisfies Record<string, number>;
export type StsErrorCode = keyof typeof STS_ERRORS;

export class StsError extends Error {
  override readonly name = 'StsError';
  readonly code: StsErrorCode;
  readonly httpStatus: number;

  constructor(code: StsErrorCode, message: string) {
    super(message);
    this.code = code;
    this.httpStatus = STS_ERRORS[code];
  }
}

/** What the door refuses in S3's words. */
const OF_S3: Partial<Record<ApiErrorCode, StsErrorCode>> = {
  AccessDenied: 'AccessDenied',
  AuthorizationHeaderMalformed: 'IncompleteSignature',
  AuthorizationQueryParametersError: 'IncompleteSignature',
  BadRequestException: 'ValidationError',
  EntityTooLarge: 'ValidationError',
  ExpiredToken: 'ExpiredToken',
  InvalidAccessKeyId: 'InvalidClientTokenId',
  InvalidToken: 'InvalidClientTokenId',
  MissingSecurityHeader: 'IncompleteSignature',
  RequestTimeTooSkewed: 'SignatureDoesNotMatch',
  ServiceUnavailable: 'ServiceUnavailable',
  SignatureDoesNotMatch: 'SignatureDoesNotMatch',
  SlowDown: 'Throttling',
  TooManyRequestsException: 'ServiceUnavailable',
  XAmzContentSHA256Mismatch: 'SignatureDoesNotMatch',
};

const MESSAGES: Partial<Record<StsErrorCode, string>> = {
  ExpiredToken: 'The security token included in the request is expired',
  InvalidClientTokenId: 'The security token included in the request is invalid.',
};

export function toStsError(error: unknown): StsError {
  if (error instanceof StsError) return error;
  const { code, message } = toApiError(error);
  const own = OF_S3[code] ?? 'InternalFailure';
  return new StsError(own, MESSAGES[own] ?? message);
}
