/** A job that is only planned: what CreateJob would say of it, and nothing is kept. */
import { CREATE_JOB_BODY } from '../model/job-shapes.ts';
import type { JobRequest } from '../model/job.ts';
import type { Supports } from './call.ts';
import { elementOf } from './console/element.ts';
import { acceptedRequest } from './create-job.ts';
import { readElement } from './wire.ts';

/** `json`: as `aws s3control create-job --cli-input-json` takes it. Throws ApiError as CreateJob would. */
export function plannedJob(json: object, account: string, supports: Supports): JobRequest {
  // The aws cli makes a token where there is none.
  const body = { ClientRequestToken: 'planned', ...json };
  const read = readElement(elementOf('CreateJobRequest', body, CREATE_JOB_BODY), CREATE_JOB_BODY);
  return acceptedRequest(read, account, { supports });
}
