/**
 * A job of each operation, and what must be true after it: the objects say what the report says,
 * the report says what the manifest asked for, and what was not asked for is as it was.
 */
import assert from 'node:assert/strict';
import { GetObjectAclCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import type { CreateJobCommandInput, JobOperation } from '@aws-sdk/client-s3-control';
import { csvCell, SPELLINGS } from './keys.ts';
import {
  assertCounts,
  assertReports,
  atOnce,
  identity,
  manifestTasks,
  type World,
} from './world.ts';

/** One version of one object that a job was asked to change. */
interface Target {
  readonly bucket: string;
  readonly key: string;
  /** Absent in buckets without versions. */
  readonly versionId?: string;
  readonly content: string;
}

export interface Case {
  readonly name: string;
  operation(targetBucket: string): JobOperation;
  /** What one object must look like after the job. */
  check(world: World, target: Target, targetBucket: string): Promise<void>;
  /** What the operation cannot be done on. */
  refusal?(target: Target): keyof Refusals | undefined;
  readonly prefix?: string;
  readonly scope?: 'AllTasks' | 'FailedTasksOnly';
}

const OLD_TAG = 'state=old&keep=no';
const OLD_TAGS = 'keep=no&state=old';
const TAGS = [
  { Key: 'project', Value: 'blue' },
  { Key: 'a b+c-d=e._:/@', Value: 'x=y/ü' },
  { Key: 'empty', Value: '' },
];
export const ALL_USERS = 'http://acs.amazonaws.com/groups/global/AllUsers';

export const CASES: readonly Case[] = [
  {
    name: 'S3PutObjectTagging',
    prefix: 'reports/of tagging',
    operation: () => ({ S3PutObjectTagging: { TagSet: TAGS } }),
    async check(world, { bucket, key, versionId }) {
      assert.equal(
        await world.tags(bucket, key, versionId),
        'a b+c-d=e._:/@=x=y/ü&empty=&project=blue',
      );
    },
  },
  {
    name: 'S3DeleteObjectTagging',
    operation: () => ({ S3DeleteObjectTagging: {} }),
    async check(world, { bucket, key, versionId }) {
      assert.equal(await world.tags(bucket, key, versionId), '');
    },
  },
  {
    name: 'S3PutObjectAcl',
    prefix: 'trailing/',
    operation: () => ({
      S3PutObjectAcl: { AccessControlPolicy: { CannedAccessControlList: 'public-read' } },
    }),
    async check(world, { bucket, key, versionId }) {
      assert.deepEqual(await readers(world, bucket, key, versionId), [ALL_USERS]);
    },
  },
  {
    name: 'S3PutObjectCopy',
    prefix: 'reports',
    scope: 'FailedTasksOnly',
    operation: (bucket) => ({
      S3PutObjectCopy: {
        TargetResource: `arn:aws:s3:::${bucket}`,
        TargetKeyPrefix: 'copies',
        NewObjectTagging: TAGS.slice(0, 1),
        NewObjectMetadata: { ContentType: 'text/x-copied', UserMetadata: { by: 'brigade' } },
      },
    }),
    refusal: ({ key }) => (Buffer.byteLength(`copies/${key}`) > 1024 ? 'keyTooLong' : undefined),
    async check(world, { key, content }, targetBucket) {
      const copy = `copies/${key}`;
      assert.equal((await world.get(targetBucket, copy)).toString(), content, `copy of ${key}`);
      assert.equal(await world.tags(targetBucket, copy), 'project=blue');
      const head = await world.s3.send(new HeadObjectCommand({ Bucket: targetBucket, Key: copy }));
      assert.deepEqual([head.ContentType, head.Metadata], ['text/x-copied', { by: 'brigade' }]);
    },
  },
];

/** Status and code that the store answers; stores differ. */
export interface Refusals {
  readonly noSuchVersion: string;
  readonly keyTooLong: string;
}

export interface Circumstances {
  readonly versioned: boolean;
  readonly keys: readonly string[];
  /** Which key gets which spelling in the manifest. */
  readonly round: number;
  readonly refusals: Refusals;
  /** Runs the job to its end, by whatever client; resolves to its id. */
  readonly run: (request: CreateJobCommandInput) => Promise<string>;
}

export async function checkCase(world: World, each: Case, how: Circumstances): Promise<void> {
  const { versioned } = how;
  const scene = await setTheScene(world, versioned, how.keys);
  const { bucket, reportBucket, targets } = scene;
  const { prefix, scope = 'AllTasks' } = each;
  const fields = versioned
    ? (['Bucket', 'Key', 'VersionId'] as const)
    : (['Bucket', 'Key'] as const);
  const text = manifestOf([...targets, ...scene.ghosts], how.round);
  const request = world.jobRequest({
    operation: each.operation(scene.targetBucket),
    fields,
    manifest: await world.manifest(bucket, text),
    report: { bucket: reportBucket, scope, ...(prefix === undefined ? {} : { prefix }) },
  });
  const job = await world.ended(await how.run(request));
  assert.equal(job.Status, 'Complete', JSON.stringify(job.FailureReasons));
  assert.equal(job.FailureReasons?.length ?? 0, 0);

  const tasks = manifestTasks(text, fields);
  const noSuch = versioned ? how.refusals.noSuchVersion : '404 NoSuchKey';
  const errors = new Map(
    tasks.flatMap((task, index) => {
      const target = targets[index];
      const refusal = target && each.refusal?.(target);
      const error = refusal ? how.refusals[refusal] : noSuch;
      return refusal || !target ? [[identity(task), error]] : [];
    }),
  );
  const rows = await world.report(job);
  const failing = tasks.filter((task) => errors.has(identity(task)));
  assertReports(rows, scope === 'AllTasks' ? tasks : failing);
  if (scope === 'AllTasks') assertCounts(job, rows);
  const { TotalNumberOfTasks, NumberOfTasksFailed } = job.ProgressSummary ?? {};
  assert.deepEqual([TotalNumberOfTasks, NumberOfTasksFailed], [tasks.length, errors.size]);
  for (const row of rows) {
    const { status, httpStatus, errorCode, message } = row;
    const error = errors.get(identity(row));
    const found = `${status} ${httpStatus} ${errorCode}`;
    assert.equal(found, error ? `failed ${error}` : 'succeeded 200 ', identity(row));
    if (error === undefined) assert.equal(message, 'Successful');
    else assert.notEqual(message, '');
  }

  const changed = targets.filter((target) => each.refusal?.(target) === undefined);
  await atOnce(changed, 8, (target) => each.check(world, target, scene.targetBucket));
  await atOnce(scene.bystanders, 8, (bystander) => assertUntouched(world, bystander));
}

async function assertUntouched(
  world: World,
  { bucket, key, versionId, content }: Target,
): Promise<void> {
  const at = `${key} was not in the manifest`;
  assert.equal(await world.tags(bucket, key, versionId), OLD_TAGS, at);
  assert.deepEqual(await readers(world, bucket, key, versionId), [], at);
  assert.equal((await world.get(bucket, key)).toString(), content, at);
}

export interface Scene {
  readonly bucket: string;
  readonly reportBucket: string;
  readonly targetBucket: string;
  readonly targets: readonly Target[];
  /** Rows about what does not exist. */
  readonly ghosts: readonly Target[];
  /** Objects, or versions of the targets, that no row names. */
  readonly bystanders: readonly Target[];
}

/** Enough newer versions to see that none is touched. */
const VERSIONS_MAX = 200;

/**
 * In a versioned bucket most of the first targets are the older one of two versions, the others the
 * only one.
 */
export async function setTheScene(
  world: World,
  versioned: boolean,
  keys: readonly string[],
): Promise<Scene> {
  const bucket = await world.bucket({ versioned });
  const reportBucket = await world.bucket();
  const targetBucket = await world.bucket({ versioned });
  const old = (key: string): string => `old ${key}`;
  const versions = await world.upload(bucket, keys, { tag: OLD_TAG, body: old });
  const targets = keys.map((key, index) => ({
    bucket,
    key,
    content: old(key),
    ...(versioned ? { versionId: versions[index] ?? '' } : {}),
  }));
  const others = versioned
    ? keys.slice(0, VERSIONS_MAX).filter((_, index) => index % 3 !== 0)
    : ['bystander', 'plain', 'plain.txt2'];
  const current = await world.upload(bucket, others, { tag: OLD_TAG });
  const bystanders = others.map((key, index) => ({
    bucket,
    key,
    content: key,
    ...(versioned ? { versionId: current[index] ?? '' } : {}),
  }));
  const ghosts = ['ghost, 100%', 'другой призрак'].map((key, index) => ({
    bucket,
    key: versioned ? (keys[index] ?? '') : key,
    content: '',
    // Made of a real one, so that it looks like one and is none.
    ...(versioned ? { versionId: [...(versions[0] ?? '')].reverse().join('') } : {}),
  }));
  return { bucket, reportBucket, targetBucket, targets, ghosts, bystanders };
}

export function manifestOf(targets: readonly Target[], round: number): string {
  const lines = targets.map(({ bucket, key, versionId }, index) => {
    const spell = SPELLINGS[(index + round) % SPELLINGS.length] ?? String;
    const cells = [bucket, spell(key), ...(versionId === undefined ? [] : [versionId])];
    return `${cells.map(csvCell).join(',')}\n`;
  });
  return lines.join('');
}

/** Who but the owner has a grant on an object. */
async function readers(
  world: World,
  bucket: string,
  key: string,
  versionId?: string,
): Promise<string[]> {
  const { Grants = [], Owner } = await world.s3.send(
    new GetObjectAclCommand({ Bucket: bucket, Key: key, VersionId: versionId }),
  );
  return Grants.filter(({ Grantee }) => Grantee?.ID !== Owner?.ID).map(
    ({ Grantee }) => Grantee?.URI ?? '',
  );
}
