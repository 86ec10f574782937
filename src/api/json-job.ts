/** A job made in this process, of JSON as `aws s3control create-job --cli-input-json` takes it. */
import { CREATE_JOB_BODY } from '../model/job-shapes.ts';
import type { ApiDeps } from './call.ts';
import { elementOf } from './console/element.ts';
import { acceptJob } from './create-job.ts';
import { readElement } from './wire.ts';

/** Resolves to its id: of an earlier one, if its token made one. Throws ApiError as CreateJob would. */
export function createJobOfJson(json: object, account: string, deps: ApiDeps): Promise<string> {
  // What JSON has no words for (dates) becomes what it would be in a file.
  const body: unknown = JSON.parse(JSON.stringify(json));
  const read = readElement(elementOf('CreateJobRequest', body, CREATE_JOB_BODY), CREATE_JOB_BODY);
  return acceptJob(read, account, deps);
}
