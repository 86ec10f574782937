/** The registry: a new member of OperationName does not compile until it is answered here. */
import type { OperationName } from '../model/vocabulary.ts';
import { deleteObjectTagging } from './delete-object-tagging.ts';
import { notYet } from './not-yet.ts';
import type { Operation } from './operation.ts';
import { putObjectAcl } from './put-object-acl.ts';
import { putObjectCopy } from './put-object-copy.ts';
import { putObjectTagging } from './put-object-tagging.ts';

export type { FieldProblem, Opened, Operation, Place, RunTask } from './operation.ts';

export const OPERATIONS: Readonly<Record<OperationName, Operation>> = {
  LambdaInvoke: notYet('LambdaInvoke'),
  S3PutObjectCopy: putObjectCopy,
  S3PutObjectAcl: putObjectAcl,
  S3PutObjectTagging: putObjectTagging,
  S3DeleteObjectTagging: deleteObjectTagging,
  S3InitiateRestoreObject: notYet('S3InitiateRestoreObject'),
  S3PutObjectLegalHold: notYet('S3PutObjectLegalHold'),
  S3PutObjectRetention: notYet('S3PutObjectRetention'),
  S3ReplicateObject: notYet('S3ReplicateObject'),
  S3ComputeObjectChecksum: notYet('S3ComputeObjectChecksum'),
  S3UpdateObjectEncryption: notYet('S3UpdateObjectEncryption'),
};
