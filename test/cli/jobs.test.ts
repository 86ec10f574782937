// Aim: `brigade jobs` does over the S3 Control API what it says, in pipes, against the real service;
// with AWS's endpoint it says what AWS has not.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  cliWorld,
  emptyHome,
  endOf,
  ended,
  rowsOfReport,
  type CliWorld,
  type Said,
} from './world.ts';

let world: CliWorld;
before(async () => {
  world = await cliWorld();
  await world.ok({ method: 'PUT', bucket: 'jobs' });
  for (const key of ['k/1 2', 'k/3'])
    await world.ok({ method: 'PUT', bucket: 'jobs', key, body: key });
  const list = 'jobs,k/1%202\njobs,k/3\njobs,gone\n';
  await world.ok({ method: 'PUT', bucket: 'jobs', key: 'list.csv', body: list });
});
after(() => world.stop());

const LIST = ['--manifest', 's3://jobs/list.csv'];
const REPORT = ['--report', 's3://jobs/reports'];

async function jobs(...args: readonly string[]): Promise<Said> {
  const said = await world.brigade(['jobs', ...args]);
  assert.notEqual(said.code, null, said.stderr);
  return said;
}

/** Resolves to the first event; the command must succeed. */
async function done(...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const said = await jobs(...args);
  assert.equal(said.code, 0, said.stderr);
  return said.events[0] ?? {};
}

/** A job of which one task fails; resolves to its id. */
async function endedJob(): Promise<string> {
  const said = await jobs('create', 'head', ...LIST, ...REPORT, '--wait');
  assert.equal(said.code, 2, said.stderr);
  const end = endOf(said);
  assert.deepEqual([end['status'], end['succeeded'], end['failed']], ['Complete', 2, 1]);
  return String(end['id']);
}

/** A job that does not move by itself. */
async function waitingJob(...more: readonly string[]): Promise<string> {
  return String((await done('create', 'tag', ...LIST, '--tag', 'a=b', ...more))['id']);
}

test('create from a verb makes the job that was asked for, and --wait tells how it ended', async () => {
  const id = await endedJob();
  const job = await done('describe', id);
  assert.equal(job['Status'], 'Complete');
  assert.equal(job['ConfirmationRequired'], false);
  assert.deepEqual(job['Operation'], {
    LambdaInvoke: { FunctionArn: 'brigade-head', InvocationSchemaVersion: '2.0' },
  });
  const watched = await jobs('watch', id);
  assert.equal(watched.code, 2);
  assert.equal(endOf(watched)['id'], id);
});

test('create takes the JSON of the aws cli, dates included, from a file', async () => {
  const head = await world.ok({ method: 'HEAD', bucket: 'jobs', key: 'list.csv' });
  const request = {
    Operation: { S3PutObjectTagging: { TagSet: [{ Key: 'from', Value: 'json' }] } },
    ManifestGenerator: {
      S3JobManifestGenerator: {
        SourceBucket: 'arn:aws:s3:::jobs',
        EnableManifestOutput: false,
        Filter: {
          CreatedBefore: '2050-01-01T00:00:00Z',
          KeyNameConstraint: { MatchAnyPrefix: ['k/'] },
        },
      },
    },
    Report: { Enabled: false },
    Priority: 7,
    ConfirmationRequired: false,
    RoleArn: 'arn:aws:iam::123456789012:role/r',
  };
  assert.ok(head.headers['etag']);
  writeFileSync(join(world.folder, 'job.json'), JSON.stringify(request));
  const said = await jobs('create', '--cli-input-json', 'file://job.json', '--wait');
  assert.equal(said.code, 0, said.stderr);
  assert.equal(endOf(said)['total'], 2);
  const query = { tagging: '' };
  const tags = await world.ok({ method: 'GET', bucket: 'jobs', key: 'k/3', query });
  assert.match(tags.body.toString('utf8'), /<Value>json<\/Value>/);

  writeFileSync(join(world.folder, 'bad.json'), JSON.stringify({ ...request, Priority: -1 }));
  const bad = await jobs('create', '--cli-input-json', 'file://bad.json');
  assert.equal(bad.code, 1);
  assert.match(bad.stderr, /the service says BadRequestException: .*riority/);
});

test('a job waits for confirm when it was made so; resume does not stand in for it', async () => {
  const id = await waitingJob('--confirm-first', '--priority', '3');
  const watching = world.start(['jobs', 'watch', id]);
  const all = ended(watching);
  await once(watching.stdout, 'data');
  await untilStatus(id, 'Suspended');
  const wrong = await jobs('resume', id);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /brigade jobs confirm gives it/);
  assert.equal((await done('priority', id, '42'))['priority'], 42);
  assert.equal((await done('describe', id))['Priority'], 42);
  assert.equal((await done('confirm', id))['status'], 'Ready');
  assert.equal((await all).code, 2);
});

test('pause and resume, and cancel with a reason', async () => {
  const id = await waitingJob('--rate', '0.2');
  await untilStatus(id, 'Active');
  await done('pause', id);
  await untilStatus(id, 'Paused');
  const wrong = await jobs('confirm', id);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /brigade jobs resume/);
  assert.equal((await done('resume', id))['status'], 'Ready');
  await done('cancel', id, '--reason', 'wrong bucket');
  const watched = await jobs('watch', id);
  assert.equal(watched.code, 1);
  assert.equal(endOf(watched)['status'], 'Cancelled');
  assert.equal((await done('describe', id))['StatusUpdateReason'], 'wrong bucket');
});

async function untilStatus(id: string, status: string): Promise<void> {
  for (;;) if ((await done('describe', id))['Status'] === status) return;
}

test('tags are shown, added to, replaced and removed', async () => {
  const id = await waitingJob('--confirm-first', '--rate', '5');
  await done('tags', id, '--set', 'a=1', '--set', 'b=2');
  await done('tags', id, '--set', 'a=x=y', '--remove', 'b');
  const { tags } = await done('tags', id);
  assert.deepEqual(tags, [
    { Key: 'brigade:max-tasks-per-second', Value: '5' },
    { Key: 'a', Value: 'x=y' },
  ]);
});

test('list shows jobs, the newest first, by status and up to a limit', async () => {
  await waitingJob('--confirm-first');
  const id = await waitingJob('--confirm-first', '--description', 'the newest');
  await untilStatus(id, 'Suspended');
  const [first, second] = (await jobs('list', '--limit', '2')).events;
  assert.equal(first?.['JobId'], id);
  assert.equal(first?.['Description'], 'the newest');
  assert.ok(second);
  const suspended = (await jobs('list', '--status', 'Suspended')).events;
  assert.ok(suspended.length > 0 && suspended.every(({ Status }) => Status === 'Suspended'));
  const odd = await jobs('list', '--status', 'Sleeping');
  assert.equal(odd.code, 64);
  assert.match(odd.stderr, /--status must be one of New/);
});

test('list shows jobs of an operation or of some days, in all pages of ListJobs', async () => {
  await waitingJob('--confirm-first');
  await done('create', 'untag', ...LIST, '--confirm-first');
  const untag = (await jobs('list', '--operation', 'S3DeleteObjectTagging')).events;
  assert.ok(untag.length > 0);
  assert.ok(untag.every(({ Operation }) => Operation === 'S3DeleteObjectTagging'));
  const tag = ['--operation', 'S3PutObjectTagging', '--operation', 'S3DeleteObjectTagging'];
  assert.ok((await jobs('list', ...tag)).events.length > untag.length);
  assert.equal((await jobs('list', ...tag, '--limit', '1')).events.length, 1);
  const at = String(untag[0]?.['CreationTime']);
  const since = (await jobs('list', '--created-after', at)).events;
  const before = (await jobs('list', '--created-before', at)).events;
  const all = (await jobs('list')).events;
  const ids = (list: typeof all): unknown[] => list.map(({ JobId }) => JobId);
  assert.deepEqual([...ids(since), ...ids(before)], ids(all));
  assert.ok(ids(since).includes(untag[0]?.['JobId']));
  assert.equal((await jobs('list', '--created-before', 'never')).code, 64);
});

test('report prints rows as JSON or CSV, failed ones alone, or brings the files', async () => {
  const id = await endedJob();
  const rows = (await jobs('report', id)).events;
  assert.deepEqual(rows.map(({ key }) => key).sort(), ['gone', 'k/1 2', 'k/3']);
  const failed = (await jobs('report', id, '--failed')).events;
  assert.deepEqual(
    failed.map(({ key, errorCode }) => [key, errorCode]),
    [['gone', 'NoSuchKey']],
  );
  const csv = await jobs('report', id, '--failed', '--csv');
  assert.match(csv.stdout, /^jobs,gone,,failed,404,NoSuchKey,/);
  const { report } = await done('report', id, '--to', 'brought');
  assert.equal(rowsOfReport(join(world.folder, String(report))).length, 3);
});

test('retry-failed runs the failed rows again, and clone the whole job with changes', async () => {
  const id = await endedJob();
  const retried = await jobs('retry-failed', id, '--wait');
  assert.equal(retried.code, 2, retried.stderr);
  assert.deepEqual([endOf(retried)['total'], endOf(retried)['failed']], [1, 1]);

  const change = JSON.stringify({
    Operation: { S3PutObjectTagging: { TagSet: [{ Key: 'c', Value: 'd' }] } },
  });
  const cloned = await jobs('clone', id, '--priority', '9', '--change', change, '--wait');
  assert.equal(cloned.code, 2, cloned.stderr);
  const job = await done('describe', String(endOf(cloned)['id']));
  assert.equal(job['Priority'], 9);
  assert.ok(JSON.stringify(job['Operation']).includes('S3PutObjectTagging'));
  assert.equal((job['Report'] as { Prefix: string }).Prefix, 'reports');

  const fine = String(
    (await done('create', 'untag', '--list', 's3://jobs/k/', ...REPORT, '--wait'))['id'],
  );
  const nothing = await jobs('retry-failed', fine);
  assert.equal(nothing.code, 1);
  assert.match(nothing.stderr, /nothing to run again/);
});

test('errors say what to do next', async () => {
  const unknown = await jobs('describe', '00000000-0000-4000-8000-000000000000');
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /NoSuchJob|NotFound/);
  const dead = await jobs('list', '--endpoint', 'http://127.0.0.1:1');
  assert.equal(dead.code, 1);
  assert.match(dead.stderr, /Nobody answers there: is the service running/);
  const local = await jobs('create', 'untag', '--manifest', 'list.csv');
  assert.equal(local.code, 64);
  assert.match(local.stderr, /upload list\.csv first, or use brigade run/);
  const missing = await jobs('describe');
  assert.equal(missing.code, 64);
  assert.match(missing.stderr, /<job-id> is missing/);
  const odd = await jobs('list', '--endpoint', '127.0.0.1:9700');
  assert.equal(odd.code, 64);
  assert.match(odd.stderr, /--endpoint must be a URL/);
  const poor = await world.brigade(['jobs', 'list'], {
    env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
  });
  assert.equal(poor.code, 1);
  assert.match(poor.stderr, /there are no credentials for .*name a --profile/);
});

test('endpoints, keys and regions come from profiles of the AWS config files', async () => {
  const { credentials, url } = world.service;
  const [config, keys] = [join(world.folder, 'aws-config'), join(world.folder, 'aws-keys')];
  writeFileSync(config, `[profile mine]\nregion = eu-north-1\nendpoint_url = ${url}\n`);
  writeFileSync(
    keys,
    `[mine]\naws_access_key_id = ${credentials.accessKeyId}\naws_secret_access_key = ${credentials.secretAccessKey}\n`,
  );
  const env = {
    AWS_CONFIG_FILE: config,
    AWS_SHARED_CREDENTIALS_FILE: keys,
    AWS_ACCESS_KEY_ID: '',
    AWS_SECRET_ACCESS_KEY: '',
    AWS_ENDPOINT_URL_S3_CONTROL: '',
  };
  const said = await world.brigade(['jobs', 'list', '--profile', 'mine'], { env });
  assert.equal(said.code, 0, said.stderr);
  assert.ok(said.events.length > 0);
});

test('in the folder of a service nothing need be said: its key and its port are found', async () => {
  const { service, folder } = world;
  const [port, sandboxPort] = [new URL(service.url).port, new URL(service.s3Url).port];
  const { accessKeyId, secretAccessKey } = service.credentials;
  const key = {
    BRIGADE_ROOT_ACCESS_KEY_ID: accessKeyId,
    BRIGADE_ROOT_SECRET_ACCESS_KEY: secretAccessKey,
  };
  const own = {
    BRIGADE_DATA_DIR: service.folder,
    BRIGADE_PORT: port,
    BRIGADE_SANDBOX_PORT: sandboxPort,
  };
  const none = Object.fromEntries(Object.keys(world.env).map((name) => [name, '']));
  const env = { ...none, ...emptyHome(folder), ...own, ...key };
  const listed = await world.brigade(['jobs', 'list', '--limit', '1'], { env });
  assert.equal(listed.code, 0, listed.stderr);
  assert.equal(listed.events.length, 1);
  const run = await world.brigade(['run', 'head', '--list', 's3://jobs/k/'], { env });
  assert.equal(run.code, 0, run.stderr);
  assert.equal(endOf(run)['total'], 2);
});

test("on AWS's endpoint what AWS has not is said before anything is sent, and STS knows the account", async (t) => {
  const asked: string[] = [];
  const sts = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      asked.push(`${body} ${request.headers.authorization}`);
      response.end(
        '<R><GetCallerIdentityResult><Account>111122223333</Account></GetCallerIdentityResult></R>',
      );
    });
  }).listen(0, '127.0.0.1');
  await once(sts, 'listening');
  t.after(() => sts.close());
  const { port } = sts.address() as AddressInfo;
  const aws = ['--endpoint', 'https://s3-control.eu-west-1.amazonaws.com', '--region', 'eu-west-1'];
  const env = { AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${port}` };
  const id = '00000000-0000-4000-8000-000000000000';
  const role = ['--role-arn', 'arn:aws:iam::111122223333:role/r'];
  const lacking: [string[], RegExp][] = [
    [['pause', id], /has not got pausing a job/],
    [['resume', id], /has not got pausing and resuming/],
    [['retry-failed', id], /has not got retries from a report/],
    [['tags', id, '--set', 'brigade:concurrency=3'], /has not got the option brigade:concurrency/],
    [
      ['create', 'delete', '--yes', '--list', 's3://b/', ...role],
      /the built-in function brigade-delete/,
    ],
    [
      ['create', 'untag', '--rate', '3', '--list', 's3://b/', ...role],
      /the option brigade:max-tasks/,
    ],
  ];
  for (const [args, says] of lacking) {
    const said = await world.brigade(['jobs', ...args, ...aws], { env });
    assert.equal(said.code, 1, said.stderr);
    assert.match(said.stderr, says);
    assert.match(said.stderr, /Use a Bucket Brigade service \(--endpoint\), or brigade run/);
  }
  assert.equal(asked.length, lacking.length);
  assert.match(asked[0] ?? '', /^Action=GetCallerIdentity.*eu-west-1\/sts\/aws4_request/);
  const roleless = await world.brigade(['jobs', 'create', 'untag', '--list', 's3://b/', ...aws], {
    env,
  });
  assert.equal(roleless.code, 64);
  assert.match(roleless.stderr, /needs --role-arn on AWS/);
});

test('a reader that leaves early ends a command that only speaks', async () => {
  const child = world.start(['jobs', 'report', await endedJob()]);
  child.stdout.destroy();
  const said = await ended(child);
  assert.equal(said.code, 0, said.stderr);
  assert.doesNotMatch(said.stderr, /EPIPE|Unhandled/);
});
