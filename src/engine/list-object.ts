/**
 * An object of the user's that belongs to a list: the manifest itself, or a file that it names.
 *
 * I1. What is read is one version of the object: the ETag that the job named, or else that of the
 *     first answer, goes with every request (If-Match), and is compared for stores that do not check.
 * I2. A connection that breaks is taken up again where it broke; bytes come once and in order.
 * I3. An outage is waited for (Patience.ofJob); a refusal fails the job with a sentence naming the
 *     object; a job that stops ends the reading with TryLater.
 */
import type { Readable } from 'node:stream';
import { giveBack } from '../base/bytes.ts';
import type { JobFailure } from '../model/job.ts';
import { failed, type FailedOutcome } from '../model/outcome.ts';
import { toOutcome, type S3Answer, type S3Stream } from '../s3/index.ts';
import type { EngineContext } from './context.ts';
import type { HeldLease } from './held-lease.ts';
import { Patience } from './patience.ts';
import { JobFailed, TryLater } from './unit-errors.ts';

export interface ObjectName {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string | undefined;
  /** With or without quotes. */
  readonly etag?: string | undefined;
  /** What reasons call it. */
  readonly role: 'manifest' | 'data file';
}

/** A chunk of the usual size has a tenth of it. */
const AT_ONCE_BYTES_MAX = 1024 * 1024;

export class ListObject {
  readonly name: ObjectName;
  readonly #held: HeldLease;
  readonly #context: EngineContext;
  #etag: string | undefined;
  #size: number | undefined;
  #isFromSocket = false;

  constructor(name: ObjectName, held: HeldLease, context: EngineContext) {
    this.name = name;
    this.#held = held;
    this.#context = context;
    this.#etag = name.etag === undefined ? undefined : unquoted(name.etag);
  }

  /** Of what is read; undefined until the first answer. Without quotes. */
  get etag(): string | undefined {
    return this.#etag;
  }

  /** Bytes; undefined until an answer has told them, which some never do. */
  get size(): number | undefined {
    return this.#size;
  }

  /** The bytes from `start` on, to the end of the object (I2). */
  async *bytes(start = 0): AsyncGenerator<Buffer> {
    let at = start;
    let patience = Patience.ofJob(this.#context);
    for (;;) {
      const body = await this.#open(at);
      try {
        // Object streams of bytes: what undici hands out are Buffers.
        for await (const piece of (body ?? []) as AsyncIterable<Buffer>) {
          at += piece.length;
          patience = Patience.ofJob(this.#context); // It goes on, so what was before is over.
          await this.#run();
          yield piece;
        }
        return;
      } catch (error) {
        // What the consumer throws does not come by here: a generator is left, not thrown into.
        if (error instanceof TryLater) throw error;
        await this.#again(patience, failed(0, 'IncompleteBody', String(error), 'later'));
      } finally {
        body?.destroy();
      }
    }
  }

  /** Frees a piece of `bytes` that was read, and that nobody else looks at. */
  giveBack(piece: Buffer): void {
    if (this.#isFromSocket) giveBack(piece);
  }

  /** The bytes [start, end), all of them, in memory. */
  async range(start: number, end: number): Promise<Buffer> {
    const atOnce = await this.#rangeAtOnce(start, end);
    if (atOnce !== undefined) return atOnce;
    const patience = Patience.ofJob(this.#context);
    for (;;) {
      let failure = failed(0, 'IncompleteBody', 'It ended early.', 'later');
      const body = await this.#open(start, end);
      try {
        const pieces: Buffer[] = [];
        for await (const piece of body ?? []) pieces.push(piece as Buffer);
        const bytes = Buffer.concat(pieces);
        if (bytes.length === end - start) return bytes;
      } catch (error) {
        failure = failed(0, 'IncompleteBody', String(error), 'later');
      }
      await this.#again(patience, failure);
    }
  }

  /**
   * One try without a stream, which costs several times as much. Undefined: it is no small range, or
   * something is wrong, and the stream's tries will tell what.
   */
  async #rangeAtOnce(start: number, end: number): Promise<Buffer | undefined> {
    if (end - start > AT_ONCE_BYTES_MAX) return undefined;
    await this.#run();
    const sentAt = this.#context.clock.monotonic();
    const answer = await this.#context.s3.send(this.#request(start, end), this.#held.left);
    const isWhole = answer.status === 206 && answer.body.length === end - start;
    if (!isWhole || this.#isOther(answer)) return undefined;
    this.#context.gate.alive(sentAt);
    return answer.body;
  }

  /** The whole object in memory; undefined: it has more than `bytesMax`. */
  async whole(bytesMax: number): Promise<Buffer | undefined> {
    const pieces: Buffer[] = [];
    let size = 0;
    for await (const piece of this.bytes()) {
      size += piece.length;
      if (size > bytesMax) return undefined;
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  }

  /** Undefined: there is nothing from `start` on. */
  async #open(start: number, end?: number): Promise<Readable | undefined> {
    const patience = Patience.ofJob(this.#context);
    for (;;) {
      await this.#run();
      const request = this.#request(start, end);
      const sentAt = this.#context.clock.monotonic();
      const answer = await this.#context.s3.open(request, this.#held.left);
      if (isStream(answer)) {
        this.#context.gate.alive(sentAt);
        this.#accept(answer, request.headers['range'] !== undefined);
        this.#isFromSocket = answer.isFromSocket === true;
        const length = Number(answer.headers['content-length'] ?? NaN);
        if (end === undefined && length >= 0) this.#size ??= start + length;
        return answer.body;
      }
      if (answer.status === 416) return undefined;
      const outcome = toOutcome(answer);
      const failure = outcome.ok ? failed(answer.status, 'UnexpectedAnswer', 'No body.') : outcome;
      await this.#again(patience, failure);
    }
  }

  #request(start: number, end?: number) {
    const { bucket, key, versionId } = this.name;
    const headers: Record<string, string> = {};
    if (this.#etag !== undefined) headers['if-match'] = `"${this.#etag}"`;
    if (start > 0 || end !== undefined) {
      headers['range'] = `bytes=${start}-${end === undefined ? '' : end - 1}`;
    }
    const query: Record<string, string> = versionId === undefined ? {} : { versionId };
    return { method: 'GET', bucket, key, query, headers } as const;
  }

  /** I1. */
  #isOther({ headers: { etag } }: S3Answer | S3Stream): boolean {
    return etag !== undefined && this.#etag !== undefined && unquoted(etag) !== this.#etag;
  }

  /** I1. Destroys the body of an answer that is not what was asked for. */
  #accept(answer: S3Stream, isRanged: boolean): void {
    const etag = answer.headers['etag'];
    const isOther = this.#isOther(answer);
    if (!isOther && (!isRanged || answer.status === 206)) {
      if (etag !== undefined) this.#etag ??= unquoted(etag);
      return;
    }
    answer.body.destroy();
    const what = `The ${this.name.role} ${titleOf(this.name)}`;
    throw new JobFailed(
      isOther
        ? {
            code: 'ManifestETagMismatch',
            reason: `${what} has the ETag ${etag}, expected was "${this.#etag}".`,
          }
        : {
            code: 'ManifestReadFailed',
            reason: `The endpoint answered a ranged read of ${titleOf(this.name)} with ${answer.status} instead of 206.`,
          },
    );
  }

  async #again(patience: Patience, failure: FailedOutcome): Promise<void> {
    const { left } = this.#held;
    if (await patience.next(failure, left)) return;
    if (left.aborted) throw stopped();
    throw new JobFailed(refusal(this.name, this.#etag, failure));
  }

  /** Waits while the store is silent; the lease may be lost. */
  async #run(): Promise<void> {
    if (!this.#held.mayStart() && !(await this.#held.ready())) throw stopped();
  }
}

const stopped = (): TryLater => new TryLater('The job stopped while its list was read.');

const unquoted = (etag: string): string => etag.replace(/^"(.*)"$/s, '$1');

function isStream(answer: S3Answer | S3Stream): answer is S3Stream {
  return !Buffer.isBuffer(answer.body);
}

/** As long as a reason has room for; objects differ at their end. */
const TITLE_CHARS_MAX = 120;

function titleOf({ bucket, key }: ObjectName): string {
  const name = `${bucket}/${key}`;
  return name.length > TITLE_CHARS_MAX ? `...${name.slice(-TITLE_CHARS_MAX)}` : name;
}

function refusal(name: ObjectName, etag: string | undefined, failure: FailedOutcome): JobFailure {
  const { role } = name;
  const title = titleOf(name);
  switch (failure.httpStatus) {
    case 403:
      return {
        code: 'ManifestAccessDenied',
        // AWS's text, then what helps.
        reason: `Reading the manifest is forbidden: AccessDenied (${role === 'manifest' ? '' : 'data file '}${title})`,
      };
    case 404:
      return {
        code: 'ManifestNotFound',
        reason: `The ${role} ${title} does not exist: ${failure.code}.`,
      };
    case 412:
      return {
        code: 'ManifestETagMismatch',
        reason: `The ${role} ${title} is not the object whose ETag is "${etag}".`,
      };
    default:
      return {
        code: 'ManifestReadFailed',
        reason: `Reading the ${role} ${title} failed: ${failure.httpStatus} ${failure.code}: ${failure.message}`,
      };
  }
}
