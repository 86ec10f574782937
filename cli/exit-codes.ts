/** What a script learns from a command without reading its words. */
export const EXIT = {
  done: 0,
  /** The job failed or was cancelled, or the command could not do what it was asked. */
  failed: 1,
  /** The job is complete, and some of its tasks failed. */
  someFailed: 2,
  /** `policy simulate`: the answer is no. */
  denied: 3,
  usage: 64,
  /** Stopped by a signal; a run can be taken up again. */
  interrupted: 130,
} as const;

export const EXIT_HELP = `Exit codes: 0 done, and every task succeeded; 1 the job failed or was cancelled, or the command
could not be done; 2 the job is complete and some tasks failed; 64 wrong usage; 130 interrupted;
3 policy simulate says no.
`;
