/**
 * The body of one request, with every promise that the request makes about it kept.
 *
 * I1. `document` and `store` give bytes only when the declared SHA-256, the chunk signatures,
 *     Content-MD5, the checksum (header or trailer) and the lengths are all right.
 * I2. Memory does not depend on the size of the body, except in `document`, which has a limit.
 * I3. A client that asked "100-continue?" is told to go on only when its body is wanted.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import {
  STREAMING_PAYLOAD,
  STREAMING_PAYLOAD_TRAILER,
  STREAMING_UNSIGNED_TRAILER,
  UNSIGNED_PAYLOAD,
  type Verified,
} from '../../src/sigv4/index.ts';
import { invalidArgument, notImplemented, S3Error } from '../errors.ts';
import type { S3Request } from '../request.ts';
import type { Blobs, ReceivedBlob, Segment } from '../storage/blobs.ts';
import { decodeAwsChunked } from './aws-chunked.ts';
import {
  CHECKSUM_ALGORITHMS,
  CHECKSUM_HEADERS,
  type ChecksumAlgorithm,
  checksumHeader,
  isChecksumValue,
  parseAlgorithm,
  startChecksum,
  type StoredChecksum,
} from './checksums.ts';

/** S3: one PUT carries 5 GiB at most. */
export const PUT_BYTES_MAX = 5 * 1024 ** 3;
/** The largest document, a DeleteObjects of 1,000 keys of 1,024 characters written as references. */
const DOCUMENT_BYTES_MAX = 8 * 1024 * 1024;

export interface Digests {
  /** Hex. */
  readonly md5: string;
  readonly checksum: StoredChecksum | undefined;
}

export interface StoredBody extends Digests {
  readonly blob: ReceivedBlob;
}

/** What the request declares about its body. */
interface Declared {
  readonly payloadHash: string;
  readonly isChunked: boolean;
  readonly size: number | undefined;
  readonly md5: Buffer | undefined;
  readonly algorithm: ChecksumAlgorithm | undefined;
  /** Of the header; a trailer's comes later. */
  readonly checksum: string | undefined;
  readonly trailers: readonly string[];
}

export class RequestBody {
  readonly #message: IncomingMessage;
  readonly #request: S3Request;
  readonly #verified: Verified | undefined;
  readonly #goOn: () => void;

  constructor(
    message: IncomingMessage,
    request: S3Request,
    verified: Verified | undefined,
    goOn: () => void,
  ) {
    this.#message = message;
    this.#request = request;
    this.#verified = verified;
    this.#goOn = goOn;
  }

  /** Whether the request vouches for its body by MD5 or checksum. */
  get isVouchedFor(): boolean {
    const declared = declaredOf(this.#request, this.#verified);
    return declared.md5 !== undefined || declared.algorithm !== undefined;
  }

  /** The whole body, for documents that S3 takes only with a digest. */
  vouchedDocument(): Promise<Buffer> {
    if (this.isVouchedFor) return this.document();
    throw new S3Error('InvalidRequest', {
      message: 'Missing required header for this request: Content-MD5',
    });
  }

  /** The whole body, for documents. */
  async document(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of this.#payload(declaredOf(this.#request, this.#verified), {})) {
      size += chunk.length;
      if (size > DOCUMENT_BYTES_MAX) throw new S3Error('MaxMessageLengthExceeded');
      chunks.push(chunk);
    }
    return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
  }

  /**
   * Takes the body in as a blob without a row. `algorithm`: the checksum that is wanted when the
   * request brings none.
   */
  async store(blobs: Blobs, algorithm?: ChecksumAlgorithm): Promise<StoredBody> {
    const declared = declaredOf(this.#request, this.#verified);
    if (declared.size === undefined) throw new S3Error('MissingContentLength');
    if (declared.size > PUT_BYTES_MAX) {
      throw new S3Error('EntityTooLarge', {
        elements: { ProposedSize: String(declared.size), MaxSizeAllowed: String(PUT_BYTES_MAX) },
      });
    }
    const found: Partial<Digests> = {};
    const wanted = { algorithm: declared.algorithm ?? algorithm, found };
    const blob = await blobs.receive(this.#payload(declared, wanted));
    return { blob, md5: found.md5 ?? '', checksum: found.checksum };
  }

  async *#payload(
    declared: Declared,
    wanted: { readonly algorithm?: ChecksumAlgorithm | undefined; found?: Partial<Digests> },
  ): AsyncGenerator<Buffer, void> {
    const algorithm = wanted.algorithm ?? declared.algorithm;
    const isHashed = /^[0-9a-f]{64}$/.test(declared.payloadHash);
    const sha256 = isHashed ? createHash('sha256') : undefined;
    const md5 =
      declared.md5 !== undefined || wanted.found !== undefined ? createHash('md5') : undefined;
    const running = algorithm === undefined ? undefined : startChecksum(algorithm);
    let size = 0;

    const source = this.#decoded(declared);
    let next = await source.next();
    for (; next.done !== true; next = await source.next()) {
      size += next.value.length;
      if (size > (declared.size ?? size)) throw new S3Error('IncompleteBody');
      sha256?.update(next.value);
      md5?.update(next.value);
      running?.update(next.value);
      yield next.value;
    }
    if (declared.size !== undefined && size !== declared.size) throw new S3Error('IncompleteBody');
    if (sha256 !== undefined && sha256.digest('hex') !== declared.payloadHash) {
      throw new S3Error('XAmzContentSHA256Mismatch');
    }
    const digest = md5?.digest();
    if (declared.md5 !== undefined && digest?.equals(declared.md5) !== true) {
      throw new S3Error('BadDigest');
    }
    const checksum = checkedChecksum(algorithm, running?.digest(), declared, next.value);
    if (wanted.found !== undefined) {
      Object.assign(wanted.found, { md5: digest?.toString('hex'), checksum });
    }
  }

  /** The payload's bytes; returns the trailers. */
  async *#decoded(
    declared: Declared,
  ): AsyncGenerator<Buffer, Readonly<Record<string, string>> | undefined> {
    this.#goOn(); // I3
    // A refusal in the middle must not destroy the connection that its answer goes over.
    const chunks = this.#message.iterator({ destroyOnReturn: false });
    // True because nobody sets an encoding on the message.
    const source = chunks as AsyncIterable<Buffer>;
    if (!declared.isChunked) {
      yield* source;
      return undefined;
    }
    const isSigned = declared.payloadHash !== STREAMING_UNSIGNED_TRAILER;
    if (isSigned && this.#verified === undefined) throw new S3Error('AccessDenied');
    return yield* decodeAwsChunked(source, {
      trailerNames: declared.trailers,
      ...(isSigned && this.#verified !== undefined
        ? { signed: { chain: this.#verified, seed: this.#verified.signature } }
        : {}),
    });
  }
}

function checkedChecksum(
  algorithm: ChecksumAlgorithm | undefined,
  digest: Buffer | undefined,
  declared: Declared,
  trailers: Readonly<Record<string, string>> | undefined,
): StoredChecksum | undefined {
  if (algorithm === undefined || digest === undefined) return undefined;
  const value = digest.toString('base64');
  const header = checksumHeader(algorithm);
  const expected =
    declared.algorithm === undefined ? value : (declared.checksum ?? trailers?.[header]);
  if (expected !== value) {
    if (expected === undefined || !isChecksumValue(algorithm, expected)) {
      throw invalidChecksum(header);
    }
    throw new S3Error('BadDigest', {
      message: `The ${algorithm} you specified did not match the calculated checksum.`,
    });
  }
  return { algorithm, type: 'FULL_OBJECT', value };
}

function invalidChecksum(header: string): S3Error {
  return new S3Error('InvalidRequest', { message: `Value for ${header} header is invalid.` });
}

function declaredOf(request: S3Request, verified: Verified | undefined): Declared {
  const payloadHash =
    verified?.payloadHash ?? request.header('x-amz-content-sha256') ?? UNSIGNED_PAYLOAD;
  const isChunked = isChunkedForm(payloadHash);
  const trailers = (request.header('x-amz-trailer') ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  for (const name of trailers) {
    if (CHECKSUM_HEADERS.includes(name) && isChunked) continue;
    throw new S3Error('InvalidRequest', {
      message: 'The value specified in the x-amz-trailer header is not supported',
    });
  }
  const given = CHECKSUM_ALGORITHMS.filter((algorithm) => {
    const header = checksumHeader(algorithm);
    return request.header(header) !== undefined || trailers.includes(header);
  });
  if (given.length > 1) {
    throw new S3Error('InvalidRequest', {
      message:
        'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    });
  }
  const [algorithm] = given;
  refuseMissingChecksum(request, algorithm);
  return {
    payloadHash,
    isChunked,
    size: declaredSize(request, isChunked),
    md5: declaredMd5(request),
    algorithm,
    checksum: algorithm === undefined ? undefined : request.header(checksumHeader(algorithm)),
    trailers,
  };
}

function isChunkedForm(payloadHash: string): boolean {
  if (payloadHash === UNSIGNED_PAYLOAD || /^[0-9a-f]{64}$/.test(payloadHash)) return false;
  const forms = [STREAMING_PAYLOAD, STREAMING_PAYLOAD_TRAILER, STREAMING_UNSIGNED_TRAILER];
  if (forms.includes(payloadHash)) return true;
  if (payloadHash.startsWith('STREAMING-')) throw notImplemented(payloadHash);
  throw invalidArgument(
    'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, or a valid sha256 value.',
    'x-amz-content-sha256',
    payloadHash,
  );
}

function refuseMissingChecksum(request: S3Request, algorithm: ChecksumAlgorithm | undefined): void {
  const header = 'x-amz-sdk-checksum-algorithm';
  const promised = request.header(header);
  if (promised === undefined) return;
  // The SDKs send this one checksum in the header that has always been there for it.
  const isContentMd5 = promised.toUpperCase() === 'MD5' && algorithm === undefined;
  if (isContentMd5 && request.header('content-md5') !== undefined) return;
  if (algorithm === undefined) {
    throw new S3Error('InvalidRequest', {
      message: `${header} specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.`,
    });
  }
  if (parseAlgorithm(promised, header) !== algorithm) {
    throw new S3Error('InvalidRequest', { message: `Value for ${header} header is invalid.` });
  }
}

/** Bytes of the payload, when the request says. */
function declaredSize(request: S3Request, isChunked: boolean): number | undefined {
  const name = isChunked ? 'x-amz-decoded-content-length' : 'content-length';
  const text = request.header(name);
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw invalidArgument('Invalid length', name, text);
  return Number(text);
}

function declaredMd5(request: S3Request): Buffer | undefined {
  const text = request.header('content-md5');
  if (text === undefined) return undefined;
  const md5 = Buffer.from(text, 'base64');
  if (md5.length !== 16) throw new S3Error('InvalidDigest');
  return md5;
}

/** The digests of bytes that are already stored; the caller has them pinned. */
export async function digestStored(
  blobs: Blobs,
  segments: readonly Segment[],
  algorithm: ChecksumAlgorithm | undefined,
): Promise<Digests> {
  const md5 = createHash('md5');
  const running = algorithm === undefined ? undefined : startChecksum(algorithm);
  for await (const chunk of blobs.read(segments)) {
    md5.update(chunk);
    running?.update(chunk);
  }
  return {
    md5: md5.digest('hex'),
    checksum:
      algorithm === undefined || running === undefined
        ? undefined
        : { algorithm, type: 'FULL_OBJECT', value: running.digest().toString('base64') },
  };
}
