import { jobNeed } from './authorize.ts';
import type { Call } from './call.ts';
import { noSuchJob } from './no-such-job.ts';
import { jobDescriptor } from './job-view.ts';
import { writeAnswer } from './wire.ts';

export const describeJob: Call = {
  name: 'DescribeJob',
  method: 'GET',
  path: 'jobs/{id}',

  needs: async (request, deps) => [await jobNeed('s3:DescribeJob', request, deps)],

  async run({ account, jobId }, { store, clock, region }) {
    const now = clock.now();
    // First the job: a part that is committed in between is then missing for a moment; the other
    // way round it would be counted twice.
    const job = await store.job(account, jobId);
    if (job === undefined) throw noSuchJob();
    const live = await store.liveCounts([jobId], now);
    const descriptor = jobDescriptor(job, region, { now, live: live.get(jobId) });
    return { status: 200, body: writeAnswer('DescribeJobResult', { Job: descriptor }) };
  },
};
