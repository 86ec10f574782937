/** Each operation of the matrix: its job, what its task on a missing object ends as, what it leaves. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import {
  GetObjectAclCommand,
  GetObjectCommand,
  GetObjectLegalHoldCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutBucketReplicationCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import type { S3 } from '../../src/s3/index.ts';
import { copier, copyRoom } from '../../src/operations/copy-object.ts';
import { isCopyObject, Meddling } from '../operations/meddling.ts';
import { SIGNAL } from '../operations/scene.ts';
import type { Job, Kind, Subject, World } from './matrix-world.ts';

export interface Case {
  /** The bucket that the objects are in; rows name versions where it has some. Default plain. */
  readonly home?: Kind;
  /** Of the object with two versions, which one the row names. Default the older. */
  readonly names?: 'older' | 'current';
  readonly put?: Partial<PutObjectCommandInput>;
  job(world: World): Job;
  /** What the store has to be told first. */
  prepare?(world: World): Promise<void>;
  /** What stands between the operation and the store. */
  through?(world: World): S3;
  /** `code: message` of the missing object's outcome, or the message of a success. */
  readonly missing: RegExp;
  /** Reads one object back. `message`: of its outcome. */
  check(world: World, subject: Subject, message: string): Promise<void>;
  /** What else there is to show. */
  also?(world: World): Promise<void>;
  /** A key that is left out. */
  readonly without?: string;
}

/** Where a store answers in a way of its own, and why that is said. */
export type Quirk = Partial<Pick<Case, 'missing' | 'names' | 'without'>> & { readonly why: string };

const HOUR_MS = 60 * 60 * 1000;
const MIB = 1024 * 1024;
/** Of the account that the sandbox of the tests gives the buckets to; the other stores do not ask. */
const KMSKeyArn = 'arn:aws:kms:us-east-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const NO_KEY = /^NoSuch(Key|Version): ./;
/** Whole seconds: that is how exactly every store keeps a date. */
const UNTIL = new Date(Math.ceil(Date.now() / 1000) * 1000 + HOUR_MS);
const ENCRYPTION = { S3UpdateObjectEncryption: { ObjectEncryption: { SSEKMS: { KMSKeyArn } } } };

function builtIn(name: string, UserArguments?: Record<string, string>): Case['job'] {
  const invoke = { FunctionArn: `brigade-${name}`, InvocationSchemaVersion: '2.0', UserArguments };
  return () => ({ operation: { LambdaInvoke: invoke } });
}

function copyJob(world: World): Job {
  const TargetResource = `arn:aws:s3:::${world.bucket('target')}`;
  return { operation: { S3PutObjectCopy: { TargetResource, TargetKeyPrefix: 'copy' } } };
}

async function checkCopy(world: World, { task, before }: Subject, message: string) {
  assert.equal(message, 'Successful');
  const copy = { bucket: world.bucket('target'), key: `copy/${task.key}`, manifestKey: '' };
  assert.deepEqual(await world.see(copy), before);
}

function idOf({ task }: Subject) {
  return { Bucket: task.bucket, Key: task.key, VersionId: task.versionId };
}

export const CASES: Readonly<Record<string, Case>> = {
  S3PutObjectTagging: {
    job: () => ({ operation: { S3PutObjectTagging: { TagSet: [{ Key: 'n ü+', Value: 'x=/' }] } } }),
    missing: NO_KEY,
    async check(world, { task, before }) {
      assert.deepEqual(await world.see(task), { ...before, tags: ['n ü+=x=/'] });
    },
  },

  S3DeleteObjectTagging: {
    job: () => ({ operation: { S3DeleteObjectTagging: {} } }),
    missing: NO_KEY,
    async check(world, { task, before }) {
      assert.deepEqual(await world.see(task), { ...before, tags: [] });
    },
  },

  S3PutObjectAcl: {
    job: () => ({
      operation: {
        S3PutObjectAcl: { AccessControlPolicy: { CannedAccessControlList: 'public-read' } },
      },
    }),
    missing: NO_KEY,
    async check(world, subject) {
      const { Grants = [] } = await world.sdk.send(new GetObjectAclCommand(idOf(subject)));
      const granted = Grants.map(({ Grantee, Permission }) => `${Permission} ${Grantee?.URI}`);
      assert.deepEqual(granted.sort(), [
        'FULL_CONTROL undefined',
        'READ http://acs.amazonaws.com/groups/global/AllUsers',
      ]);
      assert.deepEqual(await world.see(subject.task), subject.before);
    },
  },

  S3PutObjectCopy: { job: copyJob, missing: NO_KEY, check: checkCopy },

  'S3PutObjectCopy above its single-copy limit': {
    job: copyJob,
    through: findingAllTooLarge,
    missing: NO_KEY,
    check: checkCopy,
    also: copySeveralParts,
  },

  S3InitiateRestoreObject: {
    put: { StorageClass: 'GLACIER' },
    job: () => ({
      operation: { S3InitiateRestoreObject: { ExpirationInDays: 3, GlacierJobTier: 'BULK' } },
    }),
    missing: NO_KEY,
    async check(world, subject) {
      const { Restore } = await world.sdk.send(new HeadObjectCommand(idOf(subject)));
      assert.match(Restore ?? '', /ongoing-request="false", expiry-date="/);
      // Before, its bytes could not be read, nor on moto its tags.
      const { body, tags, ...rest } = await world.see(subject.task);
      const { body: _archived, tags: _unread, ...before } = subject.before;
      assert.deepEqual(rest, before);
      assert.deepEqual(tags, ['old=1']);
      assert.ok(body.startsWith(`I am ${subject.task.key}`), body);
    },
  },

  S3PutObjectLegalHold: {
    home: 'lock',
    job: () => ({ operation: { S3PutObjectLegalHold: { LegalHold: { Status: 'ON' } } } }),
    missing: NO_KEY,
    async check(world, subject) {
      const { LegalHold } = await world.sdk.send(new GetObjectLegalHoldCommand(idOf(subject)));
      assert.equal(LegalHold?.Status, 'ON');
      assert.deepEqual(await world.see(subject.task), subject.before);
    },
  },

  S3PutObjectRetention: {
    home: 'lock',
    job: () => ({
      operation: {
        S3PutObjectRetention: { Retention: { Mode: 'GOVERNANCE', RetainUntilDate: UNTIL } },
      },
    }),
    missing: NO_KEY,
    async check(world, subject) {
      // GetObjectRetention of moto answers no XML.
      const head = await world.sdk.send(new HeadObjectCommand(idOf(subject)));
      assert.deepEqual(
        [head.ObjectLockMode, head.ObjectLockRetainUntilDate],
        ['GOVERNANCE', UNTIL],
      );
      assert.deepEqual(await world.see(subject.task), subject.before);
    },
  },

  S3ReplicateObject: {
    home: 'versions',
    prepare: configureReplication,
    job: () => ({ operation: { S3ReplicateObject: {} } }),
    missing: /^Src(Object|Version)NotFound: ./,
    async check(world, { task, before }, message) {
      assert.equal(message, 'success');
      const replica = { bucket: world.bucket('replicas'), key: task.key, manifestKey: '' };
      assert.deepEqual(await world.see(replica), before);
    },
  },

  S3ComputeObjectChecksum: {
    job: () => ({
      operation: {
        S3ComputeObjectChecksum: { ChecksumAlgorithm: 'SHA256', ChecksumType: 'FULL_OBJECT' },
      },
    }),
    missing: /^PermanentFailure: error details: .*Key not found.*"404"/,
    async check(world, { task, before }, message) {
      const told = JSON.parse(message) as Readonly<Record<string, unknown>>;
      assert.equal(told['checksum_base64'], hash('sha256', before.body, 'base64'));
      assert.equal(told['checksum_hex'], hash('sha256', before.body).toUpperCase());
      assert.deepEqual(await world.see(task), before);
    },
  },

  S3UpdateObjectEncryption: {
    put: { ServerSideEncryption: 'AES256' },
    job: () => ({ operation: ENCRYPTION }),
    missing: NO_KEY,
    async check(world, subject) {
      const head = await world.sdk.send(new HeadObjectCommand(idOf(subject)));
      assert.deepEqual([head.ServerSideEncryption, head.SSEKMSKeyId], ['aws:kms', KMSKeyArn]);
      assert.deepEqual(await world.see(subject.task), subject.before);
    },
  },

  'S3UpdateObjectEncryption by copy in place': {
    names: 'current',
    job: () => ({
      operation: ENCRYPTION,
      tags: [{ Key: 'brigade:encryption', Value: 'copy-in-place' }],
    }),
    missing: /^(NoSuchKey|NotFound): ./,
    // The copy is the current version; the one that the row names stays as it is.
    check: checkCopyInPlace,
  },

  LambdaInvoke: {
    job: (world) => ({
      operation: {
        LambdaInvoke: {
          FunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:reverse',
          InvocationSchemaVersion: '2.0',
          UserArguments: { target: world.bucket('target') },
        },
      },
    }),
    missing: /^PermanentFailure: NoSuchKey$/,
    async check(world, { task, before }, message) {
      assert.equal(message, `reversed ${before.body.length}`);
      const object = { Bucket: world.bucket('target'), Key: task.key };
      const { Body } = await world.sdk.send(new GetObjectCommand(object));
      assert.equal(await Body?.transformToString(), [...before.body].reverse().join(''));
      assert.deepEqual(await world.see(task), before);
    },
  },

  'brigade-delete': {
    job: builtIn('delete', { confirm: 'delete' }),
    // What is gone already is no failure.
    missing: /^(There was nothing to delete|The object was deleted)$/,
    async check(world, { task }, message) {
      const isNamed = task.versionId !== undefined;
      assert.equal(message, isNamed ? 'The version was deleted' : 'The object was deleted');
      assert.ok(await world.isGone(task));
    },
    also: deleteLocked,
  },

  'brigade-merge-tags': {
    job: builtIn('merge-tags', { set: 'new%20one=ü' }),
    missing: NO_KEY,
    async check(world, { task, before }) {
      assert.deepEqual(await world.see(task), { ...before, tags: ['new one=ü', 'old=1'] });
    },
  },

  'brigade-change-storage-class': {
    names: 'current',
    job: builtIn('change-storage-class', { 'storage-class': 'STANDARD_IA' }),
    missing: NO_KEY,
    async check(world, { task, before }) {
      const { versionId: _older, ...current } = task;
      assert.deepEqual(await world.see(current), { ...before, storageClass: 'STANDARD_IA' });
    },
  },

  'brigade-rename': {
    job: builtIn('rename', { key: 'renamed/{key}' }),
    missing: NO_KEY,
    async check(world, { task, before }, message) {
      const key = `renamed/${task.key}`;
      assert.equal(message, `Renamed to ${key}`);
      assert.deepEqual(await world.see({ bucket: task.bucket, key, manifestKey: '' }), before);
      assert.ok(await world.isGone(task));
    },
  },

  'brigade-head': {
    job: builtIn('head'),
    missing: /^NoSuchKey: .*"isMissing":true/,
    async check(world, { task, before }, message) {
      const told = JSON.parse(message) as Readonly<Record<string, unknown>>;
      assert.equal(told['size'], Buffer.byteLength(before.body));
      assert.deepEqual([told['isArchived'], told['isLocked']], [false, false]);
      const { ETag } = await world.sdk.send(
        new HeadObjectCommand({ Bucket: task.bucket, Key: task.key, VersionId: task.versionId }),
      );
      assert.equal(told['etag'], ETag?.replaceAll('"', ''));
      assert.deepEqual(await world.see(task), before);
    },
  },
};

/** The first version of the configuration: moto forgets the filters of the second. */
async function configureReplication(world: World): Promise<void> {
  const Destination = { Bucket: `arn:aws:s3:::${world.bucket('replicas')}` };
  const Rules = [{ ID: 'all', Status: 'Enabled' as const, Prefix: '', Destination }];
  const ReplicationConfiguration = { Role: 'arn:aws:iam::123456789012:role/r', Rules };
  const Bucket = world.bucket('versions');
  await world.sdk.send(new PutBucketReplicationCommand({ Bucket, ReplicationConfiguration }));
}

async function checkCopyInPlace(world: World, { task, before }: Subject): Promise<void> {
  const { versionId: _older, ...current } = task;
  const object = { Bucket: task.bucket, Key: task.key };
  const head = await world.sdk.send(new HeadObjectCommand(object));
  assert.deepEqual([head.ServerSideEncryption, head.SSEKMSKeyId], ['aws:kms', KMSKeyArn]);
  assert.deepEqual(await world.see(current), before);
}

/** Finds every source too large for CopyObject, except one that is not there. */
function findingAllTooLarge({ thin }: World): S3 {
  const s3 = new Meddling(thin);
  s3.meddle = (request, pass) => {
    const isMissing = request.headers?.['x-amz-copy-source']?.includes('nowhere') === true;
    return isMissing && isCopyObject(request) ? pass() : undefined;
  };
  return s3;
}

/** A source of three parts, which takes a smaller part size than jobs have. */
async function copySeveralParts(world: World): Promise<void> {
  const body = 'All that glitters is not gold. '.repeat(Math.ceil((17 * MIB) / 31));
  const key = 'several parts/ü';
  await world.put('plain', key, { Body: body });
  const s3 = new Meddling(world.thin);
  const traits = await s3.traits();
  assert.ok(traits);
  const task = world.task('plain', key);
  const room = copyRoom(world.place(task.bucket, s3), traits, 5 * MIB);
  const before = await world.see(task);
  const Bucket = world.bucket('target');
  const result = await copier({ TargetKeyPrefix: 'copy' }, Bucket, room)(task, SIGNAL);
  assert.ok(result.ok, JSON.stringify(result));
  await checkCopy(world, { task, before }, 'Successful');
  const { ETag } = await world.sdk.send(new HeadObjectCommand({ Bucket, Key: `copy/${key}` }));
  assert.match(ETag ?? '', /-[234]"$/);
  const { Uploads: left = [] } = await world.sdk.send(new ListMultipartUploadsCommand({ Bucket }));
  assert.deepEqual(left, []);
}

/** Governance gives way to a bypass that is asked for, compliance to nothing. */
async function deleteLocked(world: World): Promise<void> {
  const bypass = { confirm: 'delete', 'bypass-governance': 'true' };
  for (const mode of ['GOVERNANCE', 'COMPLIANCE'] as const) {
    const lock = { ObjectLockMode: mode, ObjectLockRetainUntilDate: UNTIL };
    const task = world.task('lock', mode, await world.put('lock', mode, lock));
    const before = await world.see(task);
    const remove = async (args: Record<string, string>): Promise<string> => {
      const opened = await world.open(builtIn('delete', args)(world), task.bucket);
      assert.ok(opened.ok);
      const outcome = await opened.run(task, SIGNAL);
      return outcome.ok ? outcome.message : `${outcome.httpStatus} ${outcome.code}`;
    };
    assert.equal(await remove({ confirm: 'delete' }), '403 AccessDenied');
    assert.deepEqual(await world.see(task), before);
    const isFree = mode === 'GOVERNANCE';
    assert.equal(await remove(bypass), isFree ? 'The version was deleted' : '403 AccessDenied');
    assert.equal(await world.isGone(task), isFree);
  }
}
