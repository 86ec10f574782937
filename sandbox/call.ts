/** What a call of the sandbox is: one row of the registry, and what its function gets and gives. */
import type { Clock } from '../src/base/clock.ts';
import type { Random } from '../src/base/random.ts';
import { assert } from '../src/base/assert.ts';
import { isAllowed, type Permission } from './acl.ts';
import type { RequestBody } from './body/receive.ts';
import { invalidArgument, S3Error } from './errors.ts';
import type { Level, S3Request } from './request.ts';
import type { Bucket } from './storage/buckets.ts';
import type { Storage } from './storage/storage.ts';
import { idOfVersionId, NULL_VERSION, type VersionRow } from './storage/versions.ts';

/** Who may: anybody who signed, the owner, or whom the list of the bucket or object grants it. */
export type Needs =
  'account' | 'bucket owner' | 'object owner' | `${'bucket' | 'object'} ${Permission}`;

export interface Call {
  /** S3's name. */
  readonly name: string;
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly level: Level;
  /** The query parameter (or `x-amz-copy-source`) that makes it this call. */
  readonly by?: readonly string[];
  readonly needs: Needs;
  /** Query parameters beside `by`; any other is refused. */
  readonly query?: readonly string[];
  /** `x-amz-*` and `if-*` headers, a `*` at the end for a family; any other is refused. */
  readonly headers?: readonly string[];
  readonly run: (exchange: Exchange) => Answer | Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream needs `content-length` among the headers. */
  readonly body?: string | Buffer | AsyncIterable<Buffer>;
}

/** What is the same for every request of one sandbox. */
export interface Sandbox {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly random: Random;
  readonly region: string;
  readonly restoreDelayMs: number;
}

/** One request on its way through a call. */
export class Exchange {
  readonly sandbox: Sandbox;
  readonly request: S3Request;
  readonly body: RequestBody;
  /** Account id of who signed; undefined: nobody did. */
  readonly account: string | undefined;
  readonly needs: Needs;
  readonly #bucket: Bucket | undefined;

  constructor(given: {
    readonly sandbox: Sandbox;
    readonly request: S3Request;
    readonly body: RequestBody;
    readonly account: string | undefined;
    readonly needs: Needs;
    readonly bucket: Bucket | undefined;
  }) {
    this.sandbox = given.sandbox;
    this.request = given.request;
    this.body = given.body;
    this.account = given.account;
    this.needs = given.needs;
    this.#bucket = given.bucket;
  }

  get storage(): Storage {
    return this.sandbox.storage;
  }

  /** As it was when the request arrived. */
  get bucket(): Bucket {
    assert(this.#bucket !== undefined, 'A call without a bucket asks for it.');
    return this.#bucket;
  }

  /** As it is now: after waiting for a body it may be gone. */
  get bucketNow(): Bucket {
    return requireBucket(this.storage, this.bucket.name);
  }

  /** The owner of what this request creates; somebody who did not sign creates for the bucket. */
  get creator(): string {
    return this.account ?? this.bucket.owner;
  }

  /**
   * The version that key and versionId name, when it is an object and the requester may do what
   * the call needs.
   */
  target(): VersionRow {
    const versionId = parseVersionId(this.request.query.get('versionId'));
    const row = findVersion(this, { bucket: this.bucket, key: this.request.key, versionId });
    this.demand(this.bucket, row, this.needs);
    return row;
  }

  demand(bucket: Bucket, row: VersionRow, needs: Needs): void {
    const permission = needs.startsWith('object ') ? needs.slice('object '.length) : undefined;
    if (permission === undefined || permission === 'owner') {
      const owner = permission === 'owner' ? row.owner : bucket.owner;
      if (this.account !== owner) throw new S3Error('AccessDenied');
      return;
    }
    // True because the part of Needs behind `object ` is `owner` or a Permission.
    if (!isAllowed(row, this.account, permission as Permission)) throw new S3Error('AccessDenied');
  }
}

export function requireBucket(storage: Storage, name: string): Bucket {
  const bucket = storage.buckets.find(name);
  if (bucket === undefined) throw new S3Error('NoSuchBucket', { elements: { BucketName: name } });
  return bucket;
}

export function parseVersionId(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (text === '') {
    throw invalidArgument('Version id cannot be the empty string', 'versionId', text);
  }
  if (text !== NULL_VERSION && idOfVersionId(text) === undefined) {
    throw invalidArgument('Invalid version id specified', 'versionId', text);
  }
  return text;
}

/** An object of a bucket; what is missing is told only to those who may list the bucket. */
export function findVersion(
  exchange: Exchange,
  place: {
    readonly bucket: Bucket;
    readonly key: string;
    readonly versionId: string | undefined;
  },
): VersionRow {
  const { bucket, key, versionId } = place;
  const { versions } = exchange.storage;
  const row =
    versionId === undefined
      ? versions.current(bucket, key)
      : versions.exact(bucket, key, versionId);
  if (row !== undefined && row.marker === 0) return row;

  if (!isAllowed(bucket, exchange.account, 'READ')) throw new S3Error('AccessDenied');
  const elements = { Key: key, ...(versionId === undefined ? {} : { VersionId: versionId }) };
  if (row === undefined) {
    throw new S3Error(versionId === undefined ? 'NoSuchKey' : 'NoSuchVersion', { elements });
  }
  const headers = { 'x-amz-delete-marker': 'true', 'x-amz-version-id': row.versionId };
  if (versionId === undefined) throw new S3Error('NoSuchKey', { elements, headers });
  throw new S3Error('MethodNotAllowed', {
    elements: { Method: exchange.request.method, ResourceType: 'DeleteMarker' },
    headers: { ...headers, allow: 'DELETE' },
  });
}
