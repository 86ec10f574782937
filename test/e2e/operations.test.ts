/**
 * Whole jobs of each operation, on versioned and unversioned buckets. Aim: what the job says, what
 * the report says and what the objects say are one truth. Every object is read back, every row of
 * the report is compared with its row of the manifest.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { GetObjectAclCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import type { JobOperation } from '@aws-sdk/client-s3-control';
import { csvCell, NASTY_KEYS, SPELLINGS } from './keys.ts';
import { assertCounts, assertReports, atOnce, identity, manifestTasks, World } from './world.ts';

let world: World;
before(async () => {
  world = await World.open();
});
after(() => world.close());

/** One version of one object that a job was asked to change. */
interface Target {
  readonly bucket: string;
  readonly key: string;
  /** Absent in buckets without versions. */
  readonly versionId?: string;
  readonly content: string;
}

interface Case {
  readonly name: string;
  operation(targetBucket: string): JobOperation;
  /** What one object must look like after the job. */
  check(target: Target, targetBucket: string): Promise<void>;
  /** Status and code of the refusal, for what the operation cannot be done on. */
  refusal?(target: Target): string | undefined;
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
const ALL_USERS = 'http://acs.amazonaws.com/groups/global/AllUsers';

const CASES: readonly Case[] = [
  {
    name: 'S3PutObjectTagging',
    prefix: 'reports/of tagging',
    operation: () => ({ S3PutObjectTagging: { TagSet: TAGS } }),
    async check({ bucket, key, versionId }) {
      assert.equal(
        await world.tags(bucket, key, versionId),
        'a b+c-d=e._:/@=x=y/ü&empty=&project=blue',
      );
    },
  },
  {
    name: 'S3DeleteObjectTagging',
    operation: () => ({ S3DeleteObjectTagging: {} }),
    async check({ bucket, key, versionId }) {
      assert.equal(await world.tags(bucket, key, versionId), '');
    },
  },
  {
    name: 'S3PutObjectAcl',
    prefix: 'trailing/',
    operation: () => ({
      S3PutObjectAcl: { AccessControlPolicy: { CannedAccessControlList: 'public-read' } },
    }),
    async check({ bucket, key, versionId }) {
      assert.deepEqual(await readers(bucket, key, versionId), [ALL_USERS]);
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
    refusal: ({ key }) =>
      Buffer.byteLength(`copies/${key}`) > 1024 ? '400 KeyTooLongError' : undefined,
    async check({ key, content }, targetBucket) {
      const copy = `copies/${key}`;
      assert.equal((await world.get(targetBucket, copy)).toString(), content, `copy of ${key}`);
      assert.equal(await world.tags(targetBucket, copy), 'project=blue');
      const head = await world.s3.send(new HeadObjectCommand({ Bucket: targetBucket, Key: copy }));
      assert.deepEqual([head.ContentType, head.Metadata], ['text/x-copied', { by: 'brigade' }]);
    },
  },
];

for (const versioned of [false, true]) {
  const kind = versioned ? 'a versioned' : 'an unversioned';
  for (const [round, each] of CASES.entries()) {
    test(`${each.name} on ${kind} bucket does what its report says`, async () => {
      const scene = await setTheScene(versioned);
      const { bucket, reportBucket, targets } = scene;
      const { prefix, scope = 'AllTasks' } = each;
      const fields = versioned
        ? (['Bucket', 'Key', 'VersionId'] as const)
        : (['Bucket', 'Key'] as const);
      const text = manifestOf([...targets, ...scene.ghosts], round);
      const jobId = await world.createJob({
        operation: each.operation(scene.targetBucket),
        fields,
        manifest: await world.manifest(bucket, text),
        report: { bucket: reportBucket, scope, ...(prefix === undefined ? {} : { prefix }) },
      });
      const job = await world.ended(jobId);
      assert.equal(job.Status, 'Complete', JSON.stringify(job.FailureReasons));
      assert.equal(job.FailureReasons?.length ?? 0, 0);

      const tasks = manifestTasks(text, fields);
      const noSuch = versioned ? '404 NoSuchVersion' : '404 NoSuchKey';
      const errors = new Map(
        tasks.flatMap((task, index) => {
          const target = targets[index];
          const error = target ? each.refusal?.(target) : noSuch;
          return error ? [[identity(task), error]] : [];
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
      await atOnce(changed, 8, (target) => each.check(target, scene.targetBucket));
      await atOnce(scene.bystanders, 8, async ({ key, versionId, content }) => {
        const at = `${key} was not in the manifest`;
        assert.equal(await world.tags(bucket, key, versionId), OLD_TAGS, at);
        assert.deepEqual(await readers(bucket, key, versionId), [], at);
        if (versionId === undefined) {
          assert.equal((await world.get(bucket, key)).toString(), content, at);
        }
      });
    });
  }
}

test('S3PutObjectAcl with a list of grants gives every object exactly these', async () => {
  const { bucket, reportBucket, targets } = await setTheScene(false);
  const owner = await world.s3.send(
    new GetObjectAclCommand({ Bucket: bucket, Key: targets[0]?.key }),
  );
  const id = owner.Owner?.ID;
  assert.ok(id);
  const text = manifestOf(targets, 0);
  const jobId = await world.createJob({
    operation: {
      S3PutObjectAcl: {
        AccessControlPolicy: {
          AccessControlList: {
            Owner: { ID: id },
            Grants: [
              { Grantee: { TypeIdentifier: 'id', Identifier: id }, Permission: 'FULL_CONTROL' },
              { Grantee: { TypeIdentifier: 'uri', Identifier: ALL_USERS }, Permission: 'READ_ACP' },
            ],
          },
        },
      },
    },
    manifest: await world.manifest(bucket, text),
    report: { bucket: reportBucket },
  });
  const job = await world.ended(jobId);
  const rows = await world.report(job);
  assertReports(rows, manifestTasks(text));
  assertCounts(job, rows);
  assert.equal(job.ProgressSummary?.NumberOfTasksSucceeded, targets.length);
  await atOnce(targets, 8, async ({ key }) => {
    const { Grants = [] } = await world.s3.send(
      new GetObjectAclCommand({ Bucket: bucket, Key: key }),
    );
    const found = Grants.map(
      ({ Grantee, Permission }) => `${Grantee?.ID ?? Grantee?.URI} ${Permission}`,
    );
    assert.deepEqual(found.sort(), [`${id} FULL_CONTROL`, `${ALL_USERS} READ_ACP`].sort());
  });
});

interface Scene {
  readonly bucket: string;
  readonly reportBucket: string;
  readonly targetBucket: string;
  readonly targets: readonly Target[];
  /** Rows about what does not exist. */
  readonly ghosts: readonly Target[];
  /** Objects, or versions of the targets, that no row names. */
  readonly bystanders: readonly Target[];
}

/** In a versioned bucket the targets are the older one of two versions. */
async function setTheScene(versioned: boolean): Promise<Scene> {
  const bucket = await world.bucket({ versioned });
  const reportBucket = await world.bucket();
  const targetBucket = await world.bucket({ versioned });
  const old = (key: string): string => `old ${key}`;
  const versions = await world.upload(bucket, NASTY_KEYS, { tag: OLD_TAG, body: old });
  const targets = NASTY_KEYS.map((key, index) => ({
    bucket,
    key,
    content: old(key),
    ...(versioned ? { versionId: versions[index] ?? '' } : {}),
  }));
  const others = versioned ? NASTY_KEYS : ['bystander', 'plain', 'plain.txt2'];
  const current = await world.upload(bucket, others, { tag: OLD_TAG });
  const bystanders = others.map((key, index) => ({
    bucket,
    key,
    content: key,
    ...(versioned ? { versionId: current[index] ?? '' } : {}),
  }));
  const ghosts = ['ghost, 100%', 'другой призрак'].map((key, index) => ({
    bucket,
    key: versioned ? (NASTY_KEYS[index] ?? '') : key,
    content: '',
    // Made of a real one, so that it looks like one and is none.
    ...(versioned ? { versionId: [...(versions[0] ?? '')].reverse().join('') } : {}),
  }));
  return { bucket, reportBucket, targetBucket, targets, ghosts, bystanders };
}

function manifestOf(targets: readonly Target[], round: number): string {
  const lines = targets.map(({ bucket, key, versionId }, index) => {
    const spell = SPELLINGS[(index + round) % SPELLINGS.length] ?? String;
    const cells = [bucket, spell(key), ...(versionId === undefined ? [] : [versionId])];
    return `${cells.map(csvCell).join(',')}\n`;
  });
  return lines.join('');
}

/** Who but the owner has a grant on an object. */
async function readers(bucket: string, key: string, versionId?: string): Promise<string[]> {
  const { Grants = [], Owner } = await world.s3.send(
    new GetObjectAclCommand({ Bucket: bucket, Key: key, VersionId: versionId }),
  );
  return Grants.filter(({ Grantee }) => Grantee?.ID !== Owner?.ID).map(
    ({ Grantee }) => Grantee?.URI ?? '',
  );
}
