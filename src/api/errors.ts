import { ApiError } from '../model/api-error.ts';
import { StoreUnavailable } from '../store/index.ts';
import { bounded } from './problems.ts';

/**
 * Whatever was thrown, as an error that may be shown. Fastify's own refusals have a status of 4xx
 * and say nothing that the client does not know; anything else is a bug, and stays inside.
 */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return new ApiError(error.code, bounded(error.message));
  if (error instanceof StoreUnavailable) {
    return new ApiError('ServiceUnavailable', 'The database does not answer. Please try again.');
  }
  const { statusCode, code } = error instanceof Error ? fieldsOf(error) : {};
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new ApiError('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size.');
  }
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new ApiError('BadRequestException', 'The request is not one that HTTP allows.');
  }
  return new ApiError(
    'InternalServiceException',
    'We encountered an internal error. Please try again.',
  );
}

/** A whole CreateJob with all it may hold takes less than this; AWS's own limit is not published. */
export const BODY_BYTES_MAX = 1024 * 1024;

function fieldsOf(error: Error): { statusCode?: unknown; code?: unknown } {
  return {
    statusCode: 'statusCode' in error ? error.statusCode : undefined,
    code: 'code' in error ? error.code : undefined,
  };
}
