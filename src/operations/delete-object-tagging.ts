/** S3DeleteObjectTagging: removes the whole tag set of one object or version. Has no parameters. */
import { toOutcome } from '../s3/index.ts';
import type { Operation } from './operation.ts';
import { onObjects, queryOf } from './task.ts';

export const deleteObjectTagging: Operation = {
  name: 'S3DeleteObjectTagging',

  check: () => [],

  open(_request, { s3 }) {
    const query = queryOf('tagging');
    const run = onObjects(async (task) =>
      toOutcome(
        await s3.send({
          method: 'DELETE',
          bucket: task.bucket,
          key: task.key,
          query: query(task),
        }),
      ),
    );
    return Promise.resolve({ ok: true, run });
  },
};
