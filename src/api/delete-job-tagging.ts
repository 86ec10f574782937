import { jobNeed } from './authorize.ts';
import type { Call } from './call.ts';
import { noSuchJob } from './no-such-job.ts';

export const deleteJobTagging: Call = {
  name: 'DeleteJobTagging',
  method: 'DELETE',
  path: 'jobs/{id}/tagging',

  needs: async (request, deps) => [await jobNeed('s3:DeleteJobTagging', request, deps)],

  async run({ account, jobId }, { store }) {
    if (!(await store.setTags(account, jobId, []))) throw noSuchJob();
    return { status: 204, body: '' };
  },
};
