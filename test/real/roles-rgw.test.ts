/**
 * Roles on a real Ceph RGW, assumed at its own STS. Aim: a job that outlives its sessions, which RGW
 * itself ends, finishes; a right that the role lacks is AccessDenied, task by task; a role that does not
 * exist fails its job before any task. RGW's shortest session, 900 seconds, is set to three here.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { systemClock } from '../../src/base/clock.ts';
import { createSts } from '../../src/roles/index.ts';
import { failureOf, type JobDescriptor, type ReportRow, World } from '../e2e/world.ts';
import { startService } from '../lib/service.ts';
import { type RunningRgw, startRgw } from './rgw.ts';

const SESSION_SECONDS = 3;
const ROWS = 100;

let rgw: RunningRgw;
let world: World;
let bucket: string;
const keys = Array.from({ length: ROWS }, (_, index) => `objects/${index}`);

before(async () => {
  rgw = await startRgw({ sts: true, sessionSecondsMin: SESSION_SECONDS });
  const all = ['s3:*'];
  const reading = ['s3:GetObject', 's3:PutObject', 's3:ListBucket'];
  await createRole('batch', all);
  await createRole('reader', reading);
  const { endpoint, accessKeyId, secretAccessKey, second } = rgw;
  const service = await startService({
    env: {
      BRIGADE_S3_ENDPOINT: endpoint,
      BRIGADE_S3_ACCESS_KEY_ID: accessKeyId,
      BRIGADE_S3_SECRET_ACCESS_KEY: secretAccessKey,
      BRIGADE_STS_ENDPOINT: endpoint,
      BRIGADE_STS_ACCESS_KEY_ID: second.accessKeyId,
      BRIGADE_STS_SECRET_ACCESS_KEY: second.secretAccessKey,
      BRIGADE_STS_DURATION_SECONDS: String(SESSION_SECONDS),
      BRIGADE_STS_ROLE_ARN: 'arn:aws:iam:::role/{name}',
    },
  });
  world = new World(service, { accessKeyId, secretAccessKey });
  bucket = await world.bucket();
  await world.upload(bucket, keys);
});
after(async () => {
  await world.close();
  await rgw.stop();
});

/** RGW's second user may assume it. */
async function createRole(name: string, actions: readonly string[]): Promise<void> {
  const trust = { Effect: 'Allow', Principal: { AWS: ['arn:aws:iam:::user/test2'] } };
  const may = { Effect: 'Allow', Action: actions, Resource: 'arn:aws:s3:::*' };
  const document = (statement: object): string =>
    JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  const assume = document({ ...trust, Action: ['sts:AssumeRole'] });
  await admin(
    'role',
    'create',
    `--role-name=${name}`,
    '--path=/',
    `--assume-role-policy-doc=${assume}`,
  );
  await admin(
    'role-policy',
    'put',
    `--role-name=${name}`,
    '--policy-name=all',
    `--policy-doc=${document(may)}`,
  );
}

async function admin(...words: string[]): Promise<void> {
  const own = ['-c', `${rgw.dir}/ceph.conf`, '-n', 'client.rgw'];
  await promisify(execFile)('radosgw-admin', [...own, ...words]);
}

async function job(role: string, tags: Record<string, string> = {}): Promise<JobDescriptor> {
  const text = keys.map((key) => `${bucket},${key}\n`).join('');
  const manifest = await world.manifest(bucket, text);
  const RoleArn = `arn:aws:iam::${world.service.account}:role/${role}`;
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const report = { bucket, prefix: role };
  const id = await world.createJob({ manifest, report, more: { RoleArn, Tags } });
  return world.ended(id);
}

/** On RGW what a role writes is the role's; the bucket's owner may not read it. */
async function reportAs(role: string, ended: JobDescriptor): Promise<ReportRow[]> {
  const { endpoint, region, second: credentials } = rgw;
  const sts = createSts({
    endpoint,
    region,
    credentials,
    durationSeconds: 900,
    clock: systemClock,
  });
  try {
    const assumed = await sts.assumeRole(`arn:aws:iam:::role/${role}`, 'reads-the-report');
    assert.ok(assumed.ok, JSON.stringify(assumed));
    return await new World(world.service, assumed.credentials).report(ended);
  } finally {
    await sts.close();
  }
}

const countsOf = ({ ProgressSummary: summary }: JobDescriptor) => [
  summary?.NumberOfTasksSucceeded,
  summary?.NumberOfTasksFailed,
];

test('A job that is longer than its session finishes, and no row fails for it', async () => {
  const startedAt = performance.now();
  const ended = await job('batch', { 'brigade:max-tasks-per-second': '10' });
  assert.equal(ended.Status, 'Complete', JSON.stringify(ended.FailureReasons));
  assert.deepEqual(countsOf(ended), [ROWS, 0]);
  assert.ok(performance.now() - startedAt > 2 * SESSION_SECONDS * 1000, 'it was no longer');
  assert.equal((await reportAs('batch', ended)).length, ROWS);
  assert.equal(await world.tags(bucket, 'objects/99'), 'e2e=was here');
});

test('Without PutObjectTagging every task is AccessDenied in the report', async () => {
  const ended = await job('reader');
  assert.deepEqual(countsOf(ended), [0, ROWS]);
  const rows = await reportAs('reader', ended);
  assert.equal(rows.length, ROWS);
  const kinds = new Set(
    rows.map(({ status, httpStatus, errorCode }) => `${status} ${httpStatus} ${errorCode}`),
  );
  assert.deepEqual([...kinds], ['failed 403 AccessDenied']);
});

test('A role that RGW does not know fails its job before any task', async () => {
  const ended = await job('nobody');
  assert.equal(ended.Status, 'Failed');
  assert.match(
    failureOf(ended) ?? '',
    /^RoleNotAssumable: The role .*role\/nobody cannot be assumed: /,
  );
  assert.deepEqual(countsOf(ended), [0, 0]);
});
