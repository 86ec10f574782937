import { isTerminal } from '../lifecycle/index.ts';
import { ApiError } from '../model/api-error.ts';
import { priority as priorityShape } from '../model/scalar-shapes.ts';
import { jobNeed } from './authorize.ts';
import type { Call, CallRequest } from './call.ts';
import { noSuchJob } from './no-such-job.ts';
import { writeAnswer } from './wire.ts';

export const updateJobPriority: Call = {
  name: 'UpdateJobPriority',
  method: 'POST',
  path: 'jobs/{id}/priority',

  async needs(request, deps) {
    const entries = { 's3:RequestJobPriority': priorityOf(request) };
    return [await jobNeed('s3:UpdateJobPriority', request, deps, entries)];
  },

  async run(request, { store }) {
    const { account, jobId } = request;
    const priority = priorityOf(request);
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

function priorityOf({ query }: CallRequest): number {
  const priority = query.integer('priority', priorityShape, 'BadRequestException');
  if (priority === undefined) throw new ApiError('BadRequestException', 'priority: is required');
  return priority;
}
