import { jobNeed } from './authorize.ts';
import type { Call } from './call.ts';
import { noSuchJob } from './no-such-job.ts';
import { writeAnswer } from './wire.ts';

export const getJobTagging: Call = {
  name: 'GetJobTagging',
  method: 'GET',
  path: 'jobs/{id}/tagging',

  needs: async (request, deps) => [await jobNeed('s3:GetJobTagging', request, deps)],

  async run({ account, jobId }, { store }) {
    const tags = await store.tags(account, jobId);
    if (tags === undefined) throw noSuchJob();
    return { status: 200, body: writeAnswer('GetJobTaggingResult', { Tags: [...tags] }) };
  },
};
