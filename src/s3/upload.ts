/**
 * Uploads a stream whose length nobody knows: reports, generated manifests, staged segments.
 *
 * I1. Memory is one part, whatever the length (D6): 8 MiB for the first 8 GB, growing slowly after
 *     that so that S3's 10,000 parts carry 5 TB.
 * I2. What was begun is completed or aborted. Only a crash, a lost answer or an outage leaves an
 *     upload behind; `abortStaleUploads` of the next lease removes it, `abortUploadsBelow` at the end.
 * I3. A failure is a value, an abort of `signal` and an error of the source are rejections.
 * I4. An upload that somebody else has ended (the next lease, which took this one for dead) is a
 *     failure worth a retry: it says nothing about the bucket.
 */
import { createHash, hash } from 'node:crypto';
import { giveBack } from '../base/bytes.ts';
import { failed, type FailedOutcome } from '../model/outcome.ts';
import { toFailure, toOutcome, toOutcomeOfList, toOutcomeOfResult } from './outcome.ts';
import { type RetryOptions, sendWithRetry } from './retrying.ts';
import type { S3, S3Answer, S3Request } from './s3.ts';
import { elements, elementText, escapeXml } from './xml.ts';

export interface UploadTarget {
  readonly bucket: string;
  readonly key: string;
  readonly contentType: string;
  /** Twelve digits; the store refuses when the bucket belongs to another account. */
  readonly expectedBucketOwner?: string;
  /** More headers of the object, lowercase: encryption, storage class, metadata. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Uploaded {
  readonly ok: true;
  /** Hex MD5 of the whole content. */
  readonly md5: string;
  readonly bytes: number;
}

export type UploadOptions = Pick<RetryOptions, 'clock' | 'random' | 'signal'>;

const MIB = 1024 * 1024;
const PART_BYTES = 8 * MIB;
const BUFFER_BYTES_MIN = 64 * 1024;
/** S3's limit. */
const PARTS_MAX = 10_000;
/** From this part on the next is larger by PART_BYTES_GROWTH: 10,000 parts then hold 5 TiB. */
const PARTS_OF_EQUAL_SIZE = 1000;
const PART_BYTES_GROWTH = 136 * 1024;
/** Half a minute of backoff in all: longer outages are the engine's to wait for. */
const ATTEMPTS = 8;
/** A part takes a while on a slow line, and a store stitches many parts before it says a word. */
const SILENCE_MS = 300_000;

export async function putObjectStream(
  s3: Pick<S3, 'send'>,
  target: UploadTarget,
  source: AsyncIterable<Uint8Array>,
  options: UploadOptions,
): Promise<Uploaded | FailedOutcome> {
  const whole = createHash('md5');
  let bytes = 0;
  let upload: MultipartUpload | undefined;
  try {
    for await (const part of partsOf(source)) {
      whole.update(part.content);
      bytes += part.content.length;
      if (part.isLast && upload === undefined) {
        const md5 = whole.digest();
        const outcome = await putWhole(s3, target, { content: part.content, md5 }, options);
        return outcome ?? { ok: true, md5: md5.toString('hex'), bytes };
      }
      upload ??= new MultipartUpload(s3, target, options);
      const failure = await upload.put(part.content);
      if (failure !== undefined) return await upload.abandon(failure);
    }
    const failure = await upload?.complete();
    if (upload !== undefined && failure !== undefined) return await upload.abandon(failure);
  } catch (error) {
    await upload?.abandon(undefined);
    throw error;
  }
  return { ok: true, md5: whole.digest('hex'), bytes };
}

type Aborted = { readonly ok: true; readonly aborted: number } | FailedOutcome;

/** Removes what earlier leases left of uploads of exactly this key. */
export function abortStaleUploads(
  s3: Pick<S3, 'send'>,
  { bucket, key }: { readonly bucket: string; readonly key: string },
  options: UploadOptions,
): Promise<Aborted> {
  return abortUploadsBelow(s3, { bucket, prefix: key }, options, (one) => one === key);
}

interface UploadsPlace {
  readonly bucket: string;
  readonly prefix: string;
  readonly expectedBucketOwner?: string;
}

/** Removes all uploads below the prefix of which `isOurs` says so, by their keys. */
export async function abortUploadsBelow(
  s3: Pick<S3, 'send'>,
  place: UploadsPlace,
  options: UploadOptions,
  isOurs: (key: string) => boolean,
): Promise<Aborted> {
  const { bucket, prefix } = place;
  const headers = ownerHeaders(place);
  const retry = { ...options, attempts: ATTEMPTS };
  let aborted = 0;
  let marker: Readonly<Record<string, string>> | undefined = {};
  while (marker !== undefined) {
    const query: Record<string, string> = { uploads: '', prefix, ...marker };
    const list: S3Request = { method: 'GET', bucket, query, headers };
    const answer: S3Answer = await sendWithRetry(s3, list, retry);
    const outcome = toOutcomeOfList(answer, 'ListMultipartUploadsResult');
    if (!outcome.ok) return outcome;
    const xml = answer.body.toString('utf8');
    for (const upload of elements(xml, 'Upload')) {
      const uploadId = elementText(upload, 'UploadId');
      const key = elementText(upload, 'Key');
      if (!uploadId || !key || !isOurs(key)) continue;
      const abort: S3Request = { method: 'DELETE', bucket, key, query: { uploadId }, headers };
      const failure = failureOf(await sendWithRetry(s3, abort, retry));
      if (failure !== undefined && failure.code !== 'NoSuchUpload') return failure;
      aborted++;
    }
    marker = nextPage(xml, query);
  }
  return { ok: true, aborted };
}

/** Undefined at the end, and when a store would send the same page for ever. */
function nextPage(
  xml: string,
  query: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> | undefined {
  if (elementText(xml, 'IsTruncated') !== 'true') return undefined;
  const next = {
    'key-marker': elementText(xml, 'NextKeyMarker') ?? '',
    'upload-id-marker': elementText(xml, 'NextUploadIdMarker') ?? '',
  };
  const isSame =
    next['key-marker'] === (query['key-marker'] ?? '') &&
    next['upload-id-marker'] === (query['upload-id-marker'] ?? '');
  return isSame ? undefined : next;
}

/** Part `n` counts from 1. */
export function partBytes(n: number): number {
  return PART_BYTES + Math.max(0, n - PARTS_OF_EQUAL_SIZE) * PART_BYTES_GROWTH;
}

interface Part {
  /** Valid until the next part is asked for, or none: all parts share one buffer (I1), which goes then. */
  readonly content: Buffer;
  readonly isLast: boolean;
}

async function* partsOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Part, void, void> {
  let n = 1;
  let size = partBytes(n);
  let held = 0;
  // Most uploads are small: the buffer grows with what arrives.
  let buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES_MIN);
  try {
    for await (const chunk of source) {
      let at = 0;
      while (at < chunk.length) {
        // Only now it is known that a full part is not the last one.
        if (held === size) {
          yield { content: buffer.subarray(0, held), isLast: false };
          size = partBytes(++n);
          held = 0;
        }
        if (held === buffer.length) {
          const larger = Buffer.allocUnsafeSlow(Math.min(size, buffer.length * 2));
          buffer.copy(larger);
          giveBack(buffer);
          buffer = larger;
        }
        const take = Math.min(chunk.length - at, buffer.length - held, size - held);
        buffer.set(chunk.subarray(at, at + take), held);
        held += take;
        at += take;
      }
    }
    yield { content: buffer.subarray(0, held), isLast: true };
  } finally {
    giveBack(buffer);
  }
}

async function putWhole(
  s3: Pick<S3, 'send'>,
  target: UploadTarget,
  object: { readonly content: Buffer; readonly md5: Buffer },
  options: UploadOptions,
): Promise<FailedOutcome | undefined> {
  const put: S3Request = {
    method: 'PUT',
    bucket: target.bucket,
    key: target.key,
    headers: { ...objectHeaders(target), 'content-md5': object.md5.toString('base64') },
    body: object.content,
    silenceMs: SILENCE_MS,
  };
  return failureOf(await sendWithRetry(s3, put, { ...options, attempts: ATTEMPTS }));
}

class MultipartUpload {
  readonly #s3: Pick<S3, 'send'>;
  readonly #target: UploadTarget;
  readonly #options: UploadOptions;
  readonly #etags: string[] = [];
  #uploadId: string | undefined;

  constructor(s3: Pick<S3, 'send'>, target: UploadTarget, options: UploadOptions) {
    this.#s3 = s3;
    this.#target = target;
    this.#options = options;
  }

  /** Uploads the next part; the first one begins the upload. */
  async put(content: Buffer): Promise<FailedOutcome | undefined> {
    const partNumber = this.#etags.length + 1;
    if (partNumber > PARTS_MAX) {
      return failed(400, 'EntityTooLarge', `An upload has at most ${PARTS_MAX} parts.`);
    }
    if (this.#uploadId === undefined) {
      const failure = await this.#begin();
      if (failure !== undefined) return failure;
    }
    const answer = await this.#send('PUT', { partNumber: String(partNumber) }, content);
    const failure = failureOf(answer);
    if (failure !== undefined) return orEnded(failure);
    const etag = answer.headers['etag'];
    if (etag === undefined) {
      return failed(answer.status, 'InternalError', 'The store gave a part no ETag.', 'later');
    }
    this.#etags.push(etag);
    return undefined;
  }

  async complete(): Promise<FailedOutcome | undefined> {
    const parts = this.#etags.map(
      (etag, index) =>
        `<Part><PartNumber>${index + 1}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
    );
    const xml = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join('')}</CompleteMultipartUpload>`;
    const answer = await this.#send('POST', {}, Buffer.from(xml));
    // An answer that got lost shows as NoSuchUpload at the second try; the caller then does it all
    // again, since nothing proves that the object under the key is this one.
    const outcome = toOutcomeOfResult(answer, 'CompleteMultipartUploadResult');
    if (outcome.ok) return undefined;
    return orEnded(outcome);
  }

  /** Best effort, also when the caller has aborted: I2. Hands the failure through. */
  async abandon<T>(failure: T): Promise<T> {
    if (this.#uploadId === undefined) return failure;
    const { signal: _aborted, ...options } = this.#options;
    await sendWithRetry(this.#s3, this.#request('DELETE', {}), { ...options, attempts: 2 });
    return failure;
  }

  async #begin(): Promise<FailedOutcome | undefined> {
    const { bucket, key } = this.#target;
    const answer = await sendWithRetry(
      this.#s3,
      {
        method: 'POST',
        bucket,
        key,
        query: { uploads: '' },
        headers: objectHeaders(this.#target),
      },
      { ...this.#options, attempts: ATTEMPTS },
    );
    const outcome = toOutcomeOfResult(answer, 'InitiateMultipartUploadResult');
    if (!outcome.ok) return outcome;
    this.#uploadId = elementText(answer.body.toString('utf8'), 'UploadId');
    return this.#uploadId === undefined
      ? failed(answer.status, 'InternalError', 'The store gave an upload no id.', 'later')
      : undefined;
  }

  #send(
    method: 'PUT' | 'POST',
    query: Readonly<Record<string, string>>,
    body: Buffer,
  ): Promise<S3Answer> {
    const request = {
      ...this.#request(method, query),
      body,
      bodySha256: hash('sha256', body, 'hex'),
      silenceMs: SILENCE_MS,
    };
    return sendWithRetry(this.#s3, request, { ...this.#options, attempts: ATTEMPTS });
  }

  #request(method: S3Request['method'], query: Readonly<Record<string, string>>): S3Request {
    return {
      method,
      bucket: this.#target.bucket,
      key: this.#target.key,
      query: { ...query, uploadId: this.#uploadId ?? '' },
      headers: ownerHeaders(this.#target),
    };
  }
}

/** I4. */
function orEnded(failure: FailedOutcome): FailedOutcome {
  return failure.code === 'NoSuchUpload' ? { ...failure, again: 'later' } : failure;
}

function ownerHeaders(
  target: Pick<UploadTarget, 'expectedBucketOwner'>,
): Readonly<Record<string, string>> {
  return target.expectedBucketOwner === undefined
    ? {}
    : { 'x-amz-expected-bucket-owner': target.expectedBucketOwner };
}

function objectHeaders(target: UploadTarget): Readonly<Record<string, string>> {
  return { 'content-type': target.contentType, ...ownerHeaders(target), ...target.headers };
}

function failureOf(answer: S3Answer): FailedOutcome | undefined {
  return toOutcome(answer).ok ? undefined : toFailure(answer);
}
