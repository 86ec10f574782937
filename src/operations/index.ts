/** The registry: a new member of OperationName does not compile until it is answered here. */
import type { OperationName } from '../model/vocabulary.ts';
import { computeObjectChecksum } from './compute-object-checksum.ts';
import { deleteObjectTagging } from './delete-object-tagging.ts';
import { initiateRestoreObject } from './initiate-restore-object.ts';
import { lambdaInvoke } from './lambda-invoke.ts';
import type { Operation } from './operation.ts';
import { putObjectAcl } from './put-object-acl.ts';
import { putObjectCopy } from './put-object-copy.ts';
import { putObjectLegalHold } from './put-object-legal-hold.ts';
import { putObjectRetention } from './put-object-retention.ts';
import { putObjectTagging } from './put-object-tagging.ts';
import { replicateObject } from './replicate-object.ts';
import { updateObjectEncryption } from './update-object-encryption.ts';

export { openDryRun } from './dry-run.ts';
export type {
  FieldProblem,
  Opened,
  OpenUpload,
  OpenUploads,
  Operation,
  Place,
  RunTask,
} from './operation.ts';

export const OPERATIONS: Readonly<Record<OperationName, Operation>> = {
  LambdaInvoke: lambdaInvoke,
  S3PutObjectCopy: putObjectCopy,
  S3PutObjectAcl: putObjectAcl,
  S3PutObjectTagging: putObjectTagging,
  S3DeleteObjectTagging: deleteObjectTagging,
  S3InitiateRestoreObject: initiateRestoreObject,
  S3PutObjectLegalHold: putObjectLegalHold,
  S3PutObjectRetention: putObjectRetention,
  S3ReplicateObject: replicateObject,
  S3ComputeObjectChecksum: computeObjectChecksum,
  S3UpdateObjectEncryption: updateObjectEncryption,
};
