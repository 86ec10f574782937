/**
 * S3PutObjectRetention: sets, changes or removes the retention of one object or version.
 *
 * I1. Object Lock of the bucket is verified once, before the first task.
 * I2. Mode and date come together; neither of them removes the retention.
 * I3. What a retention may become is the store's to judge: a date in the past, a compliance period
 *     that would end earlier, a governance period without bypass are its outcomes.
 * I4. Repeating a task is harmless: the same retention again is accepted.
 */
import type { S3SetObjectRetentionOperation } from '@aws-sdk/client-s3-control';
import { toOutcome } from '../s3/index.ts';
import { lockObstacle, retentionBody } from './object-lock.ts';
import type { FieldProblem, Operation } from './operation.ts';
import { onObjects, queryOf } from './task.ts';

const FIELD = 'Operation.S3PutObjectRetention.Retention';

export const putObjectRetention: Operation = {
  name: 'S3PutObjectRetention',

  check: (request) => checkRetention(request.Operation?.S3PutObjectRetention?.Retention),

  async open(request, { s3, bucket }, signal) {
    const obstacle = await lockObstacle({ s3, bucket }, signal); // I1
    if (obstacle !== undefined) return obstacle;
    const retention = request.Operation?.S3PutObjectRetention;
    const { headers, ...body } = retentionBody(retention?.Retention ?? {});
    const isBypassing = retention?.BypassGovernanceRetention === true;
    const content = {
      ...body,
      headers: isBypassing ? { ...headers, 'x-amz-bypass-governance-retention': 'true' } : headers,
    };
    const query = queryOf('retention');
    const run = onObjects(async (task) => {
      const { bucket, key } = task;
      return toOutcome(
        await s3.send({ method: 'PUT', bucket, key, query: query(task), ...content }),
      );
    });
    return { ok: true, run };
  },
};

/** I2. */
function checkRetention(retention: S3SetObjectRetentionOperation['Retention']): FieldProblem[] {
  if (retention === undefined) return [{ field: FIELD, message: 'is required' }];
  const { Mode: mode, RetainUntilDate: until } = retention;
  if ((mode === undefined) === (until === undefined)) return [];
  const [missing, given] =
    mode === undefined ? ['Mode', 'RetainUntilDate'] : ['RetainUntilDate', 'Mode'];
  return [{ field: `${FIELD}.${missing}`, message: `is required together with ${given}` }];
}
