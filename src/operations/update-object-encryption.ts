/**
 * S3UpdateObjectEncryption: wraps the data key of an object or version with another KMS key.
 *
 * I1. The store's own UpdateObjectEncryption is used where a store is known to have it, and is sent
 *     nowhere else: a store that ignores the sub-resource would write the request over the object.
 * I2. Elsewhere the job is refused up front. The refusal offers what any store can do instead, a
 *     copy of each object onto itself, which changes LastModified and adds a version where there
 *     are versions; that is done only for a job that was created with the tag that says so, and for
 *     such a job on any store: objects that are not encrypted yet become so in no other way.
 * I3. What S3 refuses (unencrypted, DSSE-KMS, SSE-C, locked objects) is the outcome. A copy in place
 *     refuses the same, except objects that are not encrypted: encrypting them is the point.
 * I4. Repeating a task is harmless: what has the key already is not copied again.
 */
import type { S3UpdateObjectEncryptionOperation } from '@aws-sdk/client-s3-control';
import { assert } from '../base/assert.ts';
import type { JobRequest } from '../model/job.ts';
import { escapeXml, toOutcome } from '../s3/index.ts';
import { encryptInPlace } from './encrypt-in-place.ts';
import type { FieldProblem, Operation } from './operation.ts';
import { ENDPOINT_UNKNOWN } from './probe.ts';
import { onObjects, type PreparedBody, queryOf, S3_XMLNS, xmlBody } from './task.ts';

/** A tag of the job: the user's explicit choice (I2). */
const ENCRYPTION_TAG = 'brigade:encryption';
const COPY_IN_PLACE = 'copy-in-place';

export const updateObjectEncryption: Operation = {
  name: 'S3UpdateObjectEncryption',

  check(request) {
    const key = keyOf(request)?.KMSKeyArn;
    const field = 'Operation.S3UpdateObjectEncryption.ObjectEncryption.SSE-KMS.KMSKeyArn';
    return [
      ...(key === undefined ? [{ field, message: 'is required' }] : []),
      ...checkTag(request),
    ];
  },

  async open(request, place, signal) {
    const traits = await place.s3.traits(signal);
    if (traits === undefined) return ENDPOINT_UNKNOWN;
    const { KMSKeyArn: keyArn, BucketKeyEnabled: bucketKey = false } = keyOf(request) ?? {};
    assert(keyArn, 'An encryption without a key passed the check.');
    const isCopyAsked = tagOf(request) === COPY_IN_PLACE;
    if (traits.updatesEncryption === true && !isCopyAsked) {
      const { s3 } = place;
      const body = encryptionBody(keyArn, bucketKey);
      const query = queryOf('encryption');
      const run = onObjects(async (task) => {
        const { bucket, key } = task;
        return toOutcome(
          await s3.send({ method: 'PUT', bucket, key, query: query(task), ...body }),
        );
      });
      return { ok: true, run };
    }
    if (!isCopyAsked) {
      const reason = `${traits.name} is not known to have UpdateObjectEncryption. The job tag ${ENCRYPTION_TAG}=${COPY_IN_PLACE} asks to copy each object onto itself instead: LastModified changes, and a versioned bucket keeps the old version.`;
      return { ok: false, reason }; // I2
    }
    if (traits.copyIgnoresEncryption === true) {
      return {
        ok: false,
        reason: `${traits.name} encrypts no copy with a key that a request names.`,
      };
    }
    const note = 'Objects are copied onto themselves, as the job asks.';
    return { ok: true, run: onObjects(encryptInPlace({ keyArn, bucketKey }, place, traits)), note };
  },
};

function keyOf(request: JobRequest) {
  const encryption: S3UpdateObjectEncryptionOperation | undefined =
    request.Operation?.S3UpdateObjectEncryption;
  return encryption?.ObjectEncryption?.SSEKMS;
}

function tagOf(request: JobRequest): string | undefined {
  return request.Tags?.find(({ Key: key }) => key === ENCRYPTION_TAG)?.Value;
}

function checkTag(request: JobRequest): FieldProblem[] {
  const tag = tagOf(request);
  if (tag === undefined || tag === COPY_IN_PLACE) return [];
  const index = request.Tags?.findIndex(({ Key: key }) => key === ENCRYPTION_TAG) ?? 0;
  return [{ field: `Tags[${index}].Value`, message: `must be ${COPY_IN_PLACE}` }];
}

/** As @aws-sdk/client-s3 writes it, which a test compares. */
function encryptionBody(keyArn: string, bucketKey: boolean): PreparedBody {
  const inner = `<KMSKeyArn>${escapeXml(keyArn)}</KMSKeyArn><BucketKeyEnabled>${bucketKey}</BucketKeyEnabled>`;
  return xmlBody(
    `<ObjectEncryption xmlns="${S3_XMLNS}"><SSE-KMS>${inner}</SSE-KMS></ObjectEncryption>`,
  );
}
