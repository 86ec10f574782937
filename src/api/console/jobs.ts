/** The list of jobs, as a page of it. */
import { JOB_STATUSES, OPERATION_NAMES } from '../../model/vocabulary.ts';
import { JOB_SORTS } from '../../store/index.ts';
import { jobListDescriptor } from '../job-view.ts';
import { anywhere } from './may.ts';
import type { View } from './deps.ts';
import { choiceParameter, refuse, textParameter, wholeParameter } from './parameters.ts';

const PAGE_JOBS_MAX = 200;
/** In milliseconds. */
const ANY_TIME = { fallback: 999_999_999_999_999, min: 0, max: 999_999_999_999_999 };

export const listJobsView: View = {
  method: 'GET',
  path: 'jobs',
  needs: anywhere('s3:ListJobs'),

  async run({ principal, query }, { store, clock }) {
    const size = wholeParameter(query, 'size', { fallback: 20, min: 1, max: PAGE_JOBS_MAX });
    const page = wholeParameter(query, 'page', { fallback: 1, min: 1, max: 1_000_000 });
    const now = clock.now();
    const { jobs, total } = await store.findJobs({
      account: principal.account,
      statuses: namesOf(query, 'status', JOB_STATUSES),
      operations: namesOf(query, 'operation', OPERATION_NAMES),
      createdFrom: wholeParameter(query, 'createdFrom', { ...ANY_TIME, fallback: 0 }),
      createdBefore: wholeParameter(query, 'createdBefore', ANY_TIME),
      text: textParameter(query, 'search', 256).trim(),
      sort: choiceParameter(query, 'sort', JOB_SORTS, 'created'),
      isDescending: choiceParameter(query, 'order', ['asc', 'desc'], 'desc') === 'desc',
      offset: (page - 1) * size,
      limit: size,
    });
    const ids = jobs.map((job) => job.id);
    const live = await store.liveCounts(ids, now);
    const shown = jobs.map((job) => ({
      ...jobListDescriptor(job, { now, live: live.get(job.id) }),
      IsPausedByUser: job.isPausedByUser === true,
    }));
    return { jobs: shown, total, now };
  },
};

/** Of a list with commas between them. */
function namesOf<T extends string>(
  query: URLSearchParams,
  parameter: string,
  known: readonly T[],
): T[] {
  const names = textParameter(query, parameter).split(',').filter(Boolean);
  return names.map((name) => known.find((one) => one === name) ?? refuse(parameter, `no ${name}`));
}
