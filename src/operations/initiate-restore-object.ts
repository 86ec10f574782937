/**
 * S3InitiateRestoreObject: asks for a temporary copy of one archived object or version. The task
 * is done when the store has accepted the request, not when the copy is there.
 *
 * I1. Days are for the Glacier classes; Intelligent-Tiering's archive tiers are restored without.
 * I2. The store judges overlaps: 202 also for a faster tier of a running restore, 200 for one that
 *     is there already and lives longer now, 409 for one that runs with other days, or as fast.
 * I3. A 409 after an answer of ours got lost is the restore that we began. No other 409 is a
 *     success: HEAD tells neither days nor tier of a running restore, so nothing can be compared.
 *     (A worker's death between request and record can therefore end as such a failure.)
 * I4. A store that is known to have no RestoreObject fails the job up front; one that answers 501
 *     without being known does so per task: nothing can be asked without an object.
 */
import type { S3InitiateRestoreObjectOperation } from '@aws-sdk/client-s3-control';
import type { Task } from '../model/outcome.ts';
import { mayHaveHappened, SUCCESSFUL, toOutcome } from '../s3/index.ts';
import type { FieldProblem, Opened, Operation } from './operation.ts';
import { ENDPOINT_UNKNOWN } from './probe.ts';
import { onObjects, type PreparedBody, queryOf, S3_XMLNS, xmlBody } from './task.ts';

const TIERS = { STANDARD: 'Standard', BULK: 'Bulk' } as const;

export const initiateRestoreObject: Operation = {
  name: 'S3InitiateRestoreObject',

  check(request): readonly FieldProblem[] {
    const days = request.Operation?.S3InitiateRestoreObject?.ExpirationInDays;
    if (days === undefined || days >= 1) return []; // I1
    const field = 'Operation.S3InitiateRestoreObject.ExpirationInDays';
    const message = 'must be at least 1; it is left out for Intelligent-Tiering archive tiers';
    return [{ field, message }];
  },

  async open(request, { s3 }, signal): Promise<Opened> {
    const traits = await s3.traits(signal);
    if (traits === undefined) return ENDPOINT_UNKNOWN;
    if (traits.lacksRestore === true) {
      return { ok: false, reason: `${traits.name} has no RestoreObject.` }; // I4
    }
    const body = restoreBody(request.Operation?.S3InitiateRestoreObject ?? {});
    const query = queryOf('restore');
    const uncertain = new WeakSet<Task>();
    const run = onObjects(async (task) => {
      const { bucket, key } = task;
      const answer = await s3.send({ method: 'POST', bucket, key, query: query(task), ...body });
      const outcome = toOutcome(answer);
      if (outcome.ok) return outcome;
      if (mayHaveHappened(answer)) uncertain.add(task);
      const isRunning = outcome.code === 'RestoreAlreadyInProgress';
      return isRunning && uncertain.has(task) ? SUCCESSFUL : outcome; // I3
    });
    return { ok: true, run };
  },
};

function restoreBody({
  ExpirationInDays: days,
  GlacierJobTier: tier,
}: S3InitiateRestoreObjectOperation): PreparedBody {
  const inner = [
    days === undefined ? '' : `<Days>${days}</Days>`,
    tier === undefined
      ? ''
      : `<GlacierJobParameters><Tier>${TIERS[tier]}</Tier></GlacierJobParameters>`,
  ];
  return xmlBody(`<RestoreRequest xmlns="${S3_XMLNS}">${inner.join('')}</RestoreRequest>`);
}
