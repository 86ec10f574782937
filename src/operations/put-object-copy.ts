/**
 * S3PutObjectCopy: one copy per task, into one bucket, under the same key or below a prefix; of any
 * size (copy-object.ts).
 *
 * I1. The target bucket is looked for once per job; a 403 proves nothing, since copying needs less.
 * I2. Repeating a task is harmless where the target is unversioned; where it is versioned, an answer
 *     that got lost leaves one more version of the same content.
 */
import { type S3, SUCCESSFUL, toOutcome } from '../s3/index.ts';
import { bucketOfArn, checkCopy } from './copy-check.ts';
import { copies, copyRoom } from './copy-object.ts';
import type { Opened, Operation } from './operation.ts';
import { ENDPOINT_UNKNOWN } from './probe.ts';
import { onObjects } from './task.ts';

export const putObjectCopy: Operation = {
  name: 'S3PutObjectCopy',

  check: (request) => checkCopy(request.Operation?.S3PutObjectCopy ?? {}),

  async open(request, place, signal): Promise<Opened> {
    const copy = request.Operation?.S3PutObjectCopy ?? {};
    const bucket = bucketOfArn(copy.TargetResource) ?? '';
    const obstacle = await obstacleAt(bucket, place.s3, signal);
    if (obstacle !== undefined) return obstacle;
    const traits = await place.s3.traits(signal);
    if (traits === undefined) return ENDPOINT_UNKNOWN;
    // Without the answer, which would be kept as long as its chunk.
    const run = onObjects(copies(copy, bucket, copyRoom(place, traits), () => SUCCESSFUL));
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
