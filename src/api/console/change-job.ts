/** Changes of jobs: S3 Control's own calls, with JSON around them. */
import { CREATE_JOB_BODY, PUT_JOB_TAGGING_BODY } from '../../model/job-shapes.ts';
import { encodeQuery } from '../../sigv4/index.ts';
import type { Call } from '../call.ts';
import { acceptJob } from '../create-job.ts';
import { replaceTags } from '../put-job-tagging.ts';
import { Query } from '../query.ts';
import { updateJobPriority } from '../update-job-priority.ts';
import { updateJobStatus } from '../update-job-status.ts';
import { readElement } from '../wire.ts';
import type { View, ViewDeps, ViewRequest } from './deps.ts';
import { elementOf } from './element.ts';
import { membersOf, textMember } from './parameters.ts';

/** The body is a CreateJob request as `aws s3control create-job --cli-input-json` takes it. */
export const createJobView: View = {
  method: 'POST',
  path: 'jobs',
  action: 's3:CreateJob',

  async run({ principal, body }, deps) {
    membersOf(body);
    const element = elementOf('CreateJobRequest', body, CREATE_JOB_BODY);
    const read = readElement(element, CREATE_JOB_BODY);
    return { jobId: await acceptJob(read, principal.account, deps) };
  },
};

export const updateStatusView: View = {
  method: 'POST',
  path: 'jobs/:jobId/status',
  action: 's3:UpdateJobStatus',

  async run(request, deps) {
    const members = membersOf(request.body);
    const statusUpdateReason = textMember(members, 'reason');
    await call(updateJobStatus, request, deps, {
      requestedJobStatus: textMember(members, 'status'),
      ...(statusUpdateReason === '' ? {} : { statusUpdateReason }),
    });
    return {};
  },
};

export const updatePriorityView: View = {
  method: 'POST',
  path: 'jobs/:jobId/priority',
  action: 's3:UpdateJobPriority',

  async run(request, deps) {
    const priority = String(membersOf(request.body).get('priority'));
    await call(updateJobPriority, request, deps, { priority });
    return {};
  },
};

/** The body is `{"Tags": [{"Key": ..., "Value": ...}]}`. */
export const replaceTagsView: View = {
  method: 'PUT',
  path: 'jobs/:jobId/tags',
  action: 's3:PutJobTagging',

  async run({ principal, jobId, body }, { store }) {
    membersOf(body);
    const element = elementOf('PutJobTaggingRequest', body, PUT_JOB_TAGGING_BODY);
    const read = readElement(element, PUT_JOB_TAGGING_BODY);
    await replaceTags(read, principal.account, jobId, store);
    return {};
  },
};

async function call(
  { run }: Call,
  { principal, jobId }: ViewRequest,
  deps: ViewDeps,
  query: Readonly<Record<string, string>>,
): Promise<void> {
  const { account } = principal;
  const body = new Uint8Array(0);
  await run({ account, jobId, query: new Query(encodeQuery(query)), body }, deps);
}
