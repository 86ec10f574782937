/**
 * The bytes of one object, handed on as they come.
 *
 * I1. Memory does not grow with the object: the next piece is asked for when the last was taken.
 * I2. All bytes are of one object: every request carries its ETag, and an object that was written
 *     again meanwhile ends the reading.
 * I3. A stream that breaks goes on from where it was; FRUITLESS_MAX times in a row without a byte
 *     gained, and it is given up. Bytes are handed on exactly once and in order.
 */
import { backoffMs } from '../base/backoff.ts';
import { giveBack } from '../base/bytes.ts';
import { failed, type FailedOutcome } from '../model/outcome.ts';
import { type S3Answer, type S3Stream, toFailure } from '../s3/index.ts';
import type { Place } from './operation.ts';

export interface ObjectToRead {
  readonly bucket: string;
  readonly key: string;
  /** Of the version, or empty. */
  readonly query: Readonly<Record<string, string>>;
  /** With its quotes. */
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
}

const FRUITLESS_MAX = 5;
const BACKOFF = { baseMs: 200, capMs: 5000 };

/** Undefined: every byte was handed on. What `take` is given is good until it returns. */
export async function readObject(
  object: ObjectToRead,
  take: (bytes: Uint8Array) => void,
  place: Pick<Place, 's3' | 'clock' | 'random'>,
  stopping: AbortSignal,
): Promise<FailedOutcome | undefined> {
  let done = 0;
  let fruitless = 0;
  while (done < object.size) {
    if (stopping.aborted) return STOPPED;
    const before = done;
    const problem = await readFrom(object, done, place, (bytes) => {
      done += bytes.length;
      take(bytes);
      return !stopping.aborted;
    });
    if (problem === undefined || stopping.aborted) continue;
    fruitless = done > before ? 0 : fruitless + 1;
    if (problem.again === 'never' || fruitless >= FRUITLESS_MAX) return problem; // I3
    await place.clock.sleep(backoffMs(fruitless, BACKOFF, place.random), stopping);
  }
  return undefined;
}

const STOPPED = failed(0, 'JobStopped', 'The job stopped while the object was read', 'later');

/** One request. `take` says whether to go on. Undefined: it came to its end. */
async function readFrom(
  { bucket, key, query, etag, size }: ObjectToRead,
  from: number,
  { s3 }: Pick<Place, 's3'>,
  take: (bytes: Uint8Array) => boolean,
): Promise<FailedOutcome | undefined> {
  const range: Record<string, string> = from === 0 ? {} : { range: `bytes=${from}-` };
  const headers = { 'if-match': etag, ...range }; // I2
  const opened = await s3.open({ method: 'GET', bucket, key, query, headers });
  if (!isStream(opened)) return toFailure(opened);
  const misfit = misfitOf(opened, from, { etag, size });
  if (misfit !== undefined) {
    opened.body.destroy();
    return misfit;
  }
  let at = from;
  try {
    // The loop's end destroys the body, however it ends.
    for await (const piece of opened.body) {
      // What undici hands out are Buffers.
      const bytes = piece as Buffer;
      at += bytes.length;
      if (at > size)
        return failed(200, 'InternalError', 'The store sent more bytes than it announced');
      if (!take(bytes)) return undefined;
      if (opened.isFromSocket) giveBack(bytes);
    }
  } catch (error) {
    return failed(0, 'IncompleteBody', `The object's bytes ended early: ${String(error)}`, 'later');
  }
  if (at === size) return undefined;
  return failed(200, 'IncompleteBody', "The object's bytes ended early", 'later');
}

export function isStream(opened: S3Answer | S3Stream): opened is S3Stream {
  return !Buffer.isBuffer(opened.body);
}

/** Why a stream is not the rest of the object; some stores read no conditions, or no ranges. */
function misfitOf(
  { status, headers }: S3Stream,
  from: number,
  { etag, size }: Pick<ObjectToRead, 'etag' | 'size'>,
): FailedOutcome | undefined {
  if (headers['etag'] !== undefined && headers['etag'] !== etag) {
    return failed(412, 'PreconditionFailed', 'The object was written again while it was read');
  }
  const expected = `bytes ${from}-${size - 1}/${size}`;
  const isRest = from === 0 ? status === 200 : headers['content-range'] === expected;
  if (isRest) return undefined;
  return failed(
    status,
    'InvalidRange',
    'The store did not send the range of bytes it was asked for',
  );
}
