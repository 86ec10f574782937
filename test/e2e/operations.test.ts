/**
 * Whole jobs of each operation, on versioned and unversioned buckets. Aim: what the job says, what
 * the report says and what the objects say are one truth. Every object is read back, every row of
 * the report is compared with its row of the manifest.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { GetObjectAclCommand } from '@aws-sdk/client-s3';
import { ALL_USERS, CASES, checkCase, manifestOf, setTheScene } from './cases.ts';
import { NASTY_KEYS } from './keys.ts';
import { assertCounts, assertReports, atOnce, manifestTasks, World } from './world.ts';

let world: World;
before(async () => {
  world = await World.open();
});
after(() => world.close());

for (const versioned of [false, true]) {
  const kind = versioned ? 'a versioned' : 'an unversioned';
  for (const [round, each] of CASES.entries()) {
    test(`${each.name} on ${kind} bucket does what its report says`, async () => {
      await checkCase(world, each, {
        versioned,
        round,
        keys: NASTY_KEYS,
        refusals: { noSuchVersion: '404 NoSuchVersion', keyTooLong: '400 KeyTooLongError' },
        run: (request) => world.submit(request),
      });
    });
  }
}

test('S3PutObjectAcl with a list of grants gives every object exactly these', async () => {
  const { bucket, reportBucket, targets } = await setTheScene(world, false, NASTY_KEYS);
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
