/**
 * What a copy has to be told so that it keeps all of its source: CopyObject takes metadata and tags
 * along by itself, but neither storage class nor redirect, lock or ACL.
 */
import type { S3CopyObjectOperation, S3StorageClass } from '@aws-sdk/client-s3-control';
import { type FailedOutcome, type Task } from '../model/outcome.ts';
import { type S3, type S3Answer, toOutcome } from '../s3/index.ts';
import { type Copied, copyOf } from './copied.ts';
import { type Headers, locksOf } from './copy-source.ts';
import { readAcl } from './functions/faithful-copy.ts';
import { xmlBody } from './task.ts';

/** Parameters of a copy that keeps what HEAD shows; locks that are over at `nowMs` are not kept. */
export function keepingAll(head: Headers, nowMs: number): S3CopyObjectOperation {
  const storageClass = head['x-amz-storage-class'];
  const redirect = head['x-amz-website-redirect-location'];
  return {
    // Stores have classes of their own; what one shows, it takes.
    ...(storageClass === undefined ? {} : { StorageClass: storageClass as S3StorageClass }),
    ...(redirect === undefined ? {} : { RedirectLocation: redirect }),
    ...locksOf(head, nowMs),
  };
}

export type SourceAcl =
  /** Undefined: the owner's full control alone, which every new object has, or no ACLs at all. */
  { readonly ok: true; readonly xml: S3Answer | undefined } | FailedOutcome;

export async function aclOfSource(s3: S3, task: Task): Promise<SourceAcl> {
  const acl = await readAcl(s3, task);
  if (!('grants' in acl)) return acl;
  return { ok: true, xml: acl.grants.length === 0 ? undefined : acl.answer };
}

/** Writes the ACL of a source onto its copy, word for word. */
export async function putAcl(
  s3: S3,
  copied: Copied,
  xml: S3Answer | undefined,
): Promise<FailedOutcome | undefined> {
  if (xml === undefined) return undefined;
  const body = xmlBody(xml.body.toString('utf8'));
  const answer = await s3.send({ method: 'PUT', ...copyOf(copied, { acl: '' }), ...body });
  const outcome = toOutcome(answer);
  return outcome.ok ? undefined : outcome;
}
