/**
 * The end of a job: the report's manifest, the final status, and nothing left in staging.
 *
 * I1. The report is whole before the status says so: whoever sees Complete can read it.
 * I2. Staging is emptied after the status is saved; a crash in between leaves it to the sweep.
 * I3. No upload is left open: the last lease of a report's unit aborts what others left of its own file,
 *     and the end of the job looks at the whole folder once more, and at what its tasks had open.
 */
import { createHash } from 'node:crypto';
import { wantsReport } from '../lifecycle/index.ts';
import type { Job } from '../model/job.ts';
import { reportKeys, reportManifest, resultsFolder } from '../report/index.ts';
import { abortUploadsBelow, toOutcome } from '../s3/index.ts';
import { closeOpenUploads } from './close-uploads.ts';
import type { EngineContext, RunUnit } from './context.ts';
import type { HeldLease } from './held-lease.ts';

import { reporting, reportTarget, type ReportFile } from './report.ts';
import { Patience } from './patience.ts';
import { tidyStaging } from './tidy-staging.ts';
import { TryLater } from './unit-errors.ts';

export const runFinish: RunUnit = async ({ job }, held, context) => {
  const { store, staging, clock } = context;
  if (wantsReport(job)) await writeManifest(job, held, context);
  const hasRows = job.tasksSucceeded + job.tasksFailed > 0;
  if (job.request.Report?.Enabled && hasRows) await closeUploads(job, held, context); // I3
  await closeOpenUploads(job, held, context);
  if (!(await held.closing(() => store.finishJob(held.lease, clock.now())))) return; // I1
  await tidyStaging(context, () => staging.removeJob(job.id)); // I2
};

async function writeManifest(job: Job, held: HeldLease, context: EngineContext): Promise<void> {
  // Written by `runReport` only.
  const files = (await context.store.reportResults(job.id)).flat() as ReportFile[];
  const { bucket, expectedBucketOwner } = reportTarget(job);
  const keys = reportKeys(job.request.Report?.Prefix, job.id);
  const manifest = reportManifest({
    createdAt: context.clock.now(),
    bucket,
    results: files,
    failures: job.failures,
  });
  const owner: Record<string, string> =
    expectedBucketOwner === undefined ? {} : { 'x-amz-expected-bucket-owner': expectedBucketOwner };
  const put = (key: string, contentType: string, body: string): Promise<unknown> =>
    reporting(held, context, async () =>
      toOutcome(
        await context.s3.send({
          method: 'PUT',
          bucket,
          key,
          headers: { ...owner, 'content-type': contentType },
          body,
        }),
      ),
    );
  await put(keys.manifest, 'application/json', manifest);
  await put(keys.md5, 'text/plain', createHash('md5').update(manifest).digest('hex'));
}

/**
 * Aborts what dead workers, lost answers and outages left of uploads of this job's results. Whoever
 * may not do that, or has lost the bucket, keeps the job's end all the same.
 */
async function closeUploads(job: Job, held: HeldLease, context: EngineContext): Promise<void> {
  const { clock, random, log, s3 } = context;
  const { folder, isResultKey } = resultsFolder(job.request.Report?.Prefix, job.id);
  const place = { ...reportTarget(job), prefix: folder };
  const patience = Patience.ofJob(context);
  let hasWaited = false;
  for (;;) {
    const options = { clock, random, signal: held.left };
    const closed = await abortUploadsBelow(s3, place, options, isResultKey);
    if (closed.ok) return;
    if (!hasWaited)
      log.warn({ jobId: job.id, closed }, 'The end of a job waits for its report bucket.');
    hasWaited = true;
    // A report that could not be written was waited for long enough.
    if (wantsReport(job) && (await patience.next(closed, held.left))) continue;
    if (held.left.aborted) throw new TryLater('The lease ended while uploads were being closed.');
    log.warn({ jobId: job.id, bucket: place.bucket, folder, closed }, 'Uploads may be left open.');
    return;
  }
}
