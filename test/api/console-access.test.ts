// Aim: the console allows what the API allows, and nothing else: each view by each permission, over HTTP
// with a session of a user; a report leads to no object that its reader may not get.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Keyring } from '../../src/auth/index.ts';
import { fixedKeyring, readPolicy, Secret } from '../../src/auth/index.ts';
import { reportKeys, resultKey } from '../../src/report/index.ts';
import { newJob } from '../contract/store.contract.ts';
import { type ConsoleWorld, openConsoleWorld, type Reply } from './console-world.ts';

const ACCOUNT = '123456789012';
/** Of the user `alice`, replaced by each test. */
let document = '';

const keyring: Keyring = {
  ...fixedKeyring([]),
  find: async (accessKeyId) => {
    const isForeign = accessKeyId === 'FOREIGN';
    const account = isForeign ? '999999999999' : ACCOUNT;
    const principal = {
      ...{
        accessKeyId,
        account,
        kind: 'user' as const,
        user: 'alice',
        userId: 'BU1',
        groups: [],
        tags: [],
      },
      arn: `arn:aws:iam::${account}:user/alice`,
      policies: document === '' ? [] : [readPolicy('own', document)],
    } as const;
    return { ok: true, caller: { principal, secret: new Secret('secret') } };
  },
};
let world: ConsoleWorld;

before(async () => {
  world = openConsoleWorld({ keyring });
  await world.store.createJob(newJob({ id: 'job-1', tags: [{ Key: 'team', Value: 'a' }] }));
  await world.signIn('ALICE', 'secret');
});
after(() => world.close());

const allow = (Action: string | readonly string[], more: object = {}): object => ({
  Effect: 'Allow',
  Action,
  Resource: '*',
  ...more,
});
function may(...statements: readonly object[]): void {
  document = JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

const JOB = { Tags: [{ Key: 'a', Value: 'b' }] };
/** What a view needs, and a call of it that gets beyond permission. */
const VIEWS: readonly (readonly [action: string, method: string, path: string, body?: object])[] = [
  ['s3:ListJobs', 'GET', 'jobs'],
  ['s3:DescribeJob', 'GET', 'jobs/job-1'],
  ['s3:DescribeJob', 'GET', 'jobs/job-1/estimate'],
  ['s3:DescribeJob', 'GET', 'jobs/job-1/failures'],
  ['s3:DescribeJob', 'GET', 'jobs/job-1/report'],
  ['s3:UpdateJobStatus', 'POST', 'jobs/job-1/status', { status: 'Ready' }],
  ['s3:UpdateJobPriority', 'POST', 'jobs/job-1/priority', { priority: 1 }],
  ['s3:PutJobTagging', 'PUT', 'jobs/job-1/tags', JOB],
  ['s3:ListAllMyBuckets', 'GET', 'buckets'],
  ['s3:ListBucket', 'GET', 'objects?bucket=b'],
  ['s3:GetObject', 'GET', 'object?bucket=b&key=k'],
  ['s3:GetObject', 'GET', 'preview?bucket=b&key=k'],
  ['brigade:DescribeSystem', 'GET', 'system'],
];

test('each view needs what its call needs, and says so when it is refused', async () => {
  for (const [action, method, path, body] of VIEWS) {
    const call = (): Promise<Reply> => world.call(method, path, body ? { body } : {});
    may(allow('*'), { Effect: 'Deny', Action: action, Resource: '*' });
    const denied = await call();
    assert.deepEqual([denied.status, denied.code], [403, 'AccessDenied'], path);
    assert.match(denied.message, new RegExp(`not authorized to perform: ${action} on resource`));
    may(allow(action));
    const allowed = await call();
    assert.ok(allowed.status !== 403 && allowed.status !== 500, `${path}: ${allowed.text}`);
    document = '';
    assert.equal((await call()).status, 403, path);
  }
});

test('a view that nobody listed here is refused as well', async () => {
  const { VIEWS: all } = await import('../../src/api/console/views.ts');
  const shown = VIEWS.map(([, method, path]) => `${method} ${path.split('?')[0]}`);
  const known = new Set([...shown.map((one) => one.replace('job-1', ':jobId')), 'POST jobs']);
  assert.deepEqual([...known].sort(), all.map(({ method, path }) => `${method} ${path}`).sort());
});

test('a job is created by those who may create it, pass its role and tag it', async () => {
  const body = {
    ConfirmationRequired: true,
    Operation: { S3DeleteObjectTagging: {} },
    Report: { Enabled: false },
    ClientRequestToken: 'console',
    Manifest: {
      Spec: { Format: 'S3BatchOperations_CSV_20180820', Fields: ['Bucket', 'Key'] },
      Location: { ObjectArn: 'arn:aws:s3:::b/m.csv', ETag: 'e' },
    },
    Priority: 10,
    RoleArn: 'arn:aws:iam::123456789012:role/r',
    Tags: [{ Key: 'team', Value: 'a' }],
  };
  const create = (): Promise<Reply> => world.call('POST', 'jobs', { body });
  const needed = ['s3:CreateJob', 'iam:PassRole', 's3:PutJobTagging'];
  for (const missing of needed) {
    may(allow(needed.filter((one) => one !== missing)));
    const reply = await create();
    assert.equal(reply.code, 'AccessDenied', missing);
    assert.ok(reply.message.includes(missing), reply.message);
  }
  may(
    allow(needed, { Condition: { NumericLessThanEqualsIfExists: { 's3:RequestJobPriority': 9 } } }),
  );
  assert.equal((await create()).code, 'AccessDenied');
  may(
    allow(needed, {
      Condition: { NumericLessThanEqualsIfExists: { 's3:RequestJobPriority': 10 } },
    }),
  );
  assert.equal((await create()).status, 200);
});

test('conditions on the job itself hold in the console too', async () => {
  may(allow('s3:DescribeJob', { Condition: { StringEquals: { 'aws:ResourceTag/a': 'b' } } }));
  await world.store.setTags(ACCOUNT, 'job-1', [{ Key: 'a', Value: 'c' }]);
  assert.equal((await world.call('GET', 'jobs/job-1')).status, 403);
  await world.store.setTags(ACCOUNT, 'job-1', [{ Key: 'a', Value: 'b' }]);
  assert.equal((await world.call('GET', 'jobs/job-1')).status, 200);
});

test('buckets and objects are asked for by their names', async () => {
  world.objects.set('mine/list.csv', Buffer.from('mine,key\n'));
  world.objects.set('theirs/list.csv', Buffer.from('theirs,key\n'));
  may(
    allow('s3:GetObject', { Resource: 'arn:aws:s3:::mine/*' }),
    allow('s3:ListBucket', {
      Resource: 'arn:aws:s3:::mine',
      Condition: { StringLike: { 's3:prefix': 'lists/*' } },
    }),
  );
  const preview = (bucket: string) => world.call('GET', `preview?bucket=${bucket}&key=list.csv`);
  assert.equal((await preview('mine')).status, 200);
  const asked = world.asked.length;
  assert.equal((await preview('theirs')).status, 403);
  const folder = (prefix: string) => world.call('GET', `objects?bucket=mine&prefix=${prefix}`);
  assert.equal((await folder('')).status, 403);
  assert.equal(world.asked.length, asked, 'the store was asked all the same');
  assert.notEqual((await folder('lists/2026')).status, 403);
});

test('a list that names a file of another bucket does not open it', async () => {
  const entry = { key: 'rows.csv', size: 10, MD5checksum: 'd41d8cd98f00b204e9800998ecf8427e' };
  const inventory = {
    sourceBucket: 'mine',
    destinationBucket: 'arn:aws:s3:::theirs',
    fileFormat: 'CSV',
    fileSchema: 'Bucket, Key',
    files: [entry],
  };
  world.objects.set('mine/manifest.json', Buffer.from(JSON.stringify(inventory)));
  world.objects.set('mine/rows.csv', Buffer.from('"theirs","of mine"\n'));
  world.objects.set('theirs/rows.csv', Buffer.from('"theirs","secret row"\n'));
  may(allow('s3:GetObject', { Resource: 'arn:aws:s3:::mine/manifest.json' }));
  const path = 'preview?bucket=mine&key=manifest.json&format=S3InventoryReport_CSV_20161130';
  const reply = await world.call('GET', path);
  assert.equal(reply.status, 403, reply.text);
  assert.match(reply.message, /s3:GetObject on resource: "arn:aws:s3:::\w+\/rows\.csv"/);
});

test('a report leads to no file that its reader may not get', async () => {
  await world.store.createJob(newJob({ id: 'ended', status: 'Complete' }));
  const { manifest } = reportKeys(undefined, 'ended');
  const rows = resultKey(undefined, 'ended', 0, 'failed');
  const result = { TaskExecutionStatus: 'failed', Bucket: 'reports', MD5Checksum: 'x' };
  const index = (Key: string) => Buffer.from(JSON.stringify({ Results: [{ ...result, Key }] }));
  world.objects.set(`reports/${rows}`, Buffer.from('b,k,,failed,403,AccessDenied,No\n'));
  world.objects.set(`reports/${manifest}`, index(rows));
  const read = async () => (await world.call('GET', 'jobs/ended/report')).status;
  const object = (key: string): object =>
    allow('s3:GetObject', { Resource: `arn:aws:s3:::reports/${key}` });

  may(allow('s3:DescribeJob'));
  assert.equal(await read(), 403);
  may(allow('s3:DescribeJob'), object(manifest));
  assert.equal(await read(), 403);
  may(allow('s3:DescribeJob'), object(manifest), object(rows));
  assert.equal(await read(), 200);
  may(object(manifest), object(rows));
  assert.equal(await read(), 403);
});

test('the jobs of one account are none in the console of another', async () => {
  may(allow('*'));
  const cookie = await world.signIn('FOREIGN', 'secret');
  const [listed, described] = [
    await world.call('GET', 'jobs', { headers: { cookie } }),
    await world.call('GET', 'jobs/job-1', { headers: { cookie } }),
  ];
  assert.deepEqual((listed.json as { jobs: unknown[] }).jobs, []);
  assert.equal(described.code, 'NotFoundException');
  await world.signIn('ALICE', 'secret');
});
