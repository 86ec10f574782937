import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { S3CopyObjectOperation } from '@aws-sdk/client-s3-control';
import type { S3Request, StoreTraits } from '../../src/s3/index.ts';
import { answer, type Answering, FakeS3, open, run, SilentS3, TASK } from './scene.ts';

/** Leaves out of CopyObject all that a store can leave out. */
const FORGETFUL: StoreTraits = {
  name: 'Forgetful',
  copyIgnoresTagging: true,
  copyIgnoresConditions: true,
  copyIgnoresLock: true,
  copyIgnoresRedirect: true,
};

const RESULT = '<CopyObjectResult></CopyObjectResult>';

function copy(parameters: S3CopyObjectOperation) {
  return { S3PutObjectCopy: { TargetResource: 'arn:aws:s3:::target', ...parameters } };
}

function isCopy(request: S3Request): boolean {
  return request.headers?.['x-amz-copy-source'] !== undefined;
}

/** Runs one task; what the store was asked, without the HEAD of the bucket. */
async function running(
  parameters: S3CopyObjectOperation,
  answering: Answering = () => undefined,
  task = TASK,
) {
  const s3 = new FakeS3(answering, FORGETFUL);
  const outcome = await run(copy(parameters), s3, task);
  return { outcome, requests: s3.requests.slice(1) };
}

function asked(requests: readonly S3Request[]): string[] {
  return requests.map((request) => {
    const query = Object.entries(request.query ?? {}).map(([name, value]) => `${name}=${value}`);
    return `${request.method} ${request.bucket} ${query.join('&')}`.trim();
  });
}

test('a job that asks for nothing special costs one request per task', async () => {
  const { outcome, requests } = await running({ StorageClass: 'GLACIER' });
  assert.equal(outcome.ok, true);
  assert.deepEqual(asked(requests), ['PUT target']);
});

test('tags are set or removed on the copy, by its version where it is told', async () => {
  const tags = [{ Key: 'a', Value: 'b' }];
  const versioned: Answering = (request) =>
    isCopy(request) ? answer(200, RESULT, { 'x-amz-version-id': 'v2' }) : undefined;
  const put = await running({ NewObjectTagging: tags, TargetKeyPrefix: 'p' }, versioned);
  assert.equal(put.outcome.ok, true);
  assert.deepEqual(asked(put.requests), ['PUT target', 'PUT target tagging=&versionId=v2']);
  assert.equal(put.requests[1]?.key, 'p/a b/ü+');
  assert.match(put.requests[1].body?.toString() ?? '', /<Key>a<\/Key><Value>b<\/Value>/);
  const removed = await running({ NewObjectTagging: [] });
  assert.deepEqual(asked(removed.requests), ['PUT target', 'DELETE target tagging=']);
  const kept = await running({});
  assert.deepEqual(asked(kept.requests), ['PUT target']);
});

test('retention and legal hold are set on the copy', async () => {
  const { outcome, requests } = await running({
    ObjectLockMode: 'GOVERNANCE',
    ObjectLockRetainUntilDate: new Date('2030-01-02T03:04:05Z'),
    ObjectLockLegalHoldStatus: 'OFF',
  });
  assert.equal(outcome.ok, true);
  assert.deepEqual(asked(requests), [
    'PUT target',
    'PUT target retention=',
    'PUT target legal-hold=',
  ]);
  const xmlns = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
  assert.equal(
    requests[1]?.body?.toString(),
    `<Retention ${xmlns}><Mode>GOVERNANCE</Mode><RetainUntilDate>2030-01-02T03:04:05.000Z</RetainUntilDate></Retention>`,
  );
  assert.equal(
    requests[2]?.body?.toString(),
    `<LegalHold ${xmlns}><Status>OFF</Status></LegalHold>`,
  );
});

test('what fails after the copy fails the task and says how far it came', async () => {
  const xml = '<Error><Code>SlowDown</Code><Message>Reduce.</Message></Error>';
  const { outcome } = await running({ NewObjectTagging: [] }, (request) =>
    request.query?.['tagging'] === undefined ? undefined : answer(503, xml),
  );
  assert.deepEqual(outcome, {
    ok: false,
    httpStatus: 503,
    code: 'SlowDown',
    message: 'The object was copied, but its tags could not be set: Reduce.',
    again: 'slow-down',
  });
});

test('a copy that failed is not touched', async () => {
  const xml = '<Error><Code>InternalError</Code><Message>Again.</Message></Error>';
  const parameters = { NewObjectTagging: [], ObjectLockLegalHoldStatus: 'ON' } as const;
  const { outcome, requests } = await running({ ...parameters, NewObjectTagging: [] }, (request) =>
    isCopy(request) ? answer(200, xml) : undefined,
  );
  assert.equal(!outcome.ok && outcome.again, 'later');
  assert.equal(requests.length, 1);
});

test('a source outside of the dates is not copied', async () => {
  const at = (text: string): Date => new Date(text);
  const cases: readonly (readonly [S3CopyObjectOperation, boolean])[] = [
    [{ ModifiedSinceConstraint: at('2026-01-01T11:59:59Z') }, true],
    [{ ModifiedSinceConstraint: at('2026-01-01T12:00:00Z') }, false],
    [{ ModifiedSinceConstraint: at('2026-01-01T12:00:00.900Z') }, false],
    [{ UnModifiedSinceConstraint: at('2026-01-01T12:00:00Z') }, true],
    [{ UnModifiedSinceConstraint: at('2026-01-01T11:59:59Z') }, false],
  ];
  for (const [parameters, isWithin] of cases) {
    const { outcome, requests } = await running(
      { ...parameters, RequesterPays: true },
      ({ method, bucket }) =>
        method === 'HEAD' && bucket === 'source'
          ? answer(200, '', { 'last-modified': 'Thu, 01 Jan 2026 12:00:00 GMT' })
          : undefined,
      { ...TASK, versionId: 'v1' },
    );
    assert.equal(outcome.ok, isWithin, JSON.stringify(parameters));
    assert.equal(outcome.ok || outcome.code === 'PreconditionFailed', true);
    assert.equal(requests[0]?.headers?.['x-amz-request-payer'], 'requester');
    const head = 'HEAD source versionId=v1';
    assert.deepEqual(asked(requests), isWithin ? [head, 'PUT target'] : [head]);
  }
});

test('a source whose date is not told is not copied', async () => {
  const { outcome, requests } = await running({ UnModifiedSinceConstraint: new Date() });
  assert.equal(!outcome.ok && outcome.code, 'PreconditionFailed');
  assert.equal(requests.length, 1);
});

test('encryption that the answer does not confirm is looked up, and fails the task if it is not there', async () => {
  const parameters = { NewObjectMetadata: { SSEAlgorithm: 'KMS' } } as const;
  const silent = await running(parameters);
  assert.deepEqual(asked(silent.requests), ['PUT target', 'HEAD target']);
  assert.deepEqual(silent.outcome, {
    ok: false,
    httpStatus: 200,
    code: 'EncryptionNotApplied',
    message: 'The object was copied, but the store did not encrypt it with aws:kms.',
    again: 'never',
  });
  const headers = { 'x-amz-server-side-encryption': 'aws:kms' };
  const shown = await running(parameters, ({ method }) =>
    method === 'HEAD' ? answer(200, '', headers) : undefined,
  );
  assert.equal(shown.outcome.ok, true);
  const confirmed = await running(parameters, (request) =>
    isCopy(request) ? answer(200, RESULT, headers) : undefined,
  );
  assert.equal(confirmed.outcome.ok, true);
  assert.deepEqual(asked(confirmed.requests), ['PUT target']);
  const other = { 'x-amz-server-side-encryption': 'AES256' };
  const wrong = await running(parameters, (request) =>
    isCopy(request) ? answer(200, RESULT, other) : answer(200, '', other),
  );
  assert.equal(!wrong.outcome.ok && wrong.outcome.code, 'EncryptionNotApplied');
});

test('a checksum and a redirect are confirmed in the same way', async () => {
  const parameters = { ChecksumAlgorithm: 'SHA256', RedirectLocation: '/x' } as const;
  const bare = await running(parameters);
  assert.equal(!bare.outcome.ok && bare.outcome.code, 'ChecksumNotApplied');
  assert.equal(bare.requests[1]?.headers?.['x-amz-checksum-mode'], 'ENABLED');
  const summed = '<CopyObjectResult><ChecksumSHA256>x</ChecksumSHA256></CopyObjectResult>';
  const halfway = await running(parameters, (request) =>
    isCopy(request) ? answer(200, summed) : undefined,
  );
  assert.equal(!halfway.outcome.ok && halfway.outcome.code, 'RedirectNotApplied');
  const whole = { 'x-amz-checksum-sha256': 'x', 'x-amz-website-redirect-location': '/x' };
  const done = await running(parameters, ({ method }) =>
    method === 'HEAD' ? answer(200, '', whole) : undefined,
  );
  assert.equal(done.outcome.ok, true);
});

test('a copy that cannot be looked up is not called a success', async () => {
  const { outcome } = await running({ SSEAwsKmsKeyId: 'k' }, ({ method, key }) =>
    method === 'HEAD' && key !== undefined ? answer(503) : undefined,
  );
  assert.equal(!outcome.ok && outcome.again, 'slow-down');
  assert.match(outcome.ok ? '' : outcome.message, /^The object was copied, but/);
});

test('a store that does not say what it is lets the job wait', async () => {
  const opened = await open(copy({}), new SilentS3());
  assert.equal(!opened.ok && opened.again, true);
});
