/**
 * What only the object itself tells: how it is encrypted, and what became of its replication.
 *
 * A store that says nothing of encryption has not encrypted, as far as anybody can know: NOT-SSE; one
 * that says nothing of replication has not replicated: NONE. AWS writes no more either.
 */
import { failed } from '../model/outcome.ts';
import { type S3Answer, type S3Request, toOutcome } from '../s3/index.ts';
import type { ListedObject, ListPlan, Read } from './pages.ts';

export interface ObjectFacts {
  readonly replication: string;
  readonly encryption: 'SSE-S3' | 'SSE-KMS' | 'DSSE-KMS' | 'SSE-C' | 'NOT-SSE';
  readonly kmsKey: string | undefined;
  readonly hasBucketKey: boolean;
}

export function headRequest(plan: ListPlan, { key, versionId }: ListedObject): S3Request {
  const query: Record<string, string> = versionId === undefined ? {} : { versionId };
  return { method: 'HEAD', bucket: plan.bucket, key, query, headers: plan.headers };
}

/** Undefined: the object has gone since it was listed. */
export function readFacts(answer: S3Answer): Read<ObjectFacts | undefined> {
  const { status, headers } = answer;
  if (status === 404) return { ok: true, value: undefined };
  const isCustomers = 'x-amz-server-side-encryption-customer-algorithm' in headers;
  // HEAD cannot say more than 400, and a customer's key that is missing is what S3 says it for.
  if (status !== 400) {
    const outcome = toOutcome(answer);
    if (!outcome.ok) return outcome;
  }
  const replication = headers['x-amz-replication-status'] ?? 'NONE';
  const facts = {
    // AWS documents both spellings.
    replication: replication === 'COMPLETE' ? 'COMPLETED' : replication,
    kmsKey: headers['x-amz-server-side-encryption-aws-kms-key-id'],
    hasBucketKey: headers['x-amz-server-side-encryption-bucket-key-enabled'] === 'true',
  };
  if (status === 400 || isCustomers) return { ok: true, value: { ...facts, encryption: 'SSE-C' } };
  const said = headers['x-amz-server-side-encryption'];
  const encryption = said === undefined ? 'NOT-SSE' : ENCRYPTIONS[said];
  if (encryption !== undefined) return { ok: true, value: { ...facts, encryption } };
  const message = `The store names an encryption that no filter knows: ${said}.`;
  return failed(status, 'InvalidEncryption', message);
}

const ENCRYPTIONS: Readonly<Record<string, ObjectFacts['encryption']>> = {
  AES256: 'SSE-S3',
  'aws:kms': 'SSE-KMS',
  'aws:kms:dsse': 'DSSE-KMS',
};
