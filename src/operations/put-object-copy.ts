/**
 * S3PutObjectCopy: one CopyObject per task, into one bucket, under the same key or below a prefix.
 *
 * I1. The target bucket is looked for once per job; a 403 proves nothing, since copying needs less.
 * I2. A store's gaps are made up for (copy-gaps.ts), or the task fails (copy-confirm.ts).
 * I3. Repeating a task is harmless where the target is unversioned; where it is versioned, an answer
 *     that got lost leaves one more version of the same content.
 */
import { failed, type Outcome } from '../model/outcome.ts';
import { type S3, toOutcome, toOutcomeOfResult } from '../s3/index.ts';
import { checkCopy, bucketOfArn } from './copy-check.ts';
import { confirmation } from './copy-confirm.ts';
import { conditionCheck, gapFillers } from './copy-gaps.ts';
import { copyRequests } from './copy-request.ts';
import type { Opened, Operation } from './operation.ts';
import { onObjects } from './task.ts';

export const putObjectCopy: Operation = {
  name: 'S3PutObjectCopy',

  check: (request) => checkCopy(request.Operation?.S3PutObjectCopy ?? {}),

  async open(request, { s3 }, signal): Promise<Opened> {
    const copy = request.Operation?.S3PutObjectCopy ?? {};
    const bucket = bucketOfArn(copy.TargetResource) ?? '';
    const obstacle = await obstacleAt(bucket, s3, signal);
    if (obstacle !== undefined) return obstacle;
    const traits = await s3.traits(signal);
    if (traits === undefined) {
      return { ok: false, again: true, reason: 'The S3 endpoint did not say what it is.' };
    }
    const requestOf = copyRequests(copy, bucket);
    const before = conditionCheck(copy, traits, s3);
    const confirm = confirmation(copy, traits, s3);
    // First what may fail the task for good. A copy that was begun gets all its steps, also when the
    // job stops meanwhile: a copy without its tags or lock would be worse than a late one.
    const after = [...(confirm === undefined ? [] : [confirm]), ...gapFillers(copy, traits, s3)];

    const run = onObjects(async (task) => {
      const refusal = await before?.(task);
      if (refusal !== undefined) return refusal;
      const put = requestOf(task);
      const answer = await s3.send(put);
      const outcome = toOutcomeOfResult(answer, 'CopyObjectResult');
      if (!outcome.ok) return explained(outcome);
      for (const step of after) {
        const failure = await step({ bucket: put.bucket, key: put.key, answer });
        if (failure !== undefined) return failure;
      }
      return outcome;
    });
    return { ok: true, run };
  },
};

/** Why the job cannot run, or undefined (I1). */
async function obstacleAt(
  bucket: string,
  s3: S3,
  signal: AbortSignal,
): Promise<Opened | undefined> {
  const answer = await s3.send({ method: 'HEAD', bucket }, signal);
  const outcome = toOutcome(answer);
  if (outcome.ok) return undefined;
  if (answer.status === 404) {
    return { ok: false, reason: `The target bucket ${bucket} does not exist.` };
  }
  if (answer.status === 301) {
    return { ok: false, reason: `The target bucket ${bucket} is at another endpoint.` };
  }
  if (outcome.again === 'never') return undefined;
  const reason = `The target bucket ${bucket} could not be looked up: ${outcome.message}`;
  return { ok: false, again: true, reason };
}

/** AWS's code for it is InvalidRequest, Ceph's EntityTooLarge. */
function explained(outcome: Extract<Outcome, { ok: false }>): Outcome {
  const isTooLarge =
    outcome.code === 'EntityTooLarge' ||
    (outcome.code === 'InvalidRequest' && /larger than the maximum/i.test(outcome.message));
  if (!isTooLarge) return outcome;
  const message = `Bucket Brigade copies up to 5 GB per object for now: ${outcome.message}`;
  return failed(outcome.httpStatus, outcome.code, message, outcome.again);
}
