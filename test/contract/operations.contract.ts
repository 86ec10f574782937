/**
 * What every store must look like after the operations ran on it: the same suite over the sandbox
 * and over real servers. The AWS SDK prepares the objects and reads them back, so that neither our
 * client nor our reading of S3 judges itself.
 */
import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import {
  CreateBucketCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  GetObjectLegalHoldCommand,
  GetObjectRetentionCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import type { JobOperation } from '@aws-sdk/client-s3-control';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import type { JobRequest } from '../../src/model/job.ts';
import type { Outcome, Task } from '../../src/model/outcome.ts';
import type { OperationName } from '../../src/model/vocabulary.ts';
import { type Opened, OPERATIONS } from '../../src/operations/index.ts';
import { createS3, type S3Client as ThinClient } from '../../src/s3/index.ts';
import { placeOn } from '../operations/place.ts';

export interface StoreUnderTest {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Called once, after the tests. */
  stop?(): Promise<void>;
}

/** `start` is called once, before the tests. */
export function operationsContract(name: string, start: () => Promise<StoreUnderTest>): void {
  let store: StoreUnderTest | undefined;
  let scene: Scene;
  before(async () => {
    store = await start();
    scene = new Scene(store);
    await scene.makeBuckets();
  });
  after(async () => {
    await scene.close();
    await store?.stop?.();
  });
  const check = (title: string, body: (scene: Scene, t: TestContext) => Promise<void>): void => {
    test(`${name}: ${title}`, (t) => body(scene, t));
  };
  taggingContract(check);
  aclContract(check);
  copyContract(check);
}

type Check = (title: string, body: (scene: Scene, t: TestContext) => Promise<void>) => void;

/** Keys that someone encodes, decodes, splits or normalises wrongly. */
const KEYS = [
  'plain',
  'with space and+plus',
  'ü/日本語/😀',
  'double//slash/',
  'percent%20%2F%zz',
  `marks'"<>&;=?#@!$()*,:[]{}|^~\``,
  'dots/../x/./..',
  'line\nbreak\ttab',
];

const TAGS = [
  { Key: 'project', Value: 'blue' },
  { Key: 'a b+c-d=e._:/@', Value: 'x=y/ü' },
  { Key: 'empty', Value: '' },
];

function taggingContract(check: Check): void {
  check('tagging replaces the tag set of every key, however it is spelt', async (s) => {
    for (const key of KEYS) {
      await s.put(key, { Tagging: 'old=1' });
      s.succeeded(await s.run({ S3PutObjectTagging: { TagSet: TAGS } }, s.task(key)), key);
      assert.deepEqual(await s.tags(key), sorted(TAGS), key);
    }
  });

  check('an empty tag set clears', async (s) => {
    await s.put('cleared', { Tagging: 'old=1' });
    s.succeeded(await s.run({ S3PutObjectTagging: { TagSet: [] } }, s.task('cleared')));
    assert.deepEqual(await s.tags('cleared'), []);
  });

  check('delete tagging removes every tag', async (s) => {
    for (const key of KEYS) {
      await s.put(key, { Tagging: 'a=1&b=2' });
      s.succeeded(await s.run({ S3DeleteObjectTagging: {} }, s.task(key)), key);
      assert.deepEqual(await s.tags(key), [], key);
    }
  });

  check('tagging of a version leaves the other versions alone', async (s) => {
    const first = await s.putVersion('tagged', { Tagging: 'which=first' });
    const second = await s.putVersion('tagged', { Tagging: 'which=second' });
    const task = { ...s.task('tagged', s.versioned), versionId: first };
    const tags = [{ Key: 'which', Value: 'changed' }];
    s.succeeded(await s.run({ S3PutObjectTagging: { TagSet: tags } }, task));
    assert.deepEqual(await s.tags('tagged', s.versioned, first), tags);
    assert.deepEqual(await s.tags('tagged', s.versioned, second), [
      { Key: 'which', Value: 'second' },
    ]);
    s.succeeded(await s.run({ S3DeleteObjectTagging: {} }, task));
    assert.deepEqual(await s.tags('tagged', s.versioned, first), []);
  });

  check('what is not there is a failure with the code of S3', async (s) => {
    const operation = { S3PutObjectTagging: { TagSet: TAGS } };
    s.failed(await s.run(operation, s.task('nothing')), 404, /^NoSuchKey$/);
    const elsewhere = { ...s.task('nothing'), bucket: `${s.plain}-nowhere` };
    s.failed(await s.run(operation, elsewhere), 404, /^NoSuchBucket$/);
  });
}

const ALL_USERS = 'http://acs.amazonaws.com/groups/global/AllUsers';

function aclContract(check: Check): void {
  check('a canned ACL replaces the grants', async (s) => {
    for (const key of KEYS) {
      await s.put(key, {});
      const operation = {
        S3PutObjectAcl: { AccessControlPolicy: { CannedAccessControlList: 'public-read' } },
      } satisfies JobOperation;
      s.succeeded(await s.run(operation, s.task(key)), key);
      assert.deepEqual(await s.grants(key), [`${ALL_USERS} READ`, 'owner FULL_CONTROL']);
    }
  });

  check('an ACL given as a list replaces the grants', async (s) => {
    await s.put('listed', { ACL: 'public-read' });
    const operation: JobOperation = {
      S3PutObjectAcl: {
        AccessControlPolicy: {
          AccessControlList: {
            Owner: { ID: s.ownerId },
            Grants: [
              {
                Grantee: { TypeIdentifier: 'id', Identifier: s.ownerId },
                Permission: 'FULL_CONTROL',
              },
              { Grantee: { TypeIdentifier: 'uri', Identifier: ALL_USERS }, Permission: 'READ_ACP' },
            ],
          },
        },
      },
    };
    s.succeeded(await s.run(operation, s.task('listed')));
    assert.deepEqual(await s.grants('listed'), [`${ALL_USERS} READ_ACP`, 'owner FULL_CONTROL']);
  });

  check('an ACL of a version leaves the other versions alone', async (s) => {
    const first = await s.putVersion('acl', {});
    const second = await s.putVersion('acl', {});
    const operation: JobOperation = {
      S3PutObjectAcl: { AccessControlPolicy: { CannedAccessControlList: 'public-read' } },
    };
    const task = { ...s.task('acl', s.versioned), versionId: first };
    s.succeeded(await s.run(operation, task));
    assert.equal((await s.grants('acl', s.versioned, first)).length, 2);
    assert.equal((await s.grants('acl', s.versioned, second)).length, 1);
  });
}

const HOUR_MS = 60 * 60 * 1000;

function copyContract(check: Check): void {
  check('a copy has the content, metadata and tags of its source, below the prefix', async (s) => {
    for (const key of KEYS) {
      const input = { ContentType: 'text/css', CacheControl: 'no-cache', Metadata: { a: 'b' } };
      await s.put(key, { ...input, Body: `body of ${key}`, Tagging: 'old=1' });
      s.succeeded(await s.copy({ TargetKeyPrefix: 'Folder1' }, s.task(key)), key);
      const copied = await s.get(`Folder1/${key}`);
      assert.equal(copied.body, `body of ${key}`);
      assert.equal(copied.ContentType, 'text/css');
      assert.equal(copied.CacheControl, 'no-cache');
      assert.deepEqual(copied.Metadata, { a: 'b' });
      assert.deepEqual(await s.tags(`Folder1/${key}`, s.target), [{ Key: 'old', Value: '1' }]);
    }
  });

  check('new metadata replaces all of the old', async (s) => {
    await s.put('meta', {
      ContentType: 'text/css',
      CacheControl: 'no-cache',
      Metadata: { a: 'b' },
    });
    const expires = new Date('2031-02-03T04:05:06Z');
    const copy = {
      NewObjectMetadata: {
        ContentType: 'text/html',
        ContentDisposition: 'attachment; filename="a b.html"',
        ContentEncoding: 'identity',
        ContentLanguage: 'de',
        HttpExpiresDate: expires,
        UserMetadata: { Colour: 'dark  blue', empty: '' },
      },
    };
    s.succeeded(await s.copy(copy, s.task('meta')));
    const copied = await s.get('meta');
    assert.equal(copied.ContentType, 'text/html');
    assert.equal(copied.ContentDisposition, 'attachment; filename="a b.html"');
    assert.equal(copied.ContentLanguage, 'de');
    assert.equal(Date.parse(copied.ExpiresString ?? ''), expires.getTime());
    assert.equal(copied.CacheControl, undefined);
    assert.equal(copied.Metadata?.['a'], undefined);
    assert.match(copied.Metadata?.['colour'] ?? '', /^dark +blue$/);
  });

  check('new tags replace those of the source, an empty list leaves none', async (s) => {
    await s.put('tagged', { Tagging: 'old=1' });
    s.succeeded(await s.copy({ NewObjectTagging: TAGS }, s.task('tagged')));
    assert.deepEqual(await s.tags('tagged', s.target), sorted(TAGS));
    s.succeeded(await s.copy({ NewObjectTagging: [] }, s.task('tagged')));
    assert.deepEqual(await s.tags('tagged', s.target), []);
    assert.deepEqual(await s.tags('tagged'), [{ Key: 'old', Value: '1' }]);
  });

  check('only sources between the two dates are copied', async (s) => {
    await s.put('dated', {});
    const past = new Date(Date.now() - HOUR_MS);
    const future = new Date(Date.now() + HOUR_MS);
    const into = (TargetKeyPrefix: string) => ({ TargetKeyPrefix });
    const within = { ModifiedSinceConstraint: past, UnModifiedSinceConstraint: future };
    s.succeeded(await s.copy({ ...into('in'), ...within }, s.task('dated')));
    const refusals = [
      { ...into('old'), UnModifiedSinceConstraint: past },
      { ...into('old'), ModifiedSinceConstraint: past, UnModifiedSinceConstraint: past },
    ];
    for (const copy of refusals) {
      s.failed(await s.copy(copy, s.task('dated')), 412, /^PreconditionFailed$/);
    }
    await assert.rejects(s.get('old/dated'));
    const missing = await s.copy({ ...into('in'), ...within }, s.task('nothing'));
    s.failed(missing, 404, /^(NoSuchKey|NotFound)$/);
  });

  check('a version is copied, not the object as it is now', async (s) => {
    const first = await s.putVersion('versions', { Body: 'first' });
    await s.putVersion('versions', { Body: 'second' });
    const task = { ...s.task('versions', s.versioned), versionId: first };
    s.succeeded(await s.copy({}, task));
    assert.equal((await s.get('versions')).body, 'first');
    s.succeeded(await s.copy({}, s.task('versions', s.versioned)));
    assert.equal((await s.get('versions')).body, 'second');
  });

  check('every copy into a versioned bucket is a version of its own', async (s) => {
    await s.put('twice', { Body: 'x' });
    const copy = { TargetResource: `arn:aws:s3:::${s.versioned}`, NewObjectTagging: TAGS };
    s.succeeded(await s.copy(copy, s.task('twice')));
    s.succeeded(await s.copy(copy, s.task('twice')));
    const input = { Bucket: s.versioned, Prefix: 'twice' };
    const listed = await s.sdk.send(new ListObjectVersionsCommand(input));
    assert.equal(listed.Versions?.length, 2);
    for (const { VersionId: id } of listed.Versions ?? []) {
      assert.deepEqual(await s.tags('twice', s.versioned, id), sorted(TAGS));
    }
  });

  check('a copy has the ACL, storage class and redirect that were asked for', async (s) => {
    await s.put('dressed', {});
    const copy = {
      CannedAccessControlList: 'public-read',
      StorageClass: 'STANDARD_IA',
      RedirectLocation: '/elsewhere',
      MetadataDirective: 'REPLACE',
      RequesterPays: true,
    } as const;
    s.succeeded(await s.copy(copy, s.task('dressed')));
    const head = await s.head('dressed');
    assert.equal(head.StorageClass, 'STANDARD_IA');
    assert.equal(head.WebsiteRedirectLocation, '/elsewhere');
    assert.ok((await s.grants('dressed', s.target)).includes(`${ALL_USERS} READ`));
  });

  check('a copy has the redirect and checksum asked for; else its task failed', async (s) => {
    await s.put('extras', {});
    const redirected = await s.copy({ RedirectLocation: '/elsewhere' }, s.task('extras'));
    if (redirected.ok) {
      assert.equal((await s.head('extras')).WebsiteRedirectLocation, '/elsewhere');
    } else {
      s.failed(redirected, 200, /^RedirectNotApplied$/);
    }
    const summed = await s.copy({ ChecksumAlgorithm: 'SHA256' }, s.task('extras'));
    if (summed.ok) assert.ok((await s.head('extras')).ChecksumSHA256);
    else s.failed(summed, 200, /^ChecksumNotApplied$/);
  });

  check('a copy has the grants that were asked for', async (s) => {
    await s.put('granted', {});
    const copy = {
      AccessControlGrants: [
        { Grantee: { TypeIdentifier: 'id', Identifier: s.ownerId }, Permission: 'FULL_CONTROL' },
        { Grantee: { TypeIdentifier: 'uri', Identifier: ALL_USERS }, Permission: 'READ' },
        { Grantee: { TypeIdentifier: 'uri', Identifier: ALL_USERS }, Permission: 'READ_ACP' },
      ],
    } satisfies CopyParameters;
    s.succeeded(await s.copy(copy, s.task('granted')));
    assert.deepEqual(await s.grants('granted', s.target), [
      `${ALL_USERS} READ`,
      `${ALL_USERS} READ_ACP`,
      'owner FULL_CONTROL',
    ]);
  });

  check(
    'a copy that succeeded is encrypted as asked; else the task failed and says so',
    async (s) => {
      await s.put('secret', { ContentType: 'text/css' });
      const asked = [
        [{ SSEAlgorithm: 'AES256' }, 'AES256'],
        [{ SSEAlgorithm: 'KMS' }, 'aws:kms'],
      ] as const;
      for (const [metadata, name] of asked) {
        const copy = { NewObjectMetadata: metadata, TargetKeyPrefix: name };
        const outcome = await s.copy(copy, s.task('secret'));
        if (outcome.ok) {
          const head = await s.head(`${name}/secret`);
          assert.equal(head.ServerSideEncryption, name);
          assert.equal(head.ContentType, 'text/css');
        } else {
          assert.match(outcome.code, /EncryptionNotApplied|NotImplemented|KMS|InvalidArgument/);
        }
      }
    },
  );

  check('a copy is locked and held as asked; else its task failed', async (s) => {
    await s.put('locked', {});
    const until = new Date(Math.ceil(Date.now() / 1000) * 1000 + HOUR_MS);
    const copy = {
      ObjectLockMode: 'GOVERNANCE',
      ObjectLockRetainUntilDate: until,
      ObjectLockLegalHoldStatus: 'ON',
    } as const;
    const unlockable = await s.copy(copy, s.task('locked'));
    assert.match(unlockable.ok ? '' : unlockable.code, /^(InvalidRequest|NotImplemented)$/);
    if (!(await s.hasLockingBucket())) return;
    const TargetResource = `arn:aws:s3:::${s.locking}`;
    s.succeeded(await s.copy({ ...copy, TargetResource }, s.task('locked')));
    const object = { Bucket: s.locking, Key: 'locked' };
    const { Retention: retention } = await s.sdk.send(new GetObjectRetentionCommand(object));
    assert.equal(retention?.Mode, 'GOVERNANCE');
    assert.equal(retention?.RetainUntilDate?.getTime(), until.getTime());
    const { LegalHold: hold } = await s.sdk.send(new GetObjectLegalHoldCommand(object));
    assert.equal(hold?.Status, 'ON');
  });

  check('a copy onto itself needs a change', async (s) => {
    await s.put('self', { Metadata: { a: 'b' } });
    const target = { TargetResource: `arn:aws:s3:::${s.plain}` };
    s.failed(await s.copy(target, s.task('self')), 400, /^InvalidRequest$/);
    const changed = { ...target, MetadataDirective: 'REPLACE' } as const;
    s.succeeded(await s.copy(changed, s.task('self')));
    assert.deepEqual((await s.get('self', s.plain)).Metadata, {});
  });

  check('a missing source fails its task, a missing target fails the job up front', async (s) => {
    s.failed(await s.copy({}, s.task('nothing')), 404, /^NoSuchKey$/);
    const gone = { TargetResource: `arn:aws:s3:::${s.plain}-nowhere` };
    const opened = await s.open({ S3PutObjectCopy: gone });
    assert.ok(!opened.ok && opened.again === undefined);
    assert.match(opened.reason, /does not exist/);
  });
}

type CopyParameters = NonNullable<JobOperation['S3PutObjectCopy']>;

class Scene {
  readonly sdk: S3Client;
  readonly #thin: ThinClient;
  readonly plain: string;
  readonly target: string;
  readonly versioned: string;
  readonly locking: string;
  ownerId = '';

  constructor(store: StoreUnderTest) {
    const { endpoint, region, credentials } = store;
    this.sdk = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    this.#thin = createS3({ ...store, clock: systemClock, random: systemRandom });
    const name = `operations-${systemRandom.hex(4)}`;
    this.plain = `${name}-plain`;
    this.target = `${name}-target`;
    this.versioned = `${name}-versioned`;
    this.locking = `${name}-locking`;
  }

  async makeBuckets(): Promise<void> {
    for (const Bucket of [this.plain, this.target, this.versioned]) {
      await this.sdk.send(new CreateBucketCommand({ Bucket }));
    }
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    const versioning = { Bucket: this.versioned, VersioningConfiguration };
    await this.sdk.send(new PutBucketVersioningCommand(versioning));
    await this.put('owned', {});
    const object = { Bucket: this.plain, Key: 'owned' };
    const { Owner: owner } = await this.sdk.send(new GetObjectAclCommand(object));
    this.ownerId = owner?.ID ?? '';
  }

  /** False: the store has no Object Lock, and says so. */
  async hasLockingBucket(): Promise<boolean> {
    try {
      const lock = { Bucket: this.locking, ObjectLockEnabledForBucket: true };
      await this.sdk.send(new CreateBucketCommand(lock));
      return true;
    } catch (error) {
      assert.ok(error instanceof Error);
      assert.equal(error.name, 'NotImplemented');
      return false;
    }
  }

  async close(): Promise<void> {
    this.sdk.destroy();
    await this.#thin.close();
  }

  task(key: string, bucket = this.plain): Task {
    return { bucket, key, manifestKey: encodeURIComponent(key) };
  }

  async put(key: string, input: Partial<PutObjectCommandInput>): Promise<void> {
    await this.sdk.send(
      new PutObjectCommand({ Bucket: this.plain, Key: key, Body: 'content', ...input }),
    );
  }

  async putVersion(key: string, input: Partial<PutObjectCommandInput>): Promise<string> {
    const object = { Bucket: this.versioned, Key: key, Body: 'content', ...input };
    const { VersionId: id } = await this.sdk.send(new PutObjectCommand(object));
    assert.ok(id);
    return id;
  }

  async open(operation: JobOperation): Promise<Opened> {
    const { name, request } = requestOf(operation);
    assert.deepEqual(OPERATIONS[name].check(request), []);
    return OPERATIONS[name].open(request, placeOn(this.#thin), new AbortController().signal);
  }

  async run(operation: JobOperation, task: Task): Promise<Outcome> {
    const opened = await this.open(operation);
    assert.ok(opened.ok, opened.ok ? '' : opened.reason);
    return opened.run(task, new AbortController().signal);
  }

  copy(copy: CopyParameters, task: Task): Promise<Outcome> {
    const TargetResource = `arn:aws:s3:::${this.target}`;
    return this.run({ S3PutObjectCopy: { TargetResource, ...copy } }, task);
  }

  succeeded(outcome: Outcome, what = ''): void {
    assert.deepEqual(outcome, { ok: true, message: 'Successful' }, what);
  }

  failed(outcome: Outcome, status: number, code: RegExp): void {
    assert.ok(!outcome.ok);
    assert.equal(outcome.httpStatus, status);
    assert.match(outcome.code, code);
    assert.equal(outcome.again, 'never');
    assert.ok(outcome.message.length > 0);
  }

  async get(key: string, bucket = this.target) {
    const answer = await this.sdk.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return { ...answer, body: await answer.Body?.transformToString() };
  }

  head(key: string) {
    const object = { Bucket: this.target, Key: key, ChecksumMode: 'ENABLED' } as const;
    return this.sdk.send(new HeadObjectCommand(object));
  }

  async tags(key: string, bucket = this.plain, versionId?: string) {
    const object = { Bucket: bucket, Key: key, VersionId: versionId };
    const { TagSet: tags } = await this.sdk.send(new GetObjectTaggingCommand(object));
    return sorted(tags ?? []);
  }

  /** `grantee permission`, in order. */
  async grants(key: string, bucket = this.plain, versionId?: string): Promise<string[]> {
    const object = { Bucket: bucket, Key: key, VersionId: versionId };
    const { Grants: grants } = await this.sdk.send(new GetObjectAclCommand(object));
    const nameOf = (id: string | undefined): string | undefined =>
      id === this.ownerId ? 'owner' : id;
    return (grants ?? [])
      .map(
        ({ Grantee: grantee, Permission: permission }) =>
          `${grantee?.URI ?? nameOf(grantee?.ID)} ${permission}`,
      )
      .sort();
  }
}

function requestOf(operation: JobOperation): { name: OperationName; request: JobRequest } {
  // True: a JobOperation's members are the names of the operations.
  const name = Object.keys(operation)[0] as OperationName;
  const request: JobRequest = {
    AccountId: '123456789012',
    Operation: operation,
    Report: { Enabled: false },
    ClientRequestToken: 'token',
    Priority: 1,
    RoleArn: 'arn:aws:iam::123456789012:role/r',
  };
  return { name, request };
}

function sorted<T extends { Key?: string | undefined }>(tags: readonly T[]): T[] {
  return [...tags].sort((a, b) => ((a.Key ?? '') < (b.Key ?? '') ? -1 : 1));
}
