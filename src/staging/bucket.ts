/**
 * Staging in a bucket, for workers that share no disk.
 *
 * I1. Memory is one piece of an answer, whatever is read (D6); a file is one PUT, never an upload in
 *     parts, so nothing half made can stay behind.
 * I2. A PUT whose answer was lost is sent again: same name, same bytes. One that arrives when nobody
 *     waits for it any more goes with the job, or with the next sweep.
 * I3. A read that breaks is taken up where it broke. What then is missing is missing in the store.
 * I4. Only keys that `names.ts` can have made are ever deleted: whatever else lies under the prefix,
 *     and every other prefix of the bucket, is not ours.
 */
import { createHash } from 'node:crypto';
import { backoffMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { FailedOutcome } from '../model/outcome.ts';
import {
  elements,
  elementText,
  escapeXml,
  rootName,
  type S3,
  type S3Answer,
  type S3Request,
  type S3Stream,
  sendWithRetry,
  toFailure,
  toOutcome,
  toOutcomeOfResult,
} from '../s3/index.ts';
import {
  isJobId,
  isPathOf,
  jobPath,
  pathOf,
  type UploadName,
  uploadOf,
  uploadsPath,
} from './names.ts';
import { StagedFileLost, StagingUnavailable, type Staging } from './staging.ts';

export interface BucketStagingOptions {
  readonly s3: Pick<S3, 'send' | 'open'>;
  readonly bucket: string;
  /** Without a slash at its ends; empty: the whole bucket is ours. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** Some three seconds of backoff; what lasts longer is the engine's to wait for. */
const ATTEMPTS = 5;
const BACKOFF = { baseMs: 200, capMs: 10_000 };
/** A segment takes a while on a slow line. */
const SILENCE_MS = 300_000;

export function bucketStaging(options: BucketStagingOptions): Staging {
  return new BucketStaging(options);
}

class BucketStaging implements Staging {
  readonly #options: BucketStagingOptions;
  /** What every key begins with. */
  readonly #base: string;

  constructor(options: BucketStagingOptions) {
    this.#options = options;
    this.#base = options.prefix === '' ? '' : `${options.prefix}/`;
  }

  async write(...[name, bytes]: Parameters<Staging['write']>): Promise<void> {
    const headers = {
      'content-type': 'text/csv',
      'content-md5': createHash('md5').update(bytes).digest('base64'),
    };
    const key = this.#base + pathOf(name);
    this.#expect(await this.#send({ method: 'PUT', key, headers, body: bytes }));
  }

  async *read(...[name, start, end]: Parameters<Staging['read']>): AsyncGenerator<Uint8Array> {
    const key = this.#base + pathOf(name);
    let at = start;
    for (let attempt = 0; at < end; attempt++) {
      const opened = await this.#open(key, at, end);
      if (opened === undefined && end === Infinity) return;
      if (opened === undefined) throw this.#lost(key, `it ends before byte ${at}`);
      const from = at;
      let broke: unknown;
      try {
        // Object streams of bytes: what undici hands out are Buffers.
        for await (const piece of opened.body as AsyncIterable<Buffer>) {
          at += piece.length;
          yield opened.isFromSocket ? piece : Uint8Array.from(piece);
        }
        if (end === Infinity) return;
      } catch (error) {
        broke = error;
      } finally {
        opened.body.destroy();
      }
      if (at > from) attempt = 0; // I3
      if (broke !== undefined && attempt + 1 >= ATTEMPTS) throw this.#away(String(broke), broke);
      if (broke === undefined && at === from) throw this.#lost(key, `it ends at byte ${at}`);
      if (broke !== undefined) await this.#pause(attempt);
    }
  }

  async remove(name: Parameters<Staging['remove']>[0]): Promise<void> {
    const answer = await this.#send({ method: 'DELETE', key: this.#base + pathOf(name) });
    if (toFailureCode(answer) !== 'NoSuchKey') this.#expect(answer);
  }

  async removeJob(jobId: string): Promise<void> {
    const prefix = `${this.#base}${jobPath(jobId)}/`;
    for await (const page of this.#pages({ prefix })) {
      const keys = elements(page, 'Contents').map((object) => elementText(object, 'Key') ?? '');
      await this.#delete(keys.filter((key) => this.#isOurs(jobId, key)));
    }
  }

  async uploads(jobId: string): Promise<readonly UploadName[]> {
    const prefix = `${this.#base}${uploadsPath(jobId)}/`;
    const found: UploadName[] = [];
    for await (const page of this.#pages({ prefix })) {
      for (const object of elements(page, 'Contents')) {
        const upload = uploadOf(elementText(object, 'Key') ?? '');
        if (upload !== undefined) found.push({ jobId, upload });
      }
    }
    return found;
  }

  async jobs(): Promise<readonly string[]> {
    const prefix = `${this.#base}jobs/`;
    const found: string[] = [];
    for await (const page of this.#pages({ prefix, delimiter: '/' })) {
      for (const group of elements(page, 'CommonPrefixes')) {
        const name = elementText(group, 'Prefix')?.slice(prefix.length, -1) ?? '';
        if (isJobId(name)) found.push(name);
      }
    }
    return found;
  }

  #isOurs(jobId: string, key: string): boolean {
    return key.startsWith(this.#base) && isPathOf(jobId, key.slice(this.#base.length)); // I4
  }

  async *#pages(query: Readonly<Record<string, string>>): AsyncGenerator<string> {
    let token: string | undefined;
    do {
      const more: Record<string, string> =
        token === undefined ? {} : { 'continuation-token': token };
      const asked = { 'list-type': '2', ...query, ...more };
      const answer = await this.#send({ method: 'GET', query: asked });
      const outcome = toOutcomeOfResult(answer, 'ListBucketResult');
      if (!outcome.ok) throw this.#unavailable(outcome);
      const page = answer.body.toString('utf8');
      yield page;
      const next = elementText(page, 'NextContinuationToken');
      // A store that repeats one page for ever must not hold the sweep for ever.
      token = elementText(page, 'IsTruncated') === 'true' && next !== token ? next : undefined;
    } while (token !== undefined);
  }

  /** At most a page of keys: as many as one request deletes. */
  async #delete(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    const objects = keys.map((key) => `<Object><Key>${escapeXml(key)}</Key></Object>`).join('');
    const body = `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>${objects}</Delete>`;
    const headers = {
      'content-type': 'application/xml',
      'content-md5': createHash('md5').update(body).digest('base64'),
    };
    const answer = await this.#send({ method: 'POST', query: { delete: '' }, headers, body });
    this.#expect(answer);
    // With nothing to tell, a store may send `<DeleteResult/>`.
    const result = answer.body.toString('utf8');
    if (rootName(result) !== 'DeleteResult') throw this.#away('no answer to a deletion', undefined);
    const [kept] = elements(result, 'Error');
    if (kept === undefined) return;
    const code = elementText(kept, 'Code') ?? '';
    throw this.#away(`${elementText(kept, 'Key')} could not be deleted: ${code}`, undefined);
  }

  /** Undefined: the file has nothing from `start` on. */
  async #open(key: string, start: number, end: number): Promise<S3Stream | undefined> {
    const isRanged = start > 0 || end !== Infinity;
    const range = `bytes=${start}-${end === Infinity ? '' : end - 1}`;
    const { s3, bucket } = this.#options;
    const headers: Record<string, string> = isRanged ? { range } : {};
    for (let attempt = 0; ; attempt++) {
      const answer = await s3.open({ method: 'GET', bucket, key, headers });
      if (isStream(answer)) {
        if (!isRanged || answer.status === 206) return answer;
        answer.body.destroy();
        throw this.#away(`it answered a ranged read with ${answer.status}`, undefined);
      }
      const failure = toFailure(answer);
      if (failure.code === 'NoSuchKey') throw this.#lost(key, 'it is not there');
      if (failure.httpStatus === 416) return undefined;
      if (failure.again === 'never' || attempt + 1 >= ATTEMPTS) throw this.#unavailable(failure);
      await this.#pause(attempt);
    }
  }

  #send(request: S3Request): Promise<S3Answer> {
    const { s3, bucket, clock, random } = this.#options;
    const whole = { ...request, bucket, silenceMs: SILENCE_MS };
    return sendWithRetry(s3, whole, { attempts: ATTEMPTS, clock, random });
  }

  #pause(attempt: number): Promise<void> {
    const { clock, random } = this.#options;
    return clock.sleep(backoffMs(attempt, BACKOFF, random));
  }

  #expect(answer: S3Answer): void {
    const outcome = toOutcome(answer);
    if (!outcome.ok) throw this.#unavailable(outcome);
  }

  #unavailable({ httpStatus, code, message, again }: FailedOutcome): StagingUnavailable {
    const isRefused = again === 'never';
    const status = httpStatus === 0 ? '' : `${httpStatus} `;
    return new StagingUnavailable(
      `Staging in ${this.#place} cannot be used: ${status}${code}: ${message}`,
      { isRefused },
    );
  }

  #away(why: string, cause: unknown): StagingUnavailable {
    const message = `Staging in ${this.#place} cannot be used: ${why}.`;
    return new StagingUnavailable(message, { isRefused: false, cause });
  }

  #lost(key: string, what: string): StagedFileLost {
    return new StagedFileLost(`s3://${this.#options.bucket}/${key}`, what);
  }

  get #place(): string {
    return `s3://${this.#options.bucket}/${this.#options.prefix}`;
  }
}

function toFailureCode(answer: S3Answer): string | undefined {
  const outcome = toOutcome(answer);
  return outcome.ok ? undefined : outcome.code;
}

function isStream(answer: S3Answer | S3Stream): answer is S3Stream {
  return !Buffer.isBuffer(answer.body);
}
