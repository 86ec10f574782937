import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  type DefaultRetention,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLegalHoldCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectVersionsCommand,
  type ObjectLockRetentionMode,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  type PutObjectLockConfigurationCommandOutput,
  PutObjectRetentionCommand,
  type PutObjectRetentionCommandInput,
  type PutObjectRetentionCommandOutput,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { type ContractCase, given, type RawAnswer, refused, type World } from './s3-harness.ts';

const DAY_MS = 86_400_000;

/** Whole seconds: some stores keep no more. */
function inDays(days: number): Date {
  return new Date(Math.floor((Date.now() + days * DAY_MS) / 1000) * 1000);
}

async function lockedBucket(world: World): Promise<string> {
  const Bucket = world.freeName();
  await world.s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
  return Bucket;
}

function configure(
  world: World,
  Bucket: string,
  DefaultRetention?: DefaultRetention,
): Promise<PutObjectLockConfigurationCommandOutput> {
  const Rule = DefaultRetention === undefined ? {} : { Rule: { DefaultRetention } };
  const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled' as const, ...Rule };
  return world.s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
}

interface Version {
  readonly Bucket: string;
  readonly Key: string;
  readonly VersionId: string;
}

/** A version of a new bucket with Object Lock, retained for ten days when a mode is given. */
async function versionIn(world: World, mode?: ObjectLockRetentionMode): Promise<Version> {
  const Bucket = await lockedBucket(world);
  const { VersionId } = await world.put(Bucket, 'k', 'kept');
  const version = { Bucket, Key: 'k', VersionId: given(VersionId) };
  if (mode !== undefined) await retain(world, version, mode, 10);
  return version;
}

function retain(
  world: World,
  version: Version,
  Mode: ObjectLockRetentionMode,
  days: number,
  more: Partial<PutObjectRetentionCommandInput> = {},
): Promise<PutObjectRetentionCommandOutput> {
  const Retention = { Mode, RetainUntilDate: inDays(days) };
  return world.s3.send(new PutObjectRetentionCommand({ ...version, Retention, ...more }));
}

const BYPASS = { BypassGovernanceRetention: true };

async function hold(world: World, version: Version, Status: 'ON' | 'OFF'): Promise<void> {
  await world.s3.send(new PutObjectLegalHoldCommand({ ...version, LegalHold: { Status } }));
}

function head(world: World, version: Partial<Version>): Promise<HeadObjectCommandOutput> {
  return world.s3.send(new HeadObjectCommand({ Bucket: version.Bucket, Key: 'k', ...version }));
}

async function modeOf(world: World, version: Version): Promise<string | undefined> {
  return (await head(world, version)).ObjectLockMode;
}

const configurationCases: readonly ContractCase[] = [
  {
    name: 'a bucket made with Object Lock has versions and says so',
    async run(world) {
      const Bucket = await lockedBucket(world);
      const versioning = await world.s3.send(new GetBucketVersioningCommand({ Bucket }));
      assert.equal(versioning.Status, 'Enabled');
      const lock = await world.s3.send(new GetObjectLockConfigurationCommand({ Bucket }));
      assert.deepEqual(lock.ObjectLockConfiguration, { ObjectLockEnabled: 'Enabled' });
    },
  },
  {
    name: 'a bucket without Object Lock has no configuration of it',
    async run(world) {
      const Bucket = await world.bucket({ versioning: true });
      const get = world.s3.send(new GetObjectLockConfigurationCommand({ Bucket }));
      await refused(get, 'ObjectLockConfigurationNotFoundError', 404);
    },
  },
  {
    name: 'Object Lock can be enabled later on a bucket with versions',
    async run(world) {
      const Bucket = await world.bucket({ versioning: true });
      await configure(world, Bucket);
      const { VersionId } = await world.put(Bucket, 'k');
      await retain(world, { Bucket, Key: 'k', VersionId: given(VersionId) }, 'GOVERNANCE', 1);
      const lock = await world.s3.send(new GetObjectLockConfigurationCommand({ Bucket }));
      assert.equal(lock.ObjectLockConfiguration?.ObjectLockEnabled, 'Enabled');
    },
  },
  {
    name: 'Object Lock is not enabled on a bucket without versions',
    async run(world) {
      const Bucket = await world.bucket();
      await refused(configure(world, Bucket), 'InvalidBucketState', 409);
    },
  },
  {
    name: 'the versions of a bucket with Object Lock are not suspended',
    async run(world) {
      const Bucket = await lockedBucket(world);
      const body = `<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>`;
      const query = { versioning: '' };
      const answer = await world.raw({ method: 'PUT', bucket: Bucket, query, body });
      assert.deepEqual([answer.status, answer.code], [409, 'InvalidBucketState']);
      const versioning = await world.s3.send(new GetBucketVersioningCommand({ Bucket }));
      assert.equal(versioning.Status, 'Enabled');
    },
  },
  {
    name: 'a default retention is kept, changed and removed',
    async run(world) {
      const Bucket = await lockedBucket(world);
      const rule = async (): Promise<DefaultRetention | undefined> => {
        const lock = await world.s3.send(new GetObjectLockConfigurationCommand({ Bucket }));
        return lock.ObjectLockConfiguration?.Rule?.DefaultRetention;
      };
      for (const retention of [
        { Mode: 'GOVERNANCE' as const, Days: 3 },
        { Mode: 'COMPLIANCE' as const, Years: 1 },
      ]) {
        await configure(world, Bucket, retention);
        assert.deepEqual(await rule(), retention);
      }
      await configure(world, Bucket);
      assert.equal(await rule(), undefined);
    },
  },
  {
    name: 'a default retention of both days and years, or of an unknown mode, is refused',
    async run(world) {
      const Bucket = await lockedBucket(world);
      const both = configure(world, Bucket, { Mode: 'GOVERNANCE', Days: 1, Years: 1 });
      await refused(both, 'MalformedXML', 400);
      await refused(configure(world, Bucket, { Mode: 'GOVERNANCE' }), 'MalformedXML', 400);
      const Mode: unknown = 'FOREVER';
      const unknown = configure(world, Bucket, { Mode: Mode as 'GOVERNANCE', Days: 1 });
      await refused(unknown, 'MalformedXML', 400);
    },
  },
  {
    name: 'a default retention of no time is refused',
    async run(world) {
      const Bucket = await lockedBucket(world);
      for (const period of [{ Days: 0 }, { Years: -1 }, { Days: 36_501 }]) {
        const put = configure(world, Bucket, { Mode: 'GOVERNANCE', ...period });
        await refused(put, 'InvalidArgument', 400);
      }
    },
  },
  {
    name: 'a default retention locks what is written after it',
    async run(world) {
      const Bucket = await lockedBucket(world);
      await world.put(Bucket, 'before');
      await configure(world, Bucket, { Mode: 'GOVERNANCE', Days: 2 });
      await world.put(Bucket, 'after');
      assert.equal((await head(world, { Bucket, Key: 'before' })).ObjectLockMode, undefined);
      const after = await head(world, { Bucket, Key: 'after' });
      assert.equal(after.ObjectLockMode, 'GOVERNANCE');
      const days = (given(after.ObjectLockRetainUntilDate).getTime() - Date.now()) / DAY_MS;
      assert.ok(days > 1.9 && days < 2.1, `${days} days`);
    },
  },
  {
    name: 'an own retention comes before the default one',
    async run(world) {
      const Bucket = await lockedBucket(world);
      await configure(world, Bucket, { Mode: 'GOVERNANCE', Days: 2 });
      const ObjectLockRetainUntilDate = inDays(9);
      await world.put(Bucket, 'k', 'x', {
        ObjectLockMode: 'COMPLIANCE',
        ObjectLockRetainUntilDate,
      });
      const { ObjectLockMode, ...told } = await head(world, { Bucket });
      assert.equal(ObjectLockMode, 'COMPLIANCE');
      assert.deepEqual(told.ObjectLockRetainUntilDate, ObjectLockRetainUntilDate);
    },
  },
];

function putLocked(world: World, bucket: string, headers: Record<string, string>) {
  const md5 = createHash('md5').update('body').digest('base64');
  const all = { 'content-md5': md5, ...headers };
  return world.raw({ method: 'PUT', bucket, key: 'k', body: 'body', headers: all });
}

const MODE = 'x-amz-object-lock-mode';
const UNTIL = 'x-amz-object-lock-retain-until-date';

const writeCases: readonly ContractCase[] = [
  {
    name: 'lock headers of a write are kept and told',
    async run(world) {
      const Bucket = await lockedBucket(world);
      const until = inDays(5);
      await world.put(Bucket, 'k', 'x', {
        ObjectLockMode: 'GOVERNANCE',
        ObjectLockRetainUntilDate: until,
        ObjectLockLegalHoldStatus: 'ON',
      });
      const got = await world.s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
      for (const answer of [await head(world, { Bucket }), got]) {
        assert.equal(answer.ObjectLockMode, 'GOVERNANCE');
        assert.deepEqual(answer.ObjectLockRetainUntilDate, until);
        assert.equal(answer.ObjectLockLegalHoldStatus, 'ON');
      }
    },
  },
  {
    name: 'retention and legal hold are read by calls of their own',
    async run(world) {
      const Bucket = await lockedBucket(world);
      const RetainUntilDate = inDays(5);
      const { VersionId } = await world.put(Bucket, 'k', 'x', {
        ObjectLockMode: 'COMPLIANCE',
        ObjectLockRetainUntilDate: RetainUntilDate,
        ObjectLockLegalHoldStatus: 'OFF',
      });
      const version = { Bucket, Key: 'k', VersionId };
      const { Retention } = await world.s3.send(new GetObjectRetentionCommand(version));
      assert.deepEqual(Retention, { Mode: 'COMPLIANCE', RetainUntilDate });
      const { LegalHold } = await world.s3.send(new GetObjectLegalHoldCommand(version));
      assert.deepEqual(LegalHold, { Status: 'OFF' });
    },
  },
  {
    name: 'lock headers that are none are refused',
    async run(world) {
      const bucket = await lockedBucket(world);
      const later = inDays(1).toISOString();
      for (const headers of [
        { [MODE]: 'GOVERNANCE' },
        { [UNTIL]: later },
        { [MODE]: 'FOREVER', [UNTIL]: later },
        { [MODE]: 'GOVERNANCE', [UNTIL]: 'tomorrow' },
        { [MODE]: 'GOVERNANCE', [UNTIL]: '2001-01-01T00:00:00Z' },
        { 'x-amz-object-lock-legal-hold': 'PERHAPS' },
      ]) {
        const answer = await putLocked(world, bucket, headers);
        assert.deepEqual([answer.status, answer.code], [400, 'InvalidArgument']);
      }
      assert.equal((await world.raw({ method: 'HEAD', bucket, key: 'k' })).status, 404);
    },
  },
  {
    name: 'lock headers in a bucket without Object Lock are refused',
    async run(world) {
      const bucket = await world.bucket({ versioning: true });
      const retention = { [MODE]: 'GOVERNANCE', [UNTIL]: inDays(1).toISOString() };
      for (const headers of [retention, { 'x-amz-object-lock-legal-hold': 'ON' }]) {
        const answer = await putLocked(world, bucket, headers);
        assert.deepEqual([answer.status, answer.code], [400, 'InvalidRequest']);
      }
    },
  },
  {
    name: 'a write that will be locked needs a digest of its body',
    async run(world) {
      const bucket = await lockedBucket(world);
      const headers = { [MODE]: 'GOVERNANCE', [UNTIL]: inDays(1).toISOString() };
      const put = (key: string, more = {}): Promise<RawAnswer> =>
        world.raw({ method: 'PUT', bucket, key, body: 'body', headers: more });
      const without = await put('own', headers);
      assert.deepEqual([without.status, without.code], [400, 'InvalidRequest']);
      assert.equal((await putLocked(world, bucket, headers)).status, 200);
      assert.equal((await put('unlocked')).status, 200);
      await configure(world, bucket, { Mode: 'GOVERNANCE', Days: 1 });
      const byDefault = await put('default');
      assert.deepEqual([byDefault.status, byDefault.code], [400, 'InvalidRequest']);
    },
  },
  {
    name: 'an upload in parts is locked as its beginning said, and its parts need digests',
    async run(world) {
      const Bucket = await lockedBucket(world);
      const until = inDays(4);
      const begun = await world.s3.send(
        new CreateMultipartUploadCommand({
          ...{ Bucket, Key: 'k', ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until },
        }),
      );
      const UploadId = given(begun.UploadId);
      const query = { partNumber: '1', uploadId: UploadId };
      const bare = { method: 'PUT', bucket: Bucket, key: 'k', query, body: 'part' };
      const without = await world.raw(bare);
      assert.deepEqual([without.status, without.code], [400, 'InvalidRequest']);
      const upload = { Bucket, Key: 'k', UploadId };
      const part = { ...upload, PartNumber: 1, Body: 'part' };
      const { ETag, ChecksumCRC32 } = await world.s3.send(new UploadPartCommand(part));
      const Parts = [{ PartNumber: 1, ETag, ChecksumCRC32 }];
      const complete = { ...upload, MultipartUpload: { Parts } };
      await world.s3.send(new CompleteMultipartUploadCommand(complete));
      const told = await head(world, { Bucket });
      assert.equal(told.ObjectLockMode, 'COMPLIANCE');
      assert.deepEqual(told.ObjectLockRetainUntilDate, until);
    },
  },
  {
    name: 'a copy is locked as its own request says',
    async run(world) {
      const { Bucket, Key } = await versionIn(world, 'COMPLIANCE');
      const copy = { Bucket, CopySource: `${Bucket}/${Key}` };
      await world.s3.send(
        new CopyObjectCommand({
          ...{ ...copy, Key: 'locked', ObjectLockMode: 'GOVERNANCE' },
          ObjectLockRetainUntilDate: inDays(2),
          ObjectLockLegalHoldStatus: 'ON',
        }),
      );
      const told = await head(world, { Bucket, Key: 'locked' });
      assert.equal(told.ObjectLockMode, 'GOVERNANCE');
      assert.deepEqual(told.ObjectLockLegalHoldStatus, 'ON');
    },
  },
  {
    name: 'a copy does not take the lock along',
    async run(world) {
      const { Bucket, Key } = await versionIn(world, 'COMPLIANCE');
      const copy = { Bucket, Key: 'free', CopySource: `${Bucket}/${Key}` };
      await world.s3.send(new CopyObjectCommand(copy));
      assert.equal((await head(world, { Bucket, Key: 'free' })).ObjectLockMode, undefined);
    },
  },
];

const deletionCases: readonly ContractCase[] = [
  {
    name: 'a locked version is not deleted, and a marker is laid over it all the same',
    async run(world) {
      const version = await versionIn(world, 'GOVERNANCE');
      const { Bucket, Key } = version;
      const error = await refused(
        world.s3.send(new DeleteObjectCommand(version)),
        'AccessDenied',
        403,
      );
      assert.ok(error.message.length > 0);
      const marker = await world.s3.send(new DeleteObjectCommand({ Bucket, Key }));
      assert.equal(marker.DeleteMarker, true);
      assert.equal((await head(world, version)).ContentLength, 4);
      const removed = { Bucket, Key, VersionId: given(marker.VersionId) };
      await world.s3.send(new DeleteObjectCommand(removed));
      assert.equal((await head(world, { Bucket })).VersionId, version.VersionId);
    },
  },
  {
    name: 'a refused deletion says that it is the lock',
    async run(world) {
      const version = await versionIn(world, 'GOVERNANCE');
      const error = await refused(world.s3.send(new DeleteObjectCommand(version)));
      assert.match(error.message, /object lock/i);
    },
  },
  {
    name: 'a governance retention gives way to a bypass',
    async run(world) {
      const version = await versionIn(world, 'GOVERNANCE');
      await world.s3.send(new DeleteObjectCommand({ ...version, ...BYPASS }));
      const { Versions = [] } = await world.s3.send(
        new ListObjectVersionsCommand({ Bucket: version.Bucket }),
      );
      assert.deepEqual(Versions, []);
    },
  },
  {
    name: 'a compliance retention does not give way to a bypass',
    async run(world) {
      const version = await versionIn(world, 'COMPLIANCE');
      const deleted = world.s3.send(new DeleteObjectCommand({ ...version, ...BYPASS }));
      await refused(deleted, 'AccessDenied', 403);
    },
  },
  {
    name: 'a legal hold keeps a version, bypass or not, until it is lifted',
    async run(world) {
      const version = await versionIn(world);
      await hold(world, version, 'ON');
      for (const more of [{}, BYPASS]) {
        const deleted = world.s3.send(new DeleteObjectCommand({ ...version, ...more }));
        await refused(deleted, 'AccessDenied', 403);
      }
      await hold(world, version, 'OFF');
      await world.s3.send(new DeleteObjectCommand(version));
      await refused(head(world, version), 'NotFound', 404);
    },
  },
  {
    name: 'several deletions at once tell which versions are locked',
    async run(world) {
      const { Bucket, ...locked } = await versionIn(world, 'GOVERNANCE');
      const { VersionId } = await world.put(Bucket, 'free');
      const Objects = [locked, { Key: 'free', VersionId: given(VersionId) }];
      const first = await world.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
      assert.deepEqual(
        first.Deleted?.map(({ Key }) => Key),
        ['free'],
      );
      assert.deepEqual(
        first.Errors?.map(({ Key, VersionId: id, Code }) => [Key, id, Code]),
        [['k', locked.VersionId, 'AccessDenied']],
      );
      const again = { Bucket, Delete: { Objects: [locked] }, ...BYPASS };
      const second = await world.s3.send(new DeleteObjectsCommand(again));
      assert.equal(second.Errors, undefined);
    },
  },
  {
    name: 'a bypass means nothing in a bucket without Object Lock',
    async run(world) {
      const Bucket = await world.bucket({ versioning: true });
      const { VersionId } = await world.put(Bucket, 'k');
      const input = { Bucket, Key: 'k', VersionId, ...BYPASS };
      await refused(world.s3.send(new DeleteObjectCommand(input)), 'InvalidArgument', 400);
    },
  },
];

const retentionCases: readonly ContractCase[] = [
  {
    name: 'a governance retention only gets longer without a bypass',
    async run(world) {
      const version = await versionIn(world, 'GOVERNANCE');
      await retain(world, version, 'GOVERNANCE', 20);
      await refused(retain(world, version, 'GOVERNANCE', 19), 'AccessDenied', 403);
      await refused(retain(world, version, 'COMPLIANCE', 21), 'AccessDenied', 403);
      const told = await head(world, version);
      const days = (given(told.ObjectLockRetainUntilDate).getTime() - Date.now()) / DAY_MS;
      assert.ok(days > 19.9, `${days} days`);
    },
  },
  {
    name: 'a governance retention is shortened with a bypass',
    async run(world) {
      const version = await versionIn(world, 'GOVERNANCE');
      await retain(world, version, 'GOVERNANCE', 2, BYPASS);
      const told = await head(world, version);
      const days = (given(told.ObjectLockRetainUntilDate).getTime() - Date.now()) / DAY_MS;
      assert.ok(days < 2.1, `${days} days`);
    },
  },
  {
    name: 'a governance retention is removed with a bypass',
    async run(world) {
      const version = await versionIn(world, 'GOVERNANCE');
      const none = new PutObjectRetentionCommand({ ...version, Retention: {} });
      await refused(world.s3.send(none), 'AccessDenied', 403);
      const removal = { ...version, Retention: {}, ...BYPASS };
      await world.s3.send(new PutObjectRetentionCommand(removal));
      assert.equal(await modeOf(world, version), undefined);
      await world.s3.send(new DeleteObjectCommand(version));
    },
  },
  {
    name: 'a governance retention becomes a compliance one with a bypass',
    async run(world) {
      const version = await versionIn(world, 'GOVERNANCE');
      await retain(world, version, 'COMPLIANCE', 1, BYPASS);
      assert.equal(await modeOf(world, version), 'COMPLIANCE');
    },
  },
  {
    name: 'a compliance retention is extended, and nothing else, bypass or not',
    async run(world) {
      const version = await versionIn(world, 'COMPLIANCE');
      await retain(world, version, 'COMPLIANCE', 11);
      for (const more of [{}, BYPASS]) {
        await refused(retain(world, version, 'COMPLIANCE', 10, more), 'AccessDenied', 403);
        await refused(retain(world, version, 'GOVERNANCE', 30, more), 'AccessDenied', 403);
      }
      assert.equal(await modeOf(world, version), 'COMPLIANCE');
    },
  },
  {
    name: 'a compliance retention is not removed, bypass or not',
    async run(world) {
      const version = await versionIn(world, 'COMPLIANCE');
      for (const more of [{}, BYPASS]) {
        const none = new PutObjectRetentionCommand({ ...version, Retention: {}, ...more });
        await refused(world.s3.send(none), 'AccessDenied', 403);
      }
      assert.equal(await modeOf(world, version), 'COMPLIANCE');
    },
  },
  {
    name: 'a retention until yesterday is refused',
    async run(world) {
      const version = await versionIn(world);
      await refused(retain(world, version, 'GOVERNANCE', -1), 'InvalidArgument', 400);
    },
  },
  {
    name: 'a retention or legal hold that is none is refused',
    async run(world) {
      const { Bucket: bucket } = await versionIn(world);
      const until = `<RetainUntilDate>${inDays(1).toISOString()}</RetainUntilDate>`;
      for (const [what, body] of [
        ['retention', '<Retention><Mode>GOVERNANCE</Mode></Retention>'],
        ['retention', `<Retention>${until}</Retention>`],
        ['retention', `<Retention><Mode>FOREVER</Mode>${until}</Retention>`],
        ['retention', '<Other/>'],
        ['retention', ''],
        ['legal-hold', '<LegalHold><Status>PERHAPS</Status></LegalHold>'],
        ['legal-hold', '<LegalHold/>'],
      ] as const) {
        const headers = { 'content-md5': createHash('md5').update(body).digest('base64') };
        const query = { [what]: '' };
        const answer = await world.raw({ method: 'PUT', bucket, key: 'k', query, body, headers });
        assert.deepEqual([body, answer.status, answer.code], [body, 400, 'MalformedXML']);
      }
    },
  },
  {
    name: 'documents about locks need a digest',
    async run(world) {
      const { Bucket: bucket } = await versionIn(world);
      const hold = '<LegalHold><Status>ON</Status></LegalHold>';
      const lock = `<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>`;
      for (const request of [
        { key: 'k', query: { 'legal-hold': '' }, body: hold },
        { key: 'k', query: { retention: '' }, body: '<Retention/>' },
        { query: { 'object-lock': '' }, body: lock },
      ]) {
        const answer = await world.raw({ method: 'PUT', bucket, ...request });
        assert.deepEqual([answer.status, answer.code], [400, 'InvalidRequest']);
      }
    },
  },
  {
    name: 'a lock is set on the version that is named',
    async run(world) {
      const version = await versionIn(world);
      const { Bucket } = version;
      await world.put(Bucket, 'k', 'newer');
      await retain(world, version, 'GOVERNANCE', 1);
      await hold(world, version, 'ON');
      const newer = await head(world, { Bucket });
      assert.deepEqual(
        [newer.ObjectLockMode, newer.ObjectLockLegalHoldStatus],
        [undefined, undefined],
      );
      const older = await head(world, version);
      assert.deepEqual(
        [older.ObjectLockMode, older.ObjectLockLegalHoldStatus],
        ['GOVERNANCE', 'ON'],
      );
    },
  },
  {
    name: 'a version that has no lock has none to tell',
    async run(world) {
      const version = await versionIn(world);
      for (const get of [
        world.s3.send(new GetObjectRetentionCommand(version)),
        world.s3.send(new GetObjectLegalHoldCommand(version)),
      ]) {
        await refused(get, 'NoSuchObjectLockConfiguration', 404);
      }
    },
  },
  {
    name: 'nothing is retained or held in a bucket without Object Lock',
    async run(world) {
      const Bucket = await world.bucket({ versioning: true });
      const { VersionId } = await world.put(Bucket, 'k');
      const version = { Bucket, Key: 'k', VersionId: given(VersionId) };
      await refused(retain(world, version, 'GOVERNANCE', 1), 'InvalidRequest', 400);
      await refused(hold(world, version, 'ON'), 'InvalidRequest', 400);
    },
  },
  {
    name: 'a lock on what is not there is refused',
    async run(world) {
      const { Bucket, VersionId } = await versionIn(world);
      const LegalHold = { Status: 'ON' as const };
      const missing = new PutObjectLegalHoldCommand({ Bucket, Key: 'missing', LegalHold });
      await refused(world.s3.send(missing), 'NoSuchKey', 404);
      await world.s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId }));
      const gone = new PutObjectLegalHoldCommand({ Bucket, Key: 'k', LegalHold });
      await refused(world.s3.send(gone), 'NoSuchKey', 404);
    },
  },
  {
    name: 'only the owner of a bucket locks in it',
    async run(world) {
      const version = await versionIn(world);
      const LegalHold = { Status: 'ON' as const };
      const byOther = new PutObjectLegalHoldCommand({ ...version, LegalHold });
      await refused(world.second.send(byOther), 'AccessDenied', 403);
    },
  },
];

export const lockCases: readonly ContractCase[] = [
  ...configurationCases,
  ...writeCases,
  ...deletionCases,
  ...retentionCases,
];
