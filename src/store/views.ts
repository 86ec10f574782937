/** What both databases share of the questions that people ask. */
import type { JobStatus } from '../model/vocabulary.ts';

/** What a list of jobs may be sorted by. */
export const JOB_SORTS = [
  'created',
  'ended',
  'status',
  'operation',
  'description',
  'priority',
  'total',
  'failed',
  'progress',
] as const;
export type JobSort = (typeof JOB_SORTS)[number];

/** Only a user who pauses and resumes without end makes more. */
export const JOB_EVENTS_MAX = 1000;

/** Statuses in which tasks may end. */
export const RUNNING_STATUSES: readonly JobStatus[] = [
  'Active',
  'Pausing',
  'Cancelling',
  'Failing',
];

/** A LIKE pattern for texts that hold this one, with a backslash as its escape. */
export function likePattern(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
}
