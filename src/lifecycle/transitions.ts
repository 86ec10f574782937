/**
 * The life of a job, as one table. Nothing else in the house assigns a status.
 *
 *   New > Preparing > Suspended > Ready > Active > Completing > Complete
 *                  \____________^      |      \
 *                    Ready     Pausing <      > Failing > Failed        (from any busy status)
 *                      ^__.____Paused  > Active
 *   everything but Completing, Failing and the ends > Cancelling > Cancelled     (by its user)
 *
 * I1. A status and an event that are not in the table are an illegal move, whoever asks.
 * I2. Terminal statuses have no way out.
 * I3. A confirmed job never returns to Suspended.
 * I4. What its user paused, only its user resumes; what was preempted, only the service.
 * I5. The only ways to a terminal status are the -ing ones: there the report is written first.
 *
 * Statuses and most arrows: AWS's guide (batch-ops-job-status). Which statuses may be cancelled and
 * what a second `Ready` does is unverified there; chosen here and listed in COMPATIBILITY.md. Pausing
 * by the user is ours.
 */
import type { Job } from '../model/job.ts';
import type { JobStatus } from '../model/vocabulary.ts';

export const JOB_EVENTS = [
  /** A worker opened the manifest. */
  'PreparationStarted',
  /** The manifest is counted, and someone has to confirm the job. */
  'PreparedForConfirmation',
  /** The manifest is counted, and the job may run. */
  'Prepared',
  /** UpdateJobStatus(Ready): confirms a job that waits for it, resumes one that its user paused. */
  'Confirmed',
  /** It is this job's turn. */
  'Scheduled',
  /** A job of higher priority needs the slot. */
  'Preempted',
  /** UpdateJobStatus(Paused). */
  'PauseRequested',
  /** Nothing of the job is in flight any more. */
  'Drained',
  /** Every task is recorded. */
  'TasksDone',
  /** The report, if any, is written. */
  'Finished',
  /** UpdateJobStatus(Cancelled). */
  'CancelRequested',
  /** The job cannot go on; carries a JobFailure. */
  'FailureDetected',
  /** Thirty days without confirmation; carries a JobFailure. */
  'ConfirmationExpired',
] as const;
export type JobEvent = (typeof JOB_EVENTS)[number];

/** Who may cause an event. */
export const EVENT_BY: Readonly<Record<JobEvent, 'service' | 'user'>> = {
  PreparationStarted: 'service',
  PreparedForConfirmation: 'service',
  Prepared: 'service',
  Confirmed: 'user',
  Scheduled: 'service',
  Preempted: 'service',
  PauseRequested: 'user',
  Drained: 'service',
  TasksDone: 'service',
  Finished: 'service',
  CancelRequested: 'user',
  FailureDetected: 'service',
  ConfirmationExpired: 'service',
};

const CANCEL = { CancelRequested: 'Cancelling' } as const;
const FAIL = { FailureDetected: 'Failing' } as const;

const TRANSITIONS: Readonly<Record<JobStatus, Partial<Readonly<Record<JobEvent, JobStatus>>>>> = {
  New: { PreparationStarted: 'Preparing', ...CANCEL, ...FAIL },
  Preparing: { PreparedForConfirmation: 'Suspended', Prepared: 'Ready', ...CANCEL, ...FAIL },
  Suspended: { Confirmed: 'Ready', ConfirmationExpired: 'Failing', ...CANCEL, ...FAIL },
  Ready: { Scheduled: 'Active', PauseRequested: 'Paused', ...CANCEL, ...FAIL },
  Active: {
    Preempted: 'Pausing',
    PauseRequested: 'Pausing',
    TasksDone: 'Completing',
    ...CANCEL,
    ...FAIL,
  },
  // Whoever resumes a job that is still Pausing lets it drain, and then the service schedules it.
  Pausing: {
    Confirmed: 'Pausing',
    PauseRequested: 'Pausing',
    Drained: 'Paused',
    ...CANCEL,
    ...FAIL,
  },
  Paused: {
    Confirmed: 'Ready',
    Scheduled: 'Active',
    PauseRequested: 'Paused',
    ...CANCEL,
    ...FAIL,
  },
  Completing: { Finished: 'Complete', ...FAIL },
  Complete: {},
  // A report that cannot be written fails the job, also one that its user cancelled.
  Cancelling: { Finished: 'Cancelled', ...FAIL },
  Cancelled: {},
  // A second reason, such as a report that cannot be written, joins the first.
  Failing: { Finished: 'Failed', ...FAIL },
  Failed: {},
};

/** Where the event leads, or undefined when the move is illegal (I1). */
export function nextStatus(status: JobStatus, event: JobEvent): JobStatus | undefined {
  return TRANSITIONS[status][event];
}

/** I4: what the table says for Pausing and Paused depends on who brought the job there. */
export function isBarred({ status, isPausedByUser }: PausedBy, event: JobEvent): boolean {
  if (status !== 'Pausing' && status !== 'Paused') return false;
  if (event === 'Confirmed') return isPausedByUser !== true;
  return isPausedByUser === true && (event === 'Scheduled' || event === 'PauseRequested');
}

/** Whether the job waits for its user from here on. */
export function isPausedByUser(before: PausedBy, event: JobEvent, after: JobStatus): boolean {
  if (after !== 'Pausing' && after !== 'Paused') return false;
  return event === 'PauseRequested' || (before.isPausedByUser === true && event !== 'Confirmed');
}

type PausedBy = Pick<Job, 'status' | 'isPausedByUser'>;

export function isTerminal(status: JobStatus): boolean {
  return Object.keys(TRANSITIONS[status]).length === 0;
}

export const UNIT_KINDS = ['prepare', 'chunk', 'report', 'finish'] as const;
/** Everything that runs is a leased unit of one of these kinds. */
export type UnitKind = (typeof UNIT_KINDS)[number];

/** What a worker may lease of a job in each status. */
export const UNITS_OF_STATUS: Readonly<Record<JobStatus, readonly UnitKind[]>> = {
  New: ['prepare'],
  Preparing: ['prepare'],
  Suspended: [],
  Ready: [],
  Active: ['chunk'],
  Pausing: [],
  Paused: [],
  Completing: ['report', 'finish'],
  Complete: [],
  Cancelling: ['report', 'finish'],
  Cancelled: [],
  Failing: ['report', 'finish'],
  Failed: [],
};

/** What a worker does with a unit that it holds while its job is in `status`. */
export type Course =
  /** Go on. */
  | 'run'
  /** Start nothing new, record what is done, give the rest back. */
  | 'pause'
  /** Start nothing new, record everything that ran; the rest will never run. */
  | 'stop';

export function courseOf(status: JobStatus, kind: UnitKind): Course {
  if (UNITS_OF_STATUS[status].includes(kind)) return 'run';
  return status === 'Pausing' || status === 'Paused' ? 'pause' : 'stop';
}
