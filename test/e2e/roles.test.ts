/**
 * Roles of jobs over a store behind a gate that knows who signed what: whatever is done for a job is
 * signed as its role, and staging as the service; roles that stand for nothing fail their job first.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { type RoleGate, startRoleGate } from '../lib/role-gate.ts';
import { startService } from '../lib/service.ts';
import type { S3Endpoint } from '../contract/s3-harness.ts';
import { startTestSandbox } from '../sandbox/start.ts';
import { failureOf, type JobDescriptor, World } from './world.ts';

const SERVICE = { accessKeyId: 'SERVICE', secretAccessKey: 'secret-of-the-service' };
const READER = { accessKeyId: 'READER', secretAccessKey: 'secret-of-the-reader' };
const roleOf = (name: string): string => `arn:aws:iam::123456789012:role/${name}`;

let store: S3Endpoint;
let gate: RoleGate;
let world: World;
let bucket: string;
const keys = Array.from({ length: 40 }, (_, index) => `objects/${index}`);

/** A service whose roles are assumed at the gate, but for one that has keys; staging in a bucket. */
before(async () => {
  store = await startTestSandbox();
  gate = await startRoleGate({ store, keys: [SERVICE, READER] });
  world = await openWorld();
  bucket = await world.bucket();
  await world.upload(bucket, keys);
});
after(async () => {
  await world.close();
  await gate.close();
  await store.stop();
});

async function openWorld(): Promise<World> {
  const direct = { accessKeyId: store.accessKeyId, secretAccessKey: store.secretAccessKey };
  const s3 = new S3Client({
    endpoint: store.endpoint,
    region: 'us-east-1',
    credentials: direct,
    forcePathStyle: true,
  });
  await s3.send(new CreateBucketCommand({ Bucket: 'staging' }));
  s3.destroy();
  const service = await startService({
    env: {
      BRIGADE_S3_ENDPOINT: gate.url,
      BRIGADE_S3_ACCESS_KEY_ID: SERVICE.accessKeyId,
      BRIGADE_S3_SECRET_ACCESS_KEY: SERVICE.secretAccessKey,
      BRIGADE_STAGING: 's3://staging/here',
      BRIGADE_STS_ENDPOINT: gate.url,
      BRIGADE_STS_EXTERNAL_ID: 'ours',
      READER_SECRET: READER.secretAccessKey,
      BRIGADE_ROLES: JSON.stringify({
        [roleOf('reader')]: {
          accessKeyId: READER.accessKeyId,
          secretAccessKey: { env: 'READER_SECRET' },
        },
      }),
    },
  });
  return new World({ ...service, s3Url: store.endpoint }, direct);
}

function since(mark: number) {
  return gate.passed.slice(mark);
}

const isStaging = (target: string): boolean => target.startsWith('/staging');

/** Whatever is not staging is signed as `role`, and staging as the service. */
function assertSigned(mark: number, role: string): void {
  // HEAD / asks the store what it is, once per process: it is about nobody's buckets.
  const passed = since(mark).filter(({ method, target }) => `${method} ${target}` !== 'HEAD /');
  const [ofStaging, ofJob] = [true, false].map((is) =>
    passed.filter(({ target }) => isStaging(target) === is),
  );
  assert.deepEqual(new Set(ofStaging?.map(({ as }) => as)), new Set([SERVICE.accessKeyId]));
  const others = ofJob
    ?.filter(({ as }) => as !== role)
    .map(({ as, method, target }) => ({ as, method, target }));
  assert.deepEqual(others, []);
  assert.ok((ofJob?.length ?? 0) > 0 && (ofStaging?.length ?? 0) > 0);
}

function assertCounts(job: JobDescriptor, counts: { succeeded: number; failed: number }): void {
  const { NumberOfTasksSucceeded: succeeded, NumberOfTasksFailed: failed } =
    job.ProgressSummary ?? {};
  assert.deepEqual({ succeeded, failed }, counts, JSON.stringify(job));
}

async function csv(): Promise<Awaited<ReturnType<World['manifest']>>> {
  return world.manifest(bucket, keys.map((key) => `${bucket},${key}\n`).join(''));
}

for (const [name, role] of [
  ['a session of its role', roleOf('assumed/one')],
  ['the keys that its role stands for', roleOf('reader')],
] as const) {
  test(`Manifest, objects and report of a job are signed with ${name} and with nothing else`, async () => {
    const report = { bucket, prefix: 'reports' };
    const mark = gate.passed.length;
    const asked = gate.asked.length;
    const id = await world.createJob({ manifest: await csv(), report, more: { RoleArn: role } });
    const job = await world.ended(id);
    assertCounts(job, { succeeded: keys.length, failed: 0 });
    assertSigned(mark, role === roleOf('reader') ? READER.accessKeyId : role);
    const targets = since(mark).map(({ method, target }) => `${method} ${target}`);
    for (const part of [
      'GET /bucket-1/manifests/',
      'PUT /bucket-1/objects/',
      'PUT /bucket-1/reports/',
    ]) {
      assert.ok(
        targets.some((one) => one.startsWith(part)),
        `nothing like ${part}`,
      );
    }
    const sessions = gate.asked.slice(asked);
    const expected = {
      roleArn: role,
      sessionName: `brigade-${id}`,
      externalId: 'ours',
      by: 'SERVICE',
    };
    assert.deepEqual(sessions, role === roleOf('reader') ? [] : [expected]);
    assert.equal((await world.report(job)).length, keys.length);
  });
}

test('A generated list, its manifest for the user and a rename are signed as the role too', async () => {
  const role = roleOf('generator');
  await world.upload(bucket, ['moving/1', 'moving/2', 'moving/3']);
  const mark = gate.passed.length;
  const id = await world.submit({
    ...world.jobRequest({
      manifest: await csv(),
      report: { bucket, prefix: 'generated-reports' },
      operation: {
        LambdaInvoke: {
          FunctionArn: `arn:aws:lambda:us-east-1:${world.service.account}:function:brigade-rename`,
          InvocationSchemaVersion: '2.0',
          UserArguments: { key: 'renamed/{key}' },
        },
      },
    }),
    RoleArn: role,
    Manifest: undefined,
    ManifestGenerator: {
      S3JobManifestGenerator: {
        SourceBucket: `arn:aws:s3:::${bucket}`,
        Filter: { KeyNameConstraint: { MatchAnyPrefix: ['moving/'] } },
        EnableManifestOutput: true,
        ManifestOutputLocation: {
          Bucket: `arn:aws:s3:::${bucket}`,
          ManifestPrefix: 'lists',
          ManifestFormat: 'S3InventoryReport_CSV_20211130',
        },
      },
    },
  });
  const job = await world.ended(id);
  assertCounts(job, { succeeded: 3, failed: 0 });
  assertSigned(mark, role);
  const targets = since(mark).map(({ method, target }) => `${method} ${target}`);
  for (const part of [
    'GET /bucket-1?',
    'PUT /bucket-1/lists/',
    'PUT /bucket-1/renamed/',
    'DELETE /bucket-1/moving/',
  ]) {
    assert.ok(
      targets.some((one) => one.startsWith(part)),
      `nothing like ${part}`,
    );
  }
});

test('A role that cannot be assumed fails its job before any task, and is named', async () => {
  const role = roleOf('missing');
  gate.onAssume = (arn) => (arn === role ? 'AccessDenied' : undefined);
  const mark = gate.passed.length;
  const report = { bucket, prefix: 'none' };
  const id = await world.createJob({ manifest: await csv(), report, more: { RoleArn: role } });
  const job = await world.ended(id);
  assert.equal(
    failureOf(job),
    `RoleNotAssumable: The role ${role} cannot be assumed: AccessDenied: The gate says so.`,
  );
  assertCounts(job, { succeeded: 0, failed: 0 });
  const touched = since(mark).filter(({ target }) => !isStaging(target));
  assert.deepEqual(touched, []);
});

test('An STS that is away is waited for, and fails nothing', async () => {
  const role = roleOf('late');
  let refusals = 0;
  gate.onAssume = (arn) => (arn === role && ++refusals <= 2 ? 503 : undefined);
  const id = await world.createJob({ manifest: await csv(), more: { RoleArn: role } });
  const job = await world.ended(id);
  assertCounts(job, { succeeded: keys.length, failed: 0 });
  assert.ok(refusals > 2);
});

for (const expiredAs of [
  [400, 'ExpiredToken'],
  [403, 'AccessDenied'],
] as const) {
  test(`A job that outlives its session, at a store that answers ${expiredAs.join(' ')}, fails no row`, async () => {
    const shortGate = await startRoleGate({ store, keys: [SERVICE], sessionMs: 2000, expiredAs });
    const service = await startService({
      env: {
        BRIGADE_S3_ENDPOINT: shortGate.url,
        BRIGADE_S3_ACCESS_KEY_ID: SERVICE.accessKeyId,
        BRIGADE_S3_SECRET_ACCESS_KEY: SERVICE.secretAccessKey,
        BRIGADE_STS_ENDPOINT: shortGate.url,
      },
    });
    const direct = { accessKeyId: store.accessKeyId, secretAccessKey: store.secretAccessKey };
    const short = new World({ ...service, s3Url: store.endpoint }, direct);
    try {
      // Ten tasks a second: four seconds, two sessions at least.
      const more = {
        RoleArn: roleOf('short'),
        Tags: [{ Key: 'brigade:max-tasks-per-second', Value: '10' }],
      };
      const report = { bucket, prefix: 'short' };
      const id = await short.createJob({ manifest: await csv(), report, more });
      const job = await short.ended(id);
      assertCounts(job, { succeeded: keys.length, failed: 0 });
      assert.ok(shortGate.asked.length > 2, `${shortGate.asked.length} sessions`);
    } finally {
      await short.close();
      await shortGate.close();
    }
  });
}

test('CreateJob refuses a role of another account', async () => {
  const request = world.jobRequest({ manifest: await csv() });
  await assert.rejects(
    world.submit({ ...request, RoleArn: 'arn:aws:iam::999999999999:role/theirs' }),
    /RoleArn: Cross-account pass role is not allowed/,
  );
});

test('A report bucket of another owner than the job says fails it before any task', async () => {
  const manifest = await csv();
  const request = world.jobRequest({ manifest, report: { bucket, prefix: 'owned' } });
  const owned = (ExpectedBucketOwner: string): typeof request => ({
    ...request,
    ClientRequestToken: `owner-${ExpectedBucketOwner}`,
    Report: { ...request.Report, Enabled: true, ExpectedBucketOwner },
  });
  const mark = gate.passed.length;
  const wrong = await world.ended(await world.submit(owned('999999999999')));
  assert.equal(
    failureOf(wrong),
    `BucketOwnerMismatch: The bucket ${bucket} does not belong to 999999999999.`,
  );
  assertCounts(wrong, { succeeded: 0, failed: 0 });
  assert.ok(since(mark).every(({ method }) => method !== 'PUT'));

  const right = await world.ended(await world.submit(owned('111111111111')));
  assertCounts(right, { succeeded: keys.length, failed: 0 });
  const written = since(mark).filter(({ target }) => target.startsWith(`/${bucket}/owned/`));
  assert.ok(written.length >= 3);
  for (const { headers } of written) {
    assert.equal(headers['x-amz-expected-bucket-owner'], '111111111111');
  }
});
