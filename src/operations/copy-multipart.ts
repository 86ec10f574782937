/**
 * Copies of objects that CopyObject refuses as too large: a multipart upload of ranges that the
 * store copies itself, several at a time.
 *
 * I1. All parts are of one and the same source: of its version where it has one, else of the ETag
 *     that HEAD told, demanded with every part; where a store does not heed that, HEAD at the end.
 * I2. The upload is aborted after any failure and when the job stops; its parts in flight are
 *     awaited first, since one that arrives after the abort would stay.
 * I3. Every upload is noted before its first part. What a crash left is aborted by the next try of
 *     the same task, or by the end of the job (engine/open-uploads.ts). One task twice in a list,
 *     run by two workers at once, is the one case where a living upload may be taken for a dead
 *     one; its task then begins again.
 * I4. A finished copy has the length of its source, and its checksum where both have a whole one.
 * I5. What CopyObject would take along is given to the new upload (copy-upload.ts).
 */
import { hash } from 'node:crypto';
import type { S3CopyObjectOperation } from '@aws-sdk/client-s3-control';
import { backoffMs } from '../base/backoff.ts';
import { failed, type FailedOutcome } from '../model/outcome.ts';
import {
  elementText,
  type S3Answer,
  type S3Request,
  type StoreTraits,
  toOutcome,
  toOutcomeOfResult,
} from '../s3/index.ts';
import { type AfterCopy, type Copied, copyOf } from './copied.ts';
import { gapFillers, isWithinDates, OUTSIDE_OF_DATES } from './copy-gaps.ts';
import { type CopyPlan, copyPlan, rangeOf } from './copy-plan.ts';
import { type CopyRequest, copySource } from './copy-request.ts';
import { checksumOf, type Headers, headSource, type ObjectName } from './copy-source.ts';
import { payerHeaders, tagsOfSource } from './copy-source.ts';
import { completeBody, type Part, partOf, uploadHeaders } from './copy-upload.ts';
import type { OpenUpload, Place } from './operation.ts';

/** In flight per object: AWS advises several; more would take connections from other tasks. */
const LANES = 8;
/** As for the parts of our own uploads: half a minute of backoff, longer outages are the engine's. */
const ATTEMPTS = 8;
const BACKOFF = { baseMs: 200, capMs: 10_000 };
/** A store reads and writes 256 MiB and more before it answers, and stitches many parts. */
const SILENCE_MS = 15 * 60 * 1000;

const STOPPED = failed(0, 'JobStopped', 'The job stopped before the copy was complete.', 'later');
const TAKEN = failed(412, 'PreconditionFailed', 'There is an object of that key by now.');
const CHANGED = failed(
  412,
  'PreconditionFailed',
  'The source changed while it was copied.',
  'later',
);

export interface LargeCopy {
  readonly copy: S3CopyObjectOperation;
  /** The CopyObject request that was refused, and how. */
  readonly put: CopyRequest;
  readonly refusal: FailedOutcome;
}

/** `after`: what the store leaves out of uploads, as for copies. */
export type LargeCopied =
  | { readonly ok: true; readonly copied: Copied; readonly after: readonly AfterCopy[] }
  | FailedOutcome;

/** A source that stays the same until the copy is done (I1). */
interface Source {
  readonly ok: true;
  readonly task: ObjectName;
  readonly head: Headers;
  /** False when nothing but a second look at the end tells whether it changed. */
  readonly isPinned: boolean;
  /** Headers of every part. */
  readonly headers: Headers;
}

interface Upload {
  readonly put: CopyRequest;
  readonly id: string;
  readonly plan: CopyPlan;
  readonly source: Source;
}

type Answered = { readonly ok: true; readonly answer: S3Answer } | FailedOutcome;

/** Asked for all the same, such a store copies another object, finds none, or falls over. */
const MISREAD_SOURCE = failed(
  501,
  'NotImplemented',
  'This store reads the source of UploadPartCopy wrongly when its key has a percent sign; the object was not copied',
);

/** What a copy needs to know of where it is made. */
export type CopyPlace = Pick<Place, 's3' | 'clock' | 'random' | 'uploads'>;

export class MultipartCopies {
  readonly #place: CopyPlace;
  readonly #traits: StoreTraits;
  readonly #partBytesMin: number | undefined;
  /** Ids of uploads that are under way here, so that no task takes another's for stale. */
  readonly #living = new Set<string>();

  constructor(place: CopyPlace, traits: StoreTraits, partBytesMin?: number) {
    this.#place = place;
    this.#traits = traits;
    this.#partBytesMin = partBytesMin;
  }

  async copy(task: ObjectName, large: LargeCopy, stopping: AbortSignal): Promise<LargeCopied> {
    const { copy, put } = large;
    if (this.#traits.partCopyDecodesTwice && task.key.includes('%')) return MISREAD_SOURCE;
    const source = await this.#sourceOf(task, copy);
    if (!source.ok) return source;
    const bytes = Number(source.head['content-length']);
    const plan = copyPlan(bytes, this.#partBytesMin);
    if (!(bytes > 0) || plan === undefined) return large.refusal;
    const tags = await this.#tagsFor(source.task, copy);
    if (!tags.ok) return tags;
    const begin = uploadHeaders(put, copy, source.head, tags.tags); // I5
    if (!begin.ok) return begin;
    if (stopping.aborted) return STOPPED;
    await this.#abortStale(put);
    const begun = await this.#begin(put, begin.headers);
    if (!begun.ok) return begun;

    const upload: Upload = { put, id: begun.id, plan, source };
    this.#living.add(upload.id);
    await this.#place.uploads.opened(noted(upload));
    try {
      const done = await this.#fill(upload, stopping);
      if (!done.ok) return await this.#abandon(upload, done); // I2
      await this.#place.uploads.closed(noted(upload));
      const { bucket, key } = put;
      const whole = { ...copy, NewObjectTagging: [...tags.tags] };
      return { ok: true, copied: { bucket, key, answer: done.answer }, after: this.#after(whole) };
    } finally {
      this.#living.delete(upload.id);
    }
  }

  async #sourceOf(task: ObjectName, copy: S3CopyObjectOperation): Promise<Source | FailedOutcome> {
    const pays = copy.RequesterPays === true;
    const answer = await headSource(this.#place.s3, task, pays);
    const outcome = toOutcome(answer);
    if (!outcome.ok) return outcome;
    const head = answer.headers;
    if (!isWithinDates(copy, head['last-modified'])) return OUTSIDE_OF_DATES;
    const { etag, 'x-amz-version-id': headVersion } = head;
    const versionId = task.versionId ?? headVersion;
    const pinned = versionId === undefined ? task : { ...task, versionId };
    const headers = {
      'x-amz-copy-source': copySource(pinned),
      ...(etag === undefined ? {} : { 'x-amz-copy-source-if-match': etag }),
      ...payerHeaders(pays),
    };
    // The version `null` is overwritten where versioning is off or suspended.
    const hasVersion = versionId !== undefined && versionId !== 'null';
    const isPinned = hasVersion || (etag !== undefined && !this.#traits.copyIgnoresConditions);
    return { ok: true, task: pinned, head, isPinned, headers };
  }

  async #tagsFor(task: ObjectName, copy: S3CopyObjectOperation) {
    const tags = copy.NewObjectTagging;
    if (tags !== undefined) return { ok: true, tags } as const;
    return tagsOfSource(this.#place.s3, task, copy.RequesterPays === true);
  }

  /** I3. One that cannot be aborted now keeps its note: it is no reason not to copy. */
  async #abortStale({ bucket, key }: CopyRequest): Promise<void> {
    const { uploads } = this.#place;
    for (const uploadId of await uploads.of(bucket, key)) {
      if (!this.#living.has(uploadId)) await this.#abort({ bucket, key, uploadId });
    }
  }

  async #abort(upload: OpenUpload): Promise<void> {
    const { bucket, key, uploadId } = upload;
    const never = new AbortController().signal;
    const request = { method: 'DELETE', bucket, key, query: { uploadId } } as const;
    const outcome = toOutcome(await this.#send(request, never));
    if (outcome.ok || outcome.code === 'NoSuchUpload') await this.#place.uploads.closed(upload);
  }

  /** One attempt: if its answer gets lost, the upload that stays behind is empty. */
  async #begin(
    { bucket, key }: CopyRequest,
    headers: Headers,
  ): Promise<{ readonly ok: true; readonly id: string } | FailedOutcome> {
    const query = { uploads: '' };
    const answer = await this.#place.s3.send({ method: 'POST', bucket, key, query, headers });
    const outcome = toOutcomeOfResult(answer, 'InitiateMultipartUploadResult');
    if (!outcome.ok) return outcome;
    const id = elementText(answer.body.toString('utf8'), 'UploadId');
    if (id) return { ok: true, id };
    return failed(answer.status, 'InternalError', 'The store gave an upload no id.', 'later');
  }

  async #fill(upload: Upload, stopping: AbortSignal): Promise<Answered> {
    const { plan, source } = upload;
    const parts: Part[] = [];
    let next = 1;
    let failure: FailedOutcome | undefined;
    const lane = async (): Promise<void> => {
      for (let n = next++; n <= plan.parts && failure === undefined; n = next++) {
        const part = stopping.aborted ? STOPPED : await this.#copyPart(upload, n, stopping);
        if (part.ok) parts[n - 1] = part;
        else failure ??= part;
      }
    };
    await Promise.all(Array.from({ length: Math.min(LANES, plan.parts) }, lane));
    if (failure !== undefined) return failure;
    if (!source.isPinned) {
      const { headers } = await headSource(this.#place.s3, source.task);
      const isSame = (name: string): boolean => headers[name] === source.head[name];
      if (!isSame('etag') || !isSame('last-modified')) return CHANGED; // I1
    }
    const completed = await this.#complete(upload, parts, stopping);
    return completed.ok ? this.#confirm(upload, completed.answer) : completed;
  }

  async #copyPart(upload: Upload, number: number, stopping: AbortSignal) {
    const { put, plan, source } = upload;
    const { first, last } = rangeOf(plan, number);
    // S3 takes no range of a source that is not larger than 5 MB.
    const range: Record<string, string> =
      plan.parts === 1 ? {} : { 'x-amz-copy-source-range': `bytes=${first}-${last}` };
    const request: S3Request = {
      method: 'PUT',
      bucket: put.bucket,
      key: put.key,
      query: { partNumber: String(number), uploadId: upload.id },
      headers: { ...source.headers, ...range },
      silenceMs: SILENCE_MS,
    };
    const answer = await this.#send(request, stopping);
    const outcome = toOutcomeOfResult(answer, 'CopyPartResult');
    if (outcome.ok) return partOf(answer, number);
    if (outcome.code === 'NoSuchUpload') return { ...outcome, again: 'later' } as const;
    return outcome.code === 'PreconditionFailed' ? CHANGED : outcome;
  }

  async #complete(
    upload: Upload,
    parts: readonly Part[],
    stopping: AbortSignal,
  ): Promise<Answered> {
    const { put, id } = upload;
    const condition = put.headers?.['if-none-match'];
    if (condition !== undefined && (await this.#hasTarget(put))) return TAKEN;
    const body = completeBody(parts);
    const request: S3Request = {
      method: 'POST',
      bucket: put.bucket,
      key: put.key,
      query: { uploadId: id },
      ...body,
      headers: { ...body.headers, ...(condition && { 'if-none-match': condition }) },
      silenceMs: SILENCE_MS,
    };
    const answer = await this.#send(request, stopping);
    const outcome = toOutcomeOfResult(answer, 'CompleteMultipartUploadResult');
    if (outcome.ok) return { ok: true, answer };
    if (outcome.code !== 'NoSuchUpload') return outcome;
    // An answer that got lost: the object is there, and its ETag is made of those of its parts.
    const head = await this.#place.s3.send({ method: 'HEAD', bucket: put.bucket, key: put.key });
    const isOurs = bareEtag(head.headers['etag']) === etagOfParts(parts);
    return isOurs ? { ok: true, answer: head } : { ...outcome, again: 'later' };
  }

  /** Stores that do not heed the condition had hours to be given such an object meanwhile. */
  async #hasTarget({ bucket, key }: CopyRequest): Promise<boolean> {
    return toOutcome(await this.#place.s3.send({ method: 'HEAD', bucket, key })).ok;
  }

  /** I4. Of an object that somebody has replaced meanwhile nothing can be said. */
  async #confirm({ put, source }: Upload, answer: S3Answer): Promise<Answered> {
    const { bucket, key } = put;
    const headers = { 'x-amz-checksum-mode': 'ENABLED' };
    const target = copyOf({ bucket, key, answer }, {});
    const head = await this.#place.s3.send({ method: 'HEAD', ...target, headers });
    const outcome = toOutcome(head);
    if (!outcome.ok) return outcome;
    const etag = elementText(answer.body.toString('utf8'), 'ETag') ?? answer.headers['etag'];
    if (bareEtag(etag) !== bareEtag(head.headers['etag'])) return { ok: true, answer };
    const from = checksumOf(source.head);
    const to = checksumOf(head.headers);
    const isComparable =
      from?.algorithm === to?.algorithm &&
      from?.type === 'FULL_OBJECT' &&
      to?.type === 'FULL_OBJECT';
    const isSame =
      head.headers['content-length'] === source.head['content-length'] &&
      (!isComparable || from?.value === to?.value);
    if (isSame) return { ok: true, answer };
    return failed(200, 'CopyDiffers', 'The copy was completed, but differs from its source.');
  }

  /** Hands the failure through. */
  async #abandon(upload: Upload, failure: FailedOutcome): Promise<FailedOutcome> {
    await this.#abort(noted(upload));
    return failure;
  }

  /** Tries again like sendWithRetry, but begins nothing after the job has stopped. */
  async #send(request: S3Request, stopping: AbortSignal): Promise<S3Answer> {
    const { s3, clock, random } = this.#place;
    for (let attempt = 0; ; attempt++) {
      const answer = await s3.send(request);
      const outcome = toOutcome(answer);
      if (outcome.ok || outcome.again === 'never' || attempt + 1 >= ATTEMPTS) return answer;
      await clock.sleep(backoffMs(attempt, BACKOFF, random), stopping);
      if (stopping.aborted) return answer;
    }
  }

  #after(copy: S3CopyObjectOperation): readonly AfterCopy[] {
    const { uploadIgnoresTagging = false, uploadIgnoresLock = false } = this.#traits;
    const traits: StoreTraits = {
      ...this.#traits,
      copyIgnoresTagging: uploadIgnoresTagging && copy.NewObjectTagging?.length !== 0,
      copyIgnoresLock: uploadIgnoresLock,
    };
    return gapFillers(copy, traits, this.#place.s3);
  }
}

function noted({ put: { bucket, key }, id }: Upload): OpenUpload {
  return { bucket, key, uploadId: id };
}

function bareEtag(etag: string | undefined): string | undefined {
  return etag?.replaceAll('"', '');
}

/** Undefined where ETags are no MD5, as with KMS. */
function etagOfParts(parts: readonly Part[]): string | undefined {
  const etags = parts.map(({ etag }) => bareEtag(etag) ?? '');
  if (!etags.every((etag) => /^[0-9a-f]{32}$/.test(etag))) return undefined;
  return `${hash('md5', Buffer.from(etags.join(''), 'hex'))}-${parts.length}`;
}
