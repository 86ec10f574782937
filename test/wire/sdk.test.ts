// Aim: the AWS SDK for JavaScript, unmodified, drives all eight calls over a real socket and gets
// its typed exceptions.
import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import {
  CreateJobCommand,
  type CreateJobCommandInput,
  DeleteJobTaggingCommand,
  DescribeJobCommand,
  GetJobTaggingCommand,
  IdempotencyException,
  InvalidNextTokenException,
  JobStatusException,
  ListJobsCommand,
  NotFoundException,
  PutJobTaggingCommand,
  S3ControlClient,
  TooManyTagsException,
  UpdateJobPriorityCommand,
  UpdateJobStatusCommand,
} from '@aws-sdk/client-s3-control';
import { systemClock } from '../../src/base/clock.ts';
import { createSigner, EMPTY_SHA256 } from '../../src/sigv4/index.ts';
import { ACCOUNT, openWorld } from '../api/world.ts';

const world = openWorld({ clock: systemClock });
let port = 0;
let client: S3ControlClient;

before(async () => {
  await world.app.listen({ port: 0, host: '127.0.0.1' });
  // It listens on a TCP port, so the address is no path.
  port = (world.app.server.address() as AddressInfo).port;
  client = new S3ControlClient({
    // Region "snow" is the one that leaves the account out of the host name.
    region: 'snow',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret' },
    maxAttempts: 1,
  });
});
after(async () => {
  client.destroy();
  await world.close();
});

const AccountId = ACCOUNT;
let tokens = 0;
const jobOf = (changes: Partial<CreateJobCommandInput> = {}): CreateJobCommandInput => ({
  AccountId,
  ClientRequestToken: `token-${tokens++}`,
  Operation: { S3PutObjectTagging: { TagSet: [{ Key: 'k', Value: 'a + b = ü@x' }] } },
  Report: { Enabled: false },
  Manifest: {
    Spec: { Format: 'S3BatchOperations_CSV_20180820', Fields: ['Bucket', 'Key'] },
    Location: { ObjectArn: 'arn:aws:s3:::b/m.csv', ETag: '"e"' },
  },
  Priority: 3,
  RoleArn: 'arn:aws:iam::123456789012:role/r',
  ...changes,
});
async function newJob(changes: Partial<CreateJobCommandInput> = {}): Promise<string> {
  const { JobId } = await client.send(new CreateJobCommand(jobOf(changes)));
  assert.ok(JobId !== undefined);
  return JobId;
}
async function suspend(jobId: string): Promise<void> {
  for (const event of ['PreparationStarted', 'PreparedForConfirmation'] as const) {
    assert.ok((await world.store.apply(jobId, event, { at: Date.now() })).ok);
  }
}

test('conformance 1: all eight calls work with the AWS SDK', async () => {
  const JobId = await newJob({ Description: 'd & <e> ü', Tags: [{ Key: 'team', Value: 'x' }] });
  const { Job } = await client.send(new DescribeJobCommand({ AccountId, JobId }));
  assert.equal(Job?.Description, 'd & <e> ü');
  assert.deepEqual(Job?.Operation, jobOf().Operation);
  assert.deepEqual(Job?.Manifest, jobOf().Manifest);
  assert.deepEqual(Job?.Report, { Enabled: false });
  assert.deepEqual(Job?.FailureReasons, []);
  assert.ok(Job?.CreationTime instanceof Date);

  const tags = () => client.send(new GetJobTaggingCommand({ AccountId, JobId }));
  assert.deepEqual((await tags()).Tags, [{ Key: 'team', Value: 'x' }]);
  const Tags = [{ Key: 'a', Value: '' }];
  await client.send(new PutJobTaggingCommand({ AccountId, JobId, Tags }));
  assert.deepEqual((await tags()).Tags, Tags);
  await client.send(new DeleteJobTaggingCommand({ AccountId, JobId }));
  assert.deepEqual((await tags()).Tags, []);

  const priority = new UpdateJobPriorityCommand({ AccountId, JobId, Priority: 99 });
  assert.equal((await client.send(priority)).Priority, 99);
  const cancel = new UpdateJobStatusCommand({
    AccountId,
    JobId,
    RequestedJobStatus: 'Cancelled',
    StatusUpdateReason: 'no longer needed & "late"',
  });
  const cancelled = await client.send(cancel);
  assert.equal(cancelled.Status, 'Cancelling');
  assert.equal(cancelled.StatusUpdateReason, 'no longer needed & "late"');
  const { Jobs } = await client.send(
    new ListJobsCommand({ AccountId, JobStatuses: ['Cancelling'] }),
  );
  assert.deepEqual(
    Jobs?.map((job) => [job.JobId, job.Operation, job.Priority]),
    [[JobId, 'S3PutObjectTagging', 99]],
  );
});

test('conformance 1: ListJobs pages through all jobs', async () => {
  const made = new Set<string>();
  for (let i = 0; i < 5; i++) made.add(await newJob());
  const seen: string[] = [];
  let NextToken: string | undefined;
  do {
    const page: {
      NextToken?: string | undefined;
      Jobs?: { JobId?: string | undefined }[] | undefined;
    } = await client.send(new ListJobsCommand({ AccountId, MaxResults: 2, NextToken }));
    seen.push(...(page.Jobs ?? []).map((job) => job.JobId ?? ''));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  assert.equal(new Set(seen).size, seen.length);
  for (const id of made) assert.ok(seen.includes(id));
});

test('conformance 1: exceptions are typed', async () => {
  const JobId = await newJob({ ClientRequestToken: 'typed' });
  await assert.rejects(newJob({ ClientRequestToken: 'typed', Priority: 4 }), IdempotencyException);
  const missing = new DescribeJobCommand({ AccountId, JobId: 'nothing-here' });
  await assert.rejects(
    client.send(missing),
    (error) =>
      error instanceof NotFoundException &&
      error.message === 'No such job' &&
      error.$metadata.httpStatusCode === 400 &&
      /^[0-9A-F]{16}$/.test(error.$metadata.requestId ?? ''),
  );
  const ready = new UpdateJobStatusCommand({ AccountId, JobId, RequestedJobStatus: 'Ready' });
  await assert.rejects(client.send(ready), JobStatusException);
  const Tags = Array.from({ length: 51 }, (_, i) => ({ Key: `k${i}`, Value: 'v' }));
  const tooMany = new PutJobTaggingCommand({ AccountId, JobId, Tags });
  await assert.rejects(client.send(tooMany), TooManyTagsException);
  const bad = new ListJobsCommand({ AccountId, NextToken: 'bad' });
  await assert.rejects(client.send(bad), InvalidNextTokenException);
});

test('conformance 2: an absent ConfirmationRequired leads to Suspended, and Ready confirms', async () => {
  const JobId = await newJob();
  const { Job } = await client.send(new DescribeJobCommand({ AccountId, JobId }));
  assert.equal(Job?.ConfirmationRequired, true);
  await suspend(JobId);
  const waiting = await client.send(new DescribeJobCommand({ AccountId, JobId }));
  assert.equal(waiting.Job?.Status, 'Suspended');
  assert.equal(waiting.Job?.SuspendedCause, 'AWAITING_CONFIRMATION');
  assert.ok(waiting.Job?.SuspendedDate instanceof Date);
  const ready = new UpdateJobStatusCommand({ AccountId, JobId, RequestedJobStatus: 'Ready' });
  assert.equal((await client.send(ready)).Status, 'Ready');
});

test('conformance 7: a confirmed job cannot be confirmed again', async () => {
  const JobId = await newJob();
  await suspend(JobId);
  // The SDK's commands can be sent once only.
  const ready = () =>
    client.send(new UpdateJobStatusCommand({ AccountId, JobId, RequestedJobStatus: 'Ready' }));
  await ready();
  await assert.rejects(
    ready(),
    (error) =>
      error instanceof JobStatusException &&
      error.$metadata.httpStatusCode === 400 &&
      error.message === 'The job is Ready: it cannot become Ready.',
  );
});

test('conformance 9: one token makes one job', async () => {
  const input = jobOf({ ClientRequestToken: 'once' });
  const [first, second] = await Promise.all([
    client.send(new CreateJobCommand(input)),
    client.send(new CreateJobCommand(input)),
  ]);
  assert.equal(first.JobId, second.JobId);
});

test('an account before the host name works by way of an http proxy', async () => {
  // What a client with http_proxy set sends: the whole URL in the request line.
  const host = `${ACCOUNT}.s3.example`;
  const headers = { host, 'x-amz-account-id': ACCOUNT };
  const parts = { method: 'GET', path: '/v20180820/jobs', query: 'maxResults=1', headers };
  const added = createSigner({
    accessKeyId: 'AKID',
    secretAccessKey: 'secret',
    region: 'eu-west-3',
    service: 's3',
  }).sign({ ...parts, payloadHash: EMPTY_SHA256 }, Date.now());
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const request = httpRequest(
      {
        port,
        host: '127.0.0.1',
        path: `http://${host}/v20180820/jobs?maxResults=1`,
        headers: { ...headers, ...added },
      },
      (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode));
      },
    );
    request.on('error', reject);
    request.end();
  });
  assert.equal(status, 200);
});

test('a wrong secret and an unknown key are refused to the SDK by their codes', async () => {
  for (const [accessKeyId, name] of [
    ['AKID', 'SignatureDoesNotMatch'],
    ['NOBODY', 'InvalidAccessKeyId'],
  ] as const) {
    const stranger = new S3ControlClient({
      region: 'snow',
      endpoint: `http://127.0.0.1:${port}`,
      credentials: { accessKeyId, secretAccessKey: 'wrong' },
      maxAttempts: 1,
    });
    await assert.rejects(stranger.send(new ListJobsCommand({ AccountId })), { name });
    stranger.destroy();
  }
});
