/** Options of a job that are tags of it, as src/model/job-options.ts reads them. */
export const OPTION_TAGS = {
  maxTasksPerSecond: 'brigade:max-tasks-per-second',
  concurrency: 'brigade:concurrency',
  taskTimeout: 'brigade:task-timeout',
} as const;
export const DRY_RUN = 'brigade:dry-run';
export const RETRY = 'brigade:retry';
/** Those that the wizard has fields for. */
export const OPTIONS_SHOWN: readonly string[] = [...Object.values(OPTION_TAGS), DRY_RUN, RETRY];
