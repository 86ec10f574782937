/** CreateJob: checks everything that can be known now, and keeps the job. Nothing is fetched yet. */
import { assert } from '../base/assert.ts';
import { ApiError } from '../model/api-error.ts';
import { CREATE_JOB_BODY } from '../model/job-shapes.ts';
import type { Job, JobRequest } from '../model/job.ts';
import { sha256Hex } from '../sigv4/index.ts';
import { createJobNeeds } from './authorize.ts';
import type { ApiDeps, Call, CallRequest, Need } from './call.ts';
import { canonicalJson } from './canonical-json.ts';
import { refuseProblems } from './problems.ts';
import { checkCreateJob, operationOf } from './validate.ts';
import { readBody, type ReadBody, writeAnswer } from './wire.ts';

export const createJob: Call = {
  name: 'CreateJob',
  method: 'POST',
  path: 'jobs',

  needs: async (request, deps) => needsOfNewJob(readJob(request), request.account, deps),

  async run(request, deps) {
    const jobId = await acceptJob(readJob(request), request.account, deps);
    return { status: 200, body: writeAnswer('CreateJobResult', { JobId: jobId }) };
  },
};

function readJob({ body }: CallRequest): ReadBody {
  return readBody(body, 'CreateJobRequest', CREATE_JOB_BODY);
}

export function needsOfNewJob(
  { value, problems }: ReadBody,
  account: string,
  deps: Pick<ApiDeps, 'region'>,
): readonly Need[] {
  refuseProblems(problems);
  // As in `acceptedRequest`.
  const request = value as unknown as JobRequest;
  const { Priority: priority, RoleArn: roleArn, Tags: tags = [] } = request;
  const job = { operation: operationOf(request), priority, roleArn, tags };
  return createJobNeeds(job, account, deps);
}

/** Checks and keeps what was read of a request; resolves to the id of its job, which may be an earlier one. */
export async function acceptJob(read: ReadBody, account: string, deps: ApiDeps): Promise<string> {
  const request = acceptedRequest(read, account, deps);
  const { ClientRequestToken: token, ...content } = request;
  assert(token !== undefined, 'A CreateJob without a token passed its shape.');
  const job = newJob(request, account, deps);
  const created = await deps.store.createJob({
    job,
    token,
    requestHash: sha256Hex(canonicalJson(content)),
  });
  if (created.kind === 'conflict') {
    throw new ApiError(
      'IdempotencyException',
      'ClientRequestToken: was used before for a different request',
    );
  }
  return created.kind === 'repeated' ? created.jobId : job.id;
}

export function acceptedRequest(
  { value, problems }: ReadBody,
  account: string,
  deps: Pick<ApiDeps, 'supports'>,
): JobRequest {
  refuseProblems(problems);
  // The shapes have the members and types of AWS's request (test/wire/shapes.test.ts), and this
  // value has no problem with them.
  const request: JobRequest = { ...(value as unknown as JobRequest), AccountId: account };
  refuseProblems(checkCreateJob(request, deps));
  // AWS: left out means that somebody has to confirm the job.
  return { ...request, ConfirmationRequired: request.ConfirmationRequired ?? true };
}

function newJob(request: JobRequest, account: string, deps: ApiDeps): Job {
  const operation = operationOf(request);
  assert(operation !== undefined, 'A CreateJob without an operation passed its shape.');
  assert(request.Priority !== undefined, 'A CreateJob without a priority passed its shape.');
  return {
    id: deps.random.uuid(),
    account,
    operation,
    request,
    tags: (request.Tags ?? []).map(({ Key = '', Value = '' }) => ({ Key, Value })),
    status: 'New',
    priority: request.Priority,
    createdAt: deps.clock.now(),
    failures: [],
    tasksSucceeded: 0,
    tasksFailed: 0,
    activeMs: 0,
  };
}
