import { ApiError } from '../model/api-error.ts';
import { PUT_JOB_TAGGING_BODY } from '../model/job-shapes.ts';
import type { JobTag } from '../model/job.ts';
import { JOB_TAGS_MAX } from '../model/limits.ts';
import type { Store } from '../store/index.ts';
import { jobNeed, requestTagEntries } from './authorize.ts';
import type { Call, CallRequest } from './call.ts';
import { noSuchJob } from './no-such-job.ts';
import { refuseProblems } from './problems.ts';
import { checkJobTags } from './tags.ts';
import { readBody, type ReadBody } from './wire.ts';

/** Replaces the whole set; an empty one deletes it. */
export const putJobTagging: Call = {
  name: 'PutJobTagging',
  method: 'PUT',
  path: 'jobs/{id}/tagging',

  async needs(request, deps) {
    const entries = requestTagEntries(tagsOf(readTags(request)));
    return [await jobNeed('s3:PutJobTagging', request, deps, entries)];
  },

  async run(request, { store }) {
    const { account, jobId } = request;
    const read = readTags(request);
    await replaceTags(read, account, jobId, store);
    return { status: 200, body: '' };
  },
};

function readTags({ body }: CallRequest): ReadBody {
  return readBody(body, 'PutJobTaggingRequest', PUT_JOB_TAGGING_BODY);
}

export function tagsOf({ value, problems }: ReadBody): readonly JobTag[] {
  refuseProblems(problems);
  // The shape gives a list of tags, each with both texts.
  return value['Tags'] as readonly JobTag[];
}

export async function replaceTags(
  read: ReadBody,
  account: string,
  jobId: string,
  store: Store,
): Promise<void> {
  const tags = tagsOf(read);
  if (tags.length > JOB_TAGS_MAX) {
    const message = `Tags: must hold at most ${JOB_TAGS_MAX} tags`;
    throw new ApiError('TooManyTagsException', message);
  }
  const job = await store.job(account, jobId);
  if (!job) throw noSuchJob();
  refuseProblems(checkJobTags(tags, job.request.Tags ?? []));
  if (!(await store.setTags(account, jobId, tags))) throw noSuchJob();
}
