/**
 * S3ComputeObjectChecksum: a checksum of every object, in the report; the object is not changed.
 *
 * I1. A checksum that the store keeps and shows is taken from there, when it is of the same
 *     algorithm and type, and the result says so at its end; else the object is read.
 * I2. The result is AWS's JSON to the byte (guide: compute checksums): key order, `=` as \u003d, hex
 *     in capitals. `checksumSource` is ours, and only there for I1.
 * I3. Failures are AWS's too: HTTP status 200, PermanentFailure, the details in the message. What
 *     is worth a retry is retried first.
 *
 * Unverified, chosen here: a COMPOSITE value ends in -N, as S3 writes it everywhere else, its hex
 * does not; an object that was not uploaded in parts has no COMPOSITE checksum and fails.
 */
import type { S3ComputeObjectChecksumOperation } from '@aws-sdk/client-s3-control';
import { failed, type FailedOutcome, type Outcome } from '../model/outcome.ts';
import { type S3Answer, toFailure, toOutcome } from '../s3/index.ts';
import { type ChecksumName, startChecksum } from './checksum-algorithms.ts';
import { partSizesOf } from './checksum-parts.ts';
import { isStream, type ObjectToRead, readObject } from './object-bytes.ts';
import type { FieldProblem, Operation, Place } from './operation.ts';
import { onObjects } from './task.ts';

const FIELD = 'Operation.S3ComputeObjectChecksum';

type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

interface Wanted {
  readonly algorithm: ChecksumName;
  readonly type: ChecksumType;
}

export const computeObjectChecksum: Operation = {
  name: 'S3ComputeObjectChecksum',

  check({ Operation: operation, Report: report }) {
    const problems: FieldProblem[] = [];
    const { ChecksumAlgorithm, ChecksumType } = operation?.S3ComputeObjectChecksum ?? {};
    if (ChecksumAlgorithm === undefined) {
      problems.push({ field: `${FIELD}.ChecksumAlgorithm`, message: 'is required' });
    }
    if (ChecksumAlgorithm === 'CRC64NVME' && ChecksumType === 'COMPOSITE') {
      const message = 'must be FULL_OBJECT for CRC64NVME';
      problems.push({ field: `${FIELD}.ChecksumType`, message });
    }
    if (report?.Enabled !== true) {
      const message = 'must be true: the checksums are in the report and nowhere else';
      problems.push({ field: 'Report.Enabled', message });
    } else if (report.ExpectedBucketOwner === undefined) {
      const message = 'is required for this operation';
      problems.push({ field: 'Report.ExpectedBucketOwner', message });
    }
    return problems;
  },

  open(request, place) {
    const wanted = wantedOf(request.Operation?.S3ComputeObjectChecksum ?? {});
    const run = onObjects(async (task, stopping) => {
      const { bucket, key, versionId } = task;
      const query: Record<string, string> = versionId === undefined ? {} : { versionId };
      const headers = { 'x-amz-checksum-mode': 'ENABLED' };
      const head = await place.s3.send({ method: 'HEAD', bucket, key, query, headers });
      const found = toOutcome(head);
      if (!found.ok) return reported(await detailed(found, { bucket, key, query }, place), place);
      const object = objectOf(head, { bucket, key, query });
      if (typeof object === 'string') return reported(failed(501, 'NotImplemented', object), place);
      const value =
        storedChecksum(head, wanted) ?? (await computed(object, wanted, place, stopping));
      return 'ok' in value ? reported(value, place) : resultOf(value, wanted, object);
    });
    return Promise.resolve({ ok: true, run });
  },
};

function wantedOf(operation: S3ComputeObjectChecksumOperation): Wanted {
  // `check` has seen to the algorithm. AWS names no default for the type.
  const { ChecksumAlgorithm: algorithm = 'CRC64NVME', ChecksumType: type = 'FULL_OBJECT' } =
    operation;
  return { algorithm, type };
}

/** What to read, pinned to what HEAD saw; or what HEAD did not say. */
function objectOf(
  { headers }: S3Answer,
  { bucket, key, query }: Pick<ObjectToRead, 'bucket' | 'key' | 'query'>,
): ObjectToRead | string {
  const size = Number(headers['content-length'] ?? Number.NaN);
  const etag = headers['etag'];
  if (!Number.isSafeInteger(size) || size < 0)
    return 'The store did not tell the size of the object';
  if (etag === undefined) return 'The store did not tell the ETag of the object';
  const version = headers['x-amz-version-id'];
  const pinned = version === undefined ? query : { versionId: version };
  return { bucket, key, query: pinned, etag, size };
}

interface Value {
  readonly digest: Buffer;
  /** Of a COMPOSITE checksum. */
  readonly parts: number | undefined;
  readonly isStored: boolean;
}

const COMPOSITE_VALUE = /^([A-Za-z0-9+/]+=*)-(\d{1,5})$/;

/** I1 */
function storedChecksum({ headers }: S3Answer, { algorithm, type }: Wanted): Value | undefined {
  const text = headers[`x-amz-checksum-${algorithm.toLowerCase()}`];
  if (text === undefined) return undefined;
  const [, base64, parts] = COMPOSITE_VALUE.exec(text) ?? [];
  // Stores older than the header tell the type by the number of parts alone.
  const typeToldBy = parts === undefined ? 'FULL_OBJECT' : 'COMPOSITE';
  if ((headers['x-amz-checksum-type'] ?? typeToldBy) !== type || typeToldBy !== type)
    return undefined;
  const digest = Buffer.from(base64 ?? text, 'base64');
  return { digest, parts: parts === undefined ? undefined : Number(parts), isStored: true };
}

async function computed(
  object: ObjectToRead,
  { algorithm, type }: Wanted,
  place: Place,
  stopping: AbortSignal,
): Promise<Value | FailedOutcome> {
  if (type === 'FULL_OBJECT') {
    const checksum = await startChecksum(algorithm);
    const problem = await readObject(object, (bytes) => checksum.update(bytes), place, stopping);
    return problem ?? { digest: checksum.digest(), parts: undefined, isStored: false };
  }
  if (!/-\d+"?$/.test(object.etag)) {
    const message = 'The object was not uploaded in parts: it has a FULL_OBJECT checksum only';
    return failed(400, 'InvalidRequest', message);
  }
  const sizes = await partSizesOf(object, place.s3, stopping);
  return 'ok' in sizes ? sizes : composite(object, { algorithm, sizes }, place, stopping);
}

/** The checksum of the checksums of the parts. The object is read once, from its start to its end. */
async function composite(
  object: ObjectToRead,
  { algorithm, sizes }: { readonly algorithm: ChecksumName; readonly sizes: readonly number[] },
  place: Place,
  stopping: AbortSignal,
): Promise<Value | FailedOutcome> {
  const [ofPart, whole] = [await startChecksum(algorithm), await startChecksum(algorithm)];
  let part = 0;
  let left = sizes[part] ?? 0;
  const endParts = (): void => {
    for (; left === 0 && part < sizes.length; left = sizes[part] ?? 0) {
      whole.update(ofPart.digest());
      part += 1;
    }
  };
  const take = (bytes: Uint8Array): void => {
    for (let at = 0; at < bytes.length; endParts()) {
      const piece = bytes.subarray(at, at + left);
      ofPart.update(piece);
      at += piece.length;
      left -= piece.length;
    }
  };
  endParts();
  const problem = await readObject(object, take, place, stopping);
  return problem ?? { digest: whole.digest(), parts: sizes.length, isStored: false };
}

/** I2 */
function resultOf(
  { digest, parts, isStored }: Value,
  { algorithm, type }: Wanted,
  { etag }: ObjectToRead,
): Outcome {
  const base64 = digest.toString('base64');
  const result = {
    checksum_base64: parts === undefined ? base64 : `${base64}-${parts}`,
    etag: etag.replaceAll('"', ''),
    checksumAlgorithm: algorithm,
    checksumType: type,
    checksum_hex: digest.toString('hex').toUpperCase(),
    ...(isStored ? { checksumSource: 'STORED' } : {}),
  };
  return { ok: true, message: escaped(JSON.stringify(result)) };
}

/** AWS writes JSON as Gson does, safe for HTML; these stand in strings only. */
function escaped(json: string): string {
  return json.replace(/[=<>&']/g, (char) => {
    const code = char.charCodeAt(0).toString(16).padStart(4, '0');
    return `\\u${code}`;
  });
}

/** HEAD answers no message, and an object under the customer's own key only a 400: asks once more. */
async function detailed(
  failure: FailedOutcome,
  object: Pick<ObjectToRead, 'bucket' | 'key' | 'query'>,
  { s3 }: Place,
): Promise<FailedOutcome> {
  if (failure.httpStatus !== 400) return failure;
  const opened = await s3.open({ method: 'GET', ...object, headers: { range: 'bytes=0-0' } });
  if (!isStream(opened)) return toFailure(opened);
  opened.body.destroy();
  return failure;
}

const NOT_FOUND = ['NoSuchKey', 'NoSuchVersion', 'NotFound'];

/** I3: AWS's words where they are known, the store's elsewhere. */
function reported(failure: FailedOutcome, { random }: Place): FailedOutcome {
  const { httpStatus: status, code, message } = failure;
  let [said, errorCode] = [`${code}: ${message}`, String(status)];
  if (NOT_FOUND.includes(code)) [said, errorCode] = ['Key not found', '404'];
  else if (status === 0 || (status >= 500 && status !== 501)) {
    [said, errorCode] = ['Internal server error, please retry', '500'];
  } else if (status === 400 && /encrypt|SSE-C/i.test(message)) {
    said = 'SSE-C encryption type is not supported for this operation';
  }
  const text = JSON.stringify(`Task ${random.uuid()} ${said}`);
  const details = `{"failureMessage":${text}, "errorCode": "${errorCode}"}`;
  return { ...failed(200, 'PermanentFailure', `error details: ${details}`), again: failure.again };
}
