/**
 * S3PutObjectAcl: replaces the whole ACL of one object or version, by a canned name or by a list.
 *
 * I1. Exactly one of the two forms.
 * I2. Repeating a task is harmless: the last ACL wins.
 */
import type { S3AccessControlPolicy } from '@aws-sdk/client-s3-control';
import { isXmlText, type S3Request, toOutcome } from '../s3/index.ts';
import { aclXml, checkGrants } from './acl.ts';
import type { FieldProblem, Operation } from './operation.ts';
import { onObjects, queryOf, xmlBody } from './task.ts';

const FIELD = 'Operation.S3PutObjectAcl.AccessControlPolicy';

export const putObjectAcl: Operation = {
  name: 'S3PutObjectAcl',

  check: (request) => checkPolicy(request.Operation?.S3PutObjectAcl?.AccessControlPolicy),

  open(request, { s3 }) {
    const policy = request.Operation?.S3PutObjectAcl?.AccessControlPolicy ?? {};
    const content = contentOf(policy);
    const query = queryOf('acl');
    const run = onObjects(async (task) => {
      const put: S3Request = {
        method: 'PUT',
        bucket: task.bucket,
        key: task.key,
        query: query(task),
        ...content,
      };
      return toOutcome(await s3.send(put));
    });
    return Promise.resolve({ ok: true, run });
  },
};

function checkPolicy(policy: S3AccessControlPolicy | undefined): FieldProblem[] {
  const list = policy?.AccessControlList;
  const canned = policy?.CannedAccessControlList;
  if ((list === undefined) === (canned === undefined)) {
    const message = 'must hold either AccessControlList or CannedAccessControlList'; // I1
    return [{ field: FIELD, message }];
  }
  if (list === undefined) return [];
  const problems = checkGrants(list.Grants ?? [], `${FIELD}.AccessControlList.Grants`);
  const owner = `${FIELD}.AccessControlList.Owner`;
  if (!list.Owner?.ID) problems.push({ field: `${owner}.ID`, message: 'is required' });
  for (const name of ['ID', 'DisplayName'] as const) {
    if (isXmlText(list.Owner?.[name] ?? '')) continue;
    problems.push({ field: `${owner}.${name}`, message: 'must not hold control characters' });
  }
  return problems;
}

function contentOf(
  policy: S3AccessControlPolicy,
): Pick<S3Request, 'headers' | 'body' | 'bodySha256'> {
  if (policy.AccessControlList !== undefined) return xmlBody(aclXml(policy.AccessControlList));
  return { headers: { 'x-amz-acl': policy.CannedAccessControlList ?? 'private' } };
}
