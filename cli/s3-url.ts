import { UsageError } from './command.ts';

export interface S3Place {
  readonly bucket: string;
  /** Everything behind the bucket's slash; may be empty. */
  readonly key: string;
}

export function isS3Url(text: string): boolean {
  return text.startsWith('s3://');
}

/** `option`: which one said it, for the refusal. */
export function readS3Url(text: string, option: string): S3Place {
  const [, bucket, key = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(text) ?? [];
  if (bucket !== undefined) return { bucket, key };
  throw new UsageError(`--${option} must be s3://bucket/prefix, not "${text}".`);
}
