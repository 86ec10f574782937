/** Where the parts of an object begin and end, as the store remembers its upload. */
import { failed, type FailedOutcome } from '../model/outcome.ts';
import { type S3, toOutcome } from '../s3/index.ts';
import type { ObjectToRead } from './object-bytes.ts';

/** S3: an upload has at most this many. */
const PARTS_MAX = 10_000;

/** Bytes of each part, in order; they add up to the object. */
export async function partSizesOf(
  object: ObjectToRead,
  s3: S3,
  stopping: AbortSignal,
): Promise<readonly number[] | FailedOutcome> {
  const sizes: number[] = [];
  let count = 1;
  let total = 0;
  for (let part = 1; part <= count; part++) {
    if (stopping.aborted) return failed(0, 'JobStopped', 'The job stopped meanwhile', 'later');
    const { bucket, key, query, etag } = object;
    const answer = await s3.send({
      method: 'HEAD',
      bucket,
      key,
      query: { ...query, partNumber: String(part) },
      headers: { 'if-match': etag },
    });
    const outcome = toOutcome(answer);
    if (!outcome.ok) return outcome;
    const told = Number(answer.headers['x-amz-mp-parts-count'] ?? Number.NaN);
    if (!(told >= 1 && told <= PARTS_MAX) || (part > 1 && told !== count)) return UNTOLD;
    count = told;
    const size = sizeOf(answer.headers);
    if (size === undefined) return UNTOLD;
    sizes.push(size);
    total += size;
  }
  return total === object.size ? sizes : UNTOLD;
}

const UNTOLD = failed(
  400,
  'PartsUnknown',
  'The store does not tell where the parts of the object begin',
);

/** A store that takes no notice of partNumber answers for the whole object, without a range. */
function sizeOf(headers: Readonly<Record<string, string>>): number | undefined {
  const [, first, last] = /^bytes (\d+)-(\d+)\//.exec(headers['content-range'] ?? '') ?? [];
  if (first !== undefined && last !== undefined) return Number(last) - Number(first) + 1;
  const length = Number(headers['content-length'] ?? Number.NaN);
  return Number.isSafeInteger(length) ? length : undefined;
}
