/**
 * What running a job will take, from what jobs like it took: the same operation, for real or dry.
 * Nothing is estimated from nothing: without such jobs there is no rate.
 */
import { jobOptionsOf } from '../../model/job-options.ts';
import type { Job } from '../../model/job.ts';
import { onJob } from './may.ts';
import type { View } from './deps.ts';
import { jobOf } from './job.ts';

/** Newest first; older ones met another store. */
const LOOKED_AT = 200;
const COMPARED_MAX = 5;
/** Shorter ones say more of their beginning and end than of their tasks. */
const TASKS_MIN = 100;

export const estimateView: View = {
  method: 'GET',
  path: 'jobs/:jobId/estimate',
  needs: onJob('s3:DescribeJob'),

  async run(request, deps) {
    const job = await jobOf(request, deps);
    const ended = await deps.store.jobs({
      account: job.account,
      statuses: ['Complete'],
      limit: LOOKED_AT,
    });
    const alike = ended.filter((one) => isLike(one, job)).slice(0, COMPARED_MAX);
    const tasks = alike.reduce((sum, one) => sum + tasksOf(one), 0);
    const seconds = alike.reduce((sum, one) => sum + one.activeMs / 1000, 0);
    const measured = seconds > 0 ? tasks / seconds : undefined;
    const limit = jobOptionsOf(job.tags).maxTasksPerSecond;
    const rate = limit === undefined ? measured : Math.min(limit, measured ?? limit);
    return {
      tasks: job.tasksTotal,
      /** Tasks per second; absent: nobody knows. */
      rate,
      seconds: rate && job.tasksTotal !== undefined ? job.tasksTotal / rate : undefined,
      comparedJobs: alike.length,
      limit,
    };
  },
};

function isLike(one: Job, job: Job): boolean {
  const isDry = (of: Job): boolean => jobOptionsOf(of.request.Tags).dryRun === true;
  // A job that was slowed down on purpose says nothing about the others.
  const isSlowed = jobOptionsOf(one.tags).maxTasksPerSecond !== undefined;
  const isSame = one.operation === job.operation && isDry(one) === isDry(job);
  return isSame && !isSlowed && tasksOf(one) >= TASKS_MIN && one.activeMs > 0;
}

function tasksOf(job: Job): number {
  return job.tasksSucceeded + job.tasksFailed;
}
