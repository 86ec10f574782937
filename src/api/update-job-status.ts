import type { JobEvent } from '../lifecycle/index.ts';
import { ApiError } from '../model/api-error.ts';
import { statusUpdateReason } from '../model/scalar-shapes.ts';
import { oneOf } from '../model/shape.ts';
import { REQUESTED_STATUSES, type RequestedStatus } from '../model/vocabulary.ts';
import { jobNeed } from './authorize.ts';
import type { Call } from './call.ts';
import { noSuchJob } from './no-such-job.ts';
import { writeAnswer } from './wire.ts';

const REQUESTED = oneOf(REQUESTED_STATUSES);

const EVENT_OF: Readonly<Record<RequestedStatus, JobEvent>> = {
  Ready: 'Confirmed',
  Cancelled: 'CancelRequested',
  Paused: 'PauseRequested',
};

export const updateJobStatus: Call = {
  name: 'UpdateJobStatus',
  method: 'POST',
  path: 'jobs/{id}/status',

  needs: async (request, deps) => [await jobNeed('s3:UpdateJobStatus', request, deps)],

  async run({ account, jobId, query }, { store, clock }) {
    const text = query.text('requestedJobStatus', REQUESTED, 'BadRequestException');
    const reason = query.text('statusUpdateReason', statusUpdateReason, 'BadRequestException');
    const requested = REQUESTED_STATUSES.find((status) => status === text);
    if (requested === undefined) {
      throw new ApiError('BadRequestException', 'requestedJobStatus: is required');
    }
    const applied = await store.applyByUser(account, jobId, EVENT_OF[requested], {
      at: clock.now(),
      ...(reason === undefined ? {} : { reason }),
    });
    if (!applied.ok) {
      if (applied.why === 'no-such-job') throw noSuchJob();
      const message = `The job is ${applied.status}: it cannot become ${requested}.`;
      throw new ApiError('JobStatusException', message);
    }
    // The status that the job has now; after a cancel that is `Cancelling` for a while.
    const { id: JobId, status: Status, statusReason: StatusUpdateReason } = applied.job;
    const answer = { JobId, Status, StatusUpdateReason };
    return { status: 200, body: writeAnswer('UpdateJobStatusResult', answer) };
  },
};
