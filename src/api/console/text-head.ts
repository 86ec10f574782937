/** The first text of bytes that may be compressed, as its first bytes say: gzip, zstd or plain. */
import { Readable, type Transform } from 'node:stream';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';

/** Enough for a page of the longest rows. */
const TEXT_BYTES_MAX = 2 * 1024 * 1024;

export interface TextHead {
  readonly text: Buffer;
  /** It is all of the text, so its last row ends with it. */
  readonly isEnd: boolean;
}

/** `isWhole`: the bytes are all there are. What cannot be unfolded any more ends the text. */
export async function textHead(bytes: Buffer, isWhole: boolean): Promise<TextHead> {
  const codec = codecOf(bytes);
  if (codec === undefined) return { text: bytes, isEnd: isWhole };
  const pieces: Buffer[] = [];
  let size = 0;
  let isEnd = isWhole;
  Readable.from([bytes]).pipe(codec);
  try {
    for await (const piece of codec as AsyncIterable<Buffer>) {
      pieces.push(piece);
      size += piece.length;
      if (size < TEXT_BYTES_MAX) continue;
      isEnd = false;
      break;
    }
  } catch {
    // The head of a compressed file ends in the middle of it.
    isEnd = false;
  }
  return { text: Buffer.concat(pieces), isEnd };
}

function codecOf(bytes: Buffer): Transform | undefined {
  const starts = (...magic: number[]): boolean => magic.every((byte, i) => bytes[i] === byte);
  if (starts(0x1f, 0x8b)) return createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
  return starts(0x28, 0xb5, 0x2f, 0xfd) ? createZstdDecompress() : undefined;
}
