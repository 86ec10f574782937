/**
 * What the cases of the S3 contract share: clients for two accounts, raw requests for what the SDK
 * cannot say, and buckets of their own for each case.
 */
import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { PutObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import type { PutObjectCommandInput, PutObjectCommandOutput } from '@aws-sdk/client-s3';
import { Sha512 } from '@aws-sdk/checksums/sha';
import { Xxh3_128, Xxh3_64, Xxh64 } from '@aws-sdk/checksums/xxh';
import { createSigner, encodePath, encodeQuery, sha256Hex } from '../../src/sigv4/index.ts';

export interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A running store that the contract is held against. */
export interface S3Endpoint extends KeyPair {
  /** `http://host:port`. */
  readonly endpoint: string;
  readonly region: string;
  /** Another account's keys. */
  readonly second: KeyPair;
  /** Of the first account, as x-amz-expected-bucket-owner wants it. */
  readonly accountId: string;
  stop(): Promise<void>;
}

export interface RawRequest {
  readonly method: string;
  /** Decoded; empty: the bucket, or the service when that is empty too. */
  readonly bucket?: string;
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  /** Default: the first account's; null: unsigned. */
  readonly as?: KeyPair | null;
  /** Default: the hash of the body. */
  readonly payloadHash?: string;
  /** Default: now. */
  readonly signedAtMs?: number;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The `Code` of an error document. */
  readonly code: string | undefined;
}

export interface ContractCase {
  /** A sentence; unique in the contract. */
  readonly name: string;
  run(world: World): Promise<void>;
}

export class World {
  readonly endpoint: S3Endpoint;
  readonly s3: S3Client;
  readonly second: S3Client;
  #buckets = 0;

  constructor(endpoint: S3Endpoint) {
    this.endpoint = endpoint;
    this.s3 = clientOf(endpoint, endpoint);
    this.second = clientOf(endpoint, endpoint.second);
  }

  /** The name of a bucket that exists and is empty. */
  async bucket(options: { readonly versioning?: boolean } = {}): Promise<string> {
    const bucket = this.freeName();
    assert.equal((await this.raw({ method: 'PUT', bucket })).status, 200);
    if (options.versioning === true) await this.setVersioning(bucket, 'Enabled');
    return bucket;
  }

  freeName(): string {
    this.#buckets += 1;
    return `contract-${this.#buckets}`;
  }

  async setVersioning(bucket: string, status: 'Enabled' | 'Suspended'): Promise<void> {
    const body = `<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>${status}</Status></VersioningConfiguration>`;
    const answer = await this.raw({ method: 'PUT', bucket, query: { versioning: '' }, body });
    assert.equal(answer.status, 200);
  }

  put(
    bucket: string,
    key: string,
    body: PutObjectCommandInput['Body'] = 'content',
    more: Partial<PutObjectCommandInput> = {},
  ): Promise<PutObjectCommandOutput> {
    const input = { Bucket: bucket, Key: key, Body: body, ...more };
    return this.s3.send(new PutObjectCommand(input));
  }

  /** The path and query of a request as they go over the wire. */
  targetOf({ bucket = '', key = '', query = {} }: RawRequest): { path: string; query: string } {
    const path = key === '' ? `/${bucket}` : `/${bucket}/${encodePath(key)}`;
    return { path, query: encodeQuery(query) };
  }

  /** One signed request, exactly as described. */
  raw(request: RawRequest): Promise<RawAnswer> {
    const { as = this.endpoint, body = '' } = request;
    const { path, query } = this.targetOf(request);
    const headers: Record<string, string> = { host: this.host, ...request.headers };
    const payloadHash = request.payloadHash ?? sha256Hex(body);
    if (as !== null) {
      const signer = createSigner({ ...as, region: this.endpoint.region, service: 's3' });
      const signed = { method: request.method, path, query, headers, payloadHash };
      Object.assign(headers, signer.sign(signed, request.signedAtMs ?? Date.now()));
    }
    // What was signed as text goes out as its UTF-8 bytes, which Node takes as Latin-1.
    for (const [name, value] of Object.entries(headers)) {
      headers[name] = Buffer.from(value, 'utf8').toString('latin1');
    }
    if (body.length > 0) headers['content-length'] ??= String(Buffer.byteLength(body));
    return this.exchange(request.method, query === '' ? path : `${path}?${query}`, headers, body);
  }

  get host(): string {
    return this.endpoint.endpoint.replace('http://', '');
  }

  exchange(
    method: string,
    target: string,
    headers: Readonly<Record<string, string>>,
    body: Buffer | string = '',
  ): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      const options = { method, headers, path: target, agent: false };
      const outgoing = httpRequest(this.endpoint.endpoint, options, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const all = Buffer.concat(chunks);
          const code = /<Code>([^<]*)<\/Code>/.exec(all.toString('utf8'))?.[1];
          const answered: Record<string, string> = {};
          for (const [name, value] of Object.entries(incoming.headers)) {
            answered[name] = String(value);
          }
          resolve({ status: incoming.statusCode ?? 0, headers: answered, body: all, code });
        });
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  close(): void {
    this.s3.destroy();
    this.second.destroy();
  }
}

function clientOf({ endpoint, region }: S3Endpoint, credentials: KeyPair): S3Client {
  const { accessKeyId, secretAccessKey } = credentials;
  return new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
    maxAttempts: 1,
    // What the SDK does not bring along into its client: an oracle of its own for the stores.
    checksumAlgorithms: { SHA512: Sha512, XXHASH64: Xxh64, XXHASH3: Xxh3_64, XXHASH128: Xxh3_128 },
    // Else the SDK warns on the console of bodies without a length, such as the empty one.
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
}

const quiet = (): void => undefined;

/** Asserts that S3 refused, with this code and status when they are given. */
export async function refused(
  promise: Promise<unknown>,
  code?: string,
  status?: number,
): Promise<S3ServiceException> {
  try {
    await promise;
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    if (code !== undefined) assert.equal(error.name, code);
    if (status !== undefined) assert.equal(error.$metadata.httpStatusCode, status);
    return error;
  }
  assert.fail(`was not refused, ${code ?? 'a refusal'} was expected`);
}

/** The text of a body that the SDK gives. */
export async function textOf(output: {
  readonly Body?: { transformToString(): Promise<string> } | undefined;
}): Promise<string> {
  assert.ok(output.Body);
  return output.Body.transformToString();
}

/** What the caller knows to be there. */
export function given<Value>(value: Value | undefined): Value {
  assert.ok(value !== undefined, 'a value that the answer must have is missing');
  return value;
}
