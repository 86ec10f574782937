import { isTerminal } from '../lifecycle/index.ts';
import { ApiError } from '../model/api-error.ts';
import { priority as priorityShape } from '../model/scalar-shapes.ts';
import type { Call } from './call.ts';
import { noSuchJob } from './no-such-job.ts';
import { writeAnswer } from './wire.ts';

export const updateJobPriority: Call = {
  name: 'UpdateJobPriority',
  method: 'POST',
  path: 'jobs/{id}/priority',

  async run({ account, jobId, query }, { store }) {
    const priority = query.integer('priority', priorityShape, 'BadRequestException');
    if (priority === undefined) throw new ApiError('BadRequestException', 'priority: is required');
    const job = await store.setPriority(account, jobId, priority);
    if (job === undefined) throw noSuchJob();
    if (isTerminal(job.status)) {
      // AWS declares no JobStatusException for this call; which code it gives is unverified.
      const message = `The job is ${job.status}: its priority cannot be changed any more.`;
      throw new ApiError('BadRequestException', message);
    }
    const answer = { JobId: job.id, Priority: job.priority };
    return { status: 200, body: writeAnswer('UpdateJobPriorityResult', answer) };
  },
};
