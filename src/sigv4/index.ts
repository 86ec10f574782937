export {
  canonicalPath,
  canonicalQuery,
  decodePath,
  decodeQuery,
  encodeComponent,
  encodePath,
  encodeQuery,
} from './encode.ts';
export { EMPTY_SHA256, sha256Hex, UNSIGNED_PAYLOAD } from './key.ts';
export {
  createSigner,
  type RequestToPresign,
  type RequestToSign,
  type Signer,
  type SignerOptions,
} from './sign.ts';
export {
  type Claimed,
  readSigV4,
  type ReceivedRequest,
  type Refused,
  type SigV4Refusal,
  type Verified,
  verifySigV4,
  type VerifyOptions,
} from './verify.ts';
export {
  type ChunkChain,
  chunkSignature,
  STREAMING_PAYLOAD,
  STREAMING_PAYLOAD_TRAILER,
  STREAMING_UNSIGNED_TRAILER,
  trailerSignature,
  verifyChunkSignature,
  verifyTrailerSignature,
} from './chunk.ts';
