/**
 * What the service itself does next with a job. Pure: job and ledger in, one step out. A step is
 * safe to repeat and safe to be taken by two processes at once: events are refused by the table of
 * transitions when they come too late, units that exist are not made twice.
 */
import type { Job, JobFailureCode } from '../model/job.ts';
import type { JobEvent } from './transitions.ts';

export interface LedgerState {
  readonly chunks: number;
  readonly chunksDone: number;
  /** Chunks [0, chunksTouched) hold every recorded row. */
  readonly chunksTouched: number;
  /** No part is taken any more: the counters are final. */
  readonly isSealed: boolean;
  /** Leases of prepare and chunk units that have not expired. */
  readonly leasesLive: number;
  readonly reports: number;
  readonly reportsDone: number;
  readonly finishes: number;
}

export type Step =
  | { readonly kind: 'wait' }
  | { readonly kind: 'event'; readonly event: JobEvent }
  | { readonly kind: 'seal' }
  | { readonly kind: 'write-report' }
  | { readonly kind: 'finish' };

const WAIT: Step = { kind: 'wait' };

export function nextStep(job: Job, ledger: LedgerState): Step {
  switch (job.status) {
    case 'Active':
      return ledger.chunksDone === ledger.chunks ? { kind: 'event', event: 'TasksDone' } : WAIT;
    case 'Pausing':
      return ledger.leasesLive === 0 ? { kind: 'event', event: 'Drained' } : WAIT;
    case 'Completing':
    case 'Cancelling':
    case 'Failing':
      return closingStep(job, ledger);
    case 'New':
    case 'Preparing':
    case 'Suspended':
    case 'Ready':
    case 'Paused':
    case 'Complete':
    case 'Cancelled':
    case 'Failed':
      return WAIT;
  }
}

/**
 * Requests in flight are awaited and recorded (D5), then the ledger is sealed, so that the report is
 * decided over final counters (D2), then comes the report, then the end.
 */
function closingStep(job: Job, ledger: LedgerState): Step {
  if (ledger.finishes > 0 || ledger.leasesLive > 0) return WAIT;
  if (!ledger.isSealed) return { kind: 'seal' };
  if (!wantsReport(job)) return { kind: 'finish' };
  if (ledger.reports === 0) return { kind: 'write-report' };
  return ledger.reportsDone === ledger.reports ? { kind: 'finish' } : WAIT;
}

/** Whoever could not write it, or has nobody to write it as. */
const NO_REPORT: readonly JobFailureCode[] = ['JobReportWriteFailed', 'RoleNotAssumable'];

/** A report is asked for, there is something to report, and writing it has not failed already. */
export function wantsReport(job: Job): boolean {
  return (
    job.request.Report?.Enabled === true &&
    job.tasksSucceeded + job.tasksFailed > 0 &&
    !job.failures.some(({ code }) => NO_REPORT.includes(code))
  );
}
