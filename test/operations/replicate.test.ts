/** What a replication finds out before its first task; the tasks themselves are in the contract. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { S3Answer, S3Request } from '../../src/s3/index.ts';
import type { JobRequest } from '../../src/model/job.ts';
import { OPERATIONS } from '../../src/operations/index.ts';
import { toReplicationFailure } from '../../src/operations/replication-codes.ts';
import { VersionOrder } from '../../src/operations/version-order.ts';
import { failed } from '../../src/model/outcome.ts';
import { placeOn } from './place.ts';
import { answer, FakeS3, requestOf, SIGNAL, SilentS3, TASK } from './scene.ts';

const OPERATION = OPERATIONS.S3ReplicateObject;
const RULE =
  '<Rule><Status>Enabled</Status><Prefix></Prefix><Destination><Bucket>arn:aws:s3:::dst</Bucket></Destination></Rule>';
const CONFIG = `<ReplicationConfiguration>${RULE}</ReplicationConfiguration>`;
const VERSIONED = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';

function error(status: number, code: string): S3Answer {
  return answer(status, `<Error><Code>${code}</Code><Message>No.</Message></Error>`);
}

interface Answers {
  readonly replication?: S3Answer;
  readonly source?: S3Answer;
  readonly destination?: S3Answer;
  readonly task?: S3Answer;
}

function storeOf(answers: Answers): FakeS3 {
  return new FakeS3(({ bucket, query, key }: S3Request) => {
    if (key !== undefined) return answers.task;
    if (query?.['replication'] !== undefined) return answers.replication ?? answer(200, CONFIG);
    if (query?.['object-lock'] !== undefined)
      return error(404, 'ObjectLockConfigurationNotFoundError');
    const one = bucket === 'source' ? answers.source : answers.destination;
    return one ?? answer(200, VERSIONED);
  });
}

function opening(answers: Answers, request: JobRequest = requestOf({ S3ReplicateObject: {} })) {
  return OPERATION.open(request, placeOn(storeOf(answers)), SIGNAL);
}

test('a bucket without a configuration, or without an enabled rule, fails the job by that code', async () => {
  for (const replication of [
    error(404, 'ReplicationConfigurationNotFoundError'),
    error(501, 'NotImplemented'),
    error(405, 'MethodNotAllowed'),
    answer(200, '<ReplicationConfiguration></ReplicationConfiguration>'),
    answer(200, CONFIG.replace('Enabled', 'Disabled')),
    answer(200, '<ListBucketResult></ListBucketResult>'),
  ]) {
    const opened = await opening({ replication });
    assert.ok(!opened.ok && opened.again === undefined);
    assert.equal(opened.code, 'SrcBucketReplicationConfigMissing');
    assert.match(opened.reason, /source/);
  }
});

test('a configuration that may not be read, or a bucket that is gone, fails the job saying so', async () => {
  for (const [replication, reason] of [
    [error(403, 'AccessDenied'), /cannot be read: AccessDenied/],
    [error(404, 'NoSuchBucket'), /does not exist/],
  ] as const) {
    const opened = await opening({ replication });
    assert.ok(!opened.ok && opened.again === undefined);
    assert.equal(opened.code, undefined);
    assert.match(opened.reason, reason);
  }
});

test('a store that gives no answer to any of the questions lets the job wait', async () => {
  const away = answer(503);
  for (const answers of [{ replication: away }, { source: away }, { destination: away }]) {
    const opened = await opening(answers);
    assert.ok(!opened.ok && opened.again, JSON.stringify(Object.keys(answers)));
  }
  const opened = await OPERATION.open(
    requestOf({ S3ReplicateObject: {} }),
    placeOn(new SilentS3()),
    SIGNAL,
  );
  assert.ok(!opened.ok && opened.again);
});

test('a versioned bucket needs versions: in the manifest, and in every row', async () => {
  const manifest = (Fields: ('Bucket' | 'Key' | 'VersionId')[]): JobRequest => ({
    ...requestOf({ S3ReplicateObject: {} }),
    Manifest: {
      Spec: { Format: 'S3BatchOperations_CSV_20180820', Fields },
      Location: { ObjectArn: 'arn:aws:s3:::m/m', ETag: 'e' },
    },
  });
  const without = await opening({}, manifest(['Bucket', 'Key']));
  assert.ok(!without.ok && without.again === undefined);
  assert.equal(without.code, 'InvalidManifestContent');
  assert.equal((await opening({}, manifest(['Bucket', 'Key', 'VersionId']))).ok, true);
  const missing = failed(500, 'SrcObjectNotFound', 'Object versionID is invalid');
  assert.deepEqual(OPERATION.missingVersion, missing);
  const opened = await opening({});
  assert.ok(opened.ok);
  assert.match(opened.note ?? '', /copied to dst by 1 rules/);
  assert.deepEqual(await opened.run(TASK, SIGNAL), missing);
});

test('a destination that may not be looked at is tried, but no delete marker is sent there', async () => {
  const marker = { 'x-amz-delete-marker': 'true', 'x-amz-version-id': 'v1' };
  const opened = await opening({
    destination: error(403, 'AccessDenied'),
    task: answer(404, '', marker),
  });
  assert.ok(opened.ok);
  const outcome = await opened.run({ ...TASK, versionId: 'v1' }, SIGNAL);
  assert.equal(!outcome.ok && outcome.code, 'DstBucketUnversioned');
});

test('what a source refuses to show has a code of its own', async () => {
  for (const [task, code] of [
    [answer(403), 'SrcHeadObjectNotPermitted'],
    [answer(404), 'SrcVersionNotFound'],
    [error(400, 'InvalidArgument'), 'SrcObjectNotFound'],
    [error(400, 'InvalidRequest'), 'SrcObjectNotEligible'],
  ] as const) {
    const opened = await opening({ task });
    assert.ok(opened.ok);
    const outcome = await opened.run({ ...TASK, versionId: 'v1' }, SIGNAL);
    assert.ok(!outcome.ok);
    assert.deepEqual([outcome.code, outcome.httpStatus, outcome.again], [code, 500, 'never']);
  }
  const opened = await opening({ task: answer(503) });
  assert.ok(opened.ok);
  const outcome = await opened.run({ ...TASK, versionId: 'v1' }, SIGNAL);
  assert.deepEqual(!outcome.ok && [outcome.httpStatus, outcome.again], [503, 'slow-down']);
});

test('a failure has the code of AWS where there is one, and the code of the store where not', () => {
  for (const [from, status, to] of [
    ['NoSuchBucket', 404, 'DstBucketNotFound'],
    ['NoSuchVersion', 404, 'SrcVersionNotFound'],
    ['AccessDenied', 403, 'DstPutObjectNotPermitted'],
    ['KMS.NotFoundException', 400, 'DstKmsKeyNotFound'],
    ['KMS.DisabledException', 400, 'DstKmsKeyInvalidState'],
    ['InvalidObjectState', 403, 'SrcObjectNotEligible'],
    ['EncryptionNotApplied', 200, 'EncryptionNotApplied'],
    ['constructor', 400, 'constructor'],
  ] as const) {
    const failure = toReplicationFailure(failed(status, from, 'No.'), 'DstPutObjectNotPermitted');
    assert.equal(failure.code, to);
    assert.equal(failure.httpStatus, from === to ? status : 500);
  }
  const busy = failed(503, 'SlowDown', 'No.', 'slow-down');
  assert.equal(toReplicationFailure(busy, 'DstPutObjectNotPermitted'), busy);
});

test('the current version waits for all older ones, and the last older one looks when none waits', async () => {
  const order = new VersionOrder();
  const looks: string[] = [];
  const look = (name: string) => (): Promise<undefined> => {
    looks.push(name);
    return Promise.resolve(undefined);
  };
  const [current, second, third] = [order.enter('k'), order.enter('k'), order.enter('k')];
  let isCurrentsTurn = false;
  const waiting = current.asCurrent().then(() => (isCurrentsTurn = true));
  second.covers('dst', look('second'));
  assert.equal(await second.uncover(), undefined);
  second.leave();
  await Promise.resolve();
  assert.equal(isCurrentsTurn, false);
  await third.uncover();
  third.leave();
  await waiting;
  assert.deepEqual(looks, []);
  current.leave();

  const [a, b] = [order.enter('k'), order.enter('k')];
  a.covers('dst', look('a'));
  await a.uncover();
  assert.deepEqual(looks, []);
  a.leave();
  await b.uncover();
  assert.deepEqual(looks, ['a']);
  b.leave();
  // The same row twice: neither waits for the other.
  const [one, other] = [order.enter('k'), order.enter('k')];
  await Promise.all([one.asCurrent(), other.asCurrent()]);
});
