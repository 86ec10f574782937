/**
 * Reads an `aws-chunked` body: `size[;chunk-signature=…]\r\n bytes \r\n …`, a last chunk of size 0,
 * then perhaps trailers.
 *
 * I1. Yields the payload's bytes in order. A chunk's bytes are yielded before its signature is
 *     known to be right, so whoever consumes them commits nothing before the generator has ended.
 * I2. Ends normally only when every signature of the chain was right (in the signed forms) and
 *     the last chunk and the trailers were complete.
 * I3. Memory: at most one line (bounded) and one chunk of the socket.
 */
import { createHash, type Hash } from 'node:crypto';
import {
  type ChunkChain,
  sha256Hex,
  verifyChunkSignature,
  verifyTrailerSignature,
} from '../../src/sigv4/index.ts';
import { S3Error } from '../errors.ts';

/** Longer lines are not written by any client: a size, a signature, or one checksum. */
const LINE_BYTES_MAX = 4096;

export interface ChunkedForm {
  /** Present in the signed forms: the chain, and the signature it starts from. */
  readonly signed?: { readonly chain: ChunkChain; readonly seed: string };
  /** Names that `x-amz-trailer` promised. */
  readonly trailerNames: readonly string[];
}

/** Yields payload bytes; returns the trailers, names in lower case. */
export async function* decodeAwsChunked(
  source: AsyncIterable<Buffer>,
  form: ChunkedForm,
): AsyncGenerator<Buffer, Readonly<Record<string, string>>> {
  const input = new ByteInput(source);
  try {
    return yield* decodeFrom(input, form);
  } finally {
    await input.release();
  }
}

async function* decodeFrom(
  input: ByteInput,
  form: ChunkedForm,
): AsyncGenerator<Buffer, Readonly<Record<string, string>>> {
  let previous = form.signed?.seed ?? '';
  for (;;) {
    const { size, signature } = parseChunkHead(await input.line());
    const hash = form.signed === undefined ? undefined : createHash('sha256');
    yield* chunkBytes(input, size, hash);
    if (form.signed !== undefined && hash !== undefined) {
      const link = { previous, sha256: hash.digest('hex'), signature };
      if (!verifyChunkSignature(form.signed.chain, link))
        throw new S3Error('SignatureDoesNotMatch');
      previous = signature;
    }
    if (size === 0) break;
    if ((await input.line()) !== '') throw new S3Error('IncompleteBody');
  }
  return readTrailers(input, form, previous);
}

async function* chunkBytes(
  input: ByteInput,
  size: number,
  hash: Hash | undefined,
): AsyncGenerator<Buffer, void> {
  for (let left = size; left > 0;) {
    const bytes = await input.some(left);
    hash?.update(bytes);
    left -= bytes.length;
    yield bytes;
  }
}

function parseChunkHead(line: string): { size: number; signature: string } {
  const head = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line);
  if (head === null) {
    throw new S3Error('InvalidRequest', { message: 'The aws-chunked body is malformed.' });
  }
  return { size: Number.parseInt(head[1] ?? '', 16), signature: head[2] ?? '' };
}

async function readTrailers(
  input: ByteInput,
  form: ChunkedForm,
  previous: string,
): Promise<Readonly<Record<string, string>>> {
  const trailers: Record<string, string> = {};
  let signature = '';
  for (;;) {
    const line = await input.lineOrEnd();
    if (line === undefined || line === '') break;
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'x-amz-trailer-signature') signature = value;
    else trailers[name] = value;
  }
  await input.drain();
  const names = Object.keys(trailers).sort();
  if (names.join() !== [...form.trailerNames].sort().join()) {
    throw new S3Error('InvalidRequest', {
      message: 'The trailers of the body are not those that x-amz-trailer names.',
    });
  }
  if (form.signed !== undefined && form.trailerNames.length > 0) {
    const lines = names.map((name) => `${name}:${trailers[name] ?? ''}\n`).join('');
    const link = { previous, sha256: sha256Hex(lines), signature };
    if (!verifyTrailerSignature(form.signed.chain, link)) {
      throw new S3Error('SignatureDoesNotMatch');
    }
  }
  return trailers;
}

/** Lines and runs of bytes out of a stream of buffers. */
class ByteInput {
  readonly #source: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** False at the end of the source. */
  async #more(): Promise<boolean> {
    const next = await this.#source.next();
    if (next.done === true) return false;
    this.#held = this.#held.length === 0 ? next.value : Buffer.concat([this.#held, next.value]);
    return true;
  }

  async lineOrEnd(): Promise<string | undefined> {
    for (;;) {
      const end = this.#held.indexOf('\r\n');
      if (end >= 0) {
        const line = this.#held.toString('latin1', 0, end);
        this.#held = this.#held.subarray(end + 2);
        return line;
      }
      if (this.#held.length > LINE_BYTES_MAX) {
        throw new S3Error('InvalidRequest', { message: 'The aws-chunked body is malformed.' });
      }
      if (await this.#more()) continue;
      if (this.#held.length > 0) throw new S3Error('IncompleteBody');
      return undefined;
    }
  }

  async line(): Promise<string> {
    const line = await this.lineOrEnd();
    if (line === undefined) throw new S3Error('IncompleteBody');
    return line;
  }

  /** Between one and `max` bytes. */
  async some(max: number): Promise<Buffer> {
    while (this.#held.length === 0) {
      if (!(await this.#more())) throw new S3Error('IncompleteBody');
    }
    const bytes = this.#held.subarray(0, max);
    this.#held = this.#held.subarray(bytes.length);
    return bytes;
  }

  /** Lets go of the source, wherever it stands. */
  async release(): Promise<void> {
    await this.#source.return?.();
  }

  /** Reads the source to its end, so that the connection can serve again. */
  async drain(): Promise<void> {
    while (await this.#more()) this.#held = Buffer.alloc(0);
  }
}
