export { createS3, type S3Client, type S3Options, type S3Timeouts } from './client.ts';
export {
  fixedIdentity,
  type Identity,
  type NoCredentials,
  type S3Credentials,
} from './identity.ts';
export { mayHaveHappened, SUCCESSFUL, toFailure, toOutcome, toOutcomeOfResult } from './outcome.ts';
export { unsignedS3 } from './no-answer.ts';
export { againOf } from './retry-class.ts';
export { type RetryOptions, sendWithRetry } from './retrying.ts';
export type { S3, S3Answer, S3Request, S3Stream, StoreTraits } from './s3.ts';
export {
  abortStaleUploads,
  abortUploadsBelow,
  putObjectStream,
  type Uploaded,
  type UploadOptions,
  type UploadTarget,
} from './upload.ts';
export { elements, elementText, escapeXml, isXmlText, rootName } from './xml.ts';
