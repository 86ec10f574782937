/** The parameters of S3PutObjectCopy that cannot be accepted, field by field. Pure. */
import type { S3CopyObjectOperation, S3ObjectMetadata } from '@aws-sdk/client-s3-control';
import { checkGrants } from './acl.ts';
import type { FieldProblem } from './operation.ts';
import { checkTags } from './tags.ts';

const FIELD = 'Operation.S3PutObjectCopy';

export function checkCopy(copy: S3CopyObjectOperation): FieldProblem[] {
  return [
    ...checkTarget(copy.TargetResource),
    ...checkAccess(copy),
    ...(copy.NewObjectTagging === undefined
      ? []
      : checkTags(copy.NewObjectTagging, `${FIELD}.NewObjectTagging`)),
    ...checkLock(copy),
    ...checkEncryption(copy),
    ...checkMetadata(copy.NewObjectMetadata ?? {}),
    ...checkHeaderText(copy.RedirectLocation, `${FIELD}.RedirectLocation`),
  ];
}

/** `bucket` of `arn:aws:s3:::bucket`, or undefined. */
export function bucketOfArn(arn: string | undefined): string | undefined {
  return /^arn:[^:]+:s3:::([^/:]+)$/.exec(arn ?? '')?.[1];
}

function checkTarget(arn: string | undefined): FieldProblem[] {
  const field = `${FIELD}.TargetResource`;
  if (arn === undefined) return [{ field, message: 'is required' }];
  if (/^arn:[^:]+:s3express:/.test(arn)) {
    const message = 'names a directory bucket; copies go to general purpose buckets only';
    return [{ field, message }];
  }
  if (bucketOfArn(arn) !== undefined) return [];
  return [{ field, message: 'must be the ARN of a bucket, such as arn:aws:s3:::bucket' }];
}

function checkAccess(copy: S3CopyObjectOperation): FieldProblem[] {
  const grants = copy.AccessControlGrants ?? [];
  const field = `${FIELD}.AccessControlGrants`;
  const problems = checkGrants(grants, field);
  if (grants.length > 0 && copy.CannedAccessControlList !== undefined) {
    problems.push({ field, message: 'must not be given together with CannedAccessControlList' });
  }
  for (const [index, grant] of grants.entries()) {
    // CopyObject has no x-amz-grant-write: WRITE means something for buckets only.
    if (grant.Permission === 'WRITE') {
      problems.push({
        field: `${field}[${index}].Permission`,
        message: 'must not be WRITE, which objects do not have',
      });
    }
    const at = `${field}[${index}].Grantee.Identifier`;
    const identifier = grant.Grantee?.Identifier ?? '';
    problems.push(...checkHeaderText(identifier, at));
    if (identifier.includes('"')) problems.push({ field: at, message: 'must not hold a quote' });
  }
  return problems;
}

function checkLock(copy: S3CopyObjectOperation): FieldProblem[] {
  const { ObjectLockMode: mode, ObjectLockRetainUntilDate: until } = copy;
  if ((mode === undefined) === (until === undefined)) return [];
  const missing = mode === undefined ? 'ObjectLockMode' : 'ObjectLockRetainUntilDate';
  const other = mode === undefined ? 'ObjectLockRetainUntilDate' : 'ObjectLockMode';
  return [{ field: `${FIELD}.${missing}`, message: `is required together with ${other}` }];
}

function checkEncryption(copy: S3CopyObjectOperation): FieldProblem[] {
  const field = `${FIELD}.SSEAwsKmsKeyId`;
  const problems = checkHeaderText(copy.SSEAwsKmsKeyId, field);
  if (copy.SSEAwsKmsKeyId !== undefined && copy.NewObjectMetadata?.SSEAlgorithm === 'AES256') {
    problems.push({ field, message: 'must not be given together with SSEAlgorithm AES256' });
  }
  return problems;
}

const TEXTS = [
  'CacheControl',
  'ContentDisposition',
  'ContentEncoding',
  'ContentLanguage',
  'ContentType',
] as const;

function checkMetadata(metadata: S3ObjectMetadata): FieldProblem[] {
  const field = `${FIELD}.NewObjectMetadata`;
  const problems = TEXTS.flatMap((name) => checkHeaderText(metadata[name], `${field}.${name}`));
  const seen = new Set<string>();
  for (const [key, value] of Object.entries(metadata.UserMetadata ?? {})) {
    const at = `${field}.UserMetadata[${JSON.stringify(key)}]`;
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(key)) {
      problems.push({ field: at, message: 'must be a name that an HTTP header can have' });
    }
    if (seen.has(key.toLowerCase())) {
      problems.push({ field: at, message: 'must be unique whatever the case of its letters' });
    }
    seen.add(key.toLowerCase());
    problems.push(...checkHeaderText(value, at));
  }
  return problems;
}

/** What travels in a header. Whoever needs more can encode it as RFC 2047 says, which S3 reads. */
function checkHeaderText(text: string | undefined, field: string): FieldProblem[] {
  return /^[\x20-\x7e]*$/.test(text ?? '')
    ? []
    : [{ field, message: 'must consist of printable US-ASCII characters' }];
}
