/** ListJobs: newest first, in pages that new jobs do not shift. */
import { ApiError } from '../model/api-error.ts';
import { LIST_JOBS_MAX } from '../model/limits.ts';
import { integer, oneOf, text } from '../model/shape.ts';
import { JOB_STATUSES, type JobStatus } from '../model/vocabulary.ts';
import type { Job } from '../model/job.ts';
import type { ListPosition } from '../store/index.ts';
import type { Call } from './call.ts';
import { jobListDescriptor } from './job-view.ts';
import { writeAnswer } from './wire.ts';

const STATUS = oneOf(JOB_STATUSES);
const COUNT = integer(0, LIST_JOBS_MAX);
const TOKEN = text(0, 1024);

export const listJobs: Call = {
  name: 'ListJobs',
  method: 'GET',
  path: 'jobs',

  needs: () => Promise.resolve([{ action: 's3:ListJobs', resource: '*' }]),

  async run({ account, query }, { store, clock }) {
    const statuses = query.texts('jobStatuses', STATUS, 'InvalidRequestException');
    const asked = query.integer('maxResults', COUNT, 'InvalidRequestException') ?? 0;
    const token = query.text('nextToken', TOKEN, 'InvalidNextTokenException');
    // What AWS makes of 0, and its default, are unverified; both mean the most there may be.
    const limit = asked === 0 ? LIST_JOBS_MAX : asked;

    const now = clock.now();
    const found = await store.jobs({
      account,
      statuses: [...new Set(statuses)] as JobStatus[], // STATUS lets nothing else pass.
      limit: limit + 1,
      ...(token === undefined ? {} : { after: positionOf(token) }),
    });
    const page = found.slice(0, limit);
    const live = await store.liveCounts(
      page.map((job) => job.id),
      now,
    );
    const last = found.length > limit ? page.at(-1) : undefined;
    const answer = {
      NextToken: last && tokenOf(last),
      Jobs: page.map((job) => jobListDescriptor(job, { now, live: live.get(job.id) })),
    };
    return { status: 200, body: writeAnswer('ListJobsResult', answer) };
  },
};

/** URL-safe, and no secret: where the page ended. */
function tokenOf({ createdAt, id }: ListPosition | Job): string {
  return Buffer.from(`${createdAt}:${id}`).toString('base64url');
}

function positionOf(token: string): ListPosition {
  const text = Buffer.from(token, 'base64url').toString('utf8');
  const parts = /^(\d{1,15}):([A-Za-z0-9_-]{1,64})$/.exec(text);
  const position = { createdAt: Number(parts?.[1]), id: parts?.[2] ?? '' };
  if (parts === null || tokenOf(position) !== token) {
    throw new ApiError('InvalidNextTokenException', 'nextToken: is none that ListJobs gave out');
  }
  return position;
}
