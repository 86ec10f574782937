/**
 * What a unit is given of its job's role, settled once per unit.
 *
 * I1. A role that cannot be assumed fails the job, at its first unit and so before any task. Whoever gives
 *     out credentials being away is an outage: it is waited for (D8).
 * I2. The end of a job that writes no report needs no role: a role that is gone keeps no job from it.
 */
import { wantsReport } from '../lifecycle/index.ts';
import type { Job } from '../model/job.ts';
import { unsignedS3 } from '../s3/index.ts';
import type { EngineContext } from './context.ts';
import type { HeldLease } from './held-lease.ts';
import { Patience } from './patience.ts';
import { JobFailed, TryLater } from './unit-errors.ts';

/** `context` with the store as the role of this job sees it. Throws JobFailed and TryLater. */
export async function asJobsRole(
  job: Job,
  held: HeldLease,
  context: EngineContext,
): Promise<EngineContext> {
  const { roles } = context;
  if (roles === undefined) return context;
  const patience = Patience.ofJob(context);
  for (;;) {
    const as = await asked(roles.s3Of(job, held.left), held);
    if (as.ok) return { ...context, s3: as.s3 };
    if (await patience.next(as.failure, held.left)) continue;
    if (held.left.aborted) throw stopped();
    const reason = as.failure.message;
    if (held.lease.kind === 'finish' && !wantsReport(job)) {
      return { ...context, s3: unsignedS3({ reason, isFinal: true }) }; // I2
    }
    throw new JobFailed({ code: 'RoleNotAssumable', reason }); // I1
  }
}

/** Who is aborted while they wait has nothing to go on with. */
async function asked<T>(asking: Promise<T>, held: HeldLease): Promise<T> {
  try {
    return await asking;
  } catch (error) {
    if (held.left.aborted) throw stopped();
    throw error;
  }
}

const stopped = (): TryLater => new TryLater('The job stopped while its role was assumed.');
