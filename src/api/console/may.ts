/**
 * What the console's views need, in AWS's names: the same permissions as the call or the request
 * that shows the same thing to any other client.
 */
import { jobNeed, type JobAction } from '../authorize.ts';
import type { Need } from '../call.ts';
import type { Needs } from './deps.ts';

/** What is not about one thing. */
export function anywhere(
  action: 's3:ListJobs' | 's3:ListAllMyBuckets' | 'brigade:DescribeSystem',
): Needs {
  return () => Promise.resolve([{ action, resource: '*' }]);
}

/** The job that the path names. */
export function onJob(action: JobAction): Needs {
  return async ({ principal, jobId }, deps) => [
    await jobNeed(action, { account: principal.account, jobId }, deps),
  ];
}

export function bucketNeed(bucket: string, prefix: string): Need {
  const entries = { 's3:prefix': prefix, 's3:delimiter': '/' };
  return { action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}`, entries };
}

export function objectNeed(bucket: string, key: string): Need {
  return { action: 's3:GetObject', resource: `arn:aws:s3:::${bucket}/${key}` };
}
