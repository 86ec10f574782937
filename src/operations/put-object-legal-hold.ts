/**
 * S3PutObjectLegalHold: puts a legal hold on one object or version, or takes it off.
 *
 * I1. Object Lock of the bucket is verified once, before the first task.
 * I2. Repeating a task is harmless: the last status wins.
 */
import { assert } from '../base/assert.ts';
import { toOutcome } from '../s3/index.ts';
import { legalHoldBody, lockObstacle } from './object-lock.ts';
import type { Operation } from './operation.ts';
import { onObjects, queryOf } from './task.ts';

export const putObjectLegalHold: Operation = {
  name: 'S3PutObjectLegalHold',

  check(request) {
    const status = request.Operation?.S3PutObjectLegalHold?.LegalHold?.Status;
    const field = 'Operation.S3PutObjectLegalHold.LegalHold.Status';
    return status === undefined ? [{ field, message: 'is required' }] : [];
  },

  async open(request, { s3, bucket }, signal) {
    const obstacle = await lockObstacle({ s3, bucket }, signal); // I1
    if (obstacle !== undefined) return obstacle;
    const status = request.Operation?.S3PutObjectLegalHold?.LegalHold?.Status;
    assert(status, 'A legal hold without a status passed the check.');
    const body = legalHoldBody(status);
    const query = queryOf('legal-hold');
    const run = onObjects(async (task) => {
      const { bucket, key } = task;
      return toOutcome(await s3.send({ method: 'PUT', bucket, key, query: query(task), ...body }));
    });
    return { ok: true, run };
  },
};
