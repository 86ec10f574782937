/** Scalars that several shapes share. Ranges, enums and patterns: the model of S3 Control 2018-08-20. */
import { JOB_PRIORITY_MAX } from './limits.ts';
import { integer, list, oneOf, required, struct, text } from './shape.ts';
import { CHECKSUM_ALGORITHMS, STORAGE_CLASSES } from './vocabulary.ts';

export const INT_MAX = 2_147_483_647;

const pattern = (regexp: RegExp, says: string) => ({ regexp, says });

export const accountId = text(12, 12, pattern(/^\d{12}$/, 'must be twelve digits'));
export const nonEmpty = (max: number) => text(1, max);

/** AWS takes any ARN of S3 here; only buckets by name exist on other stores, so we say so at once. */
export const bucketArn = text(
  1,
  128,
  pattern(/^arn:[^:]+:s3:::[^/:\s]+$/, 'must be the ARN of a bucket, such as arn:aws:s3:::name'),
);
export const bucketOrDirectoryArn = text(
  1,
  128,
  pattern(/^arn:[^:]+:(s3|s3express):\S+$/, 'must be the ARN of a bucket'),
);
export const objectArn = text(
  1,
  2000,
  pattern(
    /^arn:[^:]+:s3:::[^/:\s]+\/.+$/s,
    'must be the ARN of an object, such as arn:aws:s3:::bucket/key',
  ),
);
export const roleArn = text(
  1,
  2048,
  pattern(
    /^arn:[^:]+:iam::\d{12}:role\/.*$/,
    'must be the ARN of a role, such as arn:aws:iam::123456789012:role/name',
  ),
);
/** AWS knows its own regions only; a region of another store may be any word. */
export const functionArn = text(
  1,
  1024,
  pattern(
    /^(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z][a-z0-9-]*:)?(\d{12}:)?(function:)?[a-zA-Z0-9_-]+(:(\$LATEST|[a-zA-Z0-9_-]+))?$/,
    'must be the name or the ARN of a function',
  ),
);
export const kmsKeyArn = text(
  20,
  2048,
  pattern(
    /^arn:aws[a-zA-Z0-9-]*:kms:[a-z0-9-]+:[0-9]{12}:key\/[a-zA-Z0-9-]+$/,
    'must be the full ARN of a KMS key',
  ),
);

const tagText = (min: number, max: number) =>
  text(
    min,
    max,
    pattern(
      /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u,
      'must hold only letters, digits, spaces and the characters _ . : / = + - @',
    ),
  );
export const tagSet = list(
  struct({ Key: required(tagText(1, 128)), Value: required(tagText(0, 256)) }),
);

export const priority = integer(0, JOB_PRIORITY_MAX);
export const statusUpdateReason = nonEmpty(256);
export const storageClass = oneOf(STORAGE_CLASSES);
export const checksumAlgorithm = oneOf(CHECKSUM_ALGORITHMS);
export const onOff = oneOf(['ON', 'OFF']);
export const lockMode = oneOf(['COMPLIANCE', 'GOVERNANCE']);
