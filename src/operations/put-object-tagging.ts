/**
 * S3PutObjectTagging: replaces the whole tag set of one object or version, with one request.
 *
 * I1. An empty list is a request to clear; an absent one is a mistake.
 * I2. Repeating a task is harmless: the last tag set wins, so a lost answer may be retried.
 */
import type { S3Request } from '../s3/index.ts';
import { toOutcome } from '../s3/index.ts';
import type { Operation } from './operation.ts';
import { checkTags, taggingBody } from './tags.ts';
import { onObjects, queryOf } from './task.ts';

const FIELD = 'Operation.S3PutObjectTagging.TagSet';

export const putObjectTagging: Operation = {
  name: 'S3PutObjectTagging',

  check(request) {
    const tags = request.Operation?.S3PutObjectTagging?.TagSet;
    return tags === undefined
      ? [{ field: FIELD, message: 'is required' }] // I1
      : checkTags(tags, FIELD);
  },

  open(request, { s3 }) {
    const body = taggingBody(request.Operation?.S3PutObjectTagging?.TagSet ?? []);
    const query = queryOf('tagging');
    const run = onObjects(async (task) => {
      const put: S3Request = {
        method: 'PUT',
        bucket: task.bucket,
        key: task.key,
        query: query(task),
        headers: body.headers,
        body: body.body,
        bodySha256: body.bodySha256,
      };
      return toOutcome(await s3.send(put));
    });
    return Promise.resolve({ ok: true, run });
  },
};
