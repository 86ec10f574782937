import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobOperation, S3InitiateRestoreObjectOperation } from '@aws-sdk/client-s3-control';
import type { S3Answer } from '../../src/s3/index.ts';
import { answer, FakeS3, open, problems, run, SIGNAL, SilentS3, TASK } from './scene.ts';

const XMLNS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

function restore(S3InitiateRestoreObject: S3InitiateRestoreObjectOperation): JobOperation {
  return { S3InitiateRestoreObject };
}

function refusal(status: number, code: string): S3Answer {
  return answer(status, `<Error><Code>${code}</Code><Message>No.</Message></Error>`);
}

test('a restore is one POST with days and tier, each only when it is given', async () => {
  const cases: readonly (readonly [S3InitiateRestoreObjectOperation, string])[] = [
    [{}, ''],
    [{ ExpirationInDays: 3 }, '<Days>3</Days>'],
    [
      { ExpirationInDays: 1, GlacierJobTier: 'BULK' },
      '<Days>1</Days><GlacierJobParameters><Tier>Bulk</Tier></GlacierJobParameters>',
    ],
    [
      { GlacierJobTier: 'STANDARD' },
      '<GlacierJobParameters><Tier>Standard</Tier></GlacierJobParameters>',
    ],
  ];
  for (const [parameters, inner] of cases) {
    assert.deepEqual(problems(restore(parameters)), []);
    const s3 = new FakeS3(() => answer(202));
    const outcome = await run(restore(parameters), s3, { ...TASK, versionId: 'v1' });
    assert.deepEqual(outcome, { ok: true, message: 'Successful' });
    assert.equal(s3.requests.length, 1);
    const [post] = s3.requests;
    assert.equal(post?.method, 'POST');
    assert.deepEqual(post.query, { restore: '', versionId: 'v1' });
    assert.equal(post.body?.toString(), `<RestoreRequest ${XMLNS}>${inner}</RestoreRequest>`);
  }
});

test('days below one are refused', () => {
  assert.deepEqual(problems(restore({ ExpirationInDays: 0 })), [
    'Operation.S3InitiateRestoreObject.ExpirationInDays: must be at least 1; it is left out for Intelligent-Tiering archive tiers',
  ]);
});

test('a copy that is there already and lives longer now is a success', async () => {
  const outcome = await run(restore({ ExpirationInDays: 3 }), new FakeS3(() => answer(200)));
  assert.equal(outcome.ok, true);
});

test('what the store refuses is the outcome', async () => {
  for (const [status, code] of [
    [409, 'RestoreAlreadyInProgress'],
    [403, 'InvalidObjectState'],
    [403, 'ObjectNotInActiveTierError'],
    [501, 'NotImplemented'],
    [405, 'MethodNotAllowed'],
  ] as const) {
    const s3 = new FakeS3(() => refusal(status, code));
    assert.deepEqual(await run(restore({ ExpirationInDays: 3 }), s3), {
      ok: false,
      httpStatus: status,
      code,
      message: 'No.',
      again: 'never',
    });
  }
});

/** What the second of two tries of one task ends as, when the first was answered like this. */
async function secondTry(first: S3Answer) {
  const answers = [first, refusal(409, 'RestoreAlreadyInProgress')];
  const opened = await open(restore({ ExpirationInDays: 3 }), new FakeS3(() => answers.shift()));
  assert.ok(opened.ok);
  const before = await opened.run(TASK, SIGNAL);
  assert.ok(!before.ok && before.again !== 'never');
  return opened.run(TASK, SIGNAL);
}

test('a restore that runs after an answer got lost is the one that was asked for', async () => {
  const lost = { ...answer(0), failure: 'The connection was reset.' };
  for (const first of [lost, answer(500), answer(504)]) {
    assert.deepEqual(await secondTry(first), { ok: true, message: 'Successful' });
  }
});

test('a restore that runs after a request that never arrived is somebody else’s', async () => {
  const unsent = { ...answer(0), failure: 'Refused.', isUnsent: true } as const;
  for (const first of [unsent, refusal(503, 'SlowDown')]) {
    const outcome = await secondTry(first);
    assert.equal(!outcome.ok && outcome.code, 'RestoreAlreadyInProgress');
  }
});

test('a store known to have no restore fails the job up front', async () => {
  const traits = {
    name: 'Ceph RGW',
    copyIgnoresTagging: true,
    copyIgnoresConditions: true,
    copyIgnoresLock: true,
    lacksRestore: true,
  };
  const s3 = new FakeS3(() => undefined, traits);
  assert.deepEqual(await open(restore({ ExpirationInDays: 3 }), s3), {
    ok: false,
    reason: 'Ceph RGW has no RestoreObject.',
  });
  assert.deepEqual(s3.requests, []);
});

test('a store that does not say what it is lets the job wait', async () => {
  const opened = await open(restore({}), new SilentS3());
  assert.ok(!opened.ok && opened.again);
});
