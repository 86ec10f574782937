/** The object that a task copies, as HEAD and its tags tell it. */
import { isUtf8 } from 'node:buffer';
import type { S3CopyObjectOperation, S3Tag } from '@aws-sdk/client-s3-control';
import { failed, type FailedOutcome, type Task } from '../model/outcome.ts';
import { elements, elementText, type S3, type S3Answer, toOutcome } from '../s3/index.ts';

export type ObjectName = Pick<Task, 'bucket' | 'key' | 'versionId'>;
export type Headers = Readonly<Record<string, string>>;

/** HEAD of the task's object or version, with its stored checksums. */
export function headSource(
  s3: S3,
  { bucket, key, versionId }: ObjectName,
  requesterPays = false,
): Promise<S3Answer> {
  const query: Record<string, string> = versionId === undefined ? {} : { versionId };
  const headers = { 'x-amz-checksum-mode': 'ENABLED', ...payerHeaders(requesterPays) };
  return s3.send({ method: 'HEAD', bucket, key, query, headers });
}

export function payerHeaders(requesterPays: boolean): Record<string, string> {
  return requesterPays ? { 'x-amz-request-payer': 'requester' } : {};
}

export interface SourceTags {
  readonly ok: true;
  readonly tags: readonly S3Tag[];
}

/** An object without tags, and one of a store that has no tags, has none. */
export async function tagsOfSource(
  s3: S3,
  { bucket, key, versionId }: ObjectName,
  requesterPays = false,
): Promise<SourceTags | FailedOutcome> {
  const version: Record<string, string> = versionId === undefined ? {} : { versionId };
  const query = { tagging: '', ...version };
  const headers = payerHeaders(requesterPays);
  const answer = await s3.send({ method: 'GET', bucket, key, query, headers });
  const outcome = toOutcome(answer);
  if (!outcome.ok) {
    const hasNone = outcome.code === 'NoSuchTagSet' || outcome.httpStatus === 501;
    return hasNone ? { ok: true, tags: [] } : outcome;
  }
  const tags = elements(answer.body.toString('utf8'), 'Tag').map((tag) => ({
    Key: elementText(tag, 'Key') ?? '',
    Value: elementText(tag, 'Value') ?? '',
  }));
  return { ok: true, tags };
}

const SYSTEM_METADATA = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
];

/** What CopyObject takes along as metadata, as request headers. */
export function metadataOf(
  head: Headers,
): { readonly ok: true; readonly metadata: Headers } | FailedOutcome {
  const missing = head['x-amz-missing-meta'];
  if (missing !== undefined && missing !== '0') {
    const message = `${missing} values of the object's metadata cannot travel in headers.`;
    return failed(400, 'MetadataNotReadable', message);
  }
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(head)) {
    if (SYSTEM_METADATA.includes(name) || name.startsWith('x-amz-meta-')) {
      metadata[name] = textOf(value);
    }
  }
  return { ok: true, metadata };
}

/** HTTP hands out headers as Latin-1; what some stores put there is UTF-8, as it was given to them. */
function textOf(value: string): string {
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : value;
}

const CHECKSUMS = [
  'crc32',
  'crc32c',
  'crc64nvme',
  'sha1',
  'sha256',
  'sha512',
  'md5',
  'xxhash64',
  'xxhash3',
  'xxhash128',
];

export interface StoredChecksum {
  /** As x-amz-checksum-algorithm spells it. */
  readonly algorithm: string;
  readonly value: string;
  readonly type: string | undefined;
}

export function checksumOf(head: Headers): StoredChecksum | undefined {
  for (const name of CHECKSUMS) {
    const value = head[`x-amz-checksum-${name}`];
    if (value === undefined) continue;
    return { algorithm: name.toUpperCase(), value, type: head['x-amz-checksum-type'] };
  }
  return undefined;
}

/** The locks of an object that still hold at `nowMs`, as parameters of a copy. */
export function locksOf(head: Headers, nowMs: number): S3CopyObjectOperation {
  const locks: S3CopyObjectOperation = {};
  const mode = head['x-amz-object-lock-mode'];
  const until = Date.parse(head['x-amz-object-lock-retain-until-date'] ?? '');
  if ((mode === 'GOVERNANCE' || mode === 'COMPLIANCE') && until > nowMs) {
    locks.ObjectLockMode = mode;
    locks.ObjectLockRetainUntilDate = new Date(until);
  }
  if (head['x-amz-object-lock-legal-hold'] === 'ON') locks.ObjectLockLegalHoldStatus = 'ON';
  return locks;
}
