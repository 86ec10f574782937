/** What people read of a job's status. */
import type { JobStatus } from './types.ts';

type Kind = 'pending' | 'in-progress' | 'success' | 'error' | 'stopped' | 'warning';

interface Words {
  readonly kind: Kind;
  readonly label: string;
  /** What it means, and what comes next. */
  readonly says: string;
}

/** AWS's console says "Awaiting your confirmation to run" for Suspended. */
export const STATUS: Readonly<Record<JobStatus, Words>> = {
  New: {
    kind: 'pending',
    label: 'New',
    says: 'The job was created; a worker will read its list of objects.',
  },
  Preparing: {
    kind: 'in-progress',
    label: 'Preparing',
    says: 'The list of objects is being read and counted. No object has been touched.',
  },
  Suspended: {
    kind: 'warning',
    label: 'Awaiting your confirmation to run',
    says: 'The list has been read. Nothing happens until somebody chooses Run job; after 30 days the job fails.',
  },
  Ready: {
    kind: 'pending',
    label: 'Ready',
    says: 'The job waits for its turn; jobs of higher priority go first.',
  },
  Active: { kind: 'in-progress', label: 'Active', says: 'Tasks are running.' },
  Pausing: {
    kind: 'in-progress',
    label: 'Pausing',
    says: 'No new task begins; those in flight are finished and recorded.',
  },
  Paused: { kind: 'stopped', label: 'Paused', says: 'Nothing runs. What was done stays recorded.' },
  Completing: {
    kind: 'in-progress',
    label: 'Completing',
    says: 'Every task has run; the completion report is being written.',
  },
  Complete: {
    kind: 'success',
    label: 'Complete',
    says: 'Every task has run. Some may have failed: see the counts.',
  },
  Cancelling: {
    kind: 'in-progress',
    label: 'Cancelling',
    says: 'No new task begins; the report of what ran is being written.',
  },
  Cancelled: {
    kind: 'stopped',
    label: 'Cancelled',
    says: 'The job was cancelled. Tasks that ran are not undone.',
  },
  Failing: {
    kind: 'in-progress',
    label: 'Failing',
    says: 'The job cannot go on; the report of what ran is being written.',
  },
  Failed: {
    kind: 'error',
    label: 'Failed',
    says: 'The job could not go on. Tasks that ran are not undone.',
  },
};

const ENDED: readonly JobStatus[] = ['Complete', 'Cancelled', 'Failed'];

export function isEnded(status: JobStatus): boolean {
  return ENDED.includes(status);
}

/** Nothing but a user moves it on. */
export function isResting(status: JobStatus): boolean {
  return isEnded(status) || status === 'Suspended' || status === 'Paused';
}

/** What may be asked of a job in this status, as src/lifecycle decides it. */
export function actionsOf(status: JobStatus, isPausedByUser: boolean) {
  const isOver = isEnded(status);
  return {
    run: status === 'Suspended',
    pause: (status === 'Active' || status === 'Ready' || status === 'Paused') && !isPausedByUser,
    resume: isPausedByUser && (status === 'Paused' || status === 'Pausing'),
    cancel: !isOver && !['Completing', 'Cancelling', 'Failing'].includes(status),
    priority: !isOver,
  };
}
