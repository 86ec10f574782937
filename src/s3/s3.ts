/** What the rooms above see of an S3-compatible endpoint. */
import type { Readable } from 'node:stream';

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly bucket?: string;
  /** Decoded key. */
  readonly key?: string;
  /** Query parameters, decoded; an empty value is a sub-resource such as `tagging`. */
  readonly query?: Readonly<Record<string, string>>;
  /** Lowercase names. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Hex SHA-256 of `body`, where it is known already: a job's tasks share one body. */
  readonly bodySha256?: string;
  /** How long the store may be silent, before its answer and inside it; absent: the client's. */
  readonly silenceMs?: number;
}

/** One answer of the endpoint, a value whatever it says (D9). */
export interface S3Answer {
  /** 0: no answer at all; `failure` tells why. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Memory of whoever asked: it may be given back (`giveBackWhole`). */
  readonly body: Buffer;
  readonly failure?: string;
  /** True when the request certainly did not reach the store: there was no connection. */
  readonly isUnsent?: true;
  /** True: whoever gives out the credentials to sign with is away. The store was not asked. */
  readonly isUnsigned?: true;
}

export interface S3Stream {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Must be read to its end or destroyed. */
  readonly body: Readable;
  /** Its pieces come from a socket, and may be given back (base/bytes.ts) when they were read. */
  readonly isFromSocket?: true;
}

/** Known gaps of a store, settled once per endpoint (see traits.ts). */
export interface StoreTraits {
  readonly name: string;
  /** CopyObject keeps the source's tags whatever x-amz-tagging-directive says. */
  readonly copyIgnoresTagging: boolean;
  /** CopyObject ignores x-amz-copy-source-if-*. */
  readonly copyIgnoresConditions: boolean;
  /** CopyObject ignores x-amz-object-lock-*. */
  readonly copyIgnoresLock: boolean;
  /** CopyObject ignores x-amz-website-redirect-location, unless it replaces the metadata. */
  readonly copyIgnoresRedirect?: boolean;
  /** CopyObject ignores x-amz-server-side-encryption. */
  readonly copyIgnoresEncryption?: boolean;
  /** CreateMultipartUpload ignores x-amz-tagging. */
  readonly uploadIgnoresTagging?: boolean;
  /** CreateMultipartUpload ignores x-amz-object-lock-*. */
  readonly uploadIgnoresLock?: boolean;
  /** UploadPartCopy decodes its source twice: a key with a percent sign would be another object's. */
  readonly partCopyDecodesTwice?: boolean;
  /** Has no RestoreObject. */
  readonly lacksRestore?: boolean;
  /**
   * Has UpdateObjectEncryption. Only where this is known is it asked for: a store that does not know
   * the sub-resource would write the request's XML over the object.
   */
  readonly updatesEncryption?: boolean;
}

export interface S3 {
  /** One attempt, the answer's body in memory (bounded). Rejects only when `signal` aborts. */
  send(request: S3Request, signal?: AbortSignal): Promise<S3Answer>;
  /** One attempt, the answer's body as a stream; a refusal is an S3Answer. */
  open(request: S3Request, signal?: AbortSignal): Promise<S3Answer | S3Stream>;
  /** What this endpoint is known to get wrong; asks until it answered once. Undefined: no answer. */
  traits(signal?: AbortSignal): Promise<StoreTraits | undefined>;
}
