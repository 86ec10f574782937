/** A store for the matrix of operations: buckets, objects and what is found of them, by the AWS SDK. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import type { JobOperation, S3Tag } from '@aws-sdk/client-s3-control';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { createFunctions, type Functions } from '../../src/functions/index.ts';
import type { JobRequest } from '../../src/model/job.ts';
import type { Task } from '../../src/model/outcome.ts';
import type { OperationName } from '../../src/model/vocabulary.ts';
import { type Opened, OPERATIONS, type Place } from '../../src/operations/index.ts';
import { createS3, type S3, type S3Client as Thin } from '../../src/s3/index.ts';
import { placeOn } from '../operations/place.ts';
import { requestOf, SIGNAL } from '../operations/scene.ts';
import type { StoreUnderTest } from './operations.contract.ts';

/** What a client sees of an object or version. */
export interface Seen {
  readonly body: string;
  readonly type: string | undefined;
  readonly metadata: unknown;
  readonly storageClass: string;
  readonly tags: readonly string[];
}

/** An object that a job is run on, and what it was before. */
export interface Subject {
  readonly task: Task;
  readonly before: Seen;
}

export interface Job {
  readonly operation: JobOperation;
  readonly tags?: S3Tag[];
}

interface ObjectId {
  readonly Bucket: string;
  readonly Key: string;
  readonly VersionId: string | undefined;
}

export type Kind = 'plain' | 'versions' | 'lock';

export class World {
  readonly sdk: S3Client;
  readonly thin: Thin;
  readonly #functions: Functions;
  #name = '';

  constructor({ endpoint, region, credentials }: StoreUnderTest) {
    this.sdk = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    this.thin = createS3({
      endpoint,
      region,
      credentials,
      clock: systemClock,
      random: systemRandom,
    });
    const path = join(import.meta.dirname, 'matrix-function.ts');
    const reverse = {
      kind: 'module',
      path,
      timeoutMs: 120_000,
      memoryMb: 256,
      threads: 2,
    } as const;
    this.#functions = createFunctions({
      registered: { reverse },
      environment: {
        ENDPOINT: endpoint,
        ACCESS_KEY: credentials.accessKeyId,
        SECRET_KEY: credentials.secretAccessKey,
      },
      clock: systemClock,
    });
  }

  async close(): Promise<void> {
    await this.#functions.close();
    this.sdk.destroy();
    await this.thin.close();
  }

  /** Buckets that nothing has been in: one of each kind, and a target. */
  async fresh(): Promise<void> {
    this.#name = `matrix-${systemRandom.hex(4)}`;
    for (const kind of ['plain', 'versions', 'lock', 'target', 'replicas'] as const) {
      const Bucket = this.bucket(kind);
      const lock = kind === 'lock' ? { ObjectLockEnabledForBucket: true } : {};
      await this.sdk.send(new CreateBucketCommand({ Bucket, ...lock }));
      if (kind !== 'versions' && kind !== 'replicas') continue;
      const VersioningConfiguration = { Status: 'Enabled' } as const;
      await this.sdk.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    }
  }

  bucket(kind: Kind | 'target' | 'replicas'): string {
    return `${this.#name}-${kind}`;
  }

  /** Its version id, where the bucket has versions. */
  async put(
    kind: Kind,
    Key: string,
    more: Partial<PutObjectCommandInput> = {},
  ): Promise<string | undefined> {
    const object = {
      Bucket: this.bucket(kind),
      Key,
      Body: `I am ${Key}`,
      ContentType: 'text/x-matrix',
      Metadata: { colour: 'blue' },
      Tagging: 'old=1',
      ...more,
    };
    return (await this.sdk.send(new PutObjectCommand(object))).VersionId;
  }

  task(kind: Kind, key: string, versionId?: string): Task {
    const plain = { bucket: this.bucket(kind), key, manifestKey: encodeURIComponent(key) };
    return versionId === undefined ? plain : { ...plain, versionId };
  }

  async see({ bucket: Bucket, key: Key, versionId: VersionId }: Task): Promise<Seen> {
    const object = { Bucket, Key, VersionId };
    const got = await this.#get(object);
    return {
      body: got.body,
      type: got.ContentType,
      metadata: got.Metadata,
      storageClass: got.StorageClass ?? 'STANDARD',
      tags: (await unlessArchived(() => this.#tags(object))) ?? [],
    };
  }

  async #get(object: ObjectId) {
    const got = await unlessArchived(() => this.sdk.send(new GetObjectCommand(object)));
    if (got !== undefined) return { ...got, body: (await got.Body?.transformToString()) ?? '' };
    return { ...(await this.sdk.send(new HeadObjectCommand(object))), body: 'archived' };
  }

  async #tags(object: ObjectId): Promise<string[]> {
    const { TagSet = [] } = await this.sdk.send(new GetObjectTaggingCommand(object));
    return TagSet.map((tag) => `${tag.Key}=${tag.Value}`).sort();
  }

  async isGone({ bucket: Bucket, key: Key, versionId: VersionId }: Task): Promise<boolean> {
    try {
      await this.sdk.send(new HeadObjectCommand({ Bucket, Key, VersionId }));
      return false;
    } catch (error) {
      assert.match(String(error), /NotFound|NoSuch/);
      return true;
    }
  }

  /** As CreateJob and a worker do it: the parameters are checked, the operation is opened. */
  open({ operation, tags }: Job, bucket: string, s3: S3 = this.thin): Promise<Opened> {
    // True: a JobOperation's members are the names of the operations.
    const name = Object.keys(operation)[0] as OperationName;
    const Report = { Enabled: true, ExpectedBucketOwner: '123456789012' };
    const request: JobRequest = { ...requestOf(operation), Report, Tags: tags };
    assert.deepEqual(OPERATIONS[name].check(request), []);
    return OPERATIONS[name].open(request, this.place(bucket, s3), SIGNAL);
  }

  place(bucket: string, s3: S3): Place {
    const functions = this.#functions;
    return placeOn(s3, { bucket, functions, clock: systemClock, random: systemRandom });
  }
}

async function unlessArchived<Found>(read: () => Promise<Found>): Promise<Found | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error && error.name === 'InvalidObjectState') return undefined;
    throw error;
  }
}
