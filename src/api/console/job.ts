/** One job, with what S3 Control's description lacks: history, progress over time, workers. */
import type { Job } from '../../model/job.ts';
import { jobDescriptor } from '../job-view.ts';
import { noSuchJob } from '../no-such-job.ts';
import { onJob } from './may.ts';
import type { View, ViewDeps, ViewRequest } from './deps.ts';

/** The principal's own job. */
export async function jobOf({ principal, jobId }: ViewRequest, { store }: ViewDeps): Promise<Job> {
  const job = await store.job(principal.account, jobId);
  if (job === undefined) throw noSuchJob();
  return job;
}

export const describeJobView: View = {
  method: 'GET',
  path: 'jobs/:jobId',
  needs: onJob('s3:DescribeJob'),

  async run(request, deps) {
    const { store, clock, region, progress } = deps;
    const now = clock.now();
    const job = await jobOf(request, deps);
    const live = (await store.liveCounts([job.id], now)).get(job.id);
    const [workers, events] = await Promise.all([
      store.jobWorkers(job.id, now),
      store.jobEvents(job.account, job.id),
    ]);
    return {
      job: jobDescriptor(job, region, { now, live }),
      tags: job.tags,
      isPausedByUser: job.isPausedByUser === true,
      /** The bucket of its objects, once known. */
      bucket: job.bucket,
      workers,
      events: events.map(({ at, status, reason }) => ({ at, status, reason })),
      samples: progress.samples(job.id),
      now,
    };
  },
};
