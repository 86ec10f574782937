/**
 * Looks at a finished copy for what some stores accept and then leave out: encryption, a checksum,
 * a redirect.
 *
 * I1. AWS says all it is asked for in the answer to CopyObject, so there it costs no request.
 * I2. What the answer does not say is looked up once with HEAD; what that does not show either
 *     fails the task, though the copy exists: a report must not say more than is known.
 */
import type { S3CopyObjectOperation } from '@aws-sdk/client-s3-control';
import { failed } from '../model/outcome.ts';
import { type S3, type S3Answer, type StoreTraits, toOutcome } from '../s3/index.ts';
import { type AfterCopy, copyOf, unfinished } from './copied.ts';
import { encryptionAsked } from './copy-request.ts';

interface Expected {
  readonly code: string;
  readonly message: string;
  isSaidBy(answer: S3Answer): boolean;
}

/** Undefined: the job asks for nothing that could be left out. */
export function confirmation(
  copy: S3CopyObjectOperation,
  traits: StoreTraits,
  s3: S3,
): AfterCopy | undefined {
  const expected = expectations(copy, traits);
  if (expected.length === 0) return undefined;
  const headers: Record<string, string> =
    copy.ChecksumAlgorithm === undefined ? {} : { 'x-amz-checksum-mode': 'ENABLED' };
  return async (copied) => {
    const open = expected.filter((one) => !one.isSaidBy(copied.answer));
    if (open.length === 0) return undefined;
    const head = await s3.send({ method: 'HEAD', ...copyOf(copied, {}), headers });
    const outcome = toOutcome(head);
    if (!outcome.ok) return unfinished(outcome, 'what it has become could not be looked up');
    const missing = open.find((one) => !one.isSaidBy(head));
    if (missing === undefined) return undefined;
    const message = `The object was copied, but the store ${missing.message}.`;
    return failed(copied.answer.status, missing.code, message); // I2
  };
}

function expectations(copy: S3CopyObjectOperation, traits: StoreTraits): Expected[] {
  const expected: Expected[] = [];
  const encryption = encryptionAsked(copy);
  if (encryption !== undefined) {
    expected.push({
      code: 'EncryptionNotApplied',
      message: `did not encrypt it with ${encryption}`,
      isSaidBy: ({ headers }) => headers['x-amz-server-side-encryption'] === encryption,
    });
  }
  const { ChecksumAlgorithm: algorithm, RedirectLocation: redirect } = copy;
  if (algorithm !== undefined) {
    const header = `x-amz-checksum-${algorithm.toLowerCase()}`;
    expected.push({
      code: 'ChecksumNotApplied',
      message: `gave it no ${algorithm} checksum`,
      isSaidBy: ({ headers, body }) =>
        headers[header] !== undefined || body.includes(`<Checksum${algorithm}>`),
    });
  }
  if (redirect !== undefined && traits.copyIgnoresRedirect) {
    expected.push({
      code: 'RedirectNotApplied',
      message: 'gave it no redirect, which Ceph does only with MetadataDirective REPLACE',
      isSaidBy: ({ headers }) => headers['x-amz-website-redirect-location'] === redirect,
    });
  }
  return expected;
}
