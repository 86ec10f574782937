/** The end of a job aborts what its dead workers left open of the uploads of its tasks. */
import { failed, type Outcome } from '../model/outcome.ts';
import type { Job } from '../model/job.ts';
import type { OpenUpload } from '../operations/index.ts';
import { toOutcome } from '../s3/index.ts';
import type { EngineContext } from './context.ts';
import type { HeldLease } from './held-lease.ts';
import { noteOf } from './open-uploads.ts';
import { Patience } from './patience.ts';
import { withStaging } from './staged.ts';
import { tidyStaging } from './tidy-staging.ts';

/** After the last task. Resolves when no upload of the job is open that could be closed. */
export async function closeOpenUploads(
  job: Job,
  held: HeldLease,
  context: EngineContext,
): Promise<void> {
  const { staging, log } = context;
  const names = await withStaging(held, context, () => staging.uploads(job.id));
  for (const name of names) {
    const upload = await withStaging(held, context, () => noteOf(staging, name));
    if (upload === undefined) continue;
    const closed = await abortPatiently(upload, held, context);
    if (closed.ok) await tidyStaging(context, () => staging.remove(name));
    else log.warn({ jobId: job.id, ...upload, closed }, 'An upload may be left open.');
  }
}

async function abortPatiently(
  { bucket, key, uploadId }: OpenUpload,
  held: HeldLease,
  context: EngineContext,
): Promise<Outcome> {
  const patience = Patience.ofJob(context);
  for (;;) {
    const request = { method: 'DELETE', bucket, key, query: { uploadId } } as const;
    const outcome = toOutcome(await context.s3.send(request));
    if (outcome.ok || outcome.code === 'NoSuchUpload') return { ok: true, message: '' };
    if (!(await patience.next(outcome, held.left))) return outcome;
    if (held.left.aborted) return failed(0, 'LeaseEnded', 'The lease ended meanwhile.', 'later');
  }
}
