/**
 * The end of a job: the report's manifest, the final status, and nothing left in staging.
 *
 * I1. The report is whole before the status says so: whoever sees Complete can read it.
 * I2. Staging is emptied after the status is saved; a crash in between leaves it to the sweep.
 */
import { createHash } from 'node:crypto';
import { wantsReport } from '../lifecycle/index.ts';
import type { Job } from '../model/job.ts';
import { reportKeys, reportManifest } from '../report/index.ts';
import { toOutcome } from '../s3/index.ts';
import type { EngineContext, RunUnit } from './context.ts';
import type { HeldLease } from './held-lease.ts';
import { reporting, reportTarget, type ReportFile } from './report.ts';

export const runFinish: RunUnit = async ({ job }, held, context) => {
  const { store, staging, clock } = context;
  if (wantsReport(job)) await writeManifest(job, held, context);
  if (await store.finishJob(held.lease, clock.now())) await staging.removeJob(job.id); // I1, I2
};

async function writeManifest(job: Job, held: HeldLease, context: EngineContext): Promise<void> {
  // Written by `runReport` only.
  const files = (await context.store.reportResults(job.id)).flat() as ReportFile[];
  const { bucket, headers } = reportTarget(job);
  const keys = reportKeys(job.request.Report?.Prefix, job.id);
  const manifest = reportManifest({
    createdAt: context.clock.now(),
    bucket,
    results: files,
    failures: job.failures,
  });
  const put = (key: string, contentType: string, body: string): Promise<unknown> =>
    reporting(held, context, async () =>
      toOutcome(
        await context.s3.send({
          method: 'PUT',
          bucket,
          key,
          headers: { ...headers, 'content-type': contentType },
          body,
        }),
      ),
    );
  await put(keys.manifest, 'application/json', manifest);
  await put(keys.md5, 'text/plain', createHash('md5').update(manifest).digest('hex'));
}
