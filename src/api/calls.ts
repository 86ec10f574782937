/** The registry of calls, and which call a request line means. */
import { ApiError } from '../model/api-error.ts';
import { decodePath } from '../sigv4/index.ts';
import type { Call } from './call.ts';
import { createJob } from './create-job.ts';
import { deleteJobTagging } from './delete-job-tagging.ts';
import { describeJob } from './describe-job.ts';
import { getJobTagging } from './get-job-tagging.ts';
import { listJobs } from './list-jobs.ts';
import { putJobTagging } from './put-job-tagging.ts';
import { updateJobPriority } from './update-job-priority.ts';
import { updateJobStatus } from './update-job-status.ts';

export const API_VERSION = 'v20180820';

const CALLS: readonly Call[] = [
  createJob,
  listJobs,
  describeJob,
  updateJobPriority,
  updateJobStatus,
  getJobTagging,
  putJobTagging,
  deleteJobTagging,
];

/** `path`: raw, as received. */
export function findCall(method: string, path: string): { call: Call; jobId: string } {
  const [, version, jobs = '', id, sub, ...rest] = path.split('/');
  const parts = [jobs, ...(id ? ['{id}'] : []), ...(sub ? [sub] : [])];
  const isWhole = version === API_VERSION && rest.length === 0 && id !== '' && sub !== '';
  const atPath = isWhole ? CALLS.filter((call) => call.path === parts.join('/')) : [];
  const call = atPath.find((one) => one.method === method);
  if (call !== undefined) return { call, jobId: decodePath(id ?? '') };
  if (atPath.length > 0) {
    const methods = atPath.map((one) => one.method).join(', ');
    throw new ApiError('MethodNotAllowed', `${path} takes ${methods}, not ${method}.`);
  }
  throw noSuchOperation(method, path);
}

export function noSuchOperation(method: string, path: string): ApiError {
  return new ApiError('NoSuchOperation', `There is no operation at ${method} ${path}.`);
}
