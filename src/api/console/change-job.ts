/** Changes of jobs: S3 Control's own calls, with JSON around them. */
import { CREATE_JOB_BODY, PUT_JOB_TAGGING_BODY } from '../../model/job-shapes.ts';
import { encodeQuery } from '../../sigv4/index.ts';
import { jobNeed, requestTagEntries } from '../authorize.ts';
import type { Call, CallRequest } from '../call.ts';
import { acceptJob, needsOfNewJob } from '../create-job.ts';
import { replaceTags, tagsOf } from '../put-job-tagging.ts';
import { Query } from '../query.ts';
import { updateJobPriority } from '../update-job-priority.ts';
import { updateJobStatus } from '../update-job-status.ts';
import { type ReadBody, readElement } from '../wire.ts';
import type { View, ViewRequest } from './deps.ts';
import { elementOf } from './element.ts';
import { membersOf, textMember } from './parameters.ts';

/** The body is a CreateJob request as `aws s3control create-job --cli-input-json` takes it. */
export const createJobView: View = {
  method: 'POST',
  path: 'jobs',

  needs: async (request, deps) => needsOfNewJob(readJob(request), request.principal.account, deps),

  async run(request, deps) {
    return { jobId: await acceptJob(readJob(request), request.principal.account, deps) };
  },
};

function readJob({ body }: ViewRequest): ReadBody {
  membersOf(body);
  const element = elementOf('CreateJobRequest', body, CREATE_JOB_BODY);
  return readElement(element, CREATE_JOB_BODY);
}

export const updateStatusView: View = asView(updateJobStatus, 'status', ({ body }) => {
  const members = membersOf(body);
  const statusUpdateReason = textMember(members, 'reason');
  return {
    requestedJobStatus: textMember(members, 'status'),
    ...(statusUpdateReason === '' ? {} : { statusUpdateReason }),
  };
});

export const updatePriorityView: View = asView(updateJobPriority, 'priority', ({ body }) => {
  return { priority: String(membersOf(body).get('priority')) };
});

/** The body is `{"Tags": [{"Key": ..., "Value": ...}]}`. */
export const replaceTagsView: View = {
  method: 'PUT',
  path: 'jobs/:jobId/tags',

  async needs(request, deps) {
    const { principal, jobId } = request;
    const entries = requestTagEntries(tagsOf(readTags(request)));
    const job = { account: principal.account, jobId };
    return [await jobNeed('s3:PutJobTagging', job, deps, entries)];
  },

  async run(request, { store }) {
    const { principal, jobId } = request;
    await replaceTags(readTags(request), principal.account, jobId, store);
    return {};
  },
};

function readTags({ body }: ViewRequest): ReadBody {
  membersOf(body);
  const element = elementOf('PutJobTaggingRequest', body, PUT_JOB_TAGGING_BODY);
  return readElement(element, PUT_JOB_TAGGING_BODY);
}

/** A call of S3 Control whose parameters stand in its query. */
function asView(
  call: Call,
  name: string,
  queryOf: (request: ViewRequest) => Readonly<Record<string, string>>,
): View {
  const asked = (request: ViewRequest): CallRequest => {
    const { principal, jobId } = request;
    const query = new Query(encodeQuery(queryOf(request)));
    return { account: principal.account, jobId, query, body: new Uint8Array(0) };
  };
  return {
    method: 'POST',
    path: `jobs/:jobId/${name}`,
    needs: async (request, deps) => call.needs(asked(request), deps),
    async run(request, deps) {
      await call.run(asked(request), deps);
      return {};
    },
  };
}
