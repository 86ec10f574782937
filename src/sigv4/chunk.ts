/**
 * The signatures inside an aws-chunked body (`STREAMING-AWS4-HMAC-SHA256-PAYLOAD` and its form with
 * a trailer): a chain that starts with the signature of the request's headers.
 */
import { EMPTY_SHA256, Hmac, signaturesEqual } from './key.ts';

export const STREAMING_PAYLOAD = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';
export const STREAMING_PAYLOAD_TRAILER = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER';
/** Chunks without signatures, for checksums in a trailer. */
export const STREAMING_UNSIGNED_TRAILER = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';

/** What a verified request says about the chain; the fields of `Verified` fit. */
export interface ChunkChain {
  readonly signingKey: Buffer;
  readonly amzDate: string;
  readonly scope: string;
}

/** `previous`: the signature before this one; `sha256`: hex, of the chunk's bytes. */
export function chunkSignature(chain: ChunkChain, previous: string, sha256: string): string {
  const { amzDate, scope } = chain;
  return new Hmac(chain.signingKey).hex(
    `AWS4-HMAC-SHA256-PAYLOAD\n${amzDate}\n${scope}\n${previous}\n${EMPTY_SHA256}\n${sha256}`,
  );
}

/** `sha256`: hex, of the trailer's lines `name:value\n`, lowercase names in order. */
export function trailerSignature(chain: ChunkChain, previous: string, sha256: string): string {
  return new Hmac(chain.signingKey).hex(
    `AWS4-HMAC-SHA256-TRAILER\n${chain.amzDate}\n${chain.scope}\n${previous}\n${sha256}`,
  );
}

export function verifyChunkSignature(
  chain: ChunkChain,
  link: { readonly previous: string; readonly sha256: string; readonly signature: string },
): boolean {
  return signaturesEqual(chunkSignature(chain, link.previous, link.sha256), link.signature);
}

export function verifyTrailerSignature(
  chain: ChunkChain,
  link: { readonly previous: string; readonly sha256: string; readonly signature: string },
): boolean {
  return signaturesEqual(trailerSignature(chain, link.previous, link.sha256), link.signature);
}
