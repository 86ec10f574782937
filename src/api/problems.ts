import { ApiError, type ApiErrorCode } from '../model/api-error.ts';
import type { FieldProblem } from '../operations/index.ts';

/** S3 Control: a message has at most this many characters. */
const MESSAGE_CHARS_MAX = 1024;

/** Refuses a request for all its problems at once; returns when there is none. */
export function refuseProblems(
  problems: readonly FieldProblem[],
  code: ApiErrorCode = 'BadRequestException',
): void {
  if (problems.length === 0) return;
  const lines = new Set(
    problems.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`)),
  );
  const message = [...lines].join('; ');
  throw new ApiError(code, bounded(message));
}

export function bounded(message: string): string {
  return message.length <= MESSAGE_CHARS_MAX
    ? message
    : `${message.slice(0, MESSAGE_CHARS_MAX - 1)}…`;
}
