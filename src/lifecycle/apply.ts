/** What an event makes of a job. Pure: the store loads, asks this, and saves. */
import { FAILURE_REASON_CHARS_MAX } from '../model/limits.ts';
import type { Job, JobFailure } from '../model/job.ts';
import { isBarred, isPausedByUser, isTerminal, nextStatus, type JobEvent } from './transitions.ts';

export interface EventDetails {
  readonly at: number;
  /** Must come with FailureDetected and ConfirmationExpired. */
  readonly failure?: JobFailure;
  /** StatusUpdateReason of UpdateJobStatus. */
  readonly reason?: string;
}

/** The job after the event, or undefined when the move is illegal. */
export function applyEvent(job: Job, event: JobEvent, details: EventDetails): Job | undefined {
  const status = nextStatus(job.status, event);
  if (status === undefined || isBarred(job, event)) return undefined;
  const { activeSince, isPausedByUser: _, ...rest } = job;
  const activeMs =
    activeSince === undefined ? job.activeMs : job.activeMs + Math.max(0, details.at - activeSince);
  return {
    ...rest,
    status,
    activeMs,
    ...(status === 'Active' ? { activeSince: details.at } : {}),
    ...(isPausedByUser(job, event, status) ? { isPausedByUser: true } : {}),
    ...(status === 'Suspended'
      ? { suspendedAt: details.at, suspendedCause: 'AWAITING_CONFIRMATION' }
      : {}),
    ...(isTerminal(status) ? { terminatedAt: details.at } : {}),
    ...(details.reason === undefined ? {} : { statusReason: details.reason }),
    failures: details.failure ? [...job.failures, bounded(details.failure)] : job.failures,
  };
}

function bounded(failure: JobFailure): JobFailure {
  if (failure.reason.length <= FAILURE_REASON_CHARS_MAX) return failure;
  return { ...failure, reason: `${failure.reason.slice(0, FAILURE_REASON_CHARS_MAX - 1)}…` };
}
