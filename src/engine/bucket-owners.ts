/**
 * Buckets that a job writes to and whose owner it names: that they are whose they are said to be is
 * asked before the first task, so that nobody learns it when all tasks are done. The header goes with
 * every request besides: a bucket may change hands.
 */
import { isWrongOwner } from '../listing/index.ts';
import { asking } from './generate-list.ts';
import type { ListRequest } from './list-source.ts';
import { JobFailed } from './unit-errors.ts';

/** Throws JobFailed. */
export async function checkOwners(request: ListRequest): Promise<void> {
  const { Report: report, ManifestGenerator: generator } = request.job.request;
  const { ManifestOutputLocation: output, EnableManifestOutput: hasOutput } =
    generator?.S3JobManifestGenerator ?? {};
  const named = [
    report?.Enabled ? { arn: report.Bucket, owner: report.ExpectedBucketOwner } : {},
    hasOutput ? { arn: output?.Bucket, owner: output?.ExpectedManifestBucketOwner } : {},
  ];
  for (const { arn, owner } of named) {
    const bucket = arn?.split(':').at(-1);
    if (bucket === undefined || owner === undefined) continue;
    const headers = { 'x-amz-expected-bucket-owner': owner };
    if (await isWrongOwner(bucket, headers, asking(request), request.held.left)) {
      const reason = `The bucket ${bucket} does not belong to ${owner}.`;
      throw new JobFailed({ code: 'BucketOwnerMismatch', reason });
    }
  }
}
