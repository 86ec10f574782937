/**
 * Bytes of a file, decompressed while they stream by. What a file is, its first bytes say: names and
 * headers lie (a store may have decompressed it on the way), and no text begins like gzip or zstd.
 *
 * I1. Memory is a few buffers, however much the file unfolds to.
 * I2. What is wrong with the bytes is a ManifestDefect; errors of their source pass through.
 */
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import { giveBack } from '../base/bytes.ts';
import { ManifestDefect } from '../manifest/index.ts';

/** Fewer hops between threads than with zlib's 16 KiB. */
const PIECE_BYTES = 1024 * 1024;
/** A zstd frame may ask for a window of 2 GiB; zstd itself refuses more than this by default. */
const ZSTD_WINDOW_LOG_MAX = 27;

interface Codec {
  readonly name: string;
  readonly magic: readonly number[];
  readonly open: () => Transform;
}

const CODECS: readonly Codec[] = [
  { name: 'gzip', magic: [0x1f, 0x8b], open: () => createGunzip({ chunkSize: PIECE_BYTES }) },
  {
    name: 'zstd',
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    open: () =>
      createZstdDecompress({
        chunkSize: PIECE_BYTES,
        params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX },
      }),
  },
];
const MAGIC_BYTES = 4;

/**
 * Anything that is neither gzip nor zstd comes out as it is. A piece is good until the next one is
 * asked for.
 */
export async function* decompressed(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const source = bytes[Symbol.asyncIterator]();
  try {
    let head = Buffer.alloc(0);
    while (head.length < MAGIC_BYTES) {
      const { value, done } = await source.next();
      if (done === true) break;
      head = Buffer.concat([head, value]);
    }
    const codec = CODECS.find(({ magic }) => magic.every((byte, i) => head[i] === byte));
    const whole = (async function* (): AsyncGenerator<Buffer> {
      yield head;
      yield* { [Symbol.asyncIterator]: () => source };
    })();
    yield* codec ? through(whole, codec) : whole;
  } finally {
    await source.return?.(undefined);
  }
}

async function* through(bytes: AsyncIterable<Buffer>, codec: Codec): AsyncGenerator<Buffer> {
  const transform = codec.open();
  const feeding = pipeline(Readable.from(bytes, { highWaterMark: 1 }), transform);
  // Whatever breaks destroys the transform, so the loop below is told of it.
  feeding.catch(() => undefined);
  try {
    for await (const piece of transform as AsyncIterable<Buffer>) {
      yield piece;
      giveBack(piece); // zlib has filled it, and taken the next one.
    }
    await feeding;
  } catch (error) {
    if (!isOfZlib(error)) throw error;
    throw new ManifestDefect(
      `Manifest file is not properly formatted: it is not whole ${codec.name}: ${error.message}.`,
    );
  } finally {
    transform.destroy();
    await feeding.catch(() => undefined);
  }
}

function isOfZlib(error: unknown): error is Error {
  return (
    error instanceof Error && 'code' in error && /^(Z_|ZSTD_|ERR_ZLIB)/.test(String(error.code))
  );
}
