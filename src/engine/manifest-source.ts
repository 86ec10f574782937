/** Reading a job's manifest where it lies: as a stream from an offset, or one chunk of it (D7). */
import type { Readable } from 'node:stream';
import { assert } from '../base/assert.ts';
import type { ChunkRange } from '../manifest/index.ts';
import type { Job } from '../model/job.ts';
import { failed, type FailedOutcome } from '../model/outcome.ts';
import { toOutcome, type S3Answer, type S3Request, type S3Stream } from '../s3/index.ts';
import type { EngineContext } from './context.ts';
import { JobFailed, TryLater } from './unit-errors.ts';
import type { HeldLease } from './held-lease.ts';
import { Patience } from './patience.ts';

interface ManifestLocation {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string | undefined;
  /** Without quotes. */
  readonly etag: string;
}

function locationOf(job: Job): ManifestLocation {
  const location = job.request.Manifest?.Location;
  const arn = /^arn:[^:]+:s3:[^:]*:[^:]*:([^/]+)\/(.+)$/s.exec(location?.ObjectArn ?? '');
  const [, bucket, key] = arn ?? [];
  assert(
    location?.ETag && bucket && key,
    'A job without a readable manifest location was accepted.',
  );
  return { bucket, key, versionId: location.ObjectVersionId, etag: unquoted(location.ETag) };
}

const unquoted = (etag: string): string => etag.replace(/^"(.*)"$/s, '$1');

/**
 * The manifest's bytes from `offset` on. The object must still be the one whose ETag the job named:
 * the store is asked to check (If-Match), and its answer is checked for stores that do not.
 * Resolves to undefined when there is nothing from `offset` on.
 */
export async function openManifest(
  job: Job,
  range: { readonly start: number; readonly end?: number },
  held: HeldLease,
  context: EngineContext,
): Promise<Readable | undefined> {
  const location = locationOf(job);
  const request: S3Request = {
    method: 'GET',
    bucket: location.bucket,
    key: location.key,
    query: location.versionId === undefined ? {} : { versionId: location.versionId },
    headers: {
      'if-match': `"${location.etag}"`,
      ...(range.start === 0 && range.end === undefined
        ? {}
        : { range: `bytes=${range.start}-${range.end === undefined ? '' : range.end - 1}` }),
    },
  };
  const patience = Patience.ofJob(context);
  for (;;) {
    const answer = await context.s3.open(request, held.left);
    if (isStream(answer)) {
      context.gate.alive();
      const etag = answer.headers['etag'];
      if (etag !== undefined && unquoted(etag) !== location.etag) {
        answer.body.destroy();
        throw new JobFailed(etagMismatch(location, etag));
      }
      if ('range' in (request.headers ?? {}) && answer.status !== 206) {
        answer.body.destroy();
        throw new JobFailed({
          code: 'ManifestReadFailed',
          reason: `The endpoint answered a ranged read of the manifest with ${answer.status} instead of 206.`,
        });
      }
      return answer.body;
    }
    if (answer.status === 416) return undefined;
    const outcome = toOutcome(answer);
    const failure = outcome.ok ? failed(answer.status, 'UnexpectedAnswer', 'No body.') : outcome;
    if (!(await patience.next(failure, held.left))) {
      throw new JobFailed(refusal(location, failure));
    }
    if (held.course !== 'run') throw new TryLater('The job stopped while its manifest was read.');
  }
}

/** The bytes of one chunk. Bounded by the rows of a chunk and the length of a row (D6). */
export async function readChunk(
  job: Job,
  range: ChunkRange,
  held: HeldLease,
  context: EngineContext,
): Promise<Buffer> {
  const patience = Patience.ofJob(context);
  for (;;) {
    const body = await openManifest(job, range, held, context);
    const pieces: Buffer[] = [];
    let failure = failed(0, 'IncompleteBody', 'The manifest ended early.', 'later');
    try {
      // Object streams of bytes: what undici hands out are Buffers.
      for await (const piece of body ?? []) pieces.push(piece as Buffer);
    } catch (error) {
      failure = failed(0, 'IncompleteBody', String(error), 'later');
    }
    const bytes = Buffer.concat(pieces);
    if (bytes.length === range.end - range.start) return bytes;
    if (!(await patience.next(failure, held.left))) {
      throw new JobFailed({
        code: 'ManifestReadFailed',
        reason: `Bytes ${range.start} to ${range.end} of the manifest could not be read: ${failure.message}`,
      });
    }
  }
}

function isStream(answer: S3Answer | S3Stream): answer is S3Stream {
  return !Buffer.isBuffer(answer.body);
}

function etagMismatch(location: ManifestLocation, found: string) {
  return {
    code: 'ManifestETagMismatch',
    reason: `The manifest ${location.bucket}/${location.key} has the ETag ${found}, the job names "${location.etag}".`,
  } as const;
}

function refusal(location: ManifestLocation, failure: FailedOutcome) {
  const name = `${location.bucket}/${location.key}`;
  switch (failure.httpStatus) {
    case 403:
      return {
        code: 'ManifestAccessDenied',
        // AWS's text, then what helps.
        reason: `Reading the manifest is forbidden: AccessDenied (${name})`,
      } as const;
    case 404:
      return {
        code: 'ManifestNotFound',
        reason: `The manifest ${name} does not exist: ${failure.code}.`,
      } as const;
    case 412:
      return {
        code: 'ManifestETagMismatch',
        reason: `The manifest ${name} is not the object whose ETag "${location.etag}" the job names.`,
      } as const;
    default:
      return {
        code: 'ManifestReadFailed',
        reason: `Reading the manifest ${name} failed: ${failure.httpStatus} ${failure.code}: ${failure.message}`,
      } as const;
  }
}
