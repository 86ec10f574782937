/**
 * Refusals of a request: one class, one table. The code is what SDKs turn into a typed exception;
 * AWS's reference gives HTTP 400 for every client error of S3 Control, NotFound included.
 */
export const API_ERRORS = {
  BadRequestException: 400,
  InvalidRequestException: 400,
  NotFoundException: 400,
  IdempotencyException: 400,
  JobStatusException: 400,
  TooManyTagsException: 400,
  InvalidNextTokenException: 400,
  TooManyRequestsException: 400,
  InternalServiceException: 500,
  // S3's general code; SDKs try again.
  ServiceUnavailable: 503,
  SlowDown: 503,
  // S3's general codes, for what happens before a call is known.
  AccessDenied: 403,
  InvalidAccessKeyId: 403,
  SignatureDoesNotMatch: 403,
  RequestTimeTooSkewed: 403,
  AuthorizationHeaderMalformed: 400,
  AuthorizationQueryParametersError: 400,
  MissingSecurityHeader: 400,
  InvalidToken: 400,
  ExpiredToken: 400,
  XAmzContentSHA256Mismatch: 400,
  EntityTooLarge: 400,
  MalformedXML: 400,
  MethodNotAllowed: 405,
  NoSuchOperation: 404,
} as const satisfies Record<string, number>;
export type ApiErrorCode = keyof typeof API_ERRORS;

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ApiErrorCode;
  readonly httpStatus: number;

  constructor(code: ApiErrorCode, message: string) {
    super(message);
    this.code = code;
    this.httpStatus = API_ERRORS[code];
  }
}
