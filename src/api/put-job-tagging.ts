import { ApiError } from '../model/api-error.ts';
import { PUT_JOB_TAGGING_BODY } from '../model/job-shapes.ts';
import type { JobTag } from '../model/job.ts';
import { JOB_TAGS_MAX } from '../model/limits.ts';
import type { Store } from '../store/index.ts';
import type { Call } from './call.ts';
import { noSuchJob } from './no-such-job.ts';
import { refuseProblems } from './problems.ts';
import { checkJobTags } from './tags.ts';
import { readBody, type ReadBody } from './wire.ts';

/** Replaces the whole set; an empty one deletes it. */
export const putJobTagging: Call = {
  name: 'PutJobTagging',
  method: 'PUT',
  path: 'jobs/{id}/tagging',

  async run({ account, jobId, body }, { store }) {
    const read = readBody(body, 'PutJobTaggingRequest', PUT_JOB_TAGGING_BODY);
    await replaceTags(read, account, jobId, store);
    return { status: 200, body: '' };
  },
};

export async function replaceTags(
  { value, problems }: ReadBody,
  account: string,
  jobId: string,
  store: Store,
): Promise<void> {
  refuseProblems(problems);
  // The shape gives a list of tags, each with both texts.
  const tags = value['Tags'] as readonly JobTag[];
  if (tags.length > JOB_TAGS_MAX) {
    const message = `Tags: must hold at most ${JOB_TAGS_MAX} tags`;
    throw new ApiError('TooManyTagsException', message);
  }
  const job = await store.job(account, jobId);
  if (!job) throw noSuchJob();
  refuseProblems(checkJobTags(tags, job.request.Tags ?? []));
  if (!(await store.setTags(account, jobId, tags))) throw noSuchJob();
}
